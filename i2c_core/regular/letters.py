"""The letters that a part of an expression matches, as bits of an integer, and those that behave alike.

Legend: an *item* is a pair (operation, argument) of the standard library's tree of an expression. Letter i of the
alphabet is bit i of a *mask*.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from i2c_core.errors import RegularError

_parser: Any = importlib.import_module("re._parser")  # the standard library's own readers have no public names
_compiler: Any = importlib.import_module("re._compiler")
PRINTABLE = tuple(map(chr, range(32, 127)))
BLANKS = "\n\t\r\f\v"
LONGEST_RANGE = 256  # of a longer range beyond ASCII an alphabet takes the two ends
MOST_SINGLES = 512
Item = tuple[Any, Any]
_singles: dict[tuple[str, int], re.Pattern[str]] = {}  # expressions of one item, by its text and flags


class Letters:
    """An alphabet, and which of its letters each item matches."""

    def __init__(self, alphabet: Sequence[str]) -> None:
        self.alphabet = tuple(alphabet)
        wrong = next((c for c in self.alphabet if not isinstance(c, str) or len(c) != 1), None)
        if wrong is not None:
            raise RegularError(f"{wrong!r} is no letter of an alphabet", "letters are single characters")
        self._bit = {c: 1 << i for i, c in enumerate(self.alphabet)}
        if len(self._bit) < len(self.alphabet):
            twice = next(c for i, c in enumerate(self.alphabet) if c in self.alphabet[:i])
            raise RegularError(f"the alphabet has {twice!r} twice", "give each letter once")
        self._text = "".join(self.alphabet)
        self.all = (1 << len(self.alphabet)) - 1
        self._masks: dict[tuple[str, int], int] = {}

    def of(self, characters: Iterable[str]) -> int:
        """The mask of some characters; those that are no letters are left out."""
        return sum(self._bit.get(c, 0) for c in set(characters))

    def matched(self, item: Item, flags: int) -> int:
        """The mask of the letters that an item matches under flags."""
        operation, argument = str(item[0]), item[1]
        if not flags & re.IGNORECASE:
            if operation == "LITERAL":
                return self._bit.get(chr(argument), 0)
            if operation == "NOT_LITERAL":
                return self.all & ~self._bit.get(chr(argument), 0)
        key = (repr(item), flags)
        if key not in self._masks:
            self._masks[key] = self.of(matched(item, flags, self._text))
        return self._masks[key]

    def word(self, flags: int) -> int:
        """The mask of the letters that `\\w` matches under flags."""
        return self.of(re.findall(r"\w", self._text, re.ASCII if flags & re.ASCII else 0))


def matched(item: Item, flags: int, text: str) -> list[str]:
    """The characters of a text that one item matches, asked of `re` itself: case and Unicode are as they are there."""
    key = (repr(item), flags)
    if key not in _singles:
        if len(_singles) >= MOST_SINGLES:
            _singles.clear()
        state = _parser.State()
        state.flags = flags
        _singles[key] = _compiler.compile(_parser.SubPattern(state, [item]), flags)
    return _singles[key].findall(text)


def classes(masks: Iterable[int], everything: int) -> list[int]:
    """The coarsest parts of an alphabet that no mask cuts, by their first letters."""
    parts = [everything] if everything else []
    for mask in set(masks):
        parts = [cut for part in parts for cut in (part & mask, part & ~mask) if cut]
    return sorted(parts, key=lambda part: part & -part)


def default_alphabet(pattern: str, flags: int = 0) -> tuple[str, ...]:
    r"""Printable ASCII, what else an expression names, and the blanks without which a part of it would match nothing.

    >>> default_alphabet(r"#[^\n]*") == PRINTABLE, default_alphabet(r"(é|\n)+")[95:], default_alphabet(r"[^\S ]")[95:]
    (True, ('\n', 'é'), ('\n', '\t', '\r', '\x0b', '\x0c'))
    """
    tree = parse(pattern, flags)
    named: set[str] = set()
    printable = "".join(PRINTABLE)
    for item, scope in _items(tree, tree.state.flags | flags):
        characters = set(_named(item))
        if scope & re.IGNORECASE:
            characters |= {d for c in characters for d in (c.lower(), c.upper()) if len(d) == 1}
        named |= characters
        if not characters and not matched(item, scope, printable):
            named |= set(matched(item, scope, BLANKS))
    beyond = sorted(named - set(PRINTABLE), key=lambda c: (c not in "\n\t\r", c != "\n", c != "\t", c))
    return (*PRINTABLE, *beyond)


def parse(pattern: str, flags: int) -> Any:
    """The standard library's tree of an expression."""
    try:
        re.compile(pattern, flags)
        return _parser.parse(pattern, flags)
    except (re.error, ValueError, OverflowError) as error:
        raise RegularError(f"{pattern!r} is no regular expression: {error}", "see Python's `re`") from None
    except RecursionError:
        raise RegularError(f"{pattern[:60]!r} is nested too deeply", "write a simpler expression") from None


def scoped(flags: int, add: int, delete: int) -> int:
    """Flags inside a group that changes them; those of the kind of text (`a`, `u`) replace each other."""
    if add & _parser.TYPE_FLAGS:
        flags &= ~_parser.TYPE_FLAGS
    return (flags | add) & ~delete


def _items(tree: Any, flags: int) -> Iterator[tuple[Item, int]]:
    """All items that match one character and the flags that they stand under."""
    for operation, argument in tree:
        match str(operation):
            case "LITERAL" | "NOT_LITERAL" | "IN":
                yield (operation, argument), flags
            case "BRANCH":
                for way in argument[1]:
                    yield from _items(way, flags)
            case "SUBPATTERN":
                yield from _items(argument[3], scoped(flags, argument[1], argument[2]))
            case "ATOMIC_GROUP":
                yield from _items(argument, flags)
            case "ASSERT":
                yield from _items(argument[1], flags)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from _items(argument[2], flags)


def _named(item: Item) -> Iterator[str]:
    if str(item[0]) == "LITERAL":
        yield chr(item[1])
    elif str(item[0]) == "IN" and str(item[1][0][0]) != "NEGATE":
        for operation, value in item[1]:
            if str(operation) == "LITERAL":
                yield chr(value)
            elif str(operation) == "RANGE":
                low, high = value
                few = high - low < LONGEST_RANGE
                yield from map(chr, range(low, high + 1) if few else (low, high))
