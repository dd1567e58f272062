"""Registers and what they guard, in the form that steps read: see `i2c_core.automata.automaton` for their meaning.

Values are counted from the least that any guarded token has, so that they index tables. A guarded mask is the AND of
three rows: the node's under its slack, the tokens of at least `low`, the tokens of at most `high`. The word of an order
is `more << 1 | tight`.

Legend: N nodes, V tokens, Y types, R registers, S spaces, Z the largest value (of those counted from 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton, Registers
from i2c_core.automata.automaton import LOOSE, TIGHT
from i2c_core.masks.bits import bit_words, pack, widen

FAR = 1 << 40  # beyond every value, with room to add two up
HOLD, TIE, FRAME, VALUE = 1, 0, 2, 4  # where an act keeps: hold the order's word, tie it, the frame's step, the value

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
        low, high: (N,) int64, the constant guards, from 0 to Z + 1 and from -1 to Z + 1.
        lower, upper: pairs of (N,) int64, the register that a guard reads and what is added to it.
        store: (N,) int64, the register that takes the value.
        key: (N,) int64, 1 for a place in a key, else 0.
        bit: (N,) int64, the bit of that place in the order's word, else 0.
        beyond: (N,) int64, by how much to shift the order's word to see the bits of the places behind.
        strict: (N,) int64, 1 where the order is strict.
        spent: (N,) int64, the node that stands for this one where `more` is 0, or None where all stand for themselves.
        space: (N,) int64, the first row of a node's space in `at_least` and `at_most`; None where there is one space.
        act: (N * (V + 2),) int64, the value of a token at a node and what it does to order and frame.
        at_least, at_most: (S * (Z + 3), W) int32, the tokens of at least a value, and of at most one less than a value;
            None where they would exceed the bound.
        at_least_bytes, at_most_bytes: the same a byte a token, or None.
    """

    count: int
    frames: bool
    orders: bool
    least: int
    top: int
    low: A
    high: A
    lower: tuple[tuple[A, A], ...]
    upper: tuple[tuple[A, A], ...]
    store: A
    key: A
    bit: A
    beyond: A
    strict: A
    spent: A | None
    space: A | None
    act: A
    at_least: A | None
    at_most: A | None
    at_least_bytes: A | None
    at_most_bytes: A | None

    @property
    def frame_cells(self) -> int:
        """The cells of a frame."""
        return self.count + 2 if self.frames else self.count + 1


def make_guards(
    automaton: Automaton, first: NDArray[np.int64], spent: NDArray[np.int64], bound: int
) -> Guards[NDArray[Any]] | None:
    """The guards of nodes, or None where the automaton has no registers.

    Args:
        automaton: the automaton.
        first: (N,), the type of each node.
        spent: (N,), the node that stands for each where nothing greater is left.
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
    value = np.where(possible, of_type.astype(np.int64) - least, 0)  # (Y + 1, V)
    low = np.where(guarded, np.clip(registers.low.astype(np.int64) - least, 0, top + 1), 0)
    high = np.where(guarded, np.clip(registers.high.astype(np.int64) - least, -1, top + 1), top + 1)
    key = registers.key.astype(np.int64)
    keyed = key >= 0
    rows = _value_rows(registers, least, top, bound)
    return Guards(
        count=registers.count,
        frames=registers.frames,
        orders=bool(keyed.any() or registers.frames or (registers.spent != np.arange(len(keyed))).any()),
        least=least,
        top=top,
        low=low[first],
        high=high[first],
        lower=_reads(registers.low_register, registers.low_offset, registers, guarded, first, -FAR),
        upper=_reads(registers.high_register, registers.high_offset, registers, guarded, first, FAR),
        store=registers.store.astype(np.int64)[first],
        key=keyed.astype(np.int64)[first],
        bit=np.where(keyed, np.int64(1) << np.maximum(key + 1, 0), 0)[first],
        beyond=np.where(keyed, key + 2, 0)[first],
        strict=(registers.strict & keyed).astype(np.int64)[first],
        spent=spent if (spent != np.arange(len(spent))).any() else None,
        space=(np.maximum(registers.space.astype(np.int64) - 1, 0) * (top + 3))[first]
        if len(registers.values) > 2
        else None,
        act=_acts(automaton, registers, value)[first].reshape(-1),
        at_least=rows[0],
        at_most=rows[1],
        at_least_bytes=rows[2],
        at_most_bytes=rows[3],
    )


def _reads(
    register: NDArray[np.int32],
    offset: NDArray[np.int32],
    registers: Registers,
    guarded: NDArray[np.bool_],
    first: NDArray[np.int64],
    none: int,
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
    """The guards that any type has, one pair of columns each; `none` is added where a type reads nothing."""
    found = []
    for g in range(register.shape[1]):
        reads = guarded & (register[:, g] < registers.count)  # (Y + 1,)
        if reads.any():
            cell = np.where(reads, register[:, g], registers.count).astype(np.int64)
            found.append((cell[first], np.where(reads, offset[:, g].astype(np.int64), none)[first]))
    return tuple(found)


def _acts(automaton: Automaton, registers: Registers, value: NDArray[np.int64]) -> NDArray[np.int64]:
    """(Y + 1, V + 2) what a token does at a type; columns V and V + 1 pad and refuse, which hold everything."""
    production = automaton.production
    does = np.concatenate([_act_of(registers), [1 << HOLD | 1 << FRAME]])  # the last where there is no production
    act = np.full((production.shape[0], production.shape[1] + 2), does[-1], np.int64)
    act[1:, :-2] = does[production[1:]] | value[1:] << VALUE
    return act


def _act_of(registers: Registers) -> NDArray[np.int64]:
    """(P,) what a production does to order and frame."""
    tie = registers.tie.astype(np.int64)
    frame = registers.frame.astype(np.int64) + 1
    act: NDArray[np.int64] = (tie != LOOSE) * (1 << HOLD) | (tie == TIGHT) * (1 << TIE) | frame << FRAME
    return act


def _value_rows(registers: Registers, least: int, top: int, bound: int) -> tuple[NDArray[Any] | None, ...]:
    """The rows of at least and at most each value: packed, and a byte a token."""
    spaces, tokens = max(1, len(registers.values) - 1), registers.values.shape[1]
    count = spaces * (top + 3)
    if count * bit_words(tokens) * 4 > bound:
        return None, None, None, None
    values = registers.values[1:].astype(np.int64) - least  # (S, V)
    threshold = np.arange(top + 3)[:, None]  # (Z + 3, 1)
    least_rows, most_rows = [np.ones((top + 3, tokens), bool)] * spaces, [np.ones((top + 3, tokens), bool)] * spaces
    for space, value in enumerate(values):
        least_rows[space] = (value >= threshold) | (threshold == 0)
        most_rows[space] = (value < threshold) | (threshold > top)
    at_least, at_most = pack(np.concatenate(least_rows)), pack(np.concatenate(most_rows))
    if count * tokens > bound:
        return at_least, at_most, None, None
    return at_least, at_most, widen(at_least, tokens), widen(at_most, tokens)
