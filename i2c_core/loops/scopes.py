"""The signature of programs with loops, made from that of a family: positions become expressions in scope.

    circle : (x: Coord, y: Coord) -> Command        circle : (x: CoordAt[s], y: CoordAt[s]) -> Command[s, d, c]

Three indices say where a statement stands: s variables are in scope, d loops and reflections lie around it, and c is 1
inside a condition on the innermost variable. A loop opens a scope, so that `for_i`, `for_j` and `for_k` bind the first,
second and third variable, and none can be named outside of its loop. Every number has one expression only: no factor is
0 or 1, nothing is added that is 0, and a constant is the number itself, so that a list of commands is a program as it
stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from i2c_core.errors import FamilyError
from i2c_core.loops.declaring import HEIGHT, WIDTH, WORD, Layout
from i2c_core.loops.executing import NAMES
from i2c_core.loops.statements import X, Y
from i2c_core.symbols import Parameter, Range, Signature, Symbol
from i2c_core.symbols.kinds import Kind
from i2c_core.types import Index, Type

ROOT, WHOLE = "Program", "program"  # the root type, and the symbol that makes it
SCOPE, DEPTH, CONDITION = "s", "d", "c"
COUNT, LINEAR, MULTIPLE, POSITIVE, VARIABLE = "Count", "Linear", "Multiple", "Positive", "Variable"
ROUNDS, FACTOR, OFFSET = "Rounds", "Factor", "Offset"
PLUS, MINUS, TIMES, NEGATIVE = "plus", "minus", "times", "negative"
FOR, IF, REFLECT = "for_", "if_", "reflect_"
SKIPPED = 14  # rounds of a loop that may draw nothing before the first that does; as many as fit on a grid of 16
OWN = (ROOT, COUNT, LINEAR, MULTIPLE, POSITIVE, VARIABLE, ROUNDS, FACTOR, OFFSET)


def expression(type_name: str) -> str:
    """The type of expressions for a position: `CoordAt` for `Coord`."""
    return f"{type_name}At"


def rule_of(type_name: str) -> str:
    """The rule of a type in a grammar: `coord_at` for `CoordAt`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower()


def mirror(axis: str) -> str:
    """The type of the places that positions along an axis are mirrored in: `MirrorX`."""
    return f"Mirror{axis.upper()}"


def signature_of(layout: Layout) -> Signature:
    """The symbols of programs with loops over a family's commands.

    Raises:
        FamilyError: the family has names that this language needs, or nests deeper than there are variables.
    """
    return _Scopes(layout).signature()


