"""The rough razor: from small to large, a program is kept when no kept one has the hash of its drawing.

Perceptual hashes of neighbours are equal, so the razor leaves one program, a smallest one, for all drawings that
look alike. What it needs is the order: batches come from small programs to large ones, and within a batch the
earlier image goes first.

Two programs that draw the same pixels have the same hash. Most programs of a small language have such a twin, and
comparing pixels costs a hundredth of a hash, so twins are dropped first. That never changes the outcome.

Shape legend
------------
N  images in a batch
H  height of an image, in pixels
W  width of an image, in pixels
K  bytes of a key: ``ceil(hash_size**2 / 8)``
M  bytes of an image
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.phash import phash
from i2c_core.datasets.rows import row_hashes, unique_rows

__all__ = ["RoughRazor", "keep_first_hash"]


def keep_first_hash(keys: NDArray[np.uint8], seen: set[bytes]) -> NDArray[np.bool_]:
    """Tell which keys are new: not in ``seen``, and not earlier in ``keys``.

    Args:
        keys: (N, K) uint8, for example from ``phash``.
        seen: the keys met so far, as bytes of length K; the new ones are added to it.

    Returns:
        (N,) bool, true where a key is met for the first time.

    Raises:
        TypeError: ``keys`` is not uint8.
        ValueError: ``keys`` is not two-dimensional, or K is 0.
    """
    if keys.dtype != np.uint8:
        raise TypeError(f"keys must be uint8, got {keys.dtype}")
    if keys.ndim != 2 or keys.shape[1] == 0:
        raise ValueError(f"keys must be (N, K) with K > 0, got {keys.shape}")
    new = np.zeros(len(keys), np.bool_)
    void = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.shape[1])))
    for i, key in enumerate(cast(list[bytes], void.ravel().tolist())):
        if key not in seen:
            seen.add(key)
            new[i] = True
    return new


class RoughRazor:
    """Keeps the first image of each perceptual hash, over batches that come in order.

    The outcome does not depend on where the stream is cut into batches. Large batches (8192 images and more) are
    faster: more twins are dropped without a hash.

    Args:
        hash_size: frequencies along each axis of the hash; see ``phash``.
        highfreq_factor: see ``phash``.
        twin_bytes: how many bytes of distinct images to remember, to drop their twins in later batches. When it is
            used up, later twins are hashed instead, which is slower and gives the same outcome.
        workers: threads to use; default the number of CPUs this process may use.

    Raises:
        ValueError: ``twin_bytes < 0``. Bad hash sizes are reported by ``keep``.
    """

    def __init__(
        self,
        hash_size: int = 8,
        highfreq_factor: int = 4,
        *,
        twin_bytes: int = 1 << 28,
        workers: int | None = None,
    ) -> None:
        if twin_bytes < 0:
            raise ValueError(f"twin_bytes must be at least 0, got {twin_bytes}")
        self.hash_size = hash_size
        self.highfreq_factor = highfreq_factor
        self.workers = workers
        self._keys: set[bytes] = set()
        self._twins = _Twins(twin_bytes)

    def __len__(self) -> int:
        """How many images were kept so far."""
        return len(self._keys)

    def keep(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Tell which images of the next batch to keep.

        Args:
            images: uint8, (N, H, W) grey, or (N, 3, H, W) or (N, H, W, 3) RGB; the same shape in every batch but
                for N, which may be 0.

        Returns:
            (N,) bool, true where no image of this batch before it, and none of an earlier batch, has the same
            hash.

        Raises:
            TypeError, ValueError: as ``phash``; ValueError too for images of another shape than before.
        """
        kept = np.zeros(len(images), np.bool_)
        images = np.ascontiguousarray(images)
        if images.size == 0 or images.ndim < 3 or images.dtype != np.uint8:
            phash(images, hash_size=self.hash_size, highfreq_factor=self.highfreq_factor)  # reports what is wrong
            return kept
        rows = images.reshape(len(images), -1)
        first, _ = unique_rows(rows, workers=self.workers)
        first.sort()  # in the order of the stream
        first = first[self._twins.add(rows[first], images.shape[1:])]
        keys = phash(
            images[first],
            hash_size=self.hash_size,
            highfreq_factor=self.highfreq_factor,
            workers=self.workers,
        )
        kept[first[keep_first_hash(keys, self._keys)]] = True
        return kept


class _Twins:
    """Distinct images met so far, up to a number of bytes: a table from a hash of the pixels to the pixels."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._shape: tuple[int, ...] | None = None
        self._number: dict[int, int] = {}
        self._rows = np.empty((0, 0), np.uint8)

    def add(self, rows: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Add distinct images, (N, M) bytes, each of ``shape``; (N,) bool, true where one is new, or may be."""
        if self._shape is None:
            self._shape = shape
            self._rows = np.empty((0, rows.shape[1]), np.uint8)
        elif self._shape != shape:
            raise ValueError(f"images were {self._shape}, now {shape}")
        hashes = row_hashes(rows).tolist()
        number = np.array([self._number.get(value, -1) for value in hashes], np.int64)
        known = np.flatnonzero(number >= 0)
        new = np.ones(len(rows), np.bool_)
        # Equal hashes of different pixels are possible: only equal pixels are twins.
        new[known] = (self._rows[number[known]] != rows[known]).any(axis=1)
        room = max(0, self._limit // rows.shape[1] - len(self._number))
        fresh = np.flatnonzero(number < 0)[:room]
        place = [self._number.setdefault(hashes[i], len(self._number)) for i in fresh.tolist()]
        need = len(self._number)
        if need > len(self._rows):  # doubling: each image is moved a few times in all
            grown = np.empty((max(need, 2 * len(self._rows)), rows.shape[1]), np.uint8)
            grown[: len(self._rows)] = self._rows
            self._rows = grown
        self._rows[np.array(place, np.int64)] = rows[fresh]
        return new
