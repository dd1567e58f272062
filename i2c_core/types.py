"""Types: named sorts, possibly indexed (`Image`, `List[Stmt, 1..5]`, `Stmt[s+1]`), and type variables (`t`).

Legend: a *sort* is a type without a variable; a *type variable* begins with a lower-case letter; so does an *index*,
which stands for an integer inside brackets. A sort of another family is *qualified* by that family's name,
`splits-rgb.Image`; a name with a dot is never a variable. `parse_type` and `str` are inverses.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from i2c_core.errors import SignatureError


def is_lower(name: str) -> bool:
    """Whether a name is one of a type variable or of an index: lower-case, and not qualified.

    >>> is_lower("t"), is_lower("Image"), is_lower("splits.Image")
    (True, False, False)
    """
    return name[0].islower() and "." not in name


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many elements a list may have: `low..high`, or `low..` where `high` is None."""

    low: int
    high: int | None

    def __str__(self) -> str:
        return f"{self.low}..{'' if self.high is None else self.high}"


@dataclass(frozen=True, slots=True)
class Index:
    """An integer that indexes a type: a name and what is added to it (`s+1`), or a number (`3`) without a name."""

    variable: str | None
    offset: int = 0

    def at(self, binding: Mapping[str, Type | Index]) -> Index:
        """This index with its name replaced as `binding` says."""
        if self.variable is None:
            return self
        found = binding.get(self.variable)
        return Index(found.variable, found.offset + self.offset) if isinstance(found, Index) else self

    def __str__(self) -> str:
        if self.variable is None:
            return str(self.offset)
        return self.variable + (f"{self.offset:+d}" if self.offset else "")


@dataclass(frozen=True, slots=True)
class Span:
    """The integers from `low` to `high`, both included: `0..s-1`; a type's only index, it cuts a range of integers."""

    low: Index
    high: Index

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class Increasing:
    """The elements of a list stand in increasing order: `<` where strict, else `<=`."""

    strict: bool = True

    def __str__(self) -> str:
        return "<" if self.strict else "<="


@dataclass(frozen=True, slots=True)
class Type:
    """A named sort with its indices, or a type variable.

    `args` are the element type, the bounds and, where it has one, the order of a list; or the types, indices or the
    one span that index a sort of the family's own.
    """

    name: str
    args: tuple[Type | Bounds | Index | Span | Increasing, ...] = ()

    @property
    def is_variable(self) -> bool:
        return not self.args and is_lower(self.name)

    @property
    def is_list(self) -> bool:
        return self.name == "List"

    @property
    def element(self) -> Type:
        """The element type of a list."""
        element = self.args[0]
        assert isinstance(element, Type)
        return element

    @property
    def bounds(self) -> Bounds:
        """The length bounds of a list."""
        bounds = self.args[1]
        assert isinstance(bounds, Bounds)
        return bounds

    @property
    def increasing(self) -> Increasing | None:
        """The order of a list's elements, None where they may stand in any order."""
        found = self.args[2] if self.is_list and len(self.args) > 2 else None
        assert found is None or isinstance(found, Increasing)
        return found

    @property
    def span(self) -> Span | None:
        """What cuts a range of integers: the span of `Index[0..s-1]`, None for every other type."""
        found = self.args[0] if len(self.args) == 1 else None
        return found if isinstance(found, Span) else None

    @property
    def rest(self) -> Type:
        """The type of what follows the first element of a list."""
        bounds = self.bounds
        shorter = Bounds(max(bounds.low - 1, 0), None if bounds.high is None else bounds.high - 1)
        return Type(self.name, (self.args[0], shorter, *self.args[2:]))

    def variables(self) -> Iterator[str]:
        """The names of the type variables and indices in it, from left to right, with repetitions."""
        if self.is_variable:
            yield self.name
        for arg in self.args:
            if isinstance(arg, Type):
                yield from arg.variables()
            elif isinstance(arg, Index | Span):
                yield from _names(arg)

    def indices(self) -> Iterator[str]:
        """The names of the indices in it, from left to right, with repetitions."""
        for arg in self.args:
            if isinstance(arg, Type):
                yield from arg.indices()
            elif isinstance(arg, Index | Span):
                yield from _names(arg)

    @property
    def is_ground(self) -> bool:
        """Whether it has neither type variables nor indices with a name."""
        return next(self.variables(), None) is None if self.args else not is_lower(self.name)

    def substitute(self, binding: Mapping[str, Type | Index]) -> Type:
        """This type with its variables and indices replaced as `binding` says; those without a binding stay."""
        if self.is_variable:
            found = binding.get(self.name, self)
            return found if isinstance(found, Type) else self
        if not self.args:
            return self
        return Type(self.name, tuple(_substitute(a, binding) for a in self.args))

    def match(self, ground: Type, binding: dict[str, Type | Index]) -> bool:
        """Whether this type, with its variables bound, is `ground`; `binding` is filled on the way."""
        if self.is_variable:
            return binding.setdefault(self.name, ground) == ground
        if self.name != ground.name or len(self.args) != len(ground.args):
            return False
        for mine, other in zip(self.args, ground.args, strict=True):
            if isinstance(mine, Type) and isinstance(other, Type):
                if not mine.match(other, binding):
                    return False
            elif isinstance(mine, Index) and isinstance(other, Index) and mine.variable is not None:
                value = Index(other.variable, other.offset - mine.offset)
                if binding.setdefault(mine.variable, value) != value:
                    return False
            elif mine != other:
                return False
        return True

    def __str__(self) -> str:
        if not self.args:
            return self.name
        shown = [str(a) for a in self.args if not (self.is_list and a == ANY_LENGTH)]
        return f"{self.name}[{', '.join(shown)}]"


