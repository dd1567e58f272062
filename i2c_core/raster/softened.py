"""The soft renderer of a composition: gradients come from the materials', through whatever the model does with them.

Which pixel of the picture shows which pixel of which argument is found out by asking: the model is drawn with arguments
that are black, that are white, and that number their own pixels, a digit a time. A pixel that follows its argument
exactly is then taken from the soft picture of that argument; every other one is what the model draws, without gradient.

Legend: N programs, U different ones, T tokens, n arguments, C channels, H W pixels, P = H * W.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.composing import Parts
from i2c_core.images import fit
from i2c_core.raster.arguments import foreign_openings, spans
from i2c_core.raster.contract import TokenBatch
from i2c_core.raster.pixels import as_batch
from i2c_core.raster.renderer import Renderer
from i2c_core.references import resolve
from i2c_core.vocabulary import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

Size = tuple[int, int]
BASE = 255  # of the digits that number pixels; 0 to 254
KEPT = 512  # programs whose layout is kept: fitting draws the same ones again and again


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the arguments of one program are seen.

    Attributes:
        positions: (n,) the tokens that the arguments begin with.
        sizes: (n, 2) height and width that each was asked for.
        source: (P,) the pixel shown, counted through all arguments; -1 where none is.
        constant: (C, P) uint8, what the model draws there.
    """

    positions: NDArray[np.int64]
    sizes: NDArray[np.int64]
    source: NDArray[np.int64]
    constant: NDArray[np.uint8]


