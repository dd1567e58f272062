"""What a signature says beyond its context-free skeleton, looked up by the skeleton's types and productions.

Types and productions are the vocabulary's numbers, from 0. Legend: V tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata.differences import Intervals, close
from i2c_core.automata.states import LITERAL, Chain
from i2c_core.errors import SignatureError
from i2c_core.symbols import Enumeration, Range, Symbol, instances
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

HOLE = -1  # the place of an ordered list's element, what stands before its rest, and the rest


@dataclass(frozen=True, eq=False)
class Literal:
    """A type whose programs are literals of one kind, with the values low, low + 1, ... high.

    Attributes:
        space: which literals are compared with which: the name of an enumeration or of bins, "" for integers.
        tokens: (high - low + 1,) their tokens, by value.
    """

    space: str
    low: int
    high: int
    tokens: NDArray[np.int32]

    def between(self, low: int, high: int) -> NDArray[np.int32]:
        """The tokens of the values from `low` to `high`."""
        return self.tokens[max(low - self.low, 0) : max(high - self.low + 1, 0)]


@dataclass(frozen=True, eq=False)
class Plan:
    """A symbol at ground argument types: what its arguments may be, given the earlier ones.

    Attributes:
        token: the symbol.
        items: the types of its arguments; `HOLE` for those of an ordered list that are one refined type.
        names: of its arguments, for people.
        literals: for each item its literals, None where it has other programs.
        intervals: what the relations leave.
        last: for each item the last one that a guard on it stands at, -1 for none.
        key: the items that an order compares, in the order of the arguments.
    """

    token: int
    items: tuple[int, ...]
    names: tuple[str, ...]
    literals: tuple[Literal | None, ...]
    intervals: Intervals
    last: tuple[int, ...]
    key: tuple[int, ...]

    @cached_property
    def dependent(self) -> tuple[bool, ...]:
        """For each item whether an earlier one has a guard on it or a later one reads it."""
        lower, upper = self.intervals.lower, self.intervals.upper
        return tuple(bool(a or b or last >= 0) for a, b, last in zip(lower, upper, self.last, strict=True))

    @cached_property
    def live(self) -> tuple[tuple[int, ...], ...]:
        """For each item the earlier ones that it or a later one still reads."""
        return tuple(tuple(i for i in range(j) if self.last[i] >= j) for j in range(len(self.items)))

    def span(self, item: int) -> tuple[int, int] | None:
        """What its relations leave of an item's values, None where that is all."""
        literal, low, high = self.literals[item], self.intervals.low[item], self.intervals.high[item]
        return None if literal is None or (low, high) == (literal.low, literal.high) else (low, high)


@dataclass(frozen=True, slots=True)
class Cons:
    """A production that makes an ordered list: an element, what stands between, and the rest of the list.

    Attributes:
        production, token: of the skeleton.
        element, rest: types.
        before, between, behind: the types of the other arguments.
        strict: whether elements increase strictly.
    """

    production: int
    token: int
    element: int
    rest: int
    before: tuple[int, ...]
    between: tuple[int, ...]
    behind: tuple[int, ...]
    strict: bool

    @property
    def scope(self) -> tuple[int, int, bool]:
        """What the lists have in common whose elements are compared with one another."""
        return self.token, self.element, self.strict


