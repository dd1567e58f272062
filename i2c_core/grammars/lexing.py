"""Which terminal a lexer takes: Lark's rules in plain words.

A scanner tries terminals in order (higher priority, then the longer a text may be, then the longer pattern) and takes
the first that matches, not the longest match. A text such as a keyword that a regular expression of the same priority
matches as a whole is taken by that expression and given to the keyword after. The contextual lexer has a scanner for
each set of terminals that the parser may take next; Earley asks each terminal alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from i2c_core.grammars.trees import Terminal


@dataclass(frozen=True)
class Rivals:
    """Who takes texts away from a terminal: `before` any text that begins with one of theirs, `instead` whole texts."""

    before: tuple[Terminal, ...]
    instead: tuple[Terminal, ...]


class Scanner:
    """Terminals that are tried together, in order."""

    def __init__(self, terminals: Iterable[Terminal]) -> None:
        found = sorted(terminals, key=rank)
        self.keywords: dict[str, list[Terminal]] = {}  # by expression, the texts that it takes and gives away
        embedded: set[str] = set()
        texts = [t for t in found if t.literal is not None]
        for terminal in found:
            if terminal.literal is not None:
                continue
            for text in texts:
                if text.priority == terminal.priority and terminal.takes(text.literal or ""):
                    self.keywords.setdefault(terminal.name, []).append(text)
                    if not text.flags & ~terminal.flags:
                        embedded.add(text.name)
        self.terminals: Sequence[Terminal] = [t for t in found if t.name not in embedded]
        self.names = [t.name for t in found]

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?P<{t.name}>{t.source})" for t in self.terminals))

    def match(self, text: str, position: int) -> tuple[str, int]:
        """The terminal that is found at a position, and where it ends; an empty name for none."""
        found = self.compiled.match(text, position)
        if found is None or found.lastgroup is None:
            return "", position
        name = found.lastgroup
        if name in self.keywords:
            value = found[0]
            for keyword in self.keywords[name]:
                if value == keyword.literal or keyword.compiled.fullmatch(value):
                    return keyword.name, found.end()
        return name, found.end()

    def rivals(self, terminal: Terminal) -> Rivals:
        """The rivals of a terminal that is no keyword of another."""
        before: list[Terminal] = []
        for other in self.terminals:
            if other.name == terminal.name:
                break
            before.append(other)
        return Rivals(tuple(before), tuple(self.keywords.get(terminal.name, ())))


@dataclass(frozen=True)
class Lexing:
    """The terminals of a grammar and which of them are tried together; no `states` where each is asked alone."""

    terminals: dict[str, Terminal]
    states: tuple[frozenset[str], ...]
    dead: dict[str, frozenset[frozenset[str]]] = field(default_factory=dict)  # states where a terminal is never found
    mixed: tuple[str, ...] = ()  # terminals that rules put where they are never found

    @cached_property
    def scanners(self) -> dict[frozenset[str], Scanner]:
        """One for each set of terminals that the parser may take next."""
        return {names: Scanner(self.terminals[n] for n in names) for names in dict.fromkeys(self.states)}

    def beside(self, name: str) -> list[frozenset[str]]:
        """The sets of terminals that are tried where a terminal may be found."""
        dead = self.dead.get(name, frozenset())
        return [s for s in self.states if name in s and s not in dead]

    @cached_property
    def _together(self) -> dict[str, Scanner]:
        """For each terminal one scanner of all that are ever tried beside it."""
        made: dict[frozenset[str], Scanner] = {}
        found: dict[str, Scanner] = {}
        for name in self.terminals:
            beside = frozenset().union(*self.beside(name))
            if beside not in made:
                made[beside] = Scanner(self.terminals[n] for n in beside)
            found[name] = made[beside]
        return found

    def together(self, name: str) -> Scanner:
        """All terminals that are ever tried beside one, in order."""
        return self._together[name]

    def rivals(self, name: str) -> Rivals:
        """Who may take texts away from a terminal, in any state."""
        if not self.states:
            return Rivals((), ())
        return self._together[name].rivals(self.terminals[name])

    def finds(self, name: str, text: str, position: int, end: int) -> bool:
        """Whether a lexer that wants a terminal finds it from `position` to `end`, whatever else may stand there."""
        if not self.states:
            found = self.terminals[name].compiled.match(text, position)
            return found is not None and found.end() == end
        return self._together[name].match(text, position) == (name, end)

    def misses(self, name: str, text: str) -> frozenset[frozenset[str]]:
        """The states that want a terminal and do not find it where its text stands alone."""
        states = self.beside(name)
        return frozenset(s for s in states if self.scanners[s].match(text, 0) != (name, len(text)))


def rank(terminal: Terminal) -> tuple[int, int, int, str]:
    """The order in which a scanner tries terminals."""
    pattern = terminal.literal if terminal.literal is not None else terminal.regex
    return -terminal.priority, -terminal.width, -len(pattern), terminal.name
