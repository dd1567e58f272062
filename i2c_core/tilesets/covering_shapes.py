"""The shapes that a shortest program may need: all that no other shape outdoes at the same cost.

Whatever covers more of a level for the same number of symbols outdoes what covers less. So of all rectangles only the
largest count, those that cannot grow on any side, and of all runs the longest.

Legend: R rows, C columns; B boxes, each top row, left column, height and width, counted from 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.int64]  # (B, 4)
Mask = NDArray[np.bool_]  # (R, C)

FEWEST = 3  # rows and columns of a frame that is no rectangle
WORK = 20_000_000  # places of frames that are looked at; beyond it frames are left out


def runs(allowed: Mask) -> Boxes:
    """The longest runs to the right, as boxes one row high."""
    rows, columns = allowed.shape
    edge = np.zeros((rows, columns + 2), np.int8)
    edge[:, 1:-1] = allowed
    step = np.diff(edge, axis=1)  # (R, C + 1)
    top, left = np.nonzero(step == 1)
    right = np.nonzero(step == -1)[1]
    return np.stack([top, left, np.ones_like(top), right - left], 1)


def rectangles(allowed: Mask) -> Boxes:
    """The rectangles that cannot grow on any side, those one row or one column wide among them."""
    rows, columns = allowed.shape
    closed = np.zeros((rows + 2, columns + 1), np.int64)  # cells not allowed above the border, then a row each
    closed[1:-1, 1:] = np.cumsum(~allowed, axis=1)
    closed[0, 1:] = closed[-1, 1:] = np.arange(1, columns + 1)  # beyond the border nothing is allowed
    found = [np.empty((0, 4), np.int64)]
    together = allowed.copy()  # (R - height + 1, C): whether a column of `height` cells from here is allowed
    for height in range(1, rows + 1):
        if height > 1:
            together = together[:-1] & allowed[height - 1 :]
        if not together.any():
            break
        box = runs(together)
        top, left, right = box[:, 0], box[:, 1], box[:, 1] + box[:, 3]
        above = closed[top, right] - closed[top, left]  # row `top` of `closed` is the one above the box
        below = closed[top + height + 1, right] - closed[top + height + 1, left]
        box[:, 2] = height
        found.append(box[(above > 0) & (below > 0)])
    return np.concatenate(found)


def frames(allowed: Mask) -> Boxes | None:
    """The frames that are not part of an allowed rectangle; None where there are too many places to look at."""
    rows, columns = allowed.shape
    down = reach(allowed.T).T  # (R, C) cells allowed from here downwards
    across = reach(allowed)  # (R, C) and to the right
    corner = (down >= FEWEST) & (across >= FEWEST)
    if int((down[corner] * across[corner]).sum()) > WORK:
        return None
    holes = np.zeros((rows + 1, columns + 1), np.int64)
    holes[1:, 1:] = np.cumsum(np.cumsum(~allowed, 0), 1)
    found = [np.empty((0, 4), np.int64)]
    for height in range(FEWEST, int(down.max(initial=0)) + 1):
        tall = down[: rows - height + 1] >= height  # (T, C)
        long = np.minimum(across[: rows - height + 1], across[height - 1 :])  # (T, C)
        top, left = np.nonzero(tall & (long >= FEWEST))
        many = long[top, left] - FEWEST + 1  # widths that top and bottom allow
        which = np.repeat(np.arange(len(top)), many)
        width = FEWEST + np.arange(len(which)) - np.repeat(np.cumsum(many) - many, many)
        top, left = top[which], left[which]
        fits = tall[top, left + width - 1]
        top, left, right, bottom = top[fits], left[fits], (left + width)[fits], top[fits] + height
        inside = holes[bottom, right] - holes[top, right] - holes[bottom, left] + holes[top, left]
        box = np.stack([top, left, np.full_like(top, height), right - left], 1)
        found.append(box[inside > 0])
    return np.concatenate(found)


def reach(allowed: Mask) -> NDArray[np.int64]:
    """(R, C): how many cells are allowed from here to the right without a gap."""
    columns = allowed.shape[1]
    place = np.where(allowed, columns, np.arange(columns)[None])
    stop = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
    return stop - np.arange(columns)[None]


def cells_of(boxes: Boxes, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All cells of boxes: the number of the box and the cell, row · `columns` + column, of each."""
    height, width = boxes[:, 2], boxes[:, 3]
    area = height * width
    which = np.repeat(np.arange(len(boxes)), area)
    offset = np.arange(int(area.sum())) - np.repeat(np.cumsum(area) - area, area)
    row = boxes[which, 0] + offset // width[which]
    column = boxes[which, 1] + offset % width[which]
    return which, row * columns + column


def outline_of(boxes: Boxes, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cells of the outlines of boxes of at least 2 by 2; as `cells_of`."""
    top, left, height, width = boxes.T
    one = np.ones_like(top)
    sides = [
        np.stack([top, left, one, width], 1),
        np.stack([top + height - 1, left, one, width], 1),
        np.stack([top + 1, left, height - 2, one], 1),
        np.stack([top + 1, left + width - 1, height - 2, one], 1),
    ]
    found = [cells_of(side, columns) for side in sides]
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])
