"""Frames: too many to list what each covers, so only those are listed that a set of prices makes worth it.

Legend: N cells of a level; B boxes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from i2c_core.tilesets.covering_columns import FRAME, Columns, Costs, Layers, columns_from, first_of_images, images
from i2c_core.tilesets.covering_shapes import Boxes, frames, reach

LARGEST = 400  # frames that are listed in one go
CLOSE = 1e-6


class Frames:
    """The frames of a level over one ground, by context and tile.

    Args:
        layers: the level.
        contexts: where frames may stand.
        costs: of statements.
    """

    def __init__(self, layers: Layers, contexts: tuple[int, ...], costs: Costs) -> None:
        self._layers, self._costs = layers, costs
        self._groups: list[tuple[int, int, Boxes]] = []
        self._uncounted: list[tuple[int, int]] = []
        for context in contexts:
            for tile in layers.above:
                found = frames(layers.lowest[context] >= tile)
                if found is None:
                    self._uncounted.append((context, tile))
                else:
                    self._groups.append((context, tile, first_of_images(found, layers, context)))

    @property
    def counted(self) -> bool:
        """Whether all frames are known, so that `worth` lists every one that is worth it."""
        return not self._uncounted

    def worth(
        self, price: NDArray[np.float64], gain: float, contexts: tuple[int, ...], most: int | None = None
    ) -> Columns:
        """The frames whose cells are worth more than their cost less `gain`.

        Args:
            price: (N,) of each cell, 0 or more.
            gain: symbols.
            contexts: where they may stand.
            most: how many of a context and tile to list at most, those of most worth.
        """
        found = []
        for context, tile, box in self._groups:
            if context not in contexts or not len(box):
                continue
            least = self._cost(context) - gain
            worth = _sums(self._prices(price, context, tile), box)  # or less: an image may fall on the frame itself
            dear = np.flatnonzero(worth > least)
            if most is not None and len(dear) > most:
                dear = dear[np.argsort(-worth[dear], kind="stable")[:most]]
            box = box[dear]
            if len(box):
                listed = columns_from(self._layers, context, tile, FRAME, box, self._costs)
                found.append(listed.take(np.flatnonzero(listed.covers @ price > least)))
        return Columns.joined(found, price.size)

    def excess(self, price: NDArray[np.float64], contexts: tuple[int, ...]) -> float:
        """How many times its cost the dearest of the frames is worth that were too many to count, at most."""
        most = 0.0
        for context, tile in self._uncounted:
            if context in contexts:
                allowed = self._layers.lowest[context] >= tile
                most = max(most, dearest(self._prices(price, context, tile), allowed) / self._cost(context))
        return most

    def _cost(self, context: int) -> int:
        return self._costs.frame + (self._costs.within if context else 0)

    def _prices(self, price: NDArray[np.float64], context: int, tile: int) -> NDArray[np.float64]:
        """(R, C): what a shape of the tile gets for each cell that it lies on, for its images as well."""
        own = np.where(self._layers.tiles == tile, price.reshape(self._layers.tiles.shape), 0.0)
        found: NDArray[np.float64] = np.sum(images(own, context), axis=0)
        return found


def _sums(prices: NDArray[np.float64], box: Boxes) -> NDArray[np.float64]:
    """(B,): the sum of prices along the outline of each box."""
    rows, columns = prices.shape
    across, down = np.zeros((rows, columns + 1)), np.zeros((rows + 1, columns))
    across[:, 1:], down[1:] = np.cumsum(prices, 1), np.cumsum(prices, 0)
    top, left, bottom, right = box[:, 0], box[:, 1], box[:, 0] + box[:, 2] - 1, box[:, 1] + box[:, 3] - 1
    found: NDArray[np.float64] = (
        across[top, right + 1]
        - across[top, left]
        + across[bottom, right + 1]
        - across[bottom, left]
        + down[bottom, left]
        - down[top + 1, left]
        + down[bottom, right]
        - down[top + 1, right]
    )
    found += CLOSE
    return found


def dearest(prices: NDArray[np.float64], allowed: NDArray[np.bool_]) -> float:
    """The highest sum of prices along an outline that is allowed, of at least 2 by 2 cells, without listing them.

    Of all frames between two rows, a right side goes best with the left side before it for which side less what lies
    left of it is highest. So one pass over the columns is enough for each pair of rows.
    """
    rows, columns = prices.shape
    down = reach(allowed.T).T  # (R, C) cells allowed from here downwards
    below = np.concatenate([np.zeros((1, columns)), np.cumsum(prices, 0)])
    along = np.concatenate([np.zeros((rows, 1)), np.cumsum(prices, 1)], 1)
    gaps = np.concatenate([np.zeros((rows, 1), np.int64), np.cumsum(~allowed, 1)], 1)
    far = 4.0 * float(prices.sum()) + 1.0  # more than any two frames differ
    most = 0.0
    for height in range(2, int(down.max(initial=0)) + 1):
        last = rows - height + 1
        tall = down[:last] >= height  # (T, C)
        between = np.where(tall, below[height - 1 : rows] - below[1 : last + 1], -np.inf)  # a side without corners
        edges = along[:last] + along[height - 1 :]  # (T, C + 1) both edges, up to each column
        # After a gap in an edge all sums are higher by `far`, so that the best before the gap is forgotten.
        stretch = far * (gaps[:last, 1:] + gaps[height - 1 :, 1:])
        left = np.maximum.accumulate(between - edges[:, :-1] + stretch, axis=1)
        right = between + edges[:, 1:] - stretch
        most = max(most, float((left[:, :-1] + right[:, 1:]).max(initial=0.0)))
    return most
