"""Kinds: what the literals of a type are — integers, members of an enumeration, bins of a continuous value, texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from i2c_core.errors import SignatureError

if TYPE_CHECKING:
    from i2c_core.regular import Dfa

_INTEGER = re.compile(r"0|-?[1-9]\d*")


@dataclass(frozen=True, slots=True)
class Range:
    """The integers from `low` to `high`, both included."""

    low: int
    high: int

    def literals(self) -> Iterator[str]:
        return map(str, range(self.low, self.high + 1))

    def holds(self, literal: str) -> bool:
        return _INTEGER.fullmatch(literal) is not None and self.low <= int(literal) <= self.high

    def place(self, literal: str) -> int:
        """The number that relations and orders compare."""
        return int(literal)

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of a few names."""

    members: tuple[str, ...]

    def literals(self) -> Iterator[str]:
        return iter(self.members)

    def holds(self, literal: str) -> bool:
        return literal in self.members

    def place(self, literal: str) -> int:
        """The number that relations and orders compare: members count from 0 as they are listed."""
        return self.members.index(literal)

    def __str__(self) -> str:
        return " | ".join(quoted(m) for m in self.members)


@dataclass(frozen=True, slots=True)
class Bins:
    """A continuous value in [low, high]: `count` equal bins for the model, the exact value beside the token."""

    low: float
    high: float
    count: int

    def index(self, value: float) -> int:
        """The bin that holds `value`."""
        if not self.low <= value <= self.high:
            raise SignatureError(f"{value:g} is outside {self.low:g}..{self.high:g}", "use a value inside the range")
        return min(int((value - self.low) / (self.high - self.low) * self.count), self.count - 1)

    def centre(self, index: int) -> float:
        """The value in the middle of a bin, for a token that came without an exact value."""
        return self.low + (index + 0.5) * (self.high - self.low) / self.count

    def place(self, literal: str) -> int:
        """The number that relations and orders compare: the bin. Values within one bin count as equal."""
        return int(literal.rpartition(":")[2])

    def __str__(self) -> str:
        return f"{self.low!r}..{self.high!r} in {self.count} bins"


PRINTABLE = tuple(map(chr, range(32, 127)))  # ASCII without control characters
FLAGS = {"a": re.A, "i": re.I, "l": re.L, "m": re.M, "s": re.S, "u": re.U, "x": re.X}


@dataclass(frozen=True)
class Text:
    """Free text, one character a token: what a regular expression matches, over an alphabet.

    Args:
        pattern: the expression; a text belongs where `re.match` matches all of it.
        alphabet: the characters, as one writes them inside the brackets of an expression; None for printable ASCII.
        flags: of the expression, as `re` counts them.
        excluded: words that do not belong.
    """

    pattern: str
    alphabet: str | None = None
    flags: int = 0
    excluded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.flags & re.X:  # one way to write each: what verbose expressions leave out stays out
            object.__setattr__(self, "pattern", _terse(self.pattern))
            object.__setattr__(self, "flags", self.flags & ~re.X)
        object.__setattr__(self, "flags", int(self.flags))
        object.__setattr__(self, "pattern", unescaped(_one_line(self.pattern)))
        if self.alphabet is not None:
            alphabet = re.sub(r"(\\.)|\]", lambda m: m[1] or r"\]", _one_line(self.alphabet), flags=re.S)
            object.__setattr__(self, "alphabet", alphabet)

    @cached_property
    def characters(self) -> tuple[str, ...]:
        """The alphabet, character by character."""
        return PRINTABLE if self.alphabet is None else _characters(self.alphabet)

    @cached_property
    def dfa(self) -> Dfa:
        """The language as a deterministic automaton, compiled on first use."""
        from i2c_core.regular import compile as compile_pattern

        return compile_pattern(self.pattern, self.flags, self.characters, self.excluded)

    def matches(self, text: str) -> bool:
        """Whether a text belongs."""
        return bool(self.dfa.matches(text))

    def __getstate__(self) -> dict[str, object]:
        return {name: self.__dict__[name] for name in ("pattern", "alphabet", "flags", "excluded")}

    def __str__(self) -> str:
        flags = "".join(letter for letter, flag in FLAGS.items() if self.flags & flag)
        shown = f"/{escaped(self.pattern)}/{flags}"
        if self.alphabet is not None:
            shown += f" over [{self.alphabet}]"
        if self.excluded:
            shown += f" except {' | '.join(quoted(w) for w in self.excluded)}"
        return shown


