"""Shelves of kept programs, and the blocks of candidates that are combined from them.

Legend: N kept programs, M candidates, T tokens, K bytes of a packed picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.shapes import Key, Shape


@dataclass(frozen=True)
class Block:
    """All combinations of one token and one choice of its arguments' sizes; `counts` is how many each argument has."""

    token: int
    keys: tuple[Key, ...]
    sizes: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return int(np.prod(self.counts, dtype=np.int64))


@dataclass
class Shelf:
    """What is kept of one type at one shape, by size, each size in prefix-token order."""

    shape: Shape
    ids: dict[int, NDArray[np.int64]] = field(default_factory=dict)  # size: (N, size)
    packed: dict[int, NDArray[np.uint8]] = field(default_factory=dict)  # size: (N, K)
    sums: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))  # (all N,), ascending
    where: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))  # their (size, row)
    _ranks: dict[int, dict[int, NDArray[np.int64]]] = field(default_factory=dict)

    def count(self, size: int) -> int:
        return len(self.ids.get(size, ()))

    @property
    def held(self) -> int:
        """How many programs of all sizes it holds."""
        return sum(map(len, self.ids.values()))

    def put(self, size: int, ids: NDArray[np.int64], packed: NDArray[np.uint8], sums: NDArray[np.uint64]) -> None:
        """Add what is kept of a size: ids (N, size), pictures (N, K) and their sums (N,)."""
        self.ids[size], self.packed[size] = ids, packed
        where = np.column_stack([np.full(len(ids), size, np.int64), np.arange(len(ids), dtype=np.int64)])
        joined = np.concatenate([self.sums, sums])
        order = np.argsort(joined, kind="stable")
        self.sums, self.where = joined[order], np.concatenate([self.where, where])[order]

    def ranks(self, bits: int) -> dict[int, NDArray[np.int64]]:
        """By size, the place of each program in the prefix-token order of all; `bits` hold a token."""
        built = len(self.ids)
        if built not in self._ranks:
            most = max(self.ids)
            words = np.concatenate([token_words(ids, most, bits) for ids in self.ids.values()])  # (held, words)
            order = np.lexsort(words.T[::-1])
            rank = np.empty(len(order), np.int64)
            rank[order] = np.arange(len(order))
            edges = np.cumsum([0] + [len(ids) for ids in self.ids.values()])
            by_size = zip(self.ids, itertools.pairwise(edges.tolist()), strict=True)
            self._ranks = {built: {size: rank[a:b] for size, (a, b) in by_size}}
        return self._ranks[built]


def token_words(ids: NDArray[np.int64], length: int, bits: int) -> NDArray[np.uint64]:
    """Token rows (N, T) as words (N, words) whose order is the rows', for all rows of up to `length` tokens."""
    each = 64 // bits
    words = np.zeros((len(ids), -(-length // each)), np.uint64)
    for position in range(ids.shape[1]):
        shift = np.uint64(bits * (each - 1 - position % each))
        words[:, position // each] |= ids[:, position].astype(np.uint64) << shift
    return words


def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to write `total` as a sum of `parts` positive integers, in order.

    >>> list(compositions(4, 2))
    [(1, 3), (2, 2), (3, 1)]
    """
    for cuts in itertools.combinations(range(1, total), parts - 1):
        edges = (0, *cuts, total)
        yield tuple(b - a for a, b in itertools.pairwise(edges))


def row_sums(packed: NDArray[np.uint8], table: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(N,) the sum over the bytes of each row (N, K) of what `table` (K, 256) says of a byte at its place."""
    sums = np.zeros(len(packed), np.uint64)
    for place in range(packed.shape[1]):
        sums += table[place][packed[:, place]]
    return sums


def first_of_each_sum(
    sums: NDArray[np.uint64], order: Sequence[NDArray[np.uint64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each distinct sum the candidate that is first in order, (U,), and the kind of each candidate, (M,)."""
    arranged = np.lexsort([*reversed(order), sums])
    arranged_sums = sums[arranged]
    starts = np.ones(len(sums), bool)
    starts[1:] = arranged_sums[1:] != arranged_sums[:-1]
    group = np.empty(len(sums), np.int64)
    group[arranged] = np.cumsum(starts) - 1
    return arranged[starts], group
