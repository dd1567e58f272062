"""Pictures at another size and with other channels, in whole numbers all the way.

Legend: C channels (1 grey, 3 colour), H W pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 20  # pixels worked on at once, so that a large picture does not need many times its memory
_LUMA = (19595, 38470, 7471)  # parts of 65536 of red, green and blue in brightness: ITU-R BT.601 as Pillow rounds it


def fit(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (C, H, W) at another size (height, width): each side is stretched on its own.

    A side that shrinks takes the mean of what each new pixel covers, parts of pixels by their part; a side that grows
    repeats its nearest pixels. Whole numbers all the way, halves rounded up, so that a picture made of equal blocks
    comes out exact.
    """
    height, width = image.shape[1:]
    rows, columns = min(size[0], height), min(size[1], width)
    if (rows, columns) != (height, width):
        sums = _areas(_areas(image, rows).transpose(0, 2, 1), columns).transpose(0, 2, 1)  # (C, rows, columns)
        parts = height * width
        image = ((2 * sums.astype(np.int64) + parts) // (2 * parts)).astype(np.uint8)
    y = (2 * np.arange(size[0]) + 1) * rows // (2 * size[0])
    x = (2 * np.arange(size[1]) + 1) * columns // (2 * size[1])
    return np.ascontiguousarray(image[:, y[:, None], x])


def _areas(image: NDArray[Any], rows: int) -> NDArray[np.float64]:
    """(C, rows, W): each new row is the sum of the H old ones, weighted by its overlap in units of 1 / rows."""
    channels, height, width = image.shape
    if height % rows == 0:  # whole rows each: as below, and several times as fast
        return np.asarray(image.reshape(channels, rows, height // rows, width).sum(2, dtype=np.float64) * rows)
    result = np.empty((channels, rows, width))  # whole numbers below 2**53
    for row in range(rows):
        first, last = row * height // rows, -(-(row + 1) * height // rows)
        edges = np.clip(np.arange(first, last + 1) * rows, row * height, (row + 1) * height)
        result[:, row] = np.diff(edges).astype(np.float64) @ image[:, first:last].astype(np.float64)
    return result


def recolour(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Pictures (..., C, H, W) with as many channels as wanted: grey is repeated, colours become their brightness.

    >>> recolour(np.full((3, 1, 1), 7, np.uint8), 1).tolist()
    [[[7]]]
    """
    have = pixels.shape[-3]
    if have == channels:
        return pixels
    if have == 1:
        return np.repeat(pixels, channels, -3)
    grey = np.empty((*pixels.shape[:-3], 1, *pixels.shape[-2:]), np.uint8)
    step = max(1, BLOCK * 3 // max(1, pixels[..., :1, :].size))  # rows
    for y in range(0, pixels.shape[-2], step):
        red, green, blue = (pixels[..., c, y : y + step, :].astype(np.uint32) * _LUMA[c] for c in range(3))
        grey[..., 0, y : y + step, :] = (red + green + blue + 0x8000) >> 16
    return grey
