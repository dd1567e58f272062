"""Registers and what they guard, in the form that steps read: see `i2c_core.automata.automaton` for their meaning.

Values are counted from the least that any guarded token has, so that they index tables. A guarded mask is the AND of
three rows: the node's under its slack, the tokens of at least `low`, the tokens of at most `high`. The word of an order
is `more << 1 | tight`.

Legend: N nodes, M moves (see `i2c_core.masks.plans`), V tokens, Y types, R registers, S spaces, Z the largest value (of
those counted from 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton, Registers
from i2c_core.automata.automaton import LOOSE, TIGHT
from i2c_core.masks.bits import bit_words, pack, widen
from i2c_core.masks.moves import Moves

FAR = 1 << 40  # beyond every value, with room to add two up

A = TypeVar("A")  # NDArray or Tensor


@dataclass(frozen=True, eq=False)
class Guards(Generic[A]):
    """What each node reads, compares and stores.

    Attributes:
        count: R; cell R of a frame is scratch, and cell R + 1 keeps the word of the order where frames nest.
        frames: whether frames nest.
        orders: whether an order's word is kept: some node has a key, or a frame.
        least: the value that counts as 0.
        top: Z.
        reach: by how much a guard may lie outside of 0 to Z.
        low, high: (N,) int64, the constant guards, from 0 to Z + 1 and from -1 to Z + 1.
        lower, upper: pairs of (N,) int64, the register that a guard reads and what is added to it.
        store: (N,) int64, the register that takes the value.
        key: (N,) int64, 1 for a place in a key, else 0.
        bit: (N,) int64, the bit of that place in the order's word, else 0.
        limit: (N,) int64, below which the order's word has no bit of a place behind this one; 0 where the order is not
            strict.
        spent: (N,) int64, the node that stands for this one where `more` is 0, or None where all stand for themselves.
        space: (N,) int64, the first row of a node's space in `at_least` and `at_most`; None where there is one space.
        value: (M,) int64, the value of a move.
        hold: (M,) int64, all bits where a move leaves the order's word, none where it clears it; None where all leave.
        tie: (M,) int64, 1 where a move sets `tight`.
        step: (M,) int64, by how many cells a move goes to another frame; None without frames.
        keep: (M,) int64, no bits where a move opens a frame, all elsewhere; None without frames.
        at_least, at_most: (S * (Z + 2 + 2 * reach), W) int32, the tokens of at least and of at most a value, from
            -reach on; None where they would exceed the bound.
        at_least_bytes, at_most_bytes: the same a byte a token, or None.
    """

    count: int
    frames: bool
    orders: bool
    least: int
    top: int
    reach: int
    low: A
    high: A
    lower: tuple[tuple[A, A], ...]
    upper: tuple[tuple[A, A], ...]
    store: A
    key: A
    bit: A
    limit: A
    spent: A | None
    space: A | None
    value: A
    hold: A | None
    tie: A
    step: A | None
    keep: A | None
    at_least: A | None
    at_most: A | None
    at_least_bytes: A | None
    at_most_bytes: A | None

    @property
    def frame_cells(self) -> int:
        """The cells of a frame."""
        return self.count + 2 if self.frames else self.count + 1


def make_guards(
    automaton: Automaton, first: NDArray[np.int64], spent: NDArray[np.int64], moves: Moves, bound: int
) -> Guards[NDArray[Any]] | None:
    """The guards of nodes, or None where the automaton has no registers.

    Args:
        automaton: the automaton.
        first: (N,), the type of each node.
        spent: (N,), the node that stands for each where nothing greater is left.
        moves: what the moves are.
        bound: the most bytes of rows made ahead.

    Raises:
        ValueError: a type without a space stores its value, or compares it in a key.
    """
    registers = automaton.registers
    if registers is None:
        return None
    if ((registers.space == 0) & ((registers.store < registers.count) | (registers.key >= 0))).any():
        raise ValueError("a type without a space stores a value, or has a place in a key")
    guarded = registers.space > 0  # (Y + 1,)
    possible = (automaton.production >= 0) & guarded[:, None]  # (Y + 1, V)
    of_type = registers.values[registers.space]  # (Y + 1, V)
    used = of_type[possible]
    least, top = (int(used.min()), int(used.max() - used.min())) if used.size else (0, 0)
    low = np.where(guarded, np.clip(registers.low.astype(np.int64) - least, 0, top + 1), 0)
    high = np.where(guarded, np.clip(registers.high.astype(np.int64) - least, -1, top + 1), top + 1)
    key = registers.key.astype(np.int64)
    keyed = key >= 0
    lower = _reads(registers.low_register, registers.low_offset, registers, guarded, top)
    upper = _reads(registers.high_register, registers.high_offset, registers, guarded, top)
    reach = max(1, *(int(np.abs(more).max()) for _, more in (*lower, *upper))) if lower or upper else 1
    # `1 << 63` is no int64: the last place has nothing behind it, whatever the word.
    limit = np.where(key + 2 < 63, np.int64(1) << np.clip(key + 2, 0, 62), np.iinfo(np.int64).max)
    rows = _value_rows(registers, least, top, reach, bound)
    frames = registers.frame.astype(np.int64) if registers.frames else None
    return Guards(
        count=registers.count,
        frames=registers.frames,
        orders=bool(keyed.any() or registers.frames or (registers.spent != np.arange(len(keyed))).any()),
        least=least,
        top=top,
        reach=reach,
        low=low[first],
        high=high[first],
        lower=tuple((cell[first], np.where(cell < registers.count, more, -FAR)[first]) for cell, more in lower),
        upper=tuple((cell[first], np.where(cell < registers.count, more, FAR)[first]) for cell, more in upper),
        store=registers.store.astype(np.int64)[first],
        key=keyed.astype(np.int64)[first],
        bit=np.where(keyed, np.int64(1) << np.clip(key + 1, 0, 62), 0)[first],
        limit=np.where(keyed & registers.strict, limit, 0)[first],
        spent=spent if (spent != np.arange(len(spent))).any() else None,
        space=_first_rows(registers, top + 2 + 2 * reach)[first] if len(registers.values) > 2 else None,
        value=moves.of_tokens(np.where(possible, of_type.astype(np.int64) - least, 0)),
        hold=moves.of_productions(-(registers.tie != LOOSE).astype(np.int64), -1, -1)
        if LOOSE in registers.tie
        else None,
        tie=moves.of_productions((registers.tie == TIGHT).astype(np.int64), 0, 0),
        step=None if frames is None else moves.of_productions(frames * (registers.count + 2), 0, 0),
        keep=None if frames is None else moves.of_productions(-(frames < 1).astype(np.int64), -1, -1),
        at_least=rows[0],
        at_most=rows[1],
        at_least_bytes=rows[2],
        at_most_bytes=rows[3],
    )


def _first_rows(registers: Registers, count: int) -> NDArray[np.int64]:
    """(Y + 1,) the first row of each type's space, of `count` rows a space."""
    return np.maximum(registers.space.astype(np.int64) - 1, 0) * count


