"""Guards that are the same whenever a node is on top, drawn into the tables of the node.

Where no upper guard reads a register, the largest value of a node is a constant, and so is, for each token, whether a
larger value was possible. Then a step needs no upper guard at all: rows and costs close what is outside of the
constants, and one AND and one OR make of the order's word what a move leaves of it.

Legend: N nodes, M moves (see `i2c_core.masks.plans`), V tokens, L levels, W packed words, E words of 8 bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from i2c_core.masks.guards import Guards
from i2c_core.masks.plans import Plan
from i2c_core.masks.rows import NEVER, Rows

MOST_MOVES = 1 << 18  # beyond it, a second set of tables is not worth its memory

Ints = NDArray[np.int64]


class Constants(NamedTuple):
    """Tables with the constant guards in them.

    Attributes:
        cost: (M,), `NEVER` too where a constant closes the move's token.
        keep: (M,), the bits that a move leaves of the order's word.
        add: (M,), the bits that it sets then.
        bits, bytes: (N * L, W) and (N * L, E), what is open with the constants; bytes may be None.
    """

    cost: Ints
    keep: Ints
    add: Ints
    bits: NDArray[Any]
    bytes: NDArray[Any] | None


def draw_constants(plan: Plan[NDArray[Any]]) -> Constants | None:
    """The tables, or None where they would say less than the guards, or be large."""
    guards, rows = plan.guards, plan.rows
    if guards is None or not (guards.lower or guards.orders) or guards.upper:
        return None
    if guards.at_least is None or plan.kind is not None or rows is None:
        return None
    if len(plan.cost) > MOST_MOVES or rows.row_of is not None:
        return None
    node = np.repeat(np.arange(len(guards.low)), plan.width)  # (M,)
    outside = (guards.value < guards.low[node]) | (guards.value > guards.high[node])
    hold = -1 if guards.hold is None else guards.hold
    larger = np.where(guards.value < guards.high[node], guards.bit[node], 0)
    return Constants(
        cost=np.where(outside, NEVER, plan.cost),
        keep=hold & ~guards.bit[node],
        add=hold & larger | guards.tie,
        bits=rows.bits & _between(guards, rows, guards.at_least, guards.at_most),
        bytes=None
        if rows.bytes is None or guards.at_least_bytes is None
        else rows.bytes & _between(guards, rows, guards.at_least_bytes, guards.at_most_bytes),
    )


def _between(guards: Guards[Ints], rows: Rows[NDArray[Any]], at_least: Any, at_most: Any) -> NDArray[Any]:
    """(N * L, words) the tokens between the constants of each node."""
    space = guards.reach if guards.space is None else guards.reach + guards.space
    found: NDArray[Any] = at_least[guards.low + space] & at_most[guards.high + space]
    return np.repeat(found, rows.levels, axis=0)
