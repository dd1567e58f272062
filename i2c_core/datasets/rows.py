"""The distinct rows of a matrix, by a hash of their bytes that is then checked, byte by byte.

Legend: N rows, U distinct ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["for_each", "row_hashes", "unique_rows"]

_CACHE_BYTES = 1 << 19
"""Bytes of rows compared at once: half of a usual second-level cache."""

_SLICE_BYTES = 1 << 22
"""Bytes of rows hashed, or checked, by one call of a thread."""


def unique_rows(rows: NDArray[Any], *, workers: int | None = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the distinct rows of a matrix, comparing their bytes.

    Like ``numpy.unique(rows, axis=0, return_index=True, return_inverse=True)`` without the sorted rows, and
    ten times faster: rows are grouped by a hash of their bytes, and the groups are then checked byte by byte.

    Args:
        rows: (N, M), any dtype without Python objects. Floats are compared as bytes: 0.0 is not -0.0.
        workers: threads to hash and to check with, None for one on each CPU. Does not change the result.

    Returns:
        ``first`` (U,): the index of the first row of each distinct kind, in no particular order; ``inverse``
        (N,): the kind of each row, so that ``rows[first][inverse]`` equals ``rows``.
    """
    rows = np.ascontiguousarray(rows)
    count = len(rows)
    if count == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # The low bits of the hash give way to the row number: one plain sort (vectorised in NumPy, unlike argsort)
    # then yields groups in which the first row comes first.
    number_bits = np.uint64(max(1, (count - 1).bit_length()))
    packed = np.empty(count, np.uint64)
    step = max(1, _SLICE_BYTES // max(1, rows[0].nbytes))

    def hash_slice(start: int) -> None:
        packed[start : start + step] = row_hashes(rows[start : start + step])

    for_each(hash_slice, range(0, count, step), workers)
    packed >>= number_bits
    packed <<= number_bits
    packed |= np.arange(count, dtype=np.uint64)
    packed.sort()
    order = (packed & np.uint64((1 << int(number_bits)) - 1)).view(np.int64)
    packed >>= number_bits
    starts = np.empty(count, np.bool_)
    starts[0] = True
    np.not_equal(packed[1:], packed[:-1], out=starts[1:])
    first = order[starts]
    inverse = np.empty(count, np.int64)
    inverse[order] = np.cumsum(starts) - 1
    differ: list[int] = []  # slices in which two different rows share a hash

    def check_slice(start: int) -> None:
        if not _same_rows(rows[start : start + step], rows, first[inverse[start : start + step]]):
            differ.append(start)

    for_each(check_slice, range(0, count, step), workers)
    if differ:
        void = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel()
        _, exact_first, exact_inverse = np.unique(void, return_index=True, return_inverse=True)
        return exact_first.astype(np.int64), exact_inverse.astype(np.int64)
    return first, inverse


def row_hashes(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Hash the bytes of each row to 64 bits; fixed for all runs, and not meant to withstand an adversary.

    Each 8-byte word is multiplied by its own odd number, folded, multiplied again and added up. The top bits are
    the best mixed ones.

    Args:
        rows: (N, M), any dtype without Python objects.

    Returns:
        uint64, (N,).
    """
    rows = np.ascontiguousarray(rows)
    count = len(rows)
    data = rows.view(np.uint8).reshape(count, -1)
    spare = -data.shape[1] % 8
    if spare:
        data = np.pad(data, ((0, 0), (0, spare)))
    words = data.view(np.uint64)
    size = words.shape[1]
    first, second = _multipliers(size)
    fold = np.uint64(32)
    hashes = np.zeros(count, np.uint64)
    if size <= 16:  # summing a short last axis is slow: go word by word
        for j in range(size):
            mixed = words[:, j] * first[j]
            mixed ^= mixed >> fold
            mixed *= second[j]
            hashes += mixed
    else:
        step = max(1, (1 << 15) // size)
        mixed = np.empty((min(step, count), size), np.uint64)
        folded = np.empty_like(mixed)
        for start in range(0, count, step):
            part = words[start : start + step]
            mixed, folded = mixed[: len(part)], folded[: len(part)]
            np.multiply(part, first, out=mixed)
            np.right_shift(mixed, fold, out=folded)
            mixed ^= folded
            mixed *= second
            mixed.sum(axis=1, out=hashes[start : start + step])
    hashes ^= hashes >> fold
    hashes *= second[0]
    return hashes


@lru_cache(maxsize=64)
def _multipliers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Two rows of fixed random odd 64-bit numbers, (size,) each."""
    draw = np.random.default_rng(20240229).integers(0, 1 << 64, (2, max(1, size)), dtype=np.uint64)
    draw |= np.uint64(1)
    return draw[0], draw[1]


def _same_rows(rows: NDArray[Any], others: NDArray[Any], number: NDArray[np.int64]) -> bool:
    """Is ``others[number]`` equal to ``rows`` (N, M), byte by byte? Both must be C-contiguous."""
    if rows.shape[1] * rows.itemsize % 8 == 0:
        rows, others = rows.view(np.uint64), others.view(np.uint64)
    step = max(1, _CACHE_BYTES // max(1, rows.shape[1] * rows.itemsize))
    return all(
        np.array_equal(np.take(others, number[start : start + step], axis=0), rows[start : start + step])
        for start in range(0, len(rows), step)
    )


def for_each(work: Callable[[int], None], starts: range, workers: int | None) -> None:
    """Call ``work`` on each start, on up to ``workers`` threads."""
    threads = min(workers or available_cpus(), len(starts))
    if threads <= 1:
        for start in starts:
            work(start)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, starts):
            pass


def available_cpus() -> int:
    """CPUs this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