class _Scopes:
    """One signature being made."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.gamma = layout, layout.family.gamma
        self.depth = layout.loops.depth
        if not 1 <= self.depth <= len(NAMES):
            fact = f"{layout.family.name} nests loops {self.depth} deep"
            raise FamilyError(fact, f"declare a depth from 1 to {len(NAMES)}")
        self.more = self.gamma[layout.more]
        self.lists, self.element = self.more.result.name, layout.element.name
        numbers = [p for places in layout.places.values() for p in places if p.role != WORD]
        self.widest = max((p.high - p.low for p in numbers), default=1)
        self.highest = max((p.high for p in numbers), default=1)

    def signature(self) -> Signature:
        frames = list(self._frames())
        commands = [self._command(self.gamma[name]) for name in self.layout.places]
        scopes = range(self.depth)
        symbols = [
            Symbol(WHOLE, (Parameter(self._framed(self.layout.family.root_type), "body"),), Type(ROOT)),
            *frames,
            self._list(self.more),
            Symbol(self.layout.end, (), self._block(SCOPE, DEPTH, CONDITION)),
            *commands,
            *(self._loop(n) for n in scopes),
            *(self._condition(n) for n in scopes),
            *(self._reflection(axis) for axis in self._axes()),
            *self._expressions(),
        ]
        kinds = self._kinds(symbols)
        includes = self._includes(symbols)
        self._require_free(symbols, [*kinds, *includes])
        indices = {SCOPE: Range(0, self.depth), DEPTH: Range(0, self.depth), CONDITION: Range(0, 1)}
        order = (*(s.name for s in symbols), *kinds, *indices)
        return Signature(tuple(symbols), kinds, includes, order, indices)

    # -- the family's own symbols

    def _frames(self) -> Iterator[Symbol]:
        """The symbols around the list of commands."""
        waiting, seen = [self.layout.family.root_type], set[Type]()
        found: dict[str, None] = {}
        while waiting:
            type_ = waiting.pop()
            if type_ in seen or type_.name == self.lists:
                continue
            seen.add(type_)
            for part in self.gamma.parts(type_):
                for symbol in self.gamma.symbols:
                    if symbol.result == part:
                        found[symbol.name] = None
                        waiting += [p.type for p in symbol.parameters]
        for symbol in self.gamma.symbols:
            if symbol.name in found:
                parameters = tuple(Parameter(self._framed(p.type), p.name, p.relations) for p in symbol.parameters)
                yield Symbol(symbol.name, parameters, symbol.result, symbol.ranges, symbol.key, symbol.order)

    def _framed(self, type_: Type) -> Type:
        return self._block(0, 0, 0) if type_.name == self.lists else type_

    def _list(self, symbol: Symbol) -> Symbol:
        first, rest = symbol.parameters
        block = self._block(SCOPE, DEPTH, CONDITION)
        return Symbol(symbol.name, (Parameter(self._statement(), first.name), Parameter(block, rest.name)), block)

    def _command(self, symbol: Symbol) -> Symbol:
        parameters = []
        for parameter, place in zip(symbol.parameters, self.layout.places[symbol.name], strict=True):
            type_ = parameter.type
            if place.role != WORD:
                type_ = Type(expression(type_.name), (Index(SCOPE),))
            parameters.append(Parameter(type_, parameter.name))
        return Symbol(symbol.name, tuple(parameters), self._statement())

    # -- statements

    def _block(self, *indices: str | int | Index) -> Type:
        return Type(self.lists, tuple(map(_index, indices)))

    def _statement(self, *indices: str | int | Index) -> Type:
        return Type(self.element, tuple(map(_index, indices or (SCOPE, DEPTH, CONDITION))))

    def _loop(self, n: int) -> Symbol:
        count = Parameter(Type(COUNT, (Index(None, n),)), "count")
        body = Parameter(self._block(n + 1, Index(DEPTH, 1), 0), "body")
        return Symbol(FOR + NAMES[n], (count, body), self._statement(n, DEPTH, CONDITION))

    def _condition(self, n: int) -> Symbol:
        body = Parameter(self._block(n + 1, DEPTH, 1), "body")
        return Symbol(IF + NAMES[n], (body,), self._statement(n + 1, DEPTH, 0))

    def _reflection(self, axis: str) -> Symbol:
        body = Parameter(self._block(SCOPE, Index(DEPTH, 1), CONDITION), "body")
        return Symbol(REFLECT + axis, (Parameter(Type(mirror(axis)), "at"), body), self._statement())

    def _axes(self) -> list[str]:
        roles = {p.role for places in self.layout.places.values() for p in places}
        return [axis for axis in (X, Y) if axis in roles]

    # -- expressions

    def _expressions(self) -> list[Symbol]:
        def inside(name: str) -> Type:
            return Type(name, (Index(SCOPE, 1),))

        multiple, offset = Parameter(inside(MULTIPLE), "m"), Parameter(Type(OFFSET), "b")
        return [
            Symbol(PLUS, (multiple, offset), inside(LINEAR)),
            Symbol(MINUS, (multiple, offset), inside(LINEAR)),
            Symbol(NEGATIVE, (Parameter(inside(POSITIVE), "m"),), inside(MULTIPLE)),
            Symbol(TIMES, (Parameter(Type(FACTOR), "a"), Parameter(inside(VARIABLE), "v")), inside(POSITIVE)),
            *(Symbol(NAMES[n], (), Type(VARIABLE, (Index(SCOPE, n + 1),))) for n in range(self.depth)),
        ]

    def _positions(self) -> dict[str, None]:
        """The types of positions and other numbers, each once."""
        found: dict[str, None] = {}
        for name, places in self.layout.places.items():
            for parameter, place in zip(self.gamma[name].parameters, places, strict=True):
                if place.role != WORD:
                    found[parameter.type.name] = None
        return found

    def _includes(self, symbols: Iterable[Symbol]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {expression(t): (t, LINEAR) for t in self._positions()}
        found |= {COUNT: (ROUNDS, LINEAR), LINEAR: (MULTIPLE,), MULTIPLE: (POSITIVE,), POSITIVE: (VARIABLE,)}
        used = _used(symbols)
        made = {s.result.name for s in symbols} | set(self.gamma.kinds)
        for name, parts in self.gamma.includes.items():
            if name in used and name != self.element:
                found[name] = tuple(p for p in parts if p in made)
        return found

    def _kinds(self, symbols: Iterable[Symbol]) -> dict[str, Kind]:
        used = _used(symbols) | set(self._positions())
        used |= {part for name in used for part in self.gamma.included(Type(name))}
        found: dict[str, Kind] = {name: kind for name, kind in self.gamma.kinds.items() if name in used}
        found |= {mirror(axis): self._mirrors(axis) for axis in self._axes()}
        # A coordinate takes at most `widest + 1` values; one round more where the first does not count.
        most = self.widest + 2
        found[ROUNDS] = Range(1, most)
        found[FACTOR] = Range(2, max(2, self.widest))
        # a*v + b is on the grid from the first round v that counts on, and |a| <= widest.
        found[OFFSET] = Range(1, self.highest + self.widest * min(self.widest, SKIPPED))
        return found

    def _mirrors(self, axis: str) -> Range:
        """Where x + x' may lie, x being a position and x' its mirror image, and what reaches from there."""
        extent = WIDTH if axis == X else HEIGHT
        places = [p for places in self.layout.places.values() for p in places]
        along = [p for p in places if p.role == axis]
        reach = max((p.high for p in places if p.role == extent), default=0)
        return Range(2 * min(p.low for p in along), 2 * max(p.high for p in along) + reach)

    def _require_free(self, symbols: Iterable[Symbol], types: Iterable[str]) -> None:
        """Raise where the family has a name that this language needs for something else."""
        theirs = {s.result.name for s in self.gamma.symbols} | set(self.gamma.kinds) | set(self.gamma.includes)
        mine = {*OWN, *(expression(t) for t in self._positions()), *(mirror(axis) for axis in self._axes())}
        own = {*(s.name for s in symbols)} - {s.name for s in self.gamma.symbols}
        taken = sorted((mine & theirs) | {n for n in own if n in self.gamma})
        twice = [n for n in (WHOLE, PLUS, MINUS, NEGATIVE, TIMES, *NAMES[: self.depth]) if n in self.gamma]
        if taken or twice:
            fact = f"{self.layout.family.name} has {(taken + twice)[0]!r}, which programs with loops need"
            raise FamilyError(fact, "rename it in the signature of the family")


def _index(given: str | int | Index) -> Index:
    if isinstance(given, Index):
        return given
    return Index(None, given) if isinstance(given, int) else Index(given)


def _used(symbols: Iterable[Symbol]) -> set[str]:
    return {t.name for s in symbols for t in (s.result, *(p.type for p in s.parameters))}


__all__ = ["ROOT", "expression", "mirror", "rule_of", "signature_of"]