ANY_LENGTH = Bounds(0, None)


def _names(arg: Index | Span) -> Iterator[str]:
    for index in (arg.low, arg.high) if isinstance(arg, Span) else (arg,):
        if index.variable is not None:
            yield index.variable


def _substitute(
    arg: Type | Bounds | Index | Span | Increasing, binding: Mapping[str, Type | Index]
) -> Type | Bounds | Index | Span | Increasing:
    if isinstance(arg, Type):
        return arg.substitute(binding)
    if isinstance(arg, Index):
        return arg.at(binding)
    return Span(arg.low.at(binding), arg.high.at(binding)) if isinstance(arg, Span) else arg


def list_of(element: Type, low: int = 0, high: int | None = None, increasing: Increasing | None = None) -> Type:
    """The type of lists of `low` to `high` elements (no upper bound where `high` is None), in order if so told."""
    return Type("List", (element, Bounds(low, high), *([] if increasing is None else [increasing])))


_QUALIFIER = r"(?:[A-Za-z_]\w*(?:-\w+)*\.)*"  # names of families, which may hold hyphens
_TOKEN = re.compile(
    rf"\s*(?:(?P<name>{_QUALIFIER}[A-Za-z_]\w*)|(?P<number>[+-]?\s*\d+)|(?P<dots>\.\.)|(?P<mark>[\[\],]|<=?))"
)
MOST_DEPTH = 50  # brackets in brackets of a type
MOST_DIGITS = 18  # of a number in a table: it fits into 64 bits
_HINT = "write it as Name, Name[Type] or List[Type, 1..5]"
_LIST_HINT = "write List[Type] or List[Type, 1..5]"


def whole(text: str) -> int:
    """A whole number of a table.

    Raises:
        SignatureError: it does not fit into 64 bits.

    >>> whole("+ 3")
    3
    """
    digits = re.sub(r"\s", "", text)
    if len(digits.lstrip("+-")) > MOST_DIGITS:
        raise SignatureError(f"{digits[:MOST_DIGITS]}... is too large a number", f"use up to {MOST_DIGITS} digits")
    return int(digits)


