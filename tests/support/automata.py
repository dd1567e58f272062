"""Automata by hand, and a slow interpreter of `i2c_core.automata.automaton`, word by word as its head says.

Legend: V tokens, Y types, P productions, R registers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton, Registers
from i2c_core.automata.automaton import KEEP, LOOSE, TIGHT, UNBOUNDED


class Interpreter:
    """One program under an automaton, token by token, in plain Python.

    Args:
        automaton: what it follows.
        budget: the most tokens.
        root: the type of the program, as the automaton names them.
        fresh: what a register holds before anything is written to it; None for an error when it is read.
    """

    def __init__(self, automaton: Automaton, budget: int, root: int = 0, fresh: int | None = None) -> None:
        self.automaton = automaton
        self.slack = budget - int(automaton.least[root + 1])
        self.stack = [root + 1]
        self.fresh = fresh
        self.frames = [self._frame()]
        self.refused = False

    def _frame(self) -> Frame:
        registers = self.automaton.registers
        return Frame([self.fresh] * (registers.count if registers else 0))

    @property
    def type(self) -> int:
        """The type on top, 0 where the program is complete."""
        if not self.stack:
            return 0
        registers, top = self.automaton.registers, self.stack[-1]
        return int(registers.spent[top]) if registers and self.frames[-1].more == 0 else top

    def guards(self) -> tuple[int, int]:
        """The least and the largest value that is open."""
        registers, y, frame = self.automaton.registers, self.type, self.frames[-1]
        assert registers is not None
        low, high = int(registers.low[y]), int(registers.high[y])
        for register, offset in zip(registers.low_register[y], registers.low_offset[y], strict=True):
            if register < registers.count:
                low = max(low, frame.read(register) + int(offset))
        for register, offset in zip(registers.high_register[y], registers.high_offset[y], strict=True):
            if register < registers.count:
                high = min(high, frame.read(register) + int(offset))
        key = int(registers.key[y])
        if key >= 0 and frame.tight:
            beyond = bool(registers.strict[y]) and (frame.more >> (key + 1)) == 0
            low = max(low, frame.read(registers.store[y]) + beyond)
        return low, high

    def legal(self) -> set[int]:
        """The open tokens."""
        return {t for t in range(len(self.automaton.tokens)) if self.is_open(t)}

    def is_open(self, token: int) -> bool:
        automaton, y = self.automaton, self.type
        if self.refused or not y or not 0 <= token < len(automaton.tokens):
            return False
        production = int(automaton.production[y, token])
        if production < 0 or automaton.cost[production] > self.slack:
            return False
        registers = automaton.registers
        if registers is None or registers.space[y] == 0:
            return True
        low, high = self.guards()
        return low <= int(registers.values[registers.space[y], token]) <= high

    def advance(self, token: int) -> None:
        """Take a token; one that is closed ends the program for good."""
        automaton, y = self.automaton, self.type
        if not y and token == len(automaton.tokens):
            return
        if not self.is_open(token):
            self.refused, self.stack = True, []
            return
        production = int(automaton.production[y, token])
        if automaton.registers is not None:
            self._remember(automaton.registers, y, token, production)
        self.slack -= int(automaton.cost[production])
        self.stack.pop()
        self.stack += [int(a) for a in automaton.args[production][::-1] if a]

    def _remember(self, registers: Registers, y: int, token: int, production: int) -> None:
        frame = self.frames[-1]
        value, key = int(registers.values[registers.space[y], token]), int(registers.key[y])
        if key >= 0:
            _, high = self.guards()
            frame.more = frame.more & ~(1 << key) | (value < high) << key
            frame.tight = frame.tight and value == frame.read(registers.store[y])
        if registers.store[y] < registers.count:
            frame.values[registers.store[y]] = value
        if registers.frame[production] == 1:
            self.frames.append(self._frame())
        elif registers.frame[production] == -1:
            self.frames.pop()
        if registers.tie[production] == TIGHT:
            self.frames[-1].tight = True
        elif registers.tie[production] == LOOSE:
            self.frames[-1].tight, self.frames[-1].more = False, 0


@dataclass
class Frame:
    """The registers of a frame, and the order of its list."""

    values: list[int | None]
    tight: bool = False
    more: int = 0

    def read(self, register: int) -> int:
        value = self.values[int(register)]
        assert value is not None, f"register {register} is read before it is written"
        return value


@dataclass
class Rule:
    """A production by hand: the types it opens, what it does to order and frame."""

    args: Sequence[str] = ()
    tie: int = KEEP
    frame: int = 0


@dataclass
class Sort:
    """A type by hand.

    Attributes:
        rules: its productions by token, or the names of the types that they open.
        values: the value of each of its tokens, where they are compared.
        low, high: the constant guards.
        lower, upper: guards as (register, offset).
        store, key, strict, spent: as in `Registers`; a type's name for `spent`.
    """

    rules: Mapping[str, Rule | Sequence[str]]
    values: Mapping[str, int] = field(default_factory=dict)
    low: int = -UNBOUNDED
    high: int = UNBOUNDED
    lower: Sequence[tuple[int, int]] = ()
    upper: Sequence[tuple[int, int]] = ()
    store: int | None = None
    key: int = -1
    strict: bool = False
    spent: str | None = None


def automaton_of(sorts: Mapping[str, Sort], registers: int | None = None) -> Automaton:
    """An automaton by hand; the first sort is the root, `registers` how many there are, None for none at all."""
    types = {name: i + 1 for i, name in enumerate(sorts)}
    tokens = list(dict.fromkeys(t for sort in sorts.values() for t in sort.rules))
    ids = {t: i for i, t in enumerate(tokens)}
    rules = [
        (types[name], ids[token], rule if isinstance(rule, Rule) else Rule(rule))
        for name, sort in sorts.items()
        for token, rule in sort.rules.items()
    ]
    width = max(1, *(len(rule.args) for *_, rule in rules)) if len(rules) > 1 else max(1, len(rules[0][2].args))
    production = np.full((len(types) + 1, len(tokens)), -1, np.int32)
    args = np.zeros((len(rules), width), np.int32)
    for number, (type_, token, rule) in enumerate(rules):
        production[type_, token] = number
        args[number, : len(rule.args)] = [types[a] for a in rule.args]
    least = _least(len(types), [(type_, [types[a] for a in rule.args]) for type_, _, rule in rules])
    needs = 1 + least[args].sum(1)
    return Automaton(
        tokens=tuple(tokens),
        types=tuple(sorts),
        production=production,
        cost=(needs - least[[type_ for type_, *_ in rules]]).astype(np.int32),
        args=args,
        least=least.astype(np.int32),
        registers=None if registers is None else _registers(sorts, types, tokens, [r for *_, r in rules], registers),
    )


def _least(count: int, rules: list[tuple[int, list[int]]]) -> NDArray[np.int64]:
    least = np.full(count + 1, 1 << 20)
    least[0] = 0
    for _ in range(count + 1):
        for type_, args in rules:
            least[type_] = min(least[type_], 1 + least[args].sum() if args else 1)
    return least


def _registers(
    sorts: Mapping[str, Sort], types: Mapping[str, int], tokens: list[str], rules: list[Rule], count: int
) -> Registers:
    size = len(types) + 1
    guards = max(1, *(len(s.lower) for s in sorts.values()), *(len(s.upper) for s in sorts.values()))
    reads = np.full((2, size, guards), count, np.int32)
    offsets = np.zeros((2, size, guards), np.int32)
    bounds = np.array([[-UNBOUNDED] * size, [UNBOUNDED] * size], np.int32)
    space, store = np.zeros(size, np.int32), np.full(size, count, np.int32)
    key, strict, spent = np.full(size, -1, np.int32), np.zeros(size, bool), np.arange(size, dtype=np.int32)
    spaces: list[dict[str, int]] = []
    for (name, sort), y in zip(sorts.items(), types.values(), strict=True):
        assert types[name] == y
        if sort.values:
            if dict(sort.values) not in spaces:
                spaces.append(dict(sort.values))
            space[y] = spaces.index(dict(sort.values)) + 1
        bounds[:, y] = sort.low, sort.high
        for side, found in enumerate((sort.lower, sort.upper)):
            for g, (register, offset) in enumerate(found):
                reads[side, y, g], offsets[side, y, g] = register, offset
        store[y] = count if sort.store is None else sort.store
        key[y], strict[y] = sort.key, sort.strict
        spent[y] = y if sort.spent is None else types[sort.spent]
    values = np.array([[s.get(t, 0) for t in tokens] for s in ({}, *spaces)], np.int32)
    return Registers(
        count=count,
        frames=any(rule.frame for rule in rules),
        low_register=reads[0],
        low_offset=offsets[0],
        high_register=reads[1],
        high_offset=offsets[1],
        low=bounds[0],
        high=bounds[1],
        space=space,
        values=values,
        store=store,
        key=key,
        strict=strict,
        spent=spent,
        tie=np.array([rule.tie for rule in rules], np.int8),
        frame=np.array([rule.frame for rule in rules], np.int8),
    )
