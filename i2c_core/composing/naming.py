"""The names of one family inside another: types, symbols and tokens, qualified by the family's name.

    functions   sin : (Shifted, Frequency) -> Form                  Frequency:3
    splits+...  functions.sin : (functions.Shifted, ...) -> ...     functions.Frequency:3

Integers, the characters of texts and the symbols of lists are the same tokens in every family, and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from i2c_core.families import Family
from i2c_core.symbols import Bins, Enumeration, Kind, Parameter, Range, Signature, Symbol, instances
from i2c_core.types import Bounds, Increasing, Index, Span, Type, is_lower

Argument = Type | Bounds | Index | Span | Increasing


class Names:
    """What a family's names become in a composition.

    Args:
        family: whose names they are.
        is_model: whether they stay as they are.

    Attributes:
        qualifier: what stands before them, `functions.`, or nothing.
    """

    def __init__(self, family: Family, is_model: bool = False) -> None:
        self.family = family
        self.qualifier = "" if is_model else f"{family.name}."
        under = "".join(c if c.isalnum() else "_" for c in family.name)
        self._lower = "" if is_model else f"{under}_"  # indices and variables have no dots

    def type(self, type_: Type) -> Type:
        """A type under its new name."""
        if type_.is_variable:
            return Type(self._lower + type_.name)
        name = type_.name if type_.is_list else self.qualifier + type_.name
        return Type(name, tuple(map(self._argument, type_.args)))

    def _argument(self, argument: Argument) -> Argument:
        if isinstance(argument, Type):
            return self.type(argument)
        if isinstance(argument, Index):
            name = argument.variable
            return argument if name is None else Index(self._lower + name, argument.offset)
        if isinstance(argument, Span):
            low, high = self._argument(argument.low), self._argument(argument.high)
            assert isinstance(low, Index)
            assert isinstance(high, Index)
            return Span(low, high)
        return argument

    def symbol(self, symbol: Symbol) -> Symbol:
        """A symbol under its new name; one that makes programs of any type makes those of its own family alone."""
        parameters = tuple(Parameter(self.type(p.type), p.name, p.relations) for p in symbol.parameters)
        ranges = tuple((self._lower + v, tuple(map(self.type, types))) for v, types in symbol.ranges)
        result = self.type(symbol.result)
        if result.is_variable and result.name not in dict(ranges):
            ranges = (*ranges, (result.name, tuple(map(self.type, self._types))))
        return Symbol(self.qualifier + symbol.name, parameters, result, ranges, symbol.key, symbol.order)

    @cached_property
    def _types(self) -> list[Type]:
        """The family's ground types, without those of texts that have begun."""
        kinds = self.family.gamma.kinds
        return [t for t in self.family.vocabulary.types if not (t.args and t.name in kinds and t.span is None)]

    def kind(self, kind: Kind) -> Kind:
        """What a type's literals are under its new name."""
        if isinstance(kind, Enumeration):
            return Enumeration(tuple(self.qualifier + m for m in kind.members))
        return kind

    def order(self, name: str) -> str:
        """A name of the table."""
        return self._lower + name if name in self.family.gamma.indices else self.qualifier + name

    def index(self, name: str) -> str:
        """The name of an index."""
        return self._lower + name

    # -- tokens

    @cached_property
    def _tokens(self) -> dict[str, str]:
        """The new names of the tokens that are symbols or members of enumerations."""
        gamma = self.family.gamma
        found: dict[str, str] = {}
        for symbol in gamma.symbols:
            pairs = zip(instances(symbol), instances(self.symbol(symbol)), strict=True)
            found.update((old.name, new.name) for old, new in pairs)
        for kind in gamma.kinds.values():
            if isinstance(kind, Enumeration):
                found.update((m, self.qualifier + m) for m in kind.members)
        return found

    @cached_property
    def _own(self) -> dict[str, str]:
        return {new: old for old, new in self._tokens.items()}

    def token(self, name: str) -> str:
        """A token under its new name."""
        return self._tokens.get(name) or (self.qualifier + name if self._is_bin(name) else name)

    def own(self, name: str) -> str:
        """What the family itself calls a token of the composition."""
        if name in self._own:
            return self._own[name]
        bare = name.removeprefix(self.qualifier)
        return bare if self._is_bin(bare) else name

    def has(self, name: str) -> bool:
        """Whether a token of the composition is this family's and no other's."""
        if name in self._own:
            return True
        return name.startswith(self.qualifier) and self._is_bin(name.removeprefix(self.qualifier))

    def _is_bin(self, name: str) -> bool:
        sort, colon, _ = name.rpartition(":")
        return bool(colon) and isinstance(self.family.gamma.kinds.get(sort), Bins)


def join(parts: Iterable[Names], places: Iterable[tuple[str, Type]]) -> Signature:
    """One signature of those of several families.

    Args:
        parts: the model first.
        places: (type of the model, root type of a material): what may stand where.
    """
    symbols: list[Symbol] = []
    kinds: dict[str, Kind] = {}
    includes: dict[str, tuple[str, ...]] = {}
    indices: dict[str, Range] = {}
    order: list[str] = []
    for names in parts:
        gamma = names.family.gamma
        symbols += map(names.symbol, gamma.symbols)
        kinds |= {names.order(n): names.kind(k) for n, k in gamma.kinds.items()}
        includes |= {names.order(n): tuple(map(names.order, inner)) for n, inner in gamma.includes.items()}
        indices |= {names.index(n): bound for n, bound in gamma.indices.items()}
        order += map(names.order, gamma.order)
    for wanted, root in places:
        includes[wanted] = (*includes.get(wanted, ()), str(root))
    return Signature(tuple(symbols), kinds, includes, tuple(order), indices)


def type_names(signature: Signature) -> Iterator[str]:
    """The names of a signature's types, each once, in the order of its table."""
    found = dict.fromkeys(s.result.name for s in signature.symbols if not is_lower(s.result.name))
    yield from found | dict.fromkeys(signature.kinds) | dict.fromkeys(signature.includes)
