"""Signatures: a family's typed symbols, read from a table that a person writes and printed back as one.

    h, v  : (Image, Image) -> Image          symbols with arguments
    B, W  : Image                            symbols without
    if    : (Bool, t, t) -> t                generic: t is any type, found from the root on demand
    eq    : (t, t) -> Bool for t in Coord    a variable that the result does not fix lists its range
    Coord = 1..15                            integers
    Bool  = no | yes                         an enumeration
    Angle = 0.0..360.0 in 24 bins            a continuous value: bins for the model, the exact value beside them
    Expr  > Term                             every Term may stand where an Expr is wanted
    draw  : (strokes: List[Stroke, 1..5]) -> Image

Lists bring their own symbols, `cons : (t, List[t]) -> List[t]` and `nil : List[t]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from i2c_core.errors import SignatureError, suggest
from i2c_core.types import Type, list_of, parse_type


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument place of a symbol; the name is for people."""

    type: Type
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" if self.name else str(self.type)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A typed function symbol. `ranges` lists, for each variable that the result does not fix, what it may be."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    ranges: tuple[tuple[str, tuple[Type, ...]], ...] = ()

    @property
    def arity(self) -> int:
        return len(self.parameters)

    @property
    def is_generic(self) -> bool:
        return any(True for _ in self.result.variables()) or bool(self.ranges)

    @property
    def type(self) -> str:
        """Its type as text: `(Image, Image) -> Image`, or `Image` for a symbol without arguments."""
        shown = f"({', '.join(map(str, self.parameters))}) -> {self.result}" if self.parameters else str(self.result)
        for variable, types in self.ranges:
            shown += f" for {variable} in {', '.join(map(str, types))}"
        return shown

    def __str__(self) -> str:
        return f"{self.name} : {self.type}"


@dataclass(frozen=True, slots=True)
class Range:
    """The integers from `low` to `high`, both included."""

    low: int
    high: int

    def literals(self) -> Iterator[str]:
        return map(str, range(self.low, self.high + 1))

    def holds(self, literal: str) -> bool:
        return bool(re.fullmatch(r"0|-?[1-9]\d*", literal)) and self.low <= int(literal) <= self.high

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

    def __str__(self) -> str:
        return " | ".join(self.members)


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

    def __str__(self) -> str:
        return f"{self.low!r}..{self.high!r} in {self.count} bins"


Kind = Range | Enumeration | Bins

CONS = Symbol("cons", (Parameter(Type("t"), "first"), Parameter(list_of(Type("t")), "rest")), list_of(Type("t")))
NIL = Symbol("nil", (), list_of(Type("t")))