class Softened:
    """`soft` of a composition whose model draws whole batches (see `Family`)."""

    def __init__(self, parts: Parts) -> None:
        whole = parts.whole()
        assert whole.render is not None
        assert not isinstance(whole.render, Mapping)
        self._parts, self._channels, self._vocabulary = parts, whole.channels, whole.vocabulary
        self._draw: Callable[[TokenBatch, Size], Any] = resolve(whole.render, f"family {whole.name}")
        openings = foreign_openings(whole.vocabulary, whole.foreign)
        self._opens = np.array([token in openings for token in whole.vocabulary.tokens])
        self._owner = np.array([-1 if (o := parts.material_of(t)) is None else o for t in whole.vocabulary.tokens])
        self._own = [_own_ids(parts, i, whole.vocabulary) for i in range(len(parts.materials))]
        self._known: dict[tuple[bytes, Size], Layout] = {}
        self._renderers: dict[int, Renderer] = {}

    def __call__(self, batch: TokenBatch, size: Size) -> Tensor:
        """(N, C, H, W) float64 from 0 to 1, differentiable in `batch.values` where a soft material is shown."""
        import torch

        ids = batch.ids.cpu().numpy().astype(np.int64)
        layouts = self._layouts(ids, size)
        counts = np.array([len(x.positions) for x in layouts])
        rows = np.repeat(np.arange(len(ids)), counts)  # (n,)
        positions = np.concatenate([x.positions for x in layouts]) if len(rows) else rows
        sizes = np.concatenate([x.sizes for x in layouts]) if len(rows) else np.zeros((0, 2), np.int64)
        begins = np.cumsum(np.append(0, sizes.prod(1)))  # (n + 1,) each argument's first pixel
        order, flat = self._arguments(batch, ids, rows, positions, sizes)
        placed = np.zeros(int(begins[-1]), np.int64)
        placed[order] = np.arange(len(order))
        first = begins[np.append(0, np.cumsum(counts))[:-1]] if len(ids) else np.zeros(0, np.int64)  # (N,)
        source = np.stack([x.source for x in layouts])  # (N, P)
        shown = source >= 0
        found = np.where(shown, source + first[:, None], 0)
        pixel = torch.from_numpy(placed[found] if len(placed) else found).to(batch.ids.device)
        constant = torch.from_numpy(np.stack([x.constant for x in layouts])).to(batch.ids.device).double() / 255
        if not shown.any():
            return constant.view(len(ids), self._channels, *size)
        taken = flat[:, pixel].movedim(0, 1)  # (N, C, P)
        mask = torch.from_numpy(shown).to(batch.ids.device)[:, None]
        return torch.where(mask, taken, constant).reshape(len(ids), self._channels, *size)

    # -- where arguments are seen

    def _layouts(self, ids: NDArray[np.int64], size: Size) -> list[Layout]:
        keys = [(row.tobytes(), size) for row in ids]
        fresh = {key: row for key, row in zip(keys, ids, strict=True) if key not in self._known}
        if fresh:
            if len(self._known) + len(fresh) > KEPT:
                self._known = {key: self._known[key] for key in keys if key in self._known}
            self._known |= dict(zip(fresh, self._find(np.stack(list(fresh.values())), size), strict=True))
        return [self._known[key] for key in keys]

    def _find(self, ids: NDArray[np.int64], size: Size) -> list[Layout]:
        asked: dict[tuple[int, int, int, int], None] = {}  # program, token, height and width

        def draw(value: Callable[[NDArray[np.int64]], NDArray[np.uint8]]) -> NDArray[np.uint8]:
            """What the model draws where pixels of arguments are given by their numbers."""

            def picture(rows: Any, positions: Any, shape: Size) -> NDArray[np.uint8]:
                found = np.zeros((len(rows), self._channels, *shape), np.uint8)
                for i, place in enumerate(zip(rows.tolist(), positions.tolist(), strict=True)):
                    key = (*place, *shape)
                    asked.setdefault(key)
                    first = begins.get(key, 0)
                    found[i] = value(first + np.arange(shape[0] * shape[1])).reshape(shape)
                return found

            values = np.full(ids.shape, 0.0) if self._vocabulary.continuous.any() else None
            result = self._draw(TokenBatch(ids, values, self._vocabulary, picture, self._opens), size)
            pixels = result[0] if isinstance(result, tuple) else result
            return np.asarray(as_batch(pixels, self._channels, size, ids))  # (U, C, H, W)

        begins: dict[tuple[int, int, int, int], int] = {}
        black = draw(lambda number: np.zeros(len(number), np.uint8))
        ends = [0] * len(ids)
        for key in asked:
            begins[key], ends[key[0]] = ends[key[0]], ends[key[0]] + key[2] * key[3]
        white = draw(lambda number: np.full(len(number), 255, np.uint8))
        numbers = np.zeros((len(ids), *size), np.int64)  # (U, H, W)
        place = 1
        while place <= max(ends, default=0):
            numbers += place * draw(partial(_digit, place))[:, 0].astype(np.int64)
            place *= BASE
        follows = ((white == 255) & (black == 0)).all(1)  # (U, H, W)
        source = np.where(follows, numbers, -1).reshape(len(ids), -1)  # (U, P)
        found = []
        for row in range(len(ids)):
            own = [key for key in asked if key[0] == row]
            positions = np.array([key[1] for key in own], np.int64)
            sizes = np.array([key[2:] for key in own], np.int64).reshape(-1, 2)
            found.append(Layout(positions, sizes, source[row], black[row].reshape(self._channels, -1)))
        return found

    # -- the arguments' pictures

    def _arguments(
        self,
        batch: TokenBatch,
        ids: NDArray[np.int64],
        rows: NDArray[np.int64],
        positions: NDArray[np.int64],
        sizes: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], Tensor]:
        """The pixels of n arguments, soft where their families are: their numbers, and (C, pixels) in that order."""
        import torch

        begins = np.cumsum(np.append(0, sizes.prod(1)))
        numbers, drawn = [np.zeros(0, np.int64)], [torch.zeros((self._channels, 0), dtype=torch.float64)]
        kinds = np.column_stack((self._owner[ids[rows, positions]], sizes))  # (n, 3)
        for material, height, width in np.unique(kinds, axis=0).tolist():
            some = np.flatnonzero((kinds == (material, height, width)).all(1))
            found = self._one_kind(batch, ids, material, rows[some], positions[some], (height, width))
            pixels = found.expand(-1, self._channels, -1, -1).flatten(2).movedim(1, 0).flatten(1)
            drawn.append(pixels.to(batch.ids.device))
            numbers.append((begins[some][:, None] + np.arange(height * width)).ravel())
        drawn[0] = drawn[0].to(batch.ids.device)
        return np.concatenate(numbers), torch.cat(drawn, 1)

    def _one_kind(
        self,
        batch: TokenBatch,
        ids: NDArray[np.int64],
        material: int,
        rows: NDArray[np.int64],
        positions: NDArray[np.int64],
        size: Size,
    ) -> Tensor:
        """(n, C', h, w) float64 of arguments of one family and size."""
        import torch

        family = self._parts.materials[material]
        place, taken = spans(ids, self._vocabulary.arity, rows, positions)
        own = np.where(taken, self._own[material][ids[rows[:, None], place]], family.vocabulary.pad)
        values = None
        if family.vocabulary.continuous.any():
            assert batch.values is not None
            where = (torch.from_numpy(i).to(batch.ids.device) for i in (rows[:, None], place))
            values = batch.values[tuple(where)]
        if family.soft is not None and family.any_size:
            soft = resolve(family.soft, f"family {family.name}")
            tokens = torch.from_numpy(own).to(batch.ids.device)
            found: Tensor = soft(TokenBatch(tokens, values, family.vocabulary), size)
            return found.double()
        renderer = self._renderers.setdefault(material, Renderer(family, workers=0))
        exact = None if values is None else values.detach().cpu().double().numpy()
        drawn = renderer.render(own, exact, size if family.any_size else None).pixels
        return torch.from_numpy(np.stack([fit(p, size) for p in drawn])).double() / 255


def _digit(place: int, number: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The digit of numbers at a place."""
    return (number // place % BASE).astype(np.uint8)


def _own_ids(parts: Parts, material: int, vocabulary: Vocabulary) -> NDArray[np.int64]:
    """(V + 1,) the material's ids of the composition's tokens, its padding where it has none."""
    names, ids = parts.names[material], parts.materials[material].vocabulary.ids
    pad = parts.materials[material].vocabulary.pad
    return np.array([*(ids.get(names.own(t), pad) for t in vocabulary.tokens), pad], np.int64)
