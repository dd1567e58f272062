"""Which tiles of a grid a level takes up: the rectangle with the most evidence.

Legend: h w places of a field, R C rows and columns of tiles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WIDEST = 400  # tiles from one side of a picture to the other, at most


def extent(matrix: Floats, inside: NDArray[np.float32], stride: float) -> tuple[int, int, int, int] | None:
    """The level's first column and row, and how many it has, as far as a field tells inside from outside.

    None where no tile is inside, or where they are too far from each other.

    Args:
        matrix: (3, 3) homography from pixels to grid coordinates.
        inside: (h, w) the probability that a place is within a level.
        stride: pixels between two places.
    """
    i, j = np.nonzero(inside > 0.02)
    if len(i) == 0:
        return None
    chance = inside[i, j].astype(np.float64)
    mapped = matrix @ np.stack([(j + 0.5) * stride, (i + 0.5) * stride, np.ones(len(i))])
    before = mapped[2] * np.median(mapped[2]) > 0  # the camera
    mapped, chance = mapped[:, before], chance[before]
    cells = np.floor(mapped[:2] / mapped[2]).astype(np.int64)  # (2, n) columns and rows
    believed = chance > 0.3
    if not believed.any():
        return None
    low, high = cells[:, believed].min(1), cells[:, believed].max(1)
    if (high - low).max() >= WIDEST:
        return None
    columns, rows = (high - low + 1).tolist()
    kept = ((cells >= low[:, None]) & (cells <= high[:, None])).all(0)
    index = (cells[1, kept] - low[1]) * columns + cells[0, kept] - low[0]
    for_it = np.bincount(index, chance[kept] - 0.5, rows * columns)
    seen = np.bincount(index, minlength=rows * columns)
    share = float(np.median(seen[seen > 0]))  # places of a tile
    missing = np.maximum(0.0, share - seen) * 0.5  # those that are surely outside, or not in the picture
    left, top, width, height = best_box((for_it - missing).reshape(rows, columns))
    return int(low[0]) + left, int(low[1]) + top, width, height


def best_box(evidence: Floats) -> tuple[int, int, int, int]:
    """Left, top, width and height of the part of (R, C) numbers with the largest sum, which is at least 1 x 1.

    >>> best_box(np.array([[-1.0, 2.0, -3.0], [0.0, 2.0, 1.0]]))
    (1, 0, 1, 2)
    """
    rows, columns = evidence.shape
    above = np.zeros((rows + 1, columns + 1))
    above[1:, 1:] = evidence.cumsum(0).cumsum(1)
    best, found = -np.inf, (0, 0, 1, 1)
    for top in range(rows):
        sums = above[top + 1 :] - above[top]  # (bottoms, C + 1) of all rows to a bottom, from the left
        least = np.minimum.accumulate(sums, 1)[:, :-1]
        gain = sums[:, 1:] - least
        bottom, right = divmod(int(gain.argmax()), columns)
        if gain[bottom, right] > best:
            left = int(sums[bottom, : right + 1].argmin())
            best, found = float(gain[bottom, right]), (left, top, right + 1 - left, bottom + 1)
    return found
