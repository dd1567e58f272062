"""A regular expression as a graph of places that a match stands at.

Legend. A *place* is an index into `Program.places`. A match moves from place to place; only `Char` takes a letter. An
*atomic scope* is a part of the expression of which only the first way through counts: an atomic group, a possessive
repeat, and the expression as a whole, of which `re.match` returns the first match. Scopes nest; `depth` counts those
around a place, less one (0 inside of a lookaround, which has none of its own).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from i2c_core.errors import RegularError
from i2c_core.regular.letters import Letters, scoped

MOST_PLACES = 50_000
_EMPTY_HAS_INSIDE = re.match(r"\B", "") is not None  # Python 3.14 changed what \B says of the empty text


@dataclass(frozen=True, slots=True)
class Char:
    """Takes a letter of a mask."""

    letters: int
    next: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Goes one of several ways, the first that leads to a match."""

    ways: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Before an iteration that may be left out. `number` names the loop where an iteration may be empty, else -1.

    A loop ends after an empty iteration: `re` begins none where the one before began.
    """

    number: int
    body: int
    tail: int
    lazy: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """After the last iteration that loop `number` may have."""

    number: int
    next: int


@dataclass(frozen=True, slots=True)
class Check:
    """Goes on where a condition holds."""

    condition: Condition
    next: int


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of an atomic group; `next` is outside."""

    next: int


@dataclass(frozen=True, slots=True)
class Final:
    """The end of the expression, or of the body of a lookaround."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Whether a match begins here with a place."""

    place: int


@dataclass(frozen=True, slots=True)
class Behind:
    """Whether lookbehind `number` matches what stands before."""

    number: int


@dataclass(frozen=True, slots=True)
class Start:
    """Whether this is the start of the text."""


@dataclass(frozen=True, slots=True)
class End:
    """Whether this is the end of the text."""


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class Both:
    left: Condition
    right: Condition


Condition = Ahead | Behind | Start | End | Not | Both
Place = Char | Branch | Loop | Leave | Check | Exit | Final


@dataclass(frozen=True)
class Program:
    """A compiled expression.

    Attributes:
        places: those of a part come after those of what follows it in the expression.
        depths: the depth of each place.
        start: where a match begins.
        behinds: for each lookbehind, inner ones first, where its body begins and how many letters it matches.
    """

    places: Sequence[Place]
    depths: Sequence[int]
    start: int
    behinds: Sequence[tuple[int, int]]


def build(tree: Any, flags: int, letters: Letters) -> Program:
    """The program of the standard library's tree of an expression."""
    builder = _Builder(letters)
    final = builder.add(Final(), 1)
    start = builder.sequence(tree, final, flags, 1)
    return Program(builder.places, builder.depths, start, builder.behinds)


