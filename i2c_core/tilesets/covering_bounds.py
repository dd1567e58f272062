"""What a set cover costs at least: prices of cells under which no shape is worth more than it costs.

Whatever prices the cells have, if the cells that a shape settles are never worth more than the shape's cost, then a
program, which settles every cell, costs at least what all cells are worth. The best such prices are the dual of the
cover's linear relaxation. They are checked, and scaled where rounding left a shape worth too much, so that the bound
holds whatever the solver says.

Legend: M columns, N cells.
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, linprog

from i2c_core.tilesets.covering_columns import Columns
from i2c_core.tilesets.covering_frames import LARGEST, Frames

ROUNDS = 20  # of frames that are worth more than they cost
SWEEPS = 25  # of prices that are raised step by step
LISTABLE = 4_000_000  # entries of a cover that the linear solver is given
CLOSE = 1e-7
SLACK = 1e-5  # by which the solver may take a shape that is listed for worth more than it costs


@dataclass(frozen=True)
class Relaxed:
    """A cover by parts of shapes.

    Attributes:
        bound: no cover costs less.
        price: (N,) of each cell; no shape is worth more than its cost.
        columns: the shapes that were listed, some frames among them.
        share: (M,) how much of each is taken, or None where the solver did not end in time.
    """

    bound: float
    price: NDArray[np.float64]
    columns: Columns
    share: NDArray[np.float64] | None


def raised(columns: Columns, needed: NDArray[np.bool_], stop: float) -> NDArray[np.float64]:
    """(N,) prices without a solver: each is raised, step by step, by its part of the least that a shape can spare."""
    price = np.zeros(len(needed))
    if not len(columns):
        return price
    by_cell = columns.covers.T.tocsr()  # (N, M)
    used = np.diff(by_cell.indptr) > 0
    start, which = by_cell.indptr[:-1][used], by_cell.indices
    free = needed & used  # cells that no shape holds down yet
    for sweep in range(SWEEPS):
        if not free.any() or (sweep and time.monotonic() > stop):
            break
        spare = np.maximum(0.0, columns.least - columns.covers @ price)  # (M,)
        part = spare / np.maximum(1.0, columns.covers @ free.astype(float))
        more = np.zeros(len(needed))
        more[used] = np.minimum.reduceat(part[which], start)
        price += np.where(free, more, 0.0)
        free &= more > CLOSE
    return price


def checked(
    price: NDArray[np.float64], columns: Columns, frames: Frames, contexts: tuple[int, ...]
) -> tuple[float, NDArray[np.float64]]:
    """The bound that prices prove, and the prices, lowered where a shape is worth more than it costs."""
    price = np.maximum(0.0, price)
    for shapes in (columns, frames.worth(price, 0.0, contexts)):
        worth = shapes.covers @ price
        dear = np.flatnonzero(worth > shapes.least)
        if len(dear):  # cells by the worst of the shapes that settle them, so that each shape is lowered enough
            by_cell = shapes.covers[dear].T.tocsr()
            used = np.diff(by_cell.indptr) > 0
            share = (shapes.least[dear] / worth[dear])[by_cell.indices]
            price[used] *= np.minimum.reduceat(share, by_cell.indptr[:-1][used])
    price /= max(1.0, frames.excess(price, contexts))
    return float(price.sum()), price


def relaxed(
    columns: Columns,
    needed: NDArray[np.bool_],
    frames: Frames,
    contexts: tuple[int, ...],
    price: NDArray[np.float64],
    stop: float,
    enough: float = np.inf,
) -> Relaxed:
    """The linear relaxation, frames listed as they are worth it.

    Args:
        columns: all shapes of the contexts but frames; more of them do no harm.
        needed: (N,) the cells to settle.
        frames: the rest of the shapes.
        contexts: which are allowed.
        price: (N,) prices to begin with, as `raised` gives them.
        stop: when to end, in seconds of `time.monotonic`.
        enough: a bound that need not be raised.
    """
    best = Relaxed(*checked(price, columns, frames, contexts), columns, None)
    if not needed.any() or columns.covers.nnz > LISTABLE:
        return best
    for _ in range(ROUNDS):
        left = stop - time.monotonic()
        if left <= 0 or best.bound >= enough:
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            found = linprog(
                columns.cost,
                A_ub=-columns.covers.T.tocsr()[needed],
                b_ub=-np.ones(int(needed.sum())),
                bounds=(0, None),
                method="highs",
                options={"time_limit": left},
            )
        if found.status != 0:
            break
        best = replace(best, columns=columns, share=found.x)
        price = np.zeros(len(needed))
        price[needed] = np.maximum(0.0, -found.ineqlin.marginals)
        dear = [frames.worth(price, -SLACK, contexts, LARGEST)]
        # Halfway to prices that are known to hold, fewer frames are worth too much than at a corner of the relaxation.
        middle = (price + best.price) / 2 if len(dear[0]) else price
        bound, lowered = checked(middle, columns, frames, contexts)
        if bound > best.bound:
            best = replace(best, bound=bound, price=lowered)
        if math.ceil(best.bound - CLOSE) >= math.ceil(found.fun - CLOSE) or not len(dear[0]):
            break  # costs are whole, and more frames can only lower the relaxation
        dear.append(frames.worth(middle, -SLACK, contexts, LARGEST))
        columns = Columns.joined([columns, *dear], len(needed))
    return best