Kind = Range | Enumeration | Bins | Text


def quoted(name: str) -> str:
    """A name as the table writes it: as it is, or as a JSON string where it holds what means something there."""
    plain = re.fullmatch(r'[^\s,:=>()|"\[\]#/][^\s,:=>()|"\[\]]*', name) and ".." not in name
    return name if plain else json.dumps(name, ensure_ascii=not name.isprintable())


def escaped(pattern: str) -> str:
    """A pattern as the table writes it between slashes."""
    return re.sub(r"(\\.)|(/)", lambda m: m[1] or r"\/", pattern, flags=re.S)


def unescaped(pattern: str) -> str:
    """A pattern from between slashes; `\\/` is a slash."""
    return re.sub(r"\\(.)", lambda m: "/" if m[1] == "/" else m[0], pattern, flags=re.S)


_VERBOSE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\s+|#[^\n]*|[^\s#]", re.S)


def _terse(pattern: str) -> str:
    """A verbose expression without its white space and comments."""
    return "".join(part for part in _VERBOSE.findall(pattern) if not part[0].isspace() and part[0] != "#")


def _one_line(pattern: str) -> str:
    """An expression of the same meaning without line ends and other characters that do not print."""
    return re.sub(r"(\\?)(.)", lambda m: m[0] if m[2].isprintable() else repr(m[2])[1:-1], pattern, flags=re.S)


_ESCAPE = r"x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[dswDSW]|."
_CLASS_PART = re.compile(rf"(?:\\(?P<escape>{_ESCAPE})|(?P<plain>[^\\]))", re.S)
_CLASSES = {
    "d": "0123456789",
    "w": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
    "s": "\t\n\v\f\r ",
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0", "a": "\a"}


def _characters(alphabet: str) -> tuple[str, ...]:
    """The characters of a class as written inside its brackets; classes such as `\\w` mean ASCII, as does `^`."""
    fact, hint = f"[{alphabet}] is no alphabet", "write characters and ranges, such as a-z0-9_"
    parts: list[str] = []  # one string a part: a character, or all of a class
    dashes: list[bool] = []
    position = int(alphabet.startswith("^"))
    negated = position == 1
    while position < len(alphabet):
        found = _CLASS_PART.match(alphabet, position)
        if found is None:
            raise SignatureError(fact, hint)
        position = found.end()
        escape = found["escape"]
        dashes.append(found["plain"] == "-")
        if escape is None:
            parts.append(found["plain"])
        elif escape in _CLASSES:
            parts.append(_CLASSES[escape])
        elif escape.isupper() and escape.lower() in _CLASSES:
            parts.append("".join(c for c in PRINTABLE if c not in _CLASSES[escape.lower()]))
        else:
            parts.append(chr(int(escape[1:], 16)) if len(escape) > 1 else _CONTROLS.get(escape, escape))
    members: set[str] = set()
    place = 0
    while place < len(parts):
        if place + 2 < len(parts) and dashes[place + 1]:
            low, high = parts[place], parts[place + 2]
            if len(low) != 1 or len(high) != 1 or low > high:
                raise SignatureError(fact, hint)
            members |= {chr(c) for c in range(ord(low), ord(high) + 1)}
            place += 3
        else:
            members |= set(parts[place])
            place += 1
    if negated:
        members = set(PRINTABLE) - members
    if not members:
        raise SignatureError(fact, hint)
    return tuple(sorted(members))
