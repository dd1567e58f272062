"""What may come next behind a prefix, and why: an automaton followed one token at a time in plain Python.

For people, one prefix at a time: `i2c mask` prints it. It does what the head of `automaton` says, line by line.

Legend: V tokens of the automaton; types are counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from i2c_core.automata.automaton import LOOSE, TIGHT, Automaton, Registers
from i2c_core.errors import BudgetError, ProgramError, suggest


@dataclass(frozen=True, slots=True)
class Choice:
    """One token at a position.

    Attributes:
        token: its name.
        opens: the types of its arguments; none where it has no production here.
        cost: by how much it lowers the slack, None where it has no production here.
        closed: why it is closed, empty where it is open.
    """

    token: str
    opens: tuple[str, ...]
    cost: int | None
    closed: str

    @property
    def open(self) -> bool:
        return not self.closed


@dataclass(frozen=True, slots=True)
class Position:
    """Where a program stands behind a prefix.

    Attributes:
        prefix: the tokens written.
        budget: the most tokens of the program.
        stack: the types that are open, the next one first; empty where the program is complete.
        slack: tokens left beyond those that closing everything needs.
        choices: all V tokens in their order; empty where the program is complete.
    """

    prefix: tuple[str, ...]
    budget: int
    stack: tuple[str, ...]
    slack: int
    choices: tuple[Choice, ...]

    @property
    def left(self) -> int:
        """Tokens left."""
        return self.budget - len(self.prefix)

    @property
    def needed(self) -> int:
        """The least number of tokens that closes everything open."""
        return self.left - self.slack

    def narrowed(self, open_: set[str], reason: str) -> Position:
        """The same with what is not among the tokens `open_` closed too, for a reason."""
        found = (replace(c, closed=reason) if c.open and c.token not in open_ else c for c in self.choices)
        return replace(self, choices=tuple(found))


def follow(automaton: Automaton, prefix: Sequence[str], budget: int) -> Position:
    """The position behind a prefix.

    Raises:
        BudgetError: the budget is below the shortest program.
        ProgramError: a token of the prefix is unknown or closed; says which, and why.
    """
    least = int(automaton.least[1])
    if budget < least:
        fact = f"a budget of {budget} tokens is below the shortest {automaton.types[0]}, which has {least}"
        raise BudgetError(fact, f"use a budget of at least {least}")
    ids = {name: i for i, name in enumerate(automaton.tokens)}
    walk = _Walk(automaton, budget - least)
    for number, name in enumerate(prefix, 1):
        if name not in ids:
            hint = suggest(name, ids, f"its tokens are {_some(list(ids))}")
            raise ProgramError(f"unknown token {name!r} at place {number}", hint)
        if not walk.stack:
            fact = f"the program is complete after {number - 1} tokens, got {len(prefix)}"
            raise ProgramError(fact, "drop the tokens behind it")
        choice = walk.choice(ids[name])
        if not choice.open:
            fact = f"token {number}, {name!r}, is closed: {choice.closed}"
            raise ProgramError(fact, f"open here: {_some([c.token for c in walk.choices() if c.open])}")
        walk.take(ids[name])
    stack = tuple(automaton.types[y - 1] for y in reversed(walk.stack))
    return Position(tuple(prefix), budget, stack, walk.slack, walk.choices() if stack else ())


@dataclass
class _Frame:
    """Registers of one level: values, and two facts about the order of a list."""

    values: list[int]
    tight: bool = False
    more: int = 0


@dataclass
class _Walk:
    """One sequence: its stack, the type to come last, its slack, and its frames of registers."""

    automaton: Automaton
    slack: int
    stack: list[int] = field(default_factory=lambda: [1])
    frames: list[_Frame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.frames.append(self._frame())

    def choices(self) -> tuple[Choice, ...]:
        return tuple(self.choice(token) for token in range(len(self.automaton.tokens)))

    def choice(self, token: int) -> Choice:
        automaton, type_ = self.automaton, self._type()
        production, name = int(automaton.production[type_, token]), automaton.tokens[token]
        if production < 0:
            return Choice(name, (), None, f"no {automaton.types[type_ - 1]} begins with it")
        cost = int(automaton.cost[production])
        opens = tuple(automaton.types[a - 1] for a in automaton.args[production].tolist() if a)
        closed = f"costs {cost}, the slack is {self.slack}" if cost > self.slack else ""
        registers = automaton.registers
        if registers is not None and registers.space[type_]:
            low, high = self._guards(registers, type_)
            if not low <= self._value(registers, type_, token) <= high:
                closed = f"expected a value from {low} to {high}" if low <= high else "no value is left"
        return Choice(name, opens, cost, closed)

    def take(self, token: int) -> None:
        """Follow an open token."""
        automaton, type_ = self.automaton, self._type()
        production = int(automaton.production[type_, token])
        if automaton.registers is not None:
            self._store(automaton.registers, type_, token, production)
        self.slack -= int(automaton.cost[production])
        self.stack.pop()
        self.stack += [a for a in reversed(automaton.args[production].tolist()) if a]

    def _type(self) -> int:
        type_, registers = self.stack[-1], self.automaton.registers
        return type_ if registers is None or self.frames[-1].more else int(registers.spent[type_])

    def _frame(self) -> _Frame:
        registers = self.automaton.registers
        return _Frame([0] * (registers.count + 1 if registers is not None else 0))

    def _value(self, registers: Registers, type_: int, token: int) -> int:
        return int(registers.values[registers.space[type_], token])

    def _guards(self, registers: Registers, type_: int) -> tuple[int, int]:
        """The least and largest value that may come at a type."""
        frame, low, high = self.frames[-1], int(registers.low[type_]), int(registers.high[type_])
        for register, offset in zip(registers.low_register[type_], registers.low_offset[type_], strict=True):
            if register < registers.count:
                low = max(low, frame.values[register] + int(offset))
        for register, offset in zip(registers.high_register[type_], registers.high_offset[type_], strict=True):
            if register < registers.count:
                high = min(high, frame.values[register] + int(offset))
        key = int(registers.key[type_])
        if key >= 0 and frame.tight:
            beyond = bool(registers.strict[type_]) and not frame.more >> (key + 1)
            low = max(low, frame.values[registers.store[type_]] + beyond)
        return low, high

    def _store(self, registers: Registers, type_: int, token: int, production: int) -> None:
        frame, store, key = self.frames[-1], int(registers.store[type_]), int(registers.key[type_])
        value = self._value(registers, type_, token)
        if key >= 0:
            above = value < self._guards(registers, type_)[1]
            frame.more = frame.more & ~(1 << key) | above << key
            frame.tight = frame.tight and value == frame.values[store]
        frame.values[store] = value
        if registers.frame[production] > 0:
            self.frames.append(self._frame())
        elif registers.frame[production] < 0:
            self.frames.pop()
        if registers.tie[production] == TIGHT:
            self.frames[-1].tight = True
        elif registers.tie[production] == LOOSE:
            self.frames[-1].tight, self.frames[-1].more = False, 0


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