@dataclass(frozen=True)
class Signature:
    """A family's symbols Γ, immutable; made by `Signature.parse` or from the same parts in Python.

    `kinds` says which types are integers, enumerations or continuous, `includes` which types stand for others too.
    """

    symbols: tuple[Symbol, ...]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.order:
            object.__setattr__(self, "order", tuple(s.name for s in self.symbols) + tuple(self.kinds))
        by_name: dict[str, Symbol] = {}
        for symbol in self.symbols:
            if symbol.name in by_name:
                raise SignatureError(f"symbol {symbol.name!r} is declared twice", "give each symbol a name of its own")
            by_name[symbol.name] = symbol
        object.__setattr__(self, "_by_name", by_name)
        self._check_types()
        self._check_tokens()

    @staticmethod
    def parse(text: str) -> Signature:
        """Read a table as in this module's first lines; raises `SignatureError` with the line."""
        return _parse(text)

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def __getitem__(self, name: str) -> Symbol:
        found = self._find(name)
        if found is None:
            raise SignatureError(f"unknown symbol {name!r}", suggest(name, self.names(), self._known()))
        return found

    def names(self) -> list[str]:
        """The names of all symbols, literals of enumerations included, integers and bins not."""
        members = [m for k in self.kinds.values() if isinstance(k, Enumeration) for m in k.members]
        return [s.name for s in self.symbols] + members

    def kind(self, type_: Type) -> Kind | None:
        """What a type's literals are, or None where symbols make it."""
        return self.kinds.get(type_.name) if not type_.args else None

    def holds(self, type_: Type, part: Type) -> bool:
        """Whether every program of type `part` may stand where `type_` is wanted."""
        return type_ == part or (not part.args and part.name in self.included(type_))

    def included(self, type_: Type) -> list[str]:
        """The names of the types that may stand where `type_` is wanted, itself first, each once."""
        if type_.args:
            return []
        found = [type_.name]
        for name in found:
            found += [n for n in self.includes.get(name, ()) if n not in found]
        return found

    def literal(self, type_: Type, text: str) -> bool:
        """Whether `text` is a literal of `type_` (an integer or a member of an enumeration)."""
        for name in self.included(type_):
            kind = self.kinds.get(name)
            if isinstance(kind, Range | Enumeration) and kind.holds(text):
                return True
        return False

    def show(self) -> str:
        """The table back, one line a declaration, columns aligned; `Signature.parse` reads it again."""
        rows: list[tuple[str, str, str]] = []
        for name in self.order:
            if name in self.kinds:
                rows.append((name, "=", str(self.kinds[name])))
            elif name in self._by_name:  # type: ignore[attr-defined]
                type_ = self[name].type
                if rows and rows[-1][1:] == (":", type_) and not self[name].is_generic:
                    rows[-1] = (f"{rows[-1][0]}, {name}", ":", type_)
                else:
                    rows.append((name, ":", type_))
        rows += [(name, ">", ", ".join(parts)) for name, parts in self.includes.items()]
        width = max((len(r[0]) for r in rows), default=0)
        return "\n".join(f"{left:<{width}} {mark} {right}" for left, mark, right in rows) + "\n"

    def _find(self, name: str) -> Symbol | None:
        by_name: dict[str, Symbol] = self._by_name  # type: ignore[attr-defined]
        if name in by_name:
            return by_name[name]
        if name in ("cons", "nil"):
            return CONS if name == "cons" else NIL
        for sort, kind in self.kinds.items():
            if isinstance(kind, Bins):
                found = re.fullmatch(re.escape(sort) + r":(\d+)", name)
                if found and int(found[1]) < kind.count:
                    return Symbol(name, (), Type(sort))
            elif kind.holds(name):
                return Symbol(name, (), LITERAL)
        generic = re.fullmatch(r"(.+?)\[(.+)\]", name)
        if generic and generic[1] in by_name and by_name[generic[1]].ranges:
            return _instance(by_name[generic[1]], name)
        return None

    def _known(self) -> str:
        names = self.names()
        return "known symbols: " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")

    def _check_types(self) -> None:
        made = {s.result.name for s in self.symbols if not s.result.is_variable} | set(self.kinds) | set(self.includes)
        for symbol in self.symbols:
            if symbol.name in self.kinds:
                raise SignatureError(f"{symbol.name!r} names a symbol and a type", "rename one of them")
            bound = set(symbol.result.variables()) | {name for name, _ in symbol.ranges}
            for number, parameter in enumerate(symbol.parameters, 1):
                where = f"argument {number} of {symbol.name}"
                for variable in parameter.type.variables():
                    if variable not in bound:
                        fact = f"type variable {variable!r} at {where} is not fixed by the result {symbol.result}"
                        raise SignatureError(fact, f"list its range: ... for {variable} in TypeA, TypeB")
                for name in _sorts(parameter.type):
                    if name not in made:
                        raise SignatureError(
                            f"unknown type {name!r} at {where}",
                            suggest(name, made, f"declare a symbol of type {name}, or {name} = 1..15"),
                        )
        for name, parts in self.includes.items():
            for part in parts:
                if part not in made:
                    raise SignatureError(
                        f"unknown type {part!r} in '{name} > {part}'", suggest(part, made, "declare it")
                    )

    def _check_tokens(self) -> None:
        """A symbol named like a list's or like a literal would be one token of two meanings."""
        has_lists = any(_has_list(t) for s in self.symbols for t in (s.result, *(p.type for p in s.parameters)))
        for symbol in self.symbols:
            if has_lists and symbol.name in (CONS.name, NIL.name):
                own = CONS if symbol.name == CONS.name else NIL
                fact = f"symbol '{symbol}' is named like '{own}', which lists bring along"
                raise SignatureError(fact, "rename it: one token cannot be both")
            for sort, kind in self.kinds.items():
                if symbol.parameters and not isinstance(kind, Bins) and kind.holds(symbol.name):
                    fact = f"symbol '{symbol}' is named like a literal of '{sort} = {kind}'"
                    raise SignatureError(fact, "rename it: one token cannot be both")


LITERAL = Type("Literal")  # the result of integers and members, which belong to every type that lists them


def _sorts(type_: Type) -> Iterator[str]:
    if type_.is_variable:
        return
    if not type_.is_list:
        yield type_.name
    for arg in type_.args:
        if isinstance(arg, Type):
            yield from _sorts(arg)


def _has_list(type_: Type) -> bool:
    return type_.is_list or any(_has_list(a) for a in type_.args if isinstance(a, Type))