class _Builder:
    def __init__(self, letters: Letters) -> None:
        self.letters = letters
        self.places: list[Place] = []
        self.depths: list[int] = []
        self.behinds: list[tuple[int, int]] = []
        self.loops = 0

    def add(self, place: Place, depth: int) -> int:
        if len(self.places) >= MOST_PLACES:
            raise RegularError(f"the expression unrolls to more than {MOST_PLACES:,} places", "repeat less often")
        self.places.append(place)
        self.depths.append(depth)
        return len(self.places) - 1

    def sequence(self, tree: Any, next: int, flags: int, depth: int) -> int:
        """The place before a sequence of items that goes on at `next`."""
        for item in reversed(tree):
            next = self.item(item, next, flags, depth)
        return next

    def item(self, item: tuple[Any, Any], next: int, flags: int, depth: int) -> int:
        operation, argument = str(item[0]), item[1]
        match operation:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return self.add(Char(self.letters.matched(item, flags), next), depth)
            case "BRANCH":
                ways = [self.sequence(way, next, flags, depth) for way in reversed(argument[1])]
                return self.add(Branch(tuple(reversed(ways))), depth)
            case "SUBPATTERN":
                _, more, less, tree = argument
                return self.sequence(tree, next, scoped(flags, more, less), depth)
            case "ATOMIC_GROUP":
                return self.atomic(argument, next, flags, depth)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self.repeat(argument, next, flags, depth, lazy=operation == "MIN_REPEAT")
            case "POSSESSIVE_REPEAT":
                after = self.add(Exit(next), depth + 1)
                return self.repeat(argument, after, flags, depth + 1, atomic=True)
            case "ASSERT" | "ASSERT_NOT":
                holds = self.around(argument[0], argument[1], flags)
                return self.add(Check(holds if operation == "ASSERT" else Not(holds), next), depth)
            case "AT":
                return self.add(Check(self.anchor(str(argument), flags), next), depth)
            case "FAILURE":
                return self.add(Branch(()), depth)
            case "GROUPREF":
                raise RegularError("it refers back to a group, which is not regular", "write out what may stand there")
            case "GROUPREF_EXISTS":
                raise RegularError("it asks whether a group matched", "write both cases as alternatives")
            case _:
                raise RegularError(f"it has {operation}, which is not known here", "write it without")

    def atomic(self, tree: Any, next: int, flags: int, depth: int) -> int:
        return self.sequence(tree, self.add(Exit(next), depth + 1), flags, depth + 1)

    def repeat(
        self, argument: Any, next: int, flags: int, depth: int, *, lazy: bool = False, atomic: bool = False
    ) -> int:
        low, high, tree = int(argument[0]), argument[1], argument[2]
        unbounded = str(high) == "MAXREPEAT"
        number = -1
        if tree.getwidth()[0] == 0:
            number, self.loops = self.loops, self.loops + 1

        def once(after: int) -> int:  # iterations of a possessive repeat are atomic, each by itself
            return self.atomic(tree, after, flags, depth) if atomic else self.sequence(tree, after, flags, depth)

        place = next
        if unbounded:
            place = self.add(Final(), depth)  # replaced below: the body comes back here
            self.places[place] = Loop(number, once(place), next, lazy)
        elif int(high) > low:
            place = self.add(Leave(number, next), depth) if number >= 0 else next
            for _ in range(int(high) - low):
                place = self.add(Loop(number, once(place), next, lazy), depth)
        for _ in range(low):
            place = once(place)
        return place

    def around(self, direction: int, tree: Any, flags: int) -> Condition:
        final = self.add(Final(), 0)
        body = self.sequence(tree, final, flags, 0)
        if direction > 0:
            return Ahead(body)
        self.behinds.append((body, int(tree.getwidth()[0])))
        return Behind(len(self.behinds) - 1)

    def one(self, mask: int) -> int:
        """A place that takes one letter of a mask and no more."""
        return self.add(Char(mask, self.add(Final(), 0)), 0)

    def anchor(self, name: str, flags: int) -> Condition:
        line_end = self.letters.of("\n")
        match name:
            case "AT_BEGINNING" if flags & re.MULTILINE:
                return _either(Start(), self.before(line_end))
            case "AT_BEGINNING" | "AT_BEGINNING_STRING":
                return Start()
            case "AT_END" if flags & re.MULTILINE:
                return _either(End(), Ahead(self.one(line_end)))
            case "AT_END":  # also before a line end that ends the text
                last = self.add(Check(End(), self.add(Final(), 0)), 0)
                return _either(End(), Ahead(self.add(Char(line_end, last), 0)))
            case "AT_END_STRING":
                return End()
            case "AT_BOUNDARY" | "AT_NON_BOUNDARY":
                return self.boundary(flags, inside=name == "AT_NON_BOUNDARY")
            case _:
                raise RegularError(f"it has {name}, which is not known here", "write it without")

    def before(self, mask: int) -> Condition:
        self.behinds.append((self.one(mask), 1))
        return Behind(len(self.behinds) - 1)

    def boundary(self, flags: int, *, inside: bool) -> Condition:
        word = self.letters.word(flags)
        left, right = self.before(word), Ahead(self.one(word))
        differ = _either(Both(left, Not(right)), Both(Not(left), right))
        if not inside:
            return differ
        if _EMPTY_HAS_INSIDE:
            return Not(differ)
        return Both(Not(differ), Not(Both(Start(), End())))


def _either(left: Condition, right: Condition) -> Condition:
    return Not(Both(Not(left), Not(right)))
