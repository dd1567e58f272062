"""How far programs are from one image, drawn in batches and each once; and the best of all of them.

Legend: N programs, T tokens, V tokens of the vocabulary, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders, distances
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.search.searcher import Found

REMEMBERED = 1 << 20  # programs whose distance is kept, about 150 MB at 31 tokens
TRIED = 4  # programs of a batch that are looked at for a canonical form, the best first


class Judge:
    """Draws programs of a family and compares them with one image.

    Args:
        image: (C, H, W) uint8; programs are drawn at its size.
        budget: the most tokens of a program.

    Attributes:
        best: the best of all programs so far, canonical; None before the first that has a picture.
        tried: how many programs were drawn.
    """

    def __init__(self, family: Family, renderer: Renders, image: NDArray[np.uint8], budget: int) -> None:
        self.family, self.renderer, self.image, self.budget = family, renderer, image, budget
        self.best: Found | None = None
        self.tried = 0
        self._costs: dict[bytes, float] = {}

    def costs(self, ids: NDArray[np.int64], values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The distances (N,) of whole programs ids (N, T), padded with V, and values; infinite without a picture.

        What was drawn before is not drawn again.
        """
        whole = self._padded(ids)  # (N, budget)
        keys = [row.tobytes() for row in whole]
        if values is not None:
            keys = [key + row[:size].tobytes() for key, row, size in zip(keys, values, self._sizes(ids), strict=True)]
        tick: Callable[[], None] | None = getattr(self.renderer, "tick", None)
        if tick is not None:
            tick()
        fresh: dict[bytes, int] = {}
        for row, key in enumerate(keys):
            if key not in self._costs:
                fresh.setdefault(key, row)
        if fresh:
            self.tried += len(fresh)
            rows = np.array(list(fresh.values()))
            found = self._measure(ids[rows], None if values is None else values[rows])
            if len(self._costs) > REMEMBERED:
                self._costs = {key: self._costs[key] for key in keys if key in self._costs}
            self._costs.update(zip(fresh, found.tolist(), strict=True))
            self._note(ids[rows], None if values is None else values[rows], found)
        return np.array([self._costs[key] for key in keys])

    def forget(self) -> None:
        """Forget what was drawn, all but the best: for who never tries a program twice."""
        self._costs.clear()

    def better(self, before: Found | None) -> Found | None:
        """The best program where it is better than one before, else None."""
        return self.best if before is None or self.best is None or self.best.order < before.order else None

    def _padded(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        whole = np.full((len(ids), self.budget), self.family.vocabulary.pad, np.int32)
        whole[:, : ids.shape[1]] = ids[:, : self.budget]
        return whole

    def _sizes(self, ids: NDArray[np.int64]) -> list[int]:
        sizes: list[int] = (ids < self.family.vocabulary.pad).sum(1).tolist()
        return sizes

    def _measure(self, ids: NDArray[np.int64], values: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """(N,) the distances of programs that are drawn now; a renderer's error costs only the program that made it."""
        try:
            size = (int(self.image.shape[1]), int(self.image.shape[2]))
            pictures = self.renderer.render(ids, values, size)
            every = np.arange(len(ids))
            found = distances(self.family, pictures.pixels, self.image[None], every, np.zeros_like(every))
            return np.where(pictures.defined, found, np.inf)
        except I2cError:
            if len(ids) == 1:
                return np.full(1, np.inf)
        half = len(ids) // 2
        halves = (slice(None, half), slice(half, None))
        return np.concatenate([self._measure(ids[h], None if values is None else values[h]) for h in halves])

    def _note(self, ids: NDArray[np.int64], values: NDArray[np.float64] | None, costs: NDArray[np.float64]) -> None:
        """Keep the best of a batch where it is better than all before."""
        sizes = np.array(self._sizes(ids))
        for row in np.lexsort((sizes, costs))[:TRIED].tolist():
            cost = float(costs[row])
            if not np.isfinite(cost) or (self.best is not None and cost > self.best.cost):
                return
            shrinks = self.family.normalise is not None or self.family.rules  # a canonical form may be shorter
            if self.best is not None and not shrinks and (cost, int(sizes[row])) >= self.best.order:
                return
            written = self.family.from_tokens(ids[row].tolist(), None if values is None else values[row].tolist())
            program = self.family.settle(written)
            if program is None or program.size > self.budget:
                continue
            if not self.family.is_exact and program != self.family.canonical(written):
                encoded = self.family.vocabulary.pack([self.family.to_tokens(program)])
                cost = float(self._measure(encoded[0], None if values is None else encoded[1])[0])
            if np.isfinite(cost) and (self.best is None or (cost, program.size) < self.best.order):
                self.best = Found(program, cost, 0.0)
