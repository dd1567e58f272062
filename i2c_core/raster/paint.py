"""Painting disjoint rectangles into many pictures at once.

A rectangle adds its colour in its first row and takes it away in the row behind its last; running sums down the rows
do the rest. Legend: N pictures, M rectangles, C channels, H W pixels, K words of eight pixels a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster.contract import Array, is_tensor

_PIXELS = 8  # of one byte in a word


def paint(picture: Array, where: Array, colour: Array, count: int, size: tuple[int, int]) -> Array:
    """Paint M rectangles into `count` black pictures.

    Args:
        picture: (M,) the picture that each rectangle goes to.
        where: (M, 4) x0, y0, x1, y1 in pixels, half-open, inside the picture; disjoint within one picture.
        colour: (M, C) 0 to 255.
        count: N.
        size: height and width.

    Returns:
        (N, C, H, W) uint8, in the library and on the device of `where`.
    """
    if is_tensor(where):
        return _paint_tensor(picture, where, colour, count, size)
    return _paint(picture, where, colour, count, size)


def _paint(
    picture: NDArray[Any], where: NDArray[Any], colour: NDArray[Any], count: int, size: tuple[int, int]
) -> NDArray[np.uint8]:
    height, width = size
    words = -(-width // _PIXELS)  # K
    before = np.zeros((width + 1, words * _PIXELS), np.uint8)  # row x has ones in the pixels left of x
    before[np.tril_indices(width + 1, -1, words * _PIXELS)] = 1
    ones = before.view(np.uint64)  # (W + 1, K)
    pixels = np.empty((count, colour.shape[1], height, width), np.uint8)
    for channel in range(colour.shape[1]):
        chosen = np.flatnonzero(colour[:, channel])  # (M',) most colours are black in most channels
        place, box = picture[chosen] * (height + 1), where[chosen]
        row = ones[box[:, 2]] - ones[box[:, 0]]  # (M', K)
        first = (place + box[:, 1])[:, None] * words + np.arange(words)  # (M', K)
        behind = (place + box[:, 3])[:, None] * words + np.arange(words)
        # Words wrap around on the way, but sums of disjoint rectangles carry nothing from pixel to pixel in the end.
        value = (row * colour[chosen, channel, None].astype(np.uint64)).ravel()
        edges = np.zeros(count * (height + 1) * words, np.uint64)
        np.add.at(edges, first.ravel(), value)
        np.subtract.at(edges, behind.ravel(), value)
        lines = np.add.accumulate(edges.reshape(count, height + 1, words), 1)
        pixels[:, channel] = lines.view(np.uint8)[:, :height, :width]
    return pixels


def _paint_tensor(picture: Array, where: Array, colour: Array, count: int, size: tuple[int, int]) -> Array:
    import torch

    height, width = size
    channels = colour.shape[1]
    pixels = torch.empty((count, channels, height, width), dtype=torch.uint8, device=where.device)
    x0, y0, x1, y1 = where.unbind(1)
    for channel in range(channels):
        edges = torch.zeros(count * (height + 1) * (width + 1), dtype=torch.int32, device=where.device)
        value = colour[:, channel].int()
        for y, x, sign in ((y0, x0, 1), (y0, x1, -1), (y1, x0, -1), (y1, x1, 1)):
            edges.index_add_(0, (picture * (height + 1) + y) * (width + 1) + x, value * sign)
        cells = edges.view(count, height + 1, width + 1)
        sums = cells[:, :height, :width].cumsum(1, dtype=torch.int32).cumsum(2, dtype=torch.int32)
        pixels[:, channel] = sums.to(torch.uint8)
    return pixels
