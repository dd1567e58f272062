"""Relations and orders with registers: which values are kept where, and which symbols and lists open a frame.

A *scope* is what uses registers together: a symbol with relations, or the ordered lists of one element type. Registers
of two scopes may coincide where neither is written while the other is still read. A scope that may be written again
inside itself opens a frame, so that each level has registers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from i2c_core.automata.automaton import MAX_KEYS
from i2c_core.automata.language import Cons, Language, Plan
from i2c_core.errors import SignatureError


@dataclass
class Scope:
    """Values that are kept together.

    Attributes:
        count: how many registers it needs.
        productions: of its symbol, one a type that the symbol makes.
        lists: the productions that make its lists, empty for a symbol.
        places: for each symbol (its production) the register of each item that is kept, from 0 within the scope.
        framed: whether it opens a frame.
        start: its first register.
    """

    productions: Sequence[int] = ()
    lists: Sequence[Cons] = ()
    places: dict[int, dict[int, int]] = field(default_factory=dict)
    count: int = 0
    framed: bool = False
    start: int = 0

    def place(self, p: int, item: int) -> int | None:
        """The register of a symbol's item, None where it is not kept."""
        place = self.places[p].get(item)
        return None if place is None else self.start + place


def symbol_scope(language: Language, productions: Sequence[int]) -> Scope:
    """The scope of a symbol with relations, at one choice of argument types."""
    scope = Scope(productions)
    plan = language.plan(productions[0])
    if plan is not None:
        places, scope.count = _allocate(plan, 0)
        scope.places = dict.fromkeys(productions, places)
    return scope


def list_scope(language: Language, conses: Sequence[Cons]) -> Scope:
    """The scope of ordered lists that have their elements' symbols in common."""
    scope = Scope(lists=conses)
    if language.literal(conses[0].element) is not None:
        tails = [(c.production, language.tail(c.production)) for c in conses]
        for p, plan in tails:
            if plan is not None:
                scope.places[p], count = _allocate(plan, 1)
                scope.count = max(scope.count, count)
        return scope
    plans = [(p, language.plan(p, keyed=True)) for _, p in language.elements(conses[0])]
    keys = max((len(plan.key) for _, plan in plans if plan is not None), default=0)
    if keys > MAX_KEYS:
        token = language.vocabulary.tokens[next(q.token for _, q in plans if q is not None and len(q.key) == keys)]
        fact = f"the key of {token} has {keys} arguments, an order compares at most {MAX_KEYS}"
        raise SignatureError(fact, f"declare a shorter key for {token}")
    for p, plan in plans:
        if plan is not None:
            scope.places[p], count = _allocate(plan, keys)
            scope.count = max(scope.count, count)
    return scope


def _allocate(plan: Plan, keys: int) -> tuple[dict[int, int], int]:
    """The register of each item that is kept: its place in the key, or behind `keys` one that is free by then."""
    places: dict[int, int] = {item: place for place, item in enumerate(plan.key)}
    count = keys
    for j in range(len(plan.items)):
        if j in places or plan.last[j] < 0:
            continue
        taken = {r for i, r in places.items() if i < j and plan.last[i] > j and r >= keys}
        places[j] = next(r for r in range(keys, count + 1) if r not in taken)
        count = max(count, places[j] + 1)
    return places, count


def allocate(language: Language, scopes: Sequence[Scope]) -> int:
    """Give every scope its registers and frames; the number of registers."""
    reached = _Reached(language, scopes)
    inside = {id(s): reached.inside(s) for s in scopes}
    listed = [s for s in scopes if s.lists]
    for scope in scopes:
        around = listed if scope.lists else [scope]  # `tight` and `more` are one pair a frame, whatever the registers
        scope.framed = any(id(scope) in inside[id(other)] for other in around)
    placed: list[Scope] = []
    for scope in scopes:
        taken: set[int] = set()
        for other in placed:
            inner, outer = id(scope) in inside[id(other)], id(other) in inside[id(scope)]
            if (inner and not scope.framed) or (outer and not other.framed):
                taken.update(range(other.start, other.start + other.count))
        start = 0
        while taken & set(range(start, start + scope.count)):
            start += 1
        scope.start = start
        placed.append(scope)
    return max((s.start + s.count for s in scopes), default=0)


class _Reached:
    """Which scopes may be written by programs of a type."""

    def __init__(self, language: Language, scopes: Sequence[Scope]) -> None:
        self.language = language
        self._symbols = {p: s for s in scopes for p in s.productions}
        self._lists = {c.production: s for s in scopes for c in s.lists}
        self._known: dict[int, tuple[set[int], set[int]]] = {}

    def inside(self, scope: Scope) -> set[int]:
        """The ids of the scopes that may be written while this one is still read."""
        types: set[int] = set()
        written: set[int] = set()
        for p in scope.productions[:1]:
            plan = self.language.plan(p)
            if plan is not None:
                for j, y in enumerate(plan.items):
                    if plan.literals[j] is None and any(i < j < last for i, last in enumerate(plan.last)):
                        types.add(y)
        for cons in scope.lists:
            types.update((*cons.before, *cons.between))
        if scope.lists and self.language.literal(scope.lists[0].element) is None:
            for _, p in self.language.elements(scope.lists[0]):
                types.update(self._opened(p, written))
        return written | self.scopes(types)

    def scopes(self, types: set[int]) -> set[int]:
        """The ids of the scopes that programs of these types may write."""
        found: set[int] = set()
        seen, waiting = set(types), list(types)
        while waiting:
            opened, written = self._type(waiting.pop())
            found |= written
            waiting += opened - seen
            seen |= opened
        return found

    def _type(self, y: int) -> tuple[set[int], set[int]]:
        """The types that the productions of a type open, and the scopes that they write."""
        if y not in self._known:
            opened: set[int] = set()
            written: set[int] = set()
            if self.language.literal(y) is None:
                for p in self.language.open(y):
                    opened.update(self._opened(p, written))
                    if p in self._symbols:
                        written.add(id(self._symbols[p]))
            self._known[y] = opened, written
        return self._known[y]

    def _opened(self, p: int, written: set[int]) -> Iterator[int]:
        cons = self.language.conses.get(p)
        if cons is None:
            yield from self.language.args(p)
            return
        if p in self._lists:
            written.add(id(self._lists[p]))
        yield from (*cons.before, *cons.between, *cons.behind, cons.rest)
        if self.language.literal(cons.element) is None:
            for _, q in self.language.elements(cons):
                yield from self._opened(q, written)
