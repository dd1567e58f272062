"""The masks that there can be, made ahead: a row for a node under a slack.

A node is what stands on top of a stack (see `i2c_core.masks.plans`). Only slacks up to K, the largest cost, differ, so
row `node * (K + 1) + min(slack, K)` of one small table is the whole mask, budget included. Where that table would be
large, the distinct costs number the levels of slack, equal rows are kept once, and two look-ups find the row. Where
even that exceeds the bound on memory there are no rows, and costs are compared at every step.

Legend: N nodes, V tokens, L levels, U distinct rows, W packed words, E words of 8 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.masks.bits import bit_words, pack, widen

ROWS_BOUND = 1 << 26  # bytes of rows made ahead, in either form
SMALL = 1 << 20  # bytes of a table in which equal rows may repeat: it stays in the cache
MOST_LEVELS = 1 << 22  # a larger K has no table of levels
NEVER = 1 << 30  # the cost of what is impossible: above every budget, and 2**33 of them fit an int64

A = TypeVar("A")  # NDArray or Tensor


@dataclass(frozen=True, eq=False)
class Rows(Generic[A]):
    """Rows made ahead.

    Attributes:
        K: the largest cost; a slack above it is as good.
        levels: L, the numbers of rows of a node, where `level` is there.
        level: (K + 1,) int64, the level of a slack, or None where each slack has its own.
        row_of: (N * L,) int64, the row of a node at a level, or None where they stand in this order.
        bits: (U, W) int32, packed rows.
        bytes: (U, E) int64, the same a byte a token, or None where they would exceed the bound.
    """

    K: int
    levels: int
    level: A | None
    row_of: A | None
    bits: A
    bytes: A | None


def make_rows(costs: NDArray[np.int32], first: NDArray[np.int64], bound: int) -> Rows[NDArray[Any]] | None:
    """The rows of nodes, or None where they need more than `bound` bytes.

    Args:
        costs: (Y + 1, V), the cost of a token at a type, `NEVER` where it is impossible.
        first: (N,), the type of each node.
        bound: the most bytes.
    """
    tokens = costs.shape[1]
    distinct = np.unique(np.append(costs[costs < NEVER], 0))  # (L,)
    largest, words = int(distinct[-1]), bit_words(tokens)
    row_bytes = max(4 * words, -(-tokens // 8) * 8)
    if (largest + 1) * len(first) * row_bytes <= min(SMALL, bound):
        by_type = _packed(costs, np.arange(largest + 1))  # (Y + 1, K + 1, W)
        packed = by_type[first].reshape(-1, words)  # (N * (K + 1), W)
        return Rows(largest, largest + 1, None, None, packed, widen(packed, tokens))
    if largest >= MOST_LEVELS or costs.shape[0] * len(distinct) * words * 4 > 4 * bound:
        return None
    by_type = _packed(costs, distinct)  # (Y + 1, L, W)
    rows, number = np.unique(by_type.reshape(-1, words), axis=0, return_inverse=True)  # (U, W)
    if rows.nbytes > bound:
        return None
    level = np.searchsorted(distinct, np.arange(largest + 1), "right") - 1  # (K + 1,)
    row_of = number.reshape(by_type.shape[:2])[first].reshape(-1)  # (N * L,)
    wide = widen(rows, tokens) if len(rows) * row_bytes <= bound else None
    return Rows(largest, len(distinct), level.astype(np.int64), row_of.astype(np.int64), rows, wide)


def _packed(costs: NDArray[np.int32], slacks: NDArray[np.integer]) -> NDArray[np.int32]:
    """(Y + 1, L, W): what is open at each type under each of these slacks; nothing at type 0."""
    made = np.zeros((costs.shape[0], len(slacks), bit_words(costs.shape[1])), np.int32)
    for number, slack in enumerate(slacks):
        made[1:, number] = pack(costs[1:] <= slack)
    return made
