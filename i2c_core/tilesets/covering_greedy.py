"""Covers that are found at once: always the shape that settles most for its cost, then what is left over goes.

Legend: M columns, N cells.
"""

from __future__ import annotations

import heapq
import time

import numpy as np
from numpy.typing import NDArray

from i2c_core.tilesets.covering_columns import Columns


def greedy(
    columns: Columns, needed: NDArray[np.bool_], stop: float, price: NDArray[np.float64] | None = None
) -> NDArray[np.int64] | None:
    """The numbers of shapes that settle all cells that are needed (N,); None where time ran out, or some cannot be.

    Args:
        columns: to choose from.
        needed: (N,) cells.
        stop: when to give up, in seconds of `time.monotonic`.
        price: (N,) of cells; where given, shapes whose cells are worth their cost are liked better.
    """
    start, cell, cost = columns.covers.indptr, columns.covers.indices, columns.cost.astype(float)
    if price is not None:
        cost = np.maximum(cost - 0.9 * (columns.covers @ price), 0.02 * cost)  # 0.9: what else is left would be free
    left = needed.copy()
    gain = columns.covers @ left.astype(float)
    queue = [(c / g, m) for m, (c, g) in enumerate(zip(cost.tolist(), gain.tolist(), strict=True)) if g]
    heapq.heapify(queue)
    chosen: list[int] = []
    open_ = int(left.sum())
    while open_:
        if not queue or time.monotonic() > stop:
            return None
        _, m = heapq.heappop(queue)
        cells = cell[start[m] : start[m + 1]]
        new = int(left[cells].sum())
        if not new:
            continue
        rate = float(cost[m]) / new
        if queue and (rate, m) > queue[0]:
            heapq.heappush(queue, (rate, m))
            continue
        chosen.append(m)
        left[cells] = False
        open_ -= new
    return without_idle(columns, np.array(chosen, np.int64), needed)


def without_idle(columns: Columns, chosen: NDArray[np.int64], needed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The shapes without those whose cells others settle as well, the dearest left out first."""
    start, cell = columns.covers.indptr, columns.covers.indices
    times = np.asarray(columns.covers[chosen].sum(axis=0)).ravel().astype(np.int64)
    kept = []
    for m in sorted(chosen.tolist(), key=lambda m: (-columns.cost[m], m)):
        cells = cell[start[m] : start[m + 1]]
        cells = cells[needed[cells]]
        if (times[cells] > 1).all():
            times[cells] -= 1
        else:
            kept.append(m)
    return np.array(sorted(kept), np.int64)
