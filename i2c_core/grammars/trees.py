"""A compiled grammar and what it parses, in words of our own: items, alternatives, terminals, nodes, leaves.

Rules whose names begin with an underscore, Lark's helpers for `*`, `+`, `~` and brackets among them, are *inlined*:
what they hold belongs to the alternative that uses them. All other rules make nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from i2c_core.grammars.lexing import Lexing


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
    priority: int = 0
    width: int = 0  # of the longest text that it matches, as Lark reckons it

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex, self.flags)

    @property
    def source(self) -> str:
        """The regular expression with its flags inside, to be put into a longer one."""
        letters = "".join(f for f in "imsxau" if self.flags & re.RegexFlag[f.upper()])
        return f"(?{letters}:{self.regex})" if letters else f"(?:{self.regex})"

    @cached_property
    def bare(self) -> Terminal:
        """The terminal without what it wants to see behind its end, as in `/[a-z]+(?=@)/`; itself where it does not."""
        found = re.search(r"\(\?=(?:[^()\\\[\]]|\\.|\[(?:[^\]\\]|\\.)*\])*\)$", self.regex)
        if found is None or self.literal is not None:
            return self
        return replace(self, regex=self.regex[: found.start()])

    def takes(self, text: str) -> bool:
        """Whether a lexer that reads from the left takes all of a text, which a lazy expression may not."""
        found = self.compiled.match(text)
        if found is None and self.bare is not self:
            found = self.bare.compiled.match(text)
        return found is not None and found.end() == len(text)

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

    def __init__(self, items: Iterable[Node | Leaf] = ()) -> None:
        super().__init__(items)
        self.start = -1


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
    """All alternatives and terminals that are reachable from the start rule, in the order of the text.

    `made_up` are the rules of what is repeated where it is more than one thing: the alternative that repeats it and who
    wrote that.
    """

    alternatives: tuple[Alternative, ...]
    terminals: dict[str, Terminal]
    start: str
    name: str
    lexing: Lexing = field(default_factory=lambda: Lexing({}, ()))
    made_up: dict[str, tuple[Alternative, str]] = field(default_factory=dict)
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
