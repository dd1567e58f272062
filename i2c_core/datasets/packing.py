"""Many pictures of few grey levels in little memory: black and white needs an eighth of a byte a pixel.

Legend: N pictures, M bytes of a picture, K bytes of a packed one, L distinct levels, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Levels:
    """The distinct bytes that pictures are made of; up to 2, 4 or 16 of them take 1, 2 or 4 bits each, more take 8.

    Attributes:
        values: (L,) uint8, ascending.
        bits: of one level.
    """

    values: NDArray[np.uint8]
    bits: int = field(init=False)
    _code: NDArray[np.uint8] = field(init=False, repr=False)  # (256,) byte to level
    _bytes: NDArray[np.uint8] = field(init=False, repr=False)  # (256, 8 / bits) packed byte to bytes

    def __post_init__(self) -> None:
        bits = next(b for b in (1, 2, 4, 8) if len(self.values) <= 1 << b)
        code = np.zeros(256, np.uint8)
        code[self.values] = np.arange(len(self.values)) if bits < 8 else self.values
        levels = np.zeros(1 << bits, np.uint8)
        levels[: len(self.values)] = self.values
        if bits == 8:
            levels = np.arange(256, dtype=np.uint8)
        shifts = np.arange(8 - bits, -1, -bits)
        table = levels[np.arange(256)[:, None] >> shifts & ((1 << bits) - 1)]
        for name, value in (("bits", bits), ("_code", code), ("_bytes", np.ascontiguousarray(table))):
            object.__setattr__(self, name, value)

    def width(self, length: int) -> int:
        """K for M."""
        return -(-length * self.bits // 8)

    def pack(self, rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(N, M) bytes to (N, K)."""
        if self.bits == 8:
            return rows
        each = 8 // self.bits
        width = self.width(rows.shape[1])
        codes = np.zeros((len(rows), width * each), np.uint8)
        codes[:, : rows.shape[1]] = self._code[rows]
        if self.bits == 1:
            return np.packbits(codes, axis=1)
        packed = np.zeros((len(rows), width), np.uint8)
        for place in range(each):
            packed |= codes[:, place::each] << np.uint8(8 - self.bits * (place + 1))
        return packed

    def unpack(self, packed: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
        """(N, K) back to (N, M) bytes, M being `length`."""
        if self.bits == 8:
            return packed
        each = 8 // self.bits
        words = self._bytes.view(np.dtype(f"u{each}")).ravel()  # (256,)
        return words[packed].view(np.uint8).reshape(len(packed), packed.shape[1] * each)[:, :length]

    def byte_sums(self, weights: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """(K, 256): what each packed byte at each place adds to the sum of weights (M,) times bytes, modulo 2**64."""
        each = 8 // self.bits
        padded = np.zeros(self.width(len(weights)) * each, np.uint64)
        padded[: len(weights)] = weights
        table = self._bytes.astype(np.uint64)  # (256, each)
        return sum(
            (padded[place::each, None] * table[None, :, place] for place in range(1, each)),
            start=padded[0::each, None] * table[None, :, 0],
        )


class PackedPictures:
    """Pictures (N, C, H, W) held packed; indexing unpacks."""

    def __init__(self, levels: Levels, packed: NDArray[np.uint8], shape: tuple[int, int, int]) -> None:
        self.levels = levels
        self.packed = packed  # (N, K)
        self.shape = shape  # C, H, W

    @staticmethod
    def of(pixels: NDArray[np.uint8]) -> PackedPictures:
        """Pack pictures (N, C, H, W)."""
        levels = Levels(np.flatnonzero(np.bincount(pixels.ravel(), minlength=256)).astype(np.uint8))
        channels, height, width = pixels.shape[1:]
        return PackedPictures(levels, levels.pack(pixels.reshape(len(pixels), -1)), (channels, height, width))

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.uint8]:
        """The pictures (n, C, H, W) uint8 of some rows."""
        part = self.packed[rows]
        channels, height, width = self.shape
        flat = self.levels.unpack(part, channels * height * width)
        return np.ascontiguousarray(flat).reshape(len(part), channels, height, width)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> PackedPictures:
        """Some of the pictures, still packed."""
        return PackedPictures(self.levels, self.packed[rows], self.shape)
