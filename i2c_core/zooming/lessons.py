"""Lessons: every node of sampled programs, where it lives, and the symbol that stands there.

Programs come from the stream that the paired learner learns from too. Where they can be drawn at any size, most batches
are drawn at another one, so that rectangles begin and end where the floor of an edge leaves them. In some of these the
programs are set into others as small parts, since short programs draw no specks (see `i2c_core.zooming.settings`).

Legend: B pictures, T tokens, M nodes, C channels, H W pixels, P cells of a side, V tokens of the vocabulary.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.datasets.stream import Batch, Stream
from i2c_core.families import Family
from i2c_core.raster import Renderer, Zooms, rectangles
from i2c_core.zooming.areas import Areas
from i2c_core.zooming.network import View, view
from i2c_core.zooming.settings import Settings
from i2c_core.zooming.tables import ZoomTables

OTHER = 0.5  # of the batches are drawn at other sizes, where the family draws at any
LARGER = (1, 2)  # times as many pixels a side have their pictures
ALONE = 0.5  # of the nodes are seen as pictures of their own
EVERY = slice(None)
SET = 0.25  # of the batches have programs set into others, as small parts
FINER = (2, 4)  # times as many pixels a side have pictures of those


@dataclass(frozen=True, eq=False)
class Lesson:
    """M nodes: what is seen, what they are known by, type (M,) and role (M,), and the right token (M,)."""

    seen: View
    type: Tensor
    role: Tensor
    target: Tensor

    def to(self, device: torch.device) -> Lesson:
        """The lesson on a device."""
        if device.type == "cpu":
            return self
        moved = {name: getattr(self, name).to(device) for name in ("seen", "type", "role", "target")}
        return replace(self, **moved)


class Lessons:
    """Lessons from a stream of pairs, functions of its seed and the step.

    Every process draws the whole batch, and looks at the nodes of its own `rows`.

    Attributes:
        drawing: held by whoever uses the renderer; evaluations and the thread that makes lessons share it.
        drawn: seconds that rendering took so far.
    """

    def __init__(
        self,
        family: Family,
        stream: Stream,
        renderer: Renderer,
        cells: int,
        seed: int,
        rows: slice = EVERY,
    ) -> None:
        self.family, self.stream, self.renderer, self.cells, self.seed = family, stream, renderer, cells, seed
        self.rows = rows
        self.tables = ZoomTables.of(family)
        self.zooms = Zooms.of(family.vocabulary, family.zooms)
        self.set = Settings.of(family)
        self.drawing = threading.Lock()
        self.drawn = 0.0

    def at(self, step: int) -> Lesson:
        """The lesson of a step."""
        rng = np.random.default_rng((self.seed, step, 1))
        with self.drawing:
            before = self.renderer.seconds
            batch = self.stream.batch(step)
            kind = rng.random() if self.family.any_size else 1.0
            if kind < SET and self.set:
                batch = self._redrawn(replace(batch, ids=self.set(batch.ids, rng)), rng, FINER) or batch
            elif kind < SET + OTHER:
                batch = self._redrawn(batch, rng, LARGER) or batch
            self.drawn += self.renderer.seconds - before
        return self.lesson(batch, rng, self.rows)

    def _redrawn(self, batch: Batch, rng: np.random.Generator, times: tuple[int, int]) -> Batch | None:
        """The batch at another size; None where one of its programs has no picture there."""
        low, high = times
        height, width = (int(rng.integers(low * side, high * side + 1)) for side in batch.pixels.shape[2:])
        pictures = self.renderer.render(batch.ids, batch.values, (height, width))
        return replace(batch, pixels=pictures.pixels) if pictures.defined.all() else None

    def lesson(self, batch: Batch, rng: np.random.Generator | None = None, rows: slice = EVERY) -> Lesson:
        """All nodes of a batch's rows that have pixels; with `rng` some are seen as pictures of their own."""
        size = int(batch.pixels.shape[2]), int(batch.pixels.shape[3])
        where: NDArray[np.int64] = rectangles(self.zooms, batch.ids, size)  # (B, T, 4)
        ids = torch.from_numpy(batch.ids)
        type_, role = self.tables.replay(ids)  # (B, T)
        visible = torch.from_numpy((where[..., 2:] > where[..., :2]).all(2)) & (ids < self.tables.pad)  # (B, T)
        picture = visible.nonzero()[:, 0]  # (M,)
        alone = None if rng is None else torch.from_numpy(rng.random(len(picture)) < ALONE)  # drawn for all rows
        first, last, _ = rows.indices(len(batch))
        own = (picture >= first) & (picture < last)  # (M,)
        picture, alone = picture[own], None if alone is None else alone[own]
        place, token = torch.from_numpy(where)[visible][own], ids[visible][own]
        seen = view(Areas(torch.from_numpy(batch.pixels)), picture, place, self.cells, alone)
        return Lesson(seen, type_[visible][own], role[visible][own], token)