def _reads(
    register: NDArray[np.int32],
    offset: NDArray[np.int32],
    registers: Registers,
    guarded: NDArray[np.bool_],
    top: int,
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The guards that any type has, one pair of columns (Y + 1,) each: the register, R for none, and what is added."""
    found = []
    for g in range(register.shape[1]):
        reads = guarded & (register[:, g] < registers.count)  # (Y + 1,)
        if reads.any():
            cell = np.where(reads, register[:, g], registers.count).astype(np.int64)
            # To be one more than Z away is to be out of all reach.
            more = np.clip(offset[:, g].astype(np.int64), -top - 2, top + 2)
            found.append((cell, np.where(reads, more, 0)))
    return found


def _value_rows(registers: Registers, least: int, top: int, reach: int, bound: int) -> tuple[NDArray[Any] | None, ...]:
    """The rows of at least and at most each value from -reach on: packed, and a byte a token."""
    spaces, tokens = max(1, len(registers.values) - 1), registers.values.shape[1]
    each = top + 2 + 2 * reach
    if spaces * each * bit_words(tokens) * 4 > bound:
        return None, None, None, None
    values = registers.values[1:].astype(np.int64) - least  # (S, V)
    threshold = np.arange(each)[:, None] - reach  # (Z + 2 + 2 * reach, 1)
    every = [np.ones((each, tokens), bool)] * (spaces - len(values))
    least_rows = [(value >= threshold) | (threshold <= 0) for value in values] + every
    most_rows = [(value <= threshold) | (threshold >= top) for value in values] + every
    at_least, at_most = pack(np.concatenate(least_rows)), pack(np.concatenate(most_rows))
    if spaces * each * tokens > bound:
        return at_least, at_most, None, None
    return at_least, at_most, widen(at_least, tokens), widen(at_most, tokens)
