"""What one line of a signature declares: a typed symbol, its parameters, and what it says about their literals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from i2c_core.errors import SignatureError
from i2c_core.symbols.kinds import Range
from i2c_core.types import Index, Type, list_of

MOST_INSTANCES = 20_000  # of one generic symbol; 30 types for each of three variables are 27,000


@dataclass(frozen=True, slots=True)
class Relation:
    """What an argument's literal must be to that of an earlier argument of the same symbol: `>= y1 + 2`."""

    op: str  # one of > >= < <=
    argument: str
    offset: int = 0

    def holds(self, value: int, earlier: int) -> bool:
        """Whether it holds between the places of two literals."""
        other = earlier + self.offset
        match self.op:
            case ">":
                return value > other
            case ">=":
                return value >= other
            case "<":
                return value < other
            case _:
                return value <= other

    def __str__(self) -> str:
        sign = "+" if self.offset > 0 else "-"
        return f"{self.op} {self.argument}" + (f" {sign} {abs(self.offset)}" if self.offset else "")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument place of a symbol; the name is for people, and for relations, keys and orders."""

    type: Type
    name: str = ""
    relations: tuple[Relation, ...] = ()

    def __str__(self) -> str:
        shown = f"{self.name}: {self.type}" if self.name else str(self.type)
        return " ".join([shown, *map(str, self.relations)])


@dataclass(frozen=True, slots=True)
class Order:
    """The canonical order of a list of one's own: each `element` below that of its `rest`, where that is this symbol.

    Args:
        strict: `<`, else `<=`.
        element: the name of the parameter that is compared.
        rest: the name of the parameter, of the symbol's own result type, that goes on.
    """

    strict: bool
    element: str
    rest: str

    def __str__(self) -> str:
        return f"{self.element} {'<' if self.strict else '<='} {self.rest}.{self.element}"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A typed function symbol.

    Args:
        ranges: for each variable that the result does not fix, what it may be.
        key: the names of the parameters that an order compares, after the symbol's place in Γ; None for all literals.
        order: where the symbol makes a list of the family's own, its order.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    ranges: tuple[tuple[str, tuple[Type, ...]], ...] = ()
    key: tuple[str, ...] | None = None
    order: Order | None = None

    @property
    def arity(self) -> int:
        return len(self.parameters)

    @property
    def is_generic(self) -> bool:
        return not self.result.is_ground or bool(self.ranges)

    @property
    def has_relations(self) -> bool:
        """Whether an argument depends on another one."""
        return any(p.relations for p in self.parameters)

    def place(self, name: str) -> int:
        """The place of the parameter of a name, from 0."""
        return next(i for i, p in enumerate(self.parameters) if p.name == name)

    @property
    def type(self) -> str:
        """Its type as text: `(Image, Image) -> Image`, or `Image` for a symbol without arguments."""
        shown = f"({', '.join(map(str, self.parameters))}) -> {self.result}" if self.parameters else str(self.result)
        for variable, types in self.ranges:
            shown += f" for {variable} in {', '.join(map(str, types))}"
        if self.key is not None:
            shown += f" key {', '.join(self.key)}"
        return shown + (f" order {self.order}" if self.order else "")

    def __str__(self) -> str:
        return f"{self.name} : {self.type}"


CONS = Symbol("cons", (Parameter(Type("t"), "first"), Parameter(list_of(Type("t")), "rest")), list_of(Type("t")))
NIL = Symbol("nil", (), list_of(Type("t")))

LITERAL = Type("Literal")  # the result of integers and members, which belong to every type that lists them
TEXT = Type("'text'")  # the result of characters, which belong to every type of texts; no table can name it
END = Symbol("''", (), TEXT)  # the end of a text

_CONTROL = re.compile(r"'\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt\\]))'")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def character_token(character: str) -> str:
    """The token of a character: itself between quotes; what does not print is escaped.

    >>> character_token("a"), character_token("'"), character_token(chr(10))
    ("'a'", "\'\'\'", "'\\\\n'")
    """
    shown = character if character.isprintable() and character != "\\" else repr(character)[1:-1]
    return f"'{shown}'"


def character(token: str) -> str | None:
    """The character that a token is, "" for the end of a text, and None for every other token."""
    if len(token) == 3 and token[0] == token[2] == "'" and token[1] != "\\":
        return token[1]
    if token == END.name:
        return ""
    found = _CONTROL.fullmatch(token)
    if found is None:
        return None
    return _SHORT[found[4]] if found[4] else chr(int(found[1] or found[2] or found[3], 16))


def instances(symbol: Symbol) -> Iterator[Symbol]:
    """A symbol once for each choice of the variables that its result does not fix: `eq[Coord]`, `eq[Bool]`."""
    if not symbol.ranges:
        yield symbol
        return
    fixed = set(symbol.result.variables())
    count = prod(len(types) for variable, types in symbol.ranges if variable not in fixed)
    if count > MOST_INSTANCES:
        fact = f"{symbol.name!r} stands for {count:,} symbols, one for each choice of its variables"
        raise SignatureError(f"{fact}, more than {MOST_INSTANCES:,}", "list fewer types for them")
    choices: list[dict[str, Type | Index]] = [{}]
    for variable, types in symbol.ranges:
        if variable not in fixed:
            choices = [{**c, variable: t} for c in choices for t in types]
    for choice in choices:
        if not choice:
            yield symbol
            continue
        name = f"{symbol.name}[{', '.join(map(str, choice.values()))}]"
        parameters = tuple(Parameter(p.type.substitute(choice), p.name, p.relations) for p in symbol.parameters)
        ranges = tuple((v, types) for v, types in symbol.ranges if v in fixed)
        yield Symbol(name, parameters, symbol.result, ranges, symbol.key, symbol.order)


def bind_result(
    symbol: Symbol, wanted: Type, indices: Mapping[str, Range] | None = None
) -> dict[str, Type | Index] | None:
    """The type variables and indices of `symbol` when its result is `wanted`; None where it cannot be."""
    binding: dict[str, Type | Index] = {}
    if not symbol.result.match(wanted, binding):
        return None
    for name, bound in (indices or {}).items():
        found = binding.get(name)
        if isinstance(found, Index) and not bound.low <= found.offset <= bound.high:
            return None
    return binding if all(binding[v] in types for v, types in symbol.ranges if v in binding) else None
