"""What a razor kept: programs, their pictures, and how many there were.

Legend: N kept programs, T tokens of the longest, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.packing import PackedPictures
from i2c_core.errors import DataError
from i2c_core.families import Family

Progress = Callable[[int, int, int], None]
"""Called after each size with the size, how many programs of it were seen and how many kept."""


@dataclass(frozen=True, eq=False)
class Razored:
    """What a razor kept, by size, then in prefix-token order.

    Attributes:
        ids: (N, T) prefix tokens, V behind each end; small integers.
        sizes: (N,) number of tokens.
        pictures: the N pictures, packed; indexing gives uint8 (n, C, H, W).
        seen: by size, the number of programs that the razor decided about.
        kept: by size, the number that it kept.
        method: "substructure", "drawing" or "rough".
    """

    family: Family
    ids: NDArray[np.signedinteger]
    sizes: NDArray[np.int64]
    pictures: PackedPictures
    seen: dict[int, int]
    kept: dict[int, int]
    method: str

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """All pictures (N, C, H, W) at once; `pictures[rows]` where only some are wanted."""
        return self.pictures[slice(None)]

    def tokens(self, row: int) -> list[str]:
        """The token names of one program."""
        names = self.family.vocabulary.tokens
        return [names[i] for i in self.ids[row, : self.sizes[row]].tolist()]

    def code(self, row: int) -> str:
        """One program as text."""
        return self.family.show(self.family.from_tokens(self.ids[row, : self.sizes[row]].tolist()))

    def take(self, rows: NDArray[np.int64]) -> Razored:
        """Some of the programs, with `kept` counted again."""
        sizes = self.sizes[rows]
        kept = {s: int((sizes == s).sum()) for s in self.seen}
        return Razored(self.family, self.ids[rows], sizes, self.pictures.take(rows), self.seen, kept, self.method)


class Collected:
    """Gathers what is kept, size by size."""

    def __init__(self, family: Family, method: str) -> None:
        self.family, self.method = family, method
        self.seen: dict[int, int] = {}
        self.kept: dict[int, int] = {}
        self._ids: list[NDArray[np.int64]] = []
        self._pictures: list[PackedPictures] = []

    def add(
        self, size: int, seen: int, ids: NDArray[np.int64], pictures: PackedPictures, progress: Progress | None
    ) -> None:
        if seen:
            self.seen[size], self.kept[size] = seen, len(ids)
            self._ids.append(ids)
            self._pictures.append(pictures)
            if progress is not None:
                progress(size, seen, len(ids))

    def done(self, max_size: int) -> Razored:
        vocabulary = self.family.vocabulary
        if not self._ids:
            fact = f"no program of {self.family.name} has at most {max_size} tokens"
            raise DataError(fact, f"use a size of at least {vocabulary.shortest}")
        longest = max(ids.shape[1] for ids in self._ids)
        total = sum(map(len, self._ids))
        ids = np.full((total, longest), vocabulary.pad, np.min_scalar_type(-vocabulary.pad - 1))
        sizes = np.empty(total, np.int64)
        at = 0
        for part in self._ids:
            ids[at : at + len(part), : part.shape[1]] = part
            sizes[at : at + len(part)] = part.shape[1]
            at += len(part)
        first = self._pictures[0]
        packed = np.concatenate([p.packed for p in self._pictures])
        pictures = PackedPictures(first.levels, packed, first.shape)
        if first.levels.bits == 8:
            pictures = PackedPictures.of(pictures[slice(None)])
        return Razored(self.family, ids, sizes, pictures, self.seen, self.kept, self.method)
