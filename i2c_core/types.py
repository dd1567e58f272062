"""Types: named sorts, possibly indexed (`Image`, `List[Stmt, 1..5]`), and type variables (`t`).

Legend: a *sort* is a type without a variable; a *variable* begins with a lower-case letter. `parse_type` and `str`
are inverses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from i2c_core.errors import SignatureError


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many elements a list may have: `low..high`, or `low..` where `high` is None."""

    low: int
    high: int | None

    def __str__(self) -> str:
        return f"{self.low}..{'' if self.high is None else self.high}"


@dataclass(frozen=True, slots=True)
class Type:
    """A named sort with its indices, or a type variable.

    `args` are the element type and the bounds of a list, or the types that index a sort of the family's own.
    """

    name: str
    args: tuple[Type | Bounds, ...] = ()

    @property
    def is_variable(self) -> bool:
        return not self.args and self.name[0].islower()

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

    def variables(self) -> Iterator[str]:
        """The names of the type variables in it, from left to right, with repetitions."""
        if self.is_variable:
            yield self.name
        for arg in self.args:
            if isinstance(arg, Type):
                yield from arg.variables()

    def substitute(self, binding: Mapping[str, Type]) -> Type:
        """This type with its variables replaced as `binding` says; variables without a binding stay."""
        if self.is_variable:
            return binding.get(self.name, self)
        if not self.args:
            return self
        return Type(self.name, tuple(a.substitute(binding) if isinstance(a, Type) else a for a in self.args))

    def match(self, ground: Type, binding: dict[str, Type]) -> bool:
        """Whether this type, with its variables bound, is `ground`; `binding` is filled on the way."""
        if self.is_variable:
            return binding.setdefault(self.name, ground) == ground
        if self.name != ground.name or len(self.args) != len(ground.args):
            return False
        for mine, other in zip(self.args, ground.args, strict=True):
            if isinstance(mine, Type) and isinstance(other, Type):
                if not mine.match(other, binding):
                    return False
            elif mine != other:
                return False
        return True

    def __str__(self) -> str:
        if not self.args:
            return self.name
        shown = [str(a) for a in self.args]
        if self.is_list and self.bounds == ANY_LENGTH:
            shown = shown[:1]
        return f"{self.name}[{', '.join(shown)}]"


ANY_LENGTH = Bounds(0, None)


def list_of(element: Type, low: int = 0, high: int | None = None) -> Type:
    """The type of lists of `low` to `high` elements (no upper bound where `high` is None)."""
    return Type("List", (element, Bounds(low, high)))


_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][\w.]*)|(?P<low>\d+)\.\.(?P<high>\d*)|(?P<mark>[\[\],]))")


def parse_type(text: str) -> Type:
    """Read a type.

    >>> parse_type("List[Command, 1..5]")
    Type(name='List', args=(Type(name='Command', args=()), Bounds(low=1, high=5)))
    >>> str(parse_type("List[ Command ]"))
    'List[Command]'
    """
    tokens: list[re.Match[str]] = []
    position = 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if found is None:
            raise SignatureError(f"{text.strip()!r} is not a type", "write it as Name, Name[Type] or List[Type, 1..5]")
        tokens.append(found)
        position = found.end()
    parsed, rest = _read(text, tokens)
    if rest:
        raise SignatureError(f"{text.strip()!r} is not a type", "write it as Name, Name[Type] or List[Type, 1..5]")
    return parsed


def _read(text: str, tokens: list[re.Match[str]]) -> tuple[Type, list[re.Match[str]]]:
    hint = "write it as Name, Name[Type] or List[Type, 1..5]"
    if not tokens or not tokens[0]["name"]:
        raise SignatureError(f"{text.strip()!r} is not a type", hint)
    name, rest = tokens[0]["name"], tokens[1:]
    args: list[Type | Bounds] = []
    if rest and rest[0]["mark"] == "[":
        while True:
            rest = rest[1:]  # the bracket or the comma
            if rest and rest[0]["low"]:
                high = rest[0]["high"]
                args.append(Bounds(int(rest[0]["low"]), int(high) if high else None))
                rest = rest[1:]
            else:
                arg, rest = _read(text, rest)
                args.append(arg)
            if not rest or rest[0]["mark"] not in ("]", ","):
                raise SignatureError(f"{text.strip()!r} has no closing bracket", hint)
            if rest[0]["mark"] == "]":
                rest = rest[1:]
                break
    if name == "List":
        return _list(text, args), rest
    return Type(name, tuple(args)), rest


def _list(text: str, args: list[Type | Bounds]) -> Type:
    hint = "write List[Type] or List[Type, 1..5]"
    if not args or not isinstance(args[0], Type) or len(args) > 2:
        raise SignatureError(f"{text.strip()!r} does not say what the list holds", hint)
    bounds = args[1] if len(args) == 2 else ANY_LENGTH
    if not isinstance(bounds, Bounds) or (bounds.high is not None and bounds.high < bounds.low):
        raise SignatureError(f"{text.strip()!r} has no length that fits its bounds", hint)
    return Type("List", (args[0], bounds))