@dataclass
class Language:
    """A vocabulary with what its symbols say about orders and relations."""

    vocabulary: Vocabulary
    _literals: dict[int, Literal | None] = field(default_factory=dict)
    _elements: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _at: dict[tuple[int, bool], Plan | None] = field(default_factory=dict)
    _plans: dict[tuple[int, tuple[int, ...], bool | None], Plan | None] = field(default_factory=dict)

    @cached_property
    def constrained(self) -> tuple[int, ...]:
        """The productions that are not as the skeleton has them: relations, and ordered lists."""
        v = self.vocabulary
        related = [v.ids[n] for n, s in self._symbols.items() if s.has_relations and n in v.ids]
        found = set(np.flatnonzero(np.isin(v.prod_token, related)).tolist()) | set(self.conses)
        open_ = v.production[v.prod_type, v.prod_token] >= 0
        return tuple(sorted(p for p in found if open_[p]))

    @cached_property
    def _symbols(self) -> Mapping[str, Symbol]:
        """The symbols that say anything about relations or orders, instances of generic ones apart."""
        special = [s for s in self.vocabulary.signature.symbols if s.has_relations or s.order or s.key is not None]
        return {i.name: i for s in special for i in instances(s)}

    @cached_property
    def conses(self) -> Mapping[int, Cons]:
        """The productions that make ordered lists."""
        v = self.vocabulary
        found: dict[int, Cons] = {}
        for y, type_ in enumerate(v.types):
            increasing = type_.increasing
            if increasing is not None and "cons" in v.ids:
                p = int(v.production[y, v.ids["cons"]])
                if p >= 0:
                    found[p] = self._cons(p, 0, 1, increasing.strict)
        for name, symbol in self._symbols.items():
            if symbol.order is None or name not in v.ids:
                continue
            element, rest = symbol.place(symbol.order.element), symbol.place(symbol.order.rest)
            for p in np.flatnonzero(v.prod_token == v.ids[name]).tolist():
                found[p] = self._cons(p, element, rest, symbol.order.strict)
                if symbol.has_relations:
                    self._require_local(symbol, found[p])
        for cons in found.values():
            follower = found.get(int(v.production[cons.rest, cons.token]))
            if follower is not None and follower.scope != cons.scope:
                name, type_ = v.tokens[cons.token], v.types[cons.element]
                fact = f"the order of {name} compares {type_} with {v.types[follower.element]}"
                raise SignatureError(fact, "give the elements of the rest the same type")
        return found

    def _cons(self, p: int, element: int, rest: int, strict: bool) -> Cons:
        args = self.args(p)
        between = args[element + 1 : rest]
        token = int(self.vocabulary.prod_token[p])
        return Cons(p, token, args[element], args[rest], args[:element], between, args[rest + 1 :], strict)

    def _require_local(self, symbol: Symbol, cons: Cons) -> None:
        """The relations of an ordered list's own symbol may go from a literal element to what follows it."""
        first = len(cons.before)
        followers = range(first, first + 1 + len(cons.between))
        related = [(j, symbol.place(r.argument)) for j, p in enumerate(symbol.parameters) for r in p.relations]
        if self.literal(cons.element) is None or any(i not in followers or j not in followers for j, i in related):
            fact = f"{symbol.name} has an order and relations between arguments of its own"
            hint = "relate a literal element with what stands between it and the rest, or use a symbol for them"
            raise SignatureError(fact, hint)

    def args(self, p: int) -> tuple[int, ...]:
        """The types that a production of the skeleton opens."""
        v = self.vocabulary
        return tuple(v.prod_args[p, : v.prod_arity[p]].tolist())

    def open(self, y: int) -> list[int]:
        """The productions of a type, in the order of their tokens."""
        row = self.vocabulary.production[y]
        return [int(p) for p in row[row >= 0]]

    def literal(self, y: int) -> Literal | None:
        """The literals of a type, None where it has other programs."""
        if y not in self._literals:
            self._literals[y] = self._find_literal(self.vocabulary.types[y])
        return self._literals[y]

    def _find_literal(self, type_: Type) -> Literal | None:
        signature, ids = self.vocabulary.signature, self.vocabulary.ids
        kind = signature.literal_kind(type_)
        if kind is None:
            return None
        if isinstance(kind, Range):
            names, low, space = [str(n) for n in range(kind.low, kind.high + 1)], kind.low, ""
        else:
            space = next(t.name for t in signature.parts(type_) if signature.kind(t) is not None)
            members = isinstance(kind, Enumeration)
            names = list(kind.members) if members else [f"{space}:{i}" for i in range(kind.count)]  # type: ignore[union-attr]
            low = 0
        tokens = np.array([ids[n] for n in names], np.int32)
        return Literal(space, low, low + len(tokens) - 1, tokens)

    def plan(self, p: int, keyed: bool = False) -> Plan | None:
        """What a production's arguments may be; None where no values satisfy its relations.

        Args:
            p: a production of the skeleton.
            keyed: whether it is an element of an ordered list, so that its key counts.
        """
        if (p, keyed) not in self._at:
            self._at[p, keyed] = self._same_plan(p, keyed)
        return self._at[p, keyed]

    def tail(self, p: int) -> Plan | None:
        """What a literal element of an ordered list, and the arguments between it and the rest, may be.

        None where no values satisfy their relations.
        """
        cons = self.conses[p]
        token, items, first = cons.token, (cons.element, *cons.between), len(cons.before)
        if (token, items, None) not in self._plans:
            places = range(first, first + len(items))
            self._plans[token, items, None] = self._find_plan(token, items, places, None, False, element=True)
        return self._plans[token, items, None]

    def chained(self, chain: Chain) -> Plan:
        """The plan of a folded state's symbol."""
        run = chain.run
        if run is not None and run.symbol == LITERAL:
            plan = self.tail(chain.production)
        else:
            plan = self.plan(chain.production, keyed=run is not None)
        assert plan is not None
        return plan

    def _same_plan(self, p: int, keyed: bool) -> Plan | None:
        """One plan for all productions of a symbol with the same argument types."""
        token, args = int(self.vocabulary.prod_token[p]), self.args(p)
        cons = self.conses.get(p)
        places: Sequence[int] = range(len(args))
        if cons is None:
            items, hole = args, None
        else:
            first, last = len(cons.before), len(cons.before) + len(cons.between) + 1
            items = (*cons.before, HOLE, *cons.behind)
            places, hole = [*places[: first + 1], *places[last + 1 :]], places[first : last + 1]
        if (token, args, keyed) not in self._plans:
            self._plans[token, args, keyed] = self._find_plan(token, items, places, hole, keyed)
        return self._plans[token, args, keyed]

    def _find_plan(
        self,
        token: int,
        items: tuple[int, ...],
        places: Sequence[int],
        hole: Sequence[int] | None,
        keyed: bool,
        element: bool = False,
    ) -> Plan | None:
        symbol = self.vocabulary.signature[self.vocabulary.tokens[token]]
        literals = tuple(None if y == HOLE else self.literal(y) for y in items)
        if any(literal is not None and literal.low > literal.high for literal in literals):
            return None
        relations: list[tuple[int, str, int, int]] = []
        if symbol.order is None or element:
            for j, place in enumerate(places):
                for relation in symbol.parameters[place].relations:
                    earlier = places.index(symbol.place(relation.argument))
                    relations.append((j, relation.op, earlier, relation.offset))
        spans = [None if literal is None else (literal.low, literal.high) for literal in literals]
        intervals = close(spans, relations)
        if intervals is None:
            return None
        names = tuple(symbol.parameters[i].name or str(i + 1) for i in places)
        key: tuple[int, ...] = (0,) if element else ()
        if keyed:
            wanted = self.vocabulary.signature.key(symbol)
            moved = [i for i in wanted if hole is not None and i in hole]
            if moved:
                name = symbol.parameters[moved[0]].name
                fact = f"the key of {symbol.name} is {name}, which the order of {symbol.name} itself compares"
                raise SignatureError(fact, f"declare another key for {symbol.name}, or drop one of the two orders")
            key = tuple(places.index(i) for i in wanted)
        return Plan(token, items, names, literals, intervals, intervals.last_reader(), key)

    def elements(self, cons: Cons) -> list[tuple[int, int]]:
        """The symbols that an ordered list's elements begin with, in the order of Γ: (place in it, production)."""
        found = self._elements.get(cons.element)
        if found is None:
            found = self._elements[cons.element] = self._find_elements(cons.element)
        return found

    def _find_elements(self, element: int) -> list[tuple[int, int]]:
        v = self.vocabulary
        places = {s.name: i for i, s in enumerate(v.signature.symbols)}
        found: dict[int, int] = {}
        for p in self.open(element):
            name = v.tokens[int(v.prod_token[p])]
            base = name if name in places else name.partition("[")[0]
            if places[base] in found:
                other = v.tokens[int(v.prod_token[found[places[base]]])]
                fact = f"{base} makes elements of an ordered list in two ways, {other} and {name}"
                raise SignatureError(fact, "give each way a symbol of its own")
            found[places[base]] = p
        return sorted(found.items())
