"""The pairs of a window of the stream while it fills, without twins.

Legend: B batch, T tokens, n pairs offered, C channels, H W pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.batches import Batch
from i2c_core.datasets.keys import first_of_each
from i2c_core.families import Family


class Pool:
    """The pairs of a window while it fills: of equal pictures the smaller code, then the first in token order."""

    def __init__(self, family: Family, longest: int, count: int) -> None:
        self._family, self._longest, self._count = family, longest, count
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]] = []
        self._keys: list[NDArray[np.uint64]] = []
        self._places: list[NDArray[np.int64]] = []
        self._held = 0

    def __len__(self) -> int:
        return self._held

    def add(
        self,
        ids: NDArray[np.integer],
        values: NDArray[np.float64] | None,
        pixels: NDArray[np.uint8],
        keys: NDArray[np.uint64],
        places: NDArray[np.int64],
    ) -> None:
        """Offer pairs; `places` is where each stands in the round, so that sizes stay mixed."""
        width = min(ids.shape[1], self._longest)
        wide = np.full((len(ids), self._longest), self._family.vocabulary.pad, np.int64)
        wide[:, :width] = ids[:, :width]
        numbers = np.full(wide.shape if self._has_values else (len(ids), 0), np.nan)
        if values is not None and self._has_values:
            numbers[:, :width] = values[:, :width]
        self._parts.append((wide, numbers, pixels))
        self._keys.append(keys)
        self._places.append(places)

    @property
    def _has_values(self) -> bool:
        return bool(self._family.vocabulary.continuous.any())

    def close_round(self) -> None:
        """Drop the twins of all that was offered."""
        ids, values, pixels = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        keys, places = np.concatenate(self._keys), np.concatenate(self._places)
        if len(np.unique(keys)) == len(keys):
            kept = np.arange(len(keys))
        else:
            order = np.lexsort([*ids.T[::-1], (ids < self._family.vocabulary.pad).sum(1)])
            kept = np.sort(order[first_of_each(keys[order])])
        fresh = kept >= self._held
        kept = kept[np.lexsort((np.where(fresh, places[kept], 0), fresh))]
        self._parts = [(ids[kept], values[kept], pixels[kept])]
        self._keys, self._places = [keys[kept]], [places[kept]]
        self._held = len(kept)

    def first(self) -> Batch:
        """The first `count` pairs, or fewer where there are not as many."""
        ids, values, pixels = self._parts[0]
        return Batch(ids, values if self._has_values else None, pixels).rows(slice(self._count))

    def full(self, rng: np.random.Generator) -> Batch:
        """`count` pairs: the first ones, repeated in a random order where there are not enough."""
        ids, values, pixels = self._parts[0]
        rows = np.arange(min(self._count, self._held))
        while len(rows) < self._count:
            rows = np.concatenate([rows, rng.permutation(self._held)])[: self._count]
        return Batch(ids, values if self._has_values else None, pixels).rows(rows)