def instances(symbol: Symbol) -> Iterator[Symbol]:
    """A symbol once for each choice of the variables that its result does not fix: `eq[Coord]`, `eq[Bool]`."""
    fixed = set(symbol.result.variables())
    choices: list[dict[str, Type]] = [{}]
    for variable, types in symbol.ranges:
        if variable not in fixed:
            choices = [{**c, variable: t} for c in choices for t in types]
    for choice in choices:
        if not choice:
            yield symbol
            continue
        name = f"{symbol.name}[{', '.join(map(str, choice.values()))}]"
        parameters = tuple(Parameter(p.type.substitute(choice), p.name) for p in symbol.parameters)
        ranges = tuple((v, types) for v, types in symbol.ranges if v in fixed)
        yield Symbol(name, parameters, symbol.result, ranges)


def bind_result(symbol: Symbol, wanted: Type) -> dict[str, Type] | None:
    """The type variables of `symbol` when its result is `wanted`; None where it cannot be."""
    binding: dict[str, Type] = {}
    if not symbol.result.match(wanted, binding):
        return None
    return binding if all(binding[v] in types for v, types in symbol.ranges if v in binding) else None


def _instance(symbol: Symbol, name: str) -> Symbol | None:
    return next((s for s in instances(symbol) if s.name == name), None)


_LINE = re.compile(
    r"(?P<names>[^\s,:=>]+(?:\s*,\s*[^\s,:=>]+)*)\s*(?:"
    r":(?!\S*=)\s*(?P<type>.+)|=\s*(?P<kind>.+)|>\s*(?P<parts>.+))"
)
_FUNCTION = re.compile(r"\((?P<parameters>.*)\)\s*->\s*(?P<result>.+)")
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_HINT = "write name : (Type, Type) -> Type, Name = 1..15, or Name = this | that"


def _parse(text: str) -> Signature:
    symbols: list[Symbol] = []
    kinds: dict[str, Kind] = {}
    includes: dict[str, tuple[str, ...]] = {}
    order: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if not line:
            continue
        try:
            found = _LINE.fullmatch(line)
            if found is None:
                raise SignatureError(f"{line!r} declares nothing", _HINT)
            names = [n.strip() for n in found["names"].split(",")]
            if found["type"]:
                symbols += [_parse_symbol(name, found["type"].strip()) for name in names]
            elif found["kind"]:
                for name in names:
                    if name in kinds:
                        raise SignatureError(f"type {name!r} is declared twice", "keep one of the two lines")
                    kinds[name] = _parse_kind(found["kind"].strip())
            else:
                for name in names:
                    includes[name] = includes.get(name, ()) + tuple(p.strip() for p in found["parts"].split(","))
            order += names if not found["parts"] else []
        except SignatureError as error:
            raise SignatureError(f"signature, line {number}: {error.fact}", error.hint) from None
    if not symbols:
        raise SignatureError("the signature declares no symbol", _HINT)
    return Signature(tuple(symbols), kinds, includes, tuple(order))


def _parse_symbol(name: str, type_: str) -> Symbol:
    type_, *clauses = re.split(r"\s+for\s+", type_)
    ranges: list[tuple[str, tuple[Type, ...]]] = []
    for clause in clauses:
        variable, _, types = clause.partition(" in ")
        ranges.append((variable.strip(), tuple(parse_type(t) for t in _split(types))))
    function = _FUNCTION.fullmatch(type_)
    if function is None:
        return Symbol(name, (), parse_type(type_), tuple(ranges))
    parameters = [_parse_parameter(p) for p in _split(function["parameters"])]
    return Symbol(name, tuple(parameters), parse_type(function["result"]), tuple(ranges))


def _parse_parameter(text: str) -> Parameter:
    name, colon, type_ = text.partition(":")
    return Parameter(parse_type(type_), name.strip()) if colon else Parameter(parse_type(text))


def _parse_kind(text: str) -> Kind:
    bins = re.fullmatch(rf"({_NUMBER})\.\.({_NUMBER})\s+in\s+(\d+)\s+bins", text)
    if bins:
        low, high, count = float(bins[1]), float(bins[2]), int(bins[3])
        if not low < high or count < 1:
            raise SignatureError(f"{text!r} is an empty range", "write low..high in n bins with low < high and n > 0")
        return Bins(low, high, count)
    integers = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", text)
    if integers:
        if int(integers[1]) > int(integers[2]):
            raise SignatureError(f"{text!r} is an empty range", "write low..high with low <= high")
        return Range(int(integers[1]), int(integers[2]))
    members = tuple(m.strip() for m in text.split("|"))
    if len(set(members)) != len(members) or not all(re.fullmatch(r"[^\s,:=>()]+", m) for m in members):
        raise SignatureError(f"{text!r} is no range and no enumeration", _HINT)
    return Enumeration(members)


def _split(text: str) -> Sequence[str]:
    """Split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "[(") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [p.strip() for p in (*parts, text[start:]) if p.strip()]
