"""What a signature lets begin at a ground type, worked out anew for the oracle, one type at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from i2c_core.masks.oracle_text import Spelling
from i2c_core.symbols import Bins, Enumeration, Range, Signature, Symbol, Text
from i2c_core.types import Bounds, Increasing, Index, Span, Type

Sort = Type | Spelling  # what a node is: a ground type, or a text of which a part is written
Bound = dict[str, Type | int]  # what a symbol's variables and indices stand for


class Order(NamedTuple):
    """The list that a symbol makes: the places of its element and of its rest."""

    element: int
    rest: int
    strict: bool


@dataclass(frozen=True, eq=False)
class Rule:
    """A token at a ground type: the types it opens and what ties its arguments together.

    Attributes:
        place: where its symbol stands among the signature's; what an order compares first.
        value: what a literal is compared by, None for a symbol.
        literal: the arguments that are literals of one kind; only they have values.
        relations: (later, op, earlier, offset): the value at `later` op the value at `earlier` + offset.
        key: the arguments that an order compares after the place, the most important first.
    """

    name: str
    args: tuple[Sort, ...] = ()
    place: int = -1
    value: int | None = None
    literal: frozenset[int] = frozenset()
    relations: tuple[tuple[int, str, int, int], ...] = ()
    key: tuple[int, ...] = ()
    order: Order | None = None


class Grounding:
    """The rules of every type that is asked for."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self._rules: dict[Sort, dict[str, Rule]] = {}
        self._literals: dict[Sort, range | None] = {}

    def rules(self, sort: Sort) -> dict[str, Rule]:
        """What may begin at a type, by token."""
        if sort not in self._rules:
            rules: dict[str, Rule] = {}
            for rule in self._begin(sort):
                rules.setdefault(rule.name, rule)
            self._rules[sort] = rules
        return self._rules[sort]

    def literals(self, sort: Sort) -> range | None:
        """The values of a type whose programs are all literals of one kind, in order; None for other types."""
        if sort not in self._literals:
            self._literals[sort] = None
            if isinstance(sort, Type) and sort.name != "List":
                parts = [part for part in self._stands_for(sort) if self._begins(part)]
                if len(parts) == 1 and all(rule.value is not None for rule in self._begins(parts[0])):
                    self._literals[sort] = self._values(parts[0])
                elif not parts and any(self._values(part) is not None for part in self._stands_for(sort)):
                    self._literals[sort] = range(0)
        return self._literals[sort]

    def marked(self, rule: Rule) -> Rule:
        """The rule with its literal arguments marked."""
        literal = frozenset(i for i, arg in enumerate(rule.args) if self.literals(arg) is not None)
        return replace(rule, literal=literal)

    def _begin(self, sort: Sort) -> Iterator[Rule]:
        if isinstance(sort, Spelling):
            for character in sort.characters():
                shown = character if character.isprintable() and character != "\\" else repr(character)[1:-1]
                yield Rule(f"'{shown}'", (sort.then(character),))
            if sort.is_whole:
                yield Rule("''")
        elif sort.name == "List":
            yield from map(self.marked, _list_rules(sort))
        else:
            for part in self._stands_for(sort):
                yield from self._begins(part)

    def _stands_for(self, wanted: Type) -> list[Type]:
        """The types whose programs may stand here; included ones have the same indices, if they have any."""
        if wanted.name == "List":
            return [wanted]
        names = [wanted.name]
        for name in names:
            names += [part for part in self.signature.includes.get(name, ()) if part not in names]
        indexed = {symbol.result.name for symbol in self.signature.symbols if symbol.result.args}
        cut = any(isinstance(arg, Span) for arg in wanted.args)
        return [wanted, *(Type(name, wanted.args if cut or name in indexed else ()) for name in names[1:])]

    def _begins(self, part: Type) -> list[Rule]:
        """What begins at a type, included types left out."""
        kind = self.signature.kinds.get(part.name)
        if isinstance(kind, Text) and not part.args:
            return list(self._begin(Spelling.of(kind)))
        values = self._values(part)
        found = [Rule(name, value=v) for v, name in self._names(part)] if values is not None else []
        return found + [self.marked(rule) for rule in self._applications(part)]

    def _values(self, part: Type) -> range | None:
        """The values of a kind's literals: numbers, or places among the members or bins; None for other types."""
        kind = self.signature.kinds.get(part.name)
        if part.args:
            cut = part.args[0]
            known = part.name in self.signature.includes or any(
                s.result.name == part.name for s in self.signature.symbols
            )
            if not isinstance(cut, Span) or not (isinstance(kind, Range) or (kind is None and not known)):
                return None
            low, high = cut.low.offset, cut.high.offset
            return range(low, high + 1) if kind is None else range(max(low, kind.low), min(high, kind.high) + 1)
        if isinstance(kind, Range):
            return range(kind.low, kind.high + 1)
        if isinstance(kind, Enumeration):
            return range(len(kind.members))
        return range(kind.count) if isinstance(kind, Bins) else None

    def _names(self, part: Type) -> Iterator[tuple[int, str]]:
        kind = self.signature.kinds.get(part.name)
        for value in self._values(part) or ():
            if isinstance(kind, Enumeration):
                yield value, kind.members[value]
            else:
                yield value, f"{part.name}:{value}" if isinstance(kind, Bins) else str(value)

    def _applications(self, sort: Type) -> Iterator[Rule]:
        for place, symbol in enumerate(self.signature.symbols):
            bound = _unify(symbol.result, sort, {}, self.signature.indices)
            if bound is None:
                continue
            choices: list[tuple[Bound, str]] = [(bound, "")]
            for variable, types in symbol.ranges:
                if variable in bound:
                    choices = [c for c in choices if c[0][variable] in types]
                else:
                    choices = [({**b, variable: t}, f"{n}, {t}" if n else str(t)) for b, n in choices for t in types]
            for binding, chosen in choices:
                name = f"{symbol.name}[{chosen}]" if chosen else symbol.name
                declared = [_chosen(p.type, binding, bound) for p in symbol.parameters]
                args = tuple(_fill(p.type, binding) for p in symbol.parameters)
                yield self._rule(symbol, name, place, args, declared)

    def _rule(self, symbol: Symbol, name: str, place: int, args: tuple[Type, ...], declared: list[Type]) -> Rule:
        at = {p.name: i for i, p in enumerate(symbol.parameters) if p.name}
        relations = [(i, r.op, at[r.argument], r.offset) for i, p in enumerate(symbol.parameters) for r in p.relations]
        if symbol.key is None:
            key = tuple(i for i, type_ in enumerate(declared) if self._is_literal(type_))
        else:
            key = tuple(at[k] for k in symbol.key)
        order = symbol.order
        return Rule(
            name,
            args,
            place,
            relations=tuple(relations),
            key=key,
            order=None if order is None else Order(at[order.element], at[order.rest], order.strict),
        )

    def _is_literal(self, declared: Type) -> bool:
        """Whether a type, as it is declared, holds literals of one kind alone, whatever its indices are."""
        names = sorted(set(declared.variables()))
        if not all(name in self.signature.indices for name in names):
            return False
        bounds = [range(self.signature.indices[n].low, self.signature.indices[n].high + 1) for n in names]
        for values in itertools.product(*bounds):
            bound: Bound = dict(zip(names, values, strict=True))
            if self.literals(_fill(declared, bound)) is None:
                return False
        return True