def parse_type(text: str, indices: Container[str] = ()) -> Type:
    """Read a type; the names in `indices` are indices, other lower-case names are type variables.

    >>> parse_type("List[Command, 1..5]")
    Type(name='List', args=(Type(name='Command', args=()), Bounds(low=1, high=5)))
    >>> str(parse_type("List[ Command ]"))
    'List[Command]'
    >>> parse_type("Stmt[s+1]", indices={"s"})
    Type(name='Stmt', args=(Index(variable='s', offset=1),))
    """
    if text.isidentifier() and text != "List":
        return Type(text)
    tokens: list[re.Match[str]] = []
    position = 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if found is None:
            raise SignatureError(f"{text.strip()!r} is not a type", _HINT)
        tokens.append(found)
        position = found.end()
    depths = accumulate({"[": 1, "]": -1}.get(token["mark"] or "", 0) for token in tokens)
    if max(depths, default=0) > MOST_DEPTH:
        raise SignatureError("a type is nested too deeply", f"use up to {MOST_DEPTH} levels")
    reader = _Reader(text.strip(), tokens, indices)
    parsed = reader.type()
    if reader.position < len(tokens):
        raise reader.wrong()
    return parsed


class _Reader:
    """One pass over the tokens of a type."""

    def __init__(self, text: str, tokens: list[re.Match[str]], indices: Container[str]) -> None:
        self.text, self.tokens, self.indices = text, tokens, indices
        self.position = 0

    def wrong(self) -> SignatureError:
        return SignatureError(f"{self.text!r} is not a type", _HINT)

    def _take(self, group: str) -> str | None:
        """The next token's text when it is of this group."""
        if self.position == len(self.tokens):
            return None
        found: str | None = self.tokens[self.position][group]
        self.position += found is not None
        return found

    def _ahead(self, group: str) -> str | None:
        """The text of the token after the next when it is of this group."""
        place = self.position + 1
        return self.tokens[place][group] if place < len(self.tokens) else None

    def type(self) -> Type:
        name = self._take("name")
        if name is None:
            raise self.wrong()
        args: list[Type | Bounds | Index | Span | Increasing] = []
        if self.position < len(self.tokens) and self.tokens[self.position]["mark"] == "[":
            mark: str | None = ","
            self.position += 1
            while mark == ",":
                args.append(self._argument(name == "List"))
                mark = self._take("mark")
            if mark != "]":
                raise SignatureError(f"{self.text!r} has no closing bracket", _HINT)
        if name == "List":
            return self._list(args)
        if any(isinstance(a, Increasing) for a in args):
            raise self.wrong()
        return Type(name, tuple(args))

    def _argument(self, in_list: bool) -> Type | Bounds | Index | Span | Increasing:
        token = self.tokens[self.position] if self.position < len(self.tokens) else None
        if token is None:
            raise self.wrong()
        if token["mark"] in ("<", "<="):
            self.position += 1
            return Increasing(token["mark"] == "<")
        is_index = token["name"] is not None and (
            token["name"] in self.indices or self._ahead("number") or self._ahead("dots")
        )
        if token["number"] is None and not is_index:
            return self.type()
        low = self._index()
        if self._take("dots") is None:
            return low
        if not in_list:
            return Span(low, self._index())
        high = None if self._take("number") is None else whole(self.tokens[self.position - 1]["number"])
        if low.variable is not None or low.offset < 0:
            raise self._no_list()
        return Bounds(low.offset, high)

    def _index(self) -> Index:
        name, number = self._take("name"), self._take("number")
        if name is None and number is None:
            raise self.wrong()
        if name is not None and not is_lower(name):
            raise self.wrong()
        return Index(name, 0 if number is None else whole(number))

    def _no_list(self) -> SignatureError:
        return SignatureError(f"{self.text!r} has no length that fits its bounds", _LIST_HINT)

    def _list(self, args: list[Type | Bounds | Index | Span | Increasing]) -> Type:
        if not args or not isinstance(args[0], Type):
            raise SignatureError(f"{self.text!r} does not say what the list holds", _LIST_HINT)
        element, *rest = args
        increasing = rest.pop() if rest and isinstance(rest[-1], Increasing) else None
        bounds = rest.pop(0) if rest else ANY_LENGTH
        if rest:
            raise SignatureError(f"{self.text!r} does not say what the list holds", _LIST_HINT)
        if not isinstance(bounds, Bounds) or (bounds.high is not None and bounds.high < bounds.low):
            raise self._no_list()
        return Type("List", (element, bounds, *([] if increasing is None else [increasing])))
