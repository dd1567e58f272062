"""Many partial programs at once under a machine, in NumPy, for counting and measuring; decoding has a mask of its own.

Legend: N rows, V tokens, D the depth of the stack, R classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.rewriting.machine import NEVER, Machine

Int = NDArray[np.int64]


@dataclass
class Rows:
    """N partial programs.

    Attributes:
        hole: (N,) what is open, 0 for nothing.
        left: (N,) tokens left.
        depth: (N,) the place of the frame on top.
        frames: (N, D); `costs` (N, D, R) the least that is needed for each class that a frame gets, all below included.
    """

    hole: Int
    left: Int
    depth: Int
    frames: Int
    costs: Int

    def pick(self, index: Int) -> Rows:
        """The rows of an index, which may repeat some."""
        return Rows(self.hole[index], self.left[index], self.depth[index], self.frames[index], self.costs[index])


def start(machine: Machine, budget: Int) -> Rows:
    """Empty programs of at most `budget` (N,) tokens each."""
    count, deep = len(budget), int(budget.max(initial=1)) // 2 + 2
    costs = np.full((count, deep, machine.classes), NEVER, np.int64)
    costs[:, 0, 0] = 0
    nothing = np.zeros(count, np.int64)
    frames = np.zeros((count, deep), np.int64)
    return Rows(np.ones(count, np.int64), budget.astype(np.int64), nothing, frames, costs)


def legal(machine: Machine, rows: Rows) -> NDArray[np.bool_]:
    """(N, V) the open tokens; none behind the end."""
    top = rows.costs[np.arange(len(rows.hole)), rows.depth]  # (N, R)
    needed = (machine.cost[rows.hole] + top[:, None]).min(2)  # (N, V)
    found: NDArray[np.bool_] = needed <= rows.left[:, None]
    return found


def advance(machine: Machine, rows: Rows, token: Int) -> None:
    """Write an open token (N,) behind each row, in place; every row is open."""
    every = np.arange(len(token))
    class_ = machine.leaf[rows.hole, token]
    ends = class_ >= 0
    top = rows.frames[every, rows.depth]
    hole = np.where(ends, machine.then_hole[top, class_], machine.hole[rows.hole, token])
    frame = np.where(ends, machine.then_frame[top, class_], machine.frame[rows.hole, token])
    below = np.maximum(rows.depth - ends, 0)
    on = np.flatnonzero(frame > 0)
    needed = (machine.rest[frame[on]] + rows.costs[on, below[on]][:, None]).min(2)  # (n, R)
    depth = below + (frame > 0)
    rows.frames[on, depth[on]] = frame[on]
    rows.costs[on, depth[on]] = np.minimum(needed, NEVER)
    rows.hole, rows.depth, rows.left = hole.astype(np.int64), depth, rows.left - 1
