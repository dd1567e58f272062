"""Keys of pictures by their exact pixels, the same on every machine: for twins, held-out images and exclusion.

Equal pictures have equal keys. Two different pictures share one with a chance of about one in 2**64, which costs a
training pair and nothing else; nothing that must be exact rests on keys alone.

The key of a picture of K little-endian 64-bit words w (zeros behind the last byte), with multipliers m and n from
SplitMix64 (G. L. Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014), modulo 2**64:

    mix(x) = (x ^ x >> 32) * n_0;  key = mix(mix(sum_i fold(w_i * m_i) * n_i + shape)),  fold(x) = x ^ x >> 32

Legend: N pictures, C channels, H W pixels, K words of a picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

HELD_OUT = 10  # one picture in so many is never trained on
_FOLD = np.uint64(32)
_BLOCK = 1 << 15  # words worked on at once: they stay in the cache of one core


def pixel_keys(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(N,) the keys of pictures (N, C, H, W) uint8; pictures of different shapes have different keys.

    >>> pixel_keys(np.zeros((1, 1, 2, 2), np.uint8))
    array([17214088674669412354], dtype=uint64)
    """
    count, channels, height, width = pixels.shape
    rows = np.ascontiguousarray(pixels).reshape(count, channels * height * width)
    if rows.shape[1] % 8:
        rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8)))
    words = rows.view("<u8").astype(np.uint64, copy=False)  # (N, K)
    size = words.shape[1]
    first, second = _multipliers(size)
    sums = np.zeros(count, np.uint64)
    step = max(1, _BLOCK // max(1, size))
    for begin in range(0, count, step):
        mixed = words[begin : begin + step] * first
        mixed ^= mixed >> _FOLD
        mixed *= second
        sums[begin : begin + step] = mixed.sum(axis=1)
    sums += np.uint64((channels << 48) + (height << 24) + width)
    for _ in range(2):
        sums ^= sums >> _FOLD
        sums *= second[0]
    sums ^= sums >> _FOLD
    return sums


def held_out(pictures: NDArray[Any]) -> NDArray[np.bool_]:
    """(N,) which pictures are held out from training, one in ten by exact pixels.

    Args:
        pictures: uint8 (N, C, H, W), or their keys, uint64 (N,).
    """
    keys = pictures if pictures.ndim == 1 else pixel_keys(pictures)
    return np.asarray(keys % np.uint64(HELD_OUT) == 0)


def is_in(keys: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(N,) which of `keys` are among `known`, which is ascending."""
    if not len(known):
        return np.zeros(len(keys), bool)
    place = np.searchsorted(known, keys)
    place[place == len(known)] = 0
    return np.asarray(known[place] == keys)


def first_of_each(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places, ascending, at which a key stands for the first time."""
    return np.sort(np.unique(keys, return_index=True)[1])


@lru_cache(maxsize=64)
def _multipliers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Two rows of `count` (at least 1) odd numbers from SplitMix64, seed 0."""
    state = np.arange(1, 2 * max(count, 1) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ state >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ state >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    state = (state ^ state >> np.uint64(31)) | np.uint64(1)
    # Interleaved, so that a longer row begins with a shorter one's numbers.
    return np.ascontiguousarray(state[0::2]), np.ascontiguousarray(state[1::2])
