"""Many partial programs at once under an automaton with registers, in NumPy: which tokens keep them canonical.

Plain gathers and comparisons, as the head of `i2c_core.automata.automaton` words them. For counting, enumerating and
sampling, which have no device; decoding has its own engine in `i2c_core.masks`.

Legend: N rows, V tokens, D the depth of the stack, F frames, R registers, G guards of a type.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton, Registers
from i2c_core.automata.automaton import LOOSE, TIGHT, UNBOUNDED
from i2c_core.datasets.tables import ContextFree

Int = NDArray[np.int64]


@dataclass
class Rows:
    """N partial programs.

    Attributes:
        stack: (N, D) the open types, (N,) `depth` of them, the next on top; row 0 of the tables where none is.
        slack: (N,) tokens left minus the least that closes everything.
        values: (N, F, R + 1) what the registers of each frame hold; `frame` (N,) is the one in use.
        tight, more: (N, F) as the automaton words them.
    """

    stack: Int
    depth: Int
    slack: Int
    values: Int
    frame: Int
    tight: NDArray[np.bool_]
    more: Int

    def pick(self, index: Int) -> Rows:
        """The rows of an index, which may repeat some."""
        return Rows(
            stack=self.stack[index],
            depth=self.depth[index],
            slack=self.slack[index],
            values=self.values[index],
            frame=self.frame[index],
            tight=self.tight[index],
            more=self.more[index],
        )


class Walker:
    """Steps of an automaton, with registers or without."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        self.registers: Registers = automaton.registers or _no_registers(automaton)

    @staticmethod
    def of(tables: ContextFree) -> Walker:
        """Of tables that do not say everything."""
        assert tables.automaton is not None
        return Walker(tables.automaton)

    def start(self, rows: int, budget: int | Int) -> Rows:
        """`rows` empty programs of at most `budget` tokens each."""
        return Rows(
            stack=np.ones((rows, 8), np.int64),
            depth=np.ones(rows, np.int64),
            slack=np.broadcast_to(np.asarray(budget, np.int64) - int(self.automaton.least[1]), (rows,)).copy(),
            values=np.zeros((rows, 1, self.registers.count + 1), np.int64),
            frame=np.zeros(rows, np.int64),
            tight=np.zeros((rows, 1), bool),
            more=np.zeros((rows, 1), np.int64),
        )

    def types(self, rows: Rows) -> Int:
        """(N,) the type that each row writes next, 0 behind the end."""
        return self._guards(rows)[0]

    def legal(self, rows: Rows) -> NDArray[np.bool_]:
        """(N, V) the tokens that are open; none behind the end."""
        registers, automaton = self.registers, self.automaton
        type_, low, high = self._guards(rows)
        production = automaton.production[type_]  # (N, V)
        space = registers.space[type_]
        values = registers.values[space]  # (N, V)
        inside = (space == 0)[:, None] | ((low[:, None] <= values) & (values <= high[:, None]))
        legal: NDArray[np.bool_] = (production >= 0) & (automaton.cost[production] <= rows.slack[:, None]) & inside
        return legal

    def advance(self, rows: Rows, token: Int) -> None:
        """Write a token (N,) that is open behind each row, in place; every row is open."""
        registers, automaton = self.registers, self.automaton
        every = np.arange(len(token))
        type_, _, high = self._guards(rows)
        production = automaton.production[type_, token]
        value = registers.values[registers.space[type_], token].astype(np.int64)
        store, key, frame = registers.store[type_], registers.key[type_], rows.frame
        keyed = np.flatnonzero(key >= 0)
        bit = np.int64(1) << key[keyed].astype(np.int64)
        more = rows.more[keyed, frame[keyed]] & ~bit
        rows.more[keyed, frame[keyed]] = more | np.where(value[keyed] < high[keyed], bit, 0)
        equal = value[keyed] == rows.values[keyed, frame[keyed], store[keyed]]
        rows.tight[keyed, frame[keyed]] &= equal
        rows.values[every, frame, store] = value
        self._move_frames(rows, registers.frame[production])
        tie = registers.tie[production]
        chosen = np.flatnonzero(tie == TIGHT)
        rows.tight[chosen, rows.frame[chosen]] = True
        chosen = np.flatnonzero(tie == LOOSE)
        rows.tight[chosen, rows.frame[chosen]] = False
        rows.more[chosen, rows.frame[chosen]] = 0
        rows.slack -= automaton.cost[production]
        self._push(rows, production)

    def _guards(self, rows: Rows) -> tuple[Int, Int, Int]:
        """(N,) the type on top, the least and the largest value that it lets in."""
        registers = self.registers
        every = np.arange(len(rows.depth))
        more = rows.more[every, rows.frame]
        type_ = np.where(rows.depth > 0, rows.stack[every, rows.depth - 1], 0)
        type_ = np.where(more == 0, registers.spent[type_], type_).astype(np.int64)
        own = rows.values[every, rows.frame]  # (N, R + 1)
        lower, upper = registers.low_register[type_], registers.high_register[type_]  # (N, G)
        found = np.take_along_axis(own, lower.astype(np.int64), 1) + registers.low_offset[type_]
        low = np.where(lower < registers.count, found, -UNBOUNDED).max(1, initial=-UNBOUNDED)
        found = np.take_along_axis(own, upper.astype(np.int64), 1) + registers.high_offset[type_]
        high = np.where(upper < registers.count, found, UNBOUNDED).min(1, initial=UNBOUNDED)
        low, high = np.maximum(low, registers.low[type_]), np.minimum(high, registers.high[type_])
        key = registers.key[type_].astype(np.int64)
        held = np.flatnonzero((key >= 0) & rows.tight[every, rows.frame])
        beyond = registers.strict[type_[held]] & (more[held] >> (key[held] + 1) == 0)
        low[held] = np.maximum(low[held], own[held, registers.store[type_[held]]] + beyond)
        return type_, low, high

    def _move_frames(self, rows: Rows, by: NDArray[np.int8]) -> None:
        rows.frame = rows.frame + by
        opened = np.flatnonzero(by > 0)
        if not len(opened):
            return
        missing = int(rows.frame.max()) + 1 - rows.tight.shape[1]
        if missing > 0:
            rows.values = np.pad(rows.values, ((0, 0), (0, missing), (0, 0)))
            rows.tight = np.pad(rows.tight, ((0, 0), (0, missing)))
            rows.more = np.pad(rows.more, ((0, 0), (0, missing)))
        rows.values[opened, rows.frame[opened]] = 0
        rows.tight[opened, rows.frame[opened]] = False
        rows.more[opened, rows.frame[opened]] = 0

    def _push(self, rows: Rows, production: NDArray[np.int32]) -> None:
        args = self.automaton.args[production]  # (N, A)
        missing = int(rows.depth.max(initial=0)) + args.shape[1] - rows.stack.shape[1]
        if missing > 0:
            rows.stack = np.pad(rows.stack, ((0, 0), (0, missing + 8)))
        rows.depth = rows.depth - 1
        for place in range(args.shape[1] - 1, -1, -1):
            opened = np.flatnonzero(args[:, place] > 0)
            rows.stack[opened, rows.depth[opened]] = args[opened, place]
            rows.depth[opened] += 1


def _no_registers(automaton: Automaton) -> Registers:
    """Registers that hold and guard nothing, for a context-free language."""
    types, tokens = automaton.production.shape
    every, none = np.arange(types, dtype=np.int32), np.zeros((types, 0), np.int32)
    zero, production = np.zeros(types, np.int32), np.zeros(len(automaton.cost), np.int8)
    return Registers(
        count=0,
        frames=False,
        low_register=none,
        low_offset=none,
        high_register=none,
        high_offset=none,
        low=zero - np.int32(UNBOUNDED),
        high=zero + np.int32(UNBOUNDED),
        space=zero,
        values=np.zeros((1, tokens), np.int32),
        store=zero,
        key=zero - np.int32(1),
        strict=np.zeros(types, bool),
        spent=every,
        tie=production,
        frame=production,
    )
