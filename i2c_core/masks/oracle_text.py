"""Free text for the oracle: what may follow a part of a text, found by asking `re` itself.

A text is whole when `re.match(pattern, text)` ends at its end and it is not excluded. Which characters lead to a whole
text is found by trying, the shortest first. So that the search is no longer than it must be, characters that cannot
even lead to a text of the *relaxed* pattern are left out: the pattern with every assertion taken for true and every
choice for free, which matches whatever the pattern does. A text whose end is further than the relaxed pattern's by
more than `DETOUR` characters is not found; it takes an assertion that asks for that many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

from i2c_core.symbols import Text

DETOUR = 8  # characters that assertions and excluded words may make a text longer
TRIES = 200_000  # texts that are tried for one question
FAR = 1 << 30  # more characters than any text has
_ENDLESS = 1 << 30  # what `re` writes for "any number" is above this

Item = tuple[Any, ...]  # an operation of a parsed pattern and what it is applied to
Ways = frozenset[tuple[Item, ...]]  # the items that may be ahead; () where the relaxed pattern may end


class Spelling:
    """A text of a kind of which a part is written."""

    def __init__(self, language: Language, written: str, ways: Ways) -> None:
        self.language = language
        self.written = written
        self._ways = ways

    @staticmethod
    def of(kind: Text) -> Spelling:
        """Nothing written yet."""
        language = _language(kind.pattern, kind.characters, kind.flags, kind.excluded)
        return Spelling(language, "", language.start)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spelling) and (self.language, self.written) == (other.language, other.written)

    def __hash__(self) -> int:
        return hash((id(self.language), self.written))

    def __str__(self) -> str:
        return f"a text that begins with {self.written!r}"

    def then(self, character: str) -> Spelling:
        """With one more character."""
        return Spelling(self.language, self.written + character, self.language.after(self._ways, character))

    def characters(self) -> list[str]:
        """The characters that may lead on."""
        return [c for c in self.language.alphabet if self.language.after(self._ways, c)]

    @property
    def is_whole(self) -> bool:
        return self.language.holds(self.written)

    def least(self, limit: int) -> int | None:
        """The tokens of the shortest end, the closing one included; None where it has none of at most `limit`."""
        tries, far = [TRIES], self.language.far(self._ways)
        for length in range(far, min(limit, far + DETOUR + 1)):
            if self._ends(length, tries):
                return length + 1
        return None

    def _ends(self, length: int, tries: list[int]) -> bool:
        """Whether exactly `length` more characters can end the text."""
        if self.language.far(self._ways) > length:
            return False
        tries[0] -= 1
        if tries[0] < 0:
            raise OracleGaveUp(f"too many texts begin with {self.written!r} for the oracle to try")
        if length == 0:
            return self.is_whole
        return any(self.then(c)._ends(length - 1, tries) for c in self.characters())


class OracleGaveUp(ValueError):
    """There are too many texts to try one by one: nothing is known of the state."""


class Language:
    """The texts of one kind."""

    def __init__(self, pattern: str, alphabet: tuple[str, ...], flags: int, excluded: tuple[str, ...]) -> None:
        self.pattern = re.compile(pattern, flags)
        self.excluded = frozenset(excluded)
        self.alphabet = alphabet
        items = _items(getattr(re, "_parser").parse(pattern, flags))  # noqa: B009
        self._any_case = bool(self.pattern.flags & re.IGNORECASE) or _ignores_case(items)
        self.start: Ways = frozenset(_heads(items))
        self._after: dict[tuple[Ways, str], Ways] = {}

    def holds(self, text: str) -> bool:
        """Whether this is a whole text."""
        found = self.pattern.match(text)
        return found is not None and found.end() == len(text) and text not in self.excluded

    def after(self, ways: Ways, character: str) -> Ways:
        """What may be ahead behind one more character."""
        if (ways, character) not in self._after:
            found: set[tuple[Item, ...]] = set()
            for way in ways:
                if way and self._reads(way[0], character):
                    found.update(_heads(way[1:]))
            self._after[ways, character] = frozenset(found)
        return self._after[ways, character]

    def far(self, ways: Ways) -> int:
        """The fewest characters that end the relaxed pattern."""
        return self._far.get(ways, FAR)

    @cached_property
    def _far(self) -> dict[Ways, int]:
        known, before = [self.start], {self.start: set[Ways]()}
        for ways in known:
            for character in self.alphabet:
                behind = self.after(ways, character)
                if behind not in before:
                    known.append(behind)
                before.setdefault(behind, set()).add(ways)
        found = {ways: 0 for ways in known if () in ways}
        reached = list(found)
        for ways in reached:
            for earlier in before[ways]:
                if earlier not in found:
                    found[earlier] = found[ways] + 1
                    reached.append(earlier)
        return found

    def _reads(self, item: Item, character: str) -> bool:
        """Whether a single-character item reads a character, whatever its case where that may count."""
        options = {character, character.lower(), character.upper()} if self._any_case else {character}
        return any(_reads(item, option) for option in options)


@cache
def _language(pattern: str, alphabet: tuple[str, ...], flags: int, excluded: tuple[str, ...]) -> Language:
    return Language(pattern, alphabet, flags, excluded)


def _items(parsed: Any) -> tuple[Item, ...]:
    """A parsed pattern as tuples, which can be compared and hashed."""
    return tuple((str(op), _frozen(value)) for op, value in parsed)


def _frozen(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if hasattr(value, "data"):
        return _items(value)
    return str(value) if hasattr(value, "name") and value < _ENDLESS else value  # operations have names


def _ignores_case(part: Any) -> bool:
    """Whether a part of a pattern turns case off for itself: `(?i:select)`."""
    if not isinstance(part, tuple):
        return False
    if len(part) == 2 and part[0] == "SUBPATTERN" and part[1][1] & re.IGNORECASE:
        return True
    return any(map(_ignores_case, part))


def _heads(items: tuple[Item, ...], entered: frozenset[tuple[Item, ...]] = frozenset()) -> Iterator[tuple[Item, ...]]:
    """The ways on from here that begin with a single character, and () where the end may be here."""
    if not items:
        yield ()
        return
    if items in entered:
        return  # a repetition of nothing
    (op, value), tail = items[0], items[1:]
    entered |= {items}
    if op == "BRANCH":
        for option in value[1]:
            yield from _heads((*option, *tail), entered)
    elif op == "SUBPATTERN":
        yield from _heads((*value[-1], *tail), entered)
    elif op == "ATOMIC_GROUP":
        yield from _heads((*value, *tail), entered)
    elif op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, body = value
        if high > 0:
            endless = high >= _ENDLESS
            again = (op, (max(low - 1, 0), high if endless else high - 1, body))
            yield from _heads((*body, again, *tail), entered)
        if low == 0:
            yield from _heads(tail, entered)
    elif op in ("AT", "ASSERT", "ASSERT_NOT", "FAILURE"):
        yield from _heads(tail, entered)
    elif op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        yield items
    else:
        raise ValueError(f"the oracle knows no {op} in patterns")


def _reads(item: Item, character: str) -> bool:
    op, value = item
    code = ord(character)
    if op == "ANY":
        return True
    if op == "LITERAL":
        return bool(code == value)
    if op == "NOT_LITERAL":
        return bool(code != value)
    negated = value[0] == ("NEGATE", None)
    found = [_holds(part, code) for part in value[negated:]]
    if None in found:
        return True  # a category; `re` has the last word
    return any(found) is not bool(negated)


def _holds(part: Item, code: int) -> bool | None:
    op, value = part
    if op == "LITERAL":
        return bool(code == value)
    return bool(value[0] <= code <= value[1]) if op == "RANGE" else None