def _list_rules(sort: Type) -> Iterator[Rule]:
    element, bounds, *order = sort.args
    assert isinstance(element, Type)
    assert isinstance(bounds, Bounds)
    if bounds.high != 0:
        low, high = bounds.low - 1 if bounds.low > 0 else 0, bounds.high if bounds.high is None else bounds.high - 1
        rest = Type("List", (element, Bounds(low, high), *order))
        strict = [o.strict for o in order if isinstance(o, Increasing)]
        yield Rule("cons", (element, rest), order=Order(0, 1, strict[0]) if strict else None)
    if bounds.low == 0:
        yield Rule("nil")


def _is_variable(pattern: Type) -> bool:
    """Whether a type is a lower-case name without a qualifier, such as the `splits.` of `splits.Image`."""
    return not pattern.args and pattern.name[0].islower() and "." not in pattern.name


def _unify(pattern: Type, ground: Type, bound: Bound, indices: Mapping[str, Range]) -> Bound | None:
    """What the variables of `pattern` stand for when it is `ground`, on top of `bound`; None where it cannot be."""
    if _is_variable(pattern):
        if bound.get(pattern.name, ground) != ground:
            return None
        return {**bound, pattern.name: ground}
    if (pattern.name, len(pattern.args)) != (ground.name, len(ground.args)):
        return None
    found: Bound | None = bound
    for mine, other in zip(pattern.args, ground.args, strict=True):
        if found is None:
            return None
        if isinstance(mine, Type) and isinstance(other, Type):
            found = _unify(mine, other, found, indices)
        elif isinstance(mine, Index) and isinstance(other, Index) and mine.variable is not None:
            value = other.offset - mine.offset
            in_range = indices[mine.variable].low <= value <= indices[mine.variable].high
            if not in_range or found.get(mine.variable, value) != value:
                return None
            found = {**found, mine.variable: value}
        elif mine != other:
            return None
    return found


def _fill(pattern: Type, bound: Bound) -> Type:
    """`pattern` with its variables filled in. An index may leave its bounds: then nothing begins at that type."""
    if _is_variable(pattern):
        found = bound[pattern.name]
        assert isinstance(found, Type)
        return found
    args: list[Type | Bounds | Index | Span | Increasing] = []
    for arg in pattern.args:
        if isinstance(arg, Type):
            args.append(_fill(arg, bound))
        elif isinstance(arg, Index):
            args.append(Index(None, _number(arg, bound)))
        elif isinstance(arg, Span):
            args.append(Span(Index(None, _number(arg.low, bound)), Index(None, _number(arg.high, bound))))
        else:
            args.append(arg)
    return Type(pattern.name, tuple(args))


def _chosen(declared: Type, binding: Bound, by_result: Bound) -> Type:
    """A parameter's type as its instance declares it: variables that the result does not fix are filled in."""
    if declared.args or declared.name not in binding or declared.name in by_result:
        return declared
    return _fill(declared, binding)


def _number(index: Index, bound: Bound) -> int:
    value = 0 if index.variable is None else bound[index.variable]
    assert isinstance(value, int)
    return value + index.offset
