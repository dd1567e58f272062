"""A compiled grammar and what it parses, in words of our own: items, alternatives, terminals, nodes, leaves.

Rules whose names begin with an underscore, Lark's helpers for `*`, `+`, `~` and brackets among them, are *inlined*:
what they hold belongs to the alternative that uses them. All other rules make nodes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Item:
    """One place of an alternative; what is not `kept` is mere text, such as a keyword or a comma."""

    name: str
    terminal: bool
    kept: bool

    @property
    def inlined(self) -> bool:
        return not self.terminal and self.name.startswith("_")


@dataclass(frozen=True, eq=False)
class Alternative:
    """One way to write a rule. `place` counts the rule's alternatives in the text, which Lark may have multiplied."""

    rule: str
    items: tuple[Item, ...]
    alias: str | None
    expands: bool
    line: int
    place: int

    @cached_property
    def kept(self) -> tuple[Item, ...]:
        return tuple(i for i in self.items if i.kept)


@dataclass(frozen=True)
class Terminal:
    """A kind of token: a regular expression, or a text of its own (`literal`)."""

    name: str
    regex: str
    literal: str | None
    flags: int
    ignored: bool

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex, self.flags)

    @property
    def shown(self) -> str:
        """What errors call it: its text (quoted where it is no word), its name, or its pattern where it has none."""
        if self.literal is None:
            return f"/{self.regex}/" if self.name.startswith("__") else self.name
        return self.literal if re.fullmatch(r"\w+", self.literal) else repr(self.literal)


class Leaf:
    """A token that is kept: its terminal, its text, and where it starts."""

    __slots__ = ("start", "terminal", "text")

    def __init__(self, terminal: str, text: str, start: int) -> None:
        self.terminal = terminal
        self.text = text
        self.start = start

    @property
    def name(self) -> str:
        return self.terminal


class Run(list["Node | Leaf"]):
    """What an inlined rule held, flattened."""

    __slots__ = ("start",)

    start: int


class Node:
    """An alternative that was found, with what it keeps; `start` is its first character, -1 where it is empty."""

    __slots__ = ("alternative", "kept", "start")

    def __init__(self, alternative: Alternative, kept: list[Node | Leaf | Run], start: int) -> None:
        self.alternative = alternative
        self.kept = kept
        self.start = start

    @property
    def name(self) -> str:
        return self.alternative.rule


@dataclass(frozen=True)
class Rules:
    """All alternatives and terminals that are reachable from the start rule, in the order of the text."""

    alternatives: tuple[Alternative, ...]
    terminals: dict[str, Terminal]
    start: str
    name: str
    by_rule: dict[str, list[Alternative]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for alternative in self.alternatives:
            self.by_rule.setdefault(alternative.rule, []).append(alternative)

    def literals(self, alternative: Alternative) -> list[str]:
        """The texts of an alternative's keywords and marks, from left to right."""
        found = [self.terminals[i.name].literal for i in alternative.items if i.terminal and not i.kept]
        return [text for text in found if text is not None]

    def shown(self, item: Item) -> str:
        """What errors call an item: its name, or where Lark made that up the text or pattern."""
        terminal = self.terminals.get(item.name)
        return item.name if terminal is None or not item.name.startswith("__") else terminal.shown

    def where(self, alternative: Alternative) -> str:
        return f"{self.name}, line {alternative.line}"
