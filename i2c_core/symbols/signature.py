"""A family's signature: its symbols, kinds, inclusions and indices, checked when it is made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from i2c_core.errors import SignatureError, suggest
from i2c_core.symbols.declarations import (
    CONS,
    END,
    LITERAL,
    NIL,
    TEXT,
    Parameter,
    Symbol,
    character,
    character_token,
    instances,
)
from i2c_core.symbols.kinds import Bins, Enumeration, Kind, Range, Text
from i2c_core.types import Index, Span, Type

_MEMOS = ("_found", "_parts", "_literal_kinds")  # filled on use, left out of pickles
_INTEGER = re.compile(r"0|-?[1-9]\d*")


@dataclass(frozen=True)
class Signature:
    """A family's symbols Γ, immutable; made by `Signature.parse` or from the same parts in Python.

    `kinds` says which types are integers, enumerations, continuous or texts, `includes` which types stand for others
    too, `indices` what the lower-case names that index types may be. `order` is the order of the table's lines.
    """

    symbols: tuple[Symbol, ...]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    indices: Mapping[str, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from i2c_core.symbols.checks import check_signature

        if not self.order:
            names = (*(s.name for s in self.symbols), *self.kinds, *self.indices)
            object.__setattr__(self, "order", names)
        by_name: dict[str, Symbol] = {}
        for symbol in self.symbols:
            if symbol.name in by_name:
                raise SignatureError(f"symbol {symbol.name!r} is declared twice", "give each symbol a name of its own")
            by_name[symbol.name] = symbol
        write = object.__setattr__
        write(self, "_by_name", by_name)
        for name in _MEMOS:
            write(self, name, {})
        write(self, "_ranges", _ranges(self))
        by_result: dict[str, list[Symbol]] = {}
        for symbol in self.symbols:
            by_result.setdefault("" if symbol.result.is_variable else symbol.result.name, []).append(symbol)
        write(self, "_by_result", by_result)
        write(self, "_indexed", {s.result.name for s in self.symbols if s.result.args})
        members = {m: None for k in self.kinds.values() if isinstance(k, Enumeration) for m in k.members}
        write(self, "_members", members)
        write(self, "_has_relations", any(s.has_relations for s in self.symbols))
        increasing = (t.increasing for _, t in self.all_types() if t.is_list)
        write(self, "_has_orders", any(s.order for s in self.symbols) or any(increasing))
        check_signature(self)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in _MEMOS}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, **{name: {} for name in _MEMOS})  # checked when it was made

    @staticmethod
    def parse(text: str) -> Signature:
        """Read a table as in this package's first lines; raises `SignatureError` with the line."""
        from i2c_core.symbols.notation import parse

        return parse(text)

    def show(self) -> str:
        """The table back, one line a declaration, columns aligned; `Signature.parse` reads it again."""
        from i2c_core.symbols.notation import show

        return show(self)

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def __getitem__(self, name: str) -> Symbol:
        found = self._find(name)
        if found is None:
            raise SignatureError(f"unknown symbol {name!r}", suggest(name, self.names(), self._known()))
        return found

    def names(self) -> list[str]:
        """The names of all symbols, literals of enumerations included; integers, bins and characters not."""
        members = [m for k in self.kinds.values() if isinstance(k, Enumeration) for m in k.members]
        return [s.name for s in self.symbols] + members

    # -- types

    def kind(self, type_: Type) -> Kind | None:
        """What a type's literals are, or None where symbols make it; for a span of numbers, the range that it leaves.

        A span with an index that is not yet a number gives all that it may leave.
        """
        if not type_.args:
            return self.kinds.get(type_.name)
        span = type_.span
        if span is None:
            return None
        ranges: Mapping[str, Range] = self._ranges  # type: ignore[attr-defined]
        whole = ranges.get(type_.name)
        if whole is None:
            return None
        low, high = self._value(span.low, lowest=True), self._value(span.high, lowest=False)
        return Range(max(whole.low, low), min(whole.high, high))

    def _value(self, index: Index, lowest: bool) -> int:
        """The least or largest value of an index."""
        if index.variable is None:
            return index.offset
        bound = self.indices[index.variable]
        return index.offset + (bound.low if lowest else bound.high)

    def holds(self, type_: Type, part: Type) -> bool:
        """Whether every program of type `part` may stand where `type_` is wanted."""
        return type_ == part or part in self.parts(type_)

    def included(self, type_: Type) -> list[str]:
        """The names of the types that may stand where `type_` is wanted, itself first, each once."""
        if type_.args:
            return []
        found = {type_.name: None}
        waiting = [type_.name]
        while waiting:
            for name in self.includes.get(waiting.pop(0), ()):
                if name not in found:
                    found[name] = None
                    waiting.append(name)
        return list(found)

    def parts(self, type_: Type) -> tuple[Type, ...]:
        """The types that may stand where `type_` is wanted, itself first, each once.

        The parts of an indexed type have its indices, or none where they are never indexed.
        """
        memo: dict[Type, tuple[Type, ...]] = self._parts  # type: ignore[attr-defined]
        if type_ not in memo:
            memo[type_] = self._find_parts(type_)
        return memo[type_]

    def _find_parts(self, type_: Type) -> tuple[Type, ...]:
        if not self.includes or type_.is_list:
            return (type_,)
        indexed: set[str] = self._indexed  # type: ignore[attr-defined]
        names = self.included(Type(type_.name))[1:]
        if not type_.args:
            return (type_, *map(Type, names))
        keeps = type_.span is not None
        return (type_, *(Type(n, type_.args if keeps or n in indexed else ()) for n in names))

    def literal(self, type_: Type, text: str) -> bool:
        """Whether `text` is a literal of `type_` (an integer or a member of an enumeration)."""
        for part in self.parts(type_):
            kind = self.kind(part)
            if isinstance(kind, Range | Enumeration) and kind.holds(text):
                return True
        return False

    def literal_kind(self, type_: Type) -> Range | Enumeration | Bins | None:
        """The one kind whose literals are all programs of `type_`; None where there are other programs, or none."""
        memo: dict[Type, Range | Enumeration | Bins | None] = self._literal_kinds  # type: ignore[attr-defined]
        if type_ not in memo:
            memo[type_] = self._find_literal_kind(type_)
        return memo[type_]

    def _find_literal_kind(self, type_: Type) -> Range | Enumeration | Bins | None:
        found: list[Kind] = []
        for part in self.parts(type_):
            kind = self.kind(part)
            if kind is not None:
                found.append(kind)
            if part.is_list or part.is_variable or any(True for _ in self._makers(part)):
                return None
        if len(found) != 1 or isinstance(found[0], Text):
            return None
        return found[0]

    def texts(self, type_: Type) -> list[tuple[Type, Text]]:
        """The types of texts that may stand where `type_` is wanted, each with its language."""
        found = [(part, self.kinds.get(part.name)) for part in self.parts(type_) if not part.args]
        return [(part, kind) for part, kind in found if isinstance(kind, Text)]

    # -- orders

    def key(self, symbol: Symbol) -> tuple[int, ...]:
        """The places of the arguments that an order compares, after the symbol's own place in Γ."""
        if symbol.key is not None:
            return tuple(symbol.place(name) for name in symbol.key)
        return tuple(i for i, p in enumerate(symbol.parameters) if self.literal_kind(p.type) is not None)

    def elements(self, type_: Type) -> tuple[Symbol, ...]:
        """The symbols that make programs of `type_`, an element of an ordered list, in Γ's order."""
        found = {s.name for part in self.parts(type_) for s in self._makers(part)}
        return tuple(s for s in self.symbols if s.name in found)

    def _makers(self, type_: Type) -> Iterator[Symbol]:
        """The symbols whose result is, or with its indices bound may be, this type."""
        by_result: dict[str, list[Symbol]] = self._by_result  # type: ignore[attr-defined]
        for symbol in by_result.get(type_.name, ()):
            if len(symbol.result.args) == len(type_.args):
                ground = symbol.result.is_ground and type_.is_ground
                if not ground or symbol.result == type_:
                    yield symbol
        for symbol in by_result.get("", ()):
            choices = dict(symbol.ranges).get(symbol.result.name)
            if choices is None or type_ in choices:
                yield symbol

    def all_types(self) -> Iterator[tuple[Symbol, Type]]:
        """Every type that a symbol mentions, those inside others too, with the symbol."""
        for symbol in self.symbols:
            waiting = [symbol.result, *(p.type for p in symbol.parameters)]
            waiting += [t for _, types in symbol.ranges for t in types]
            while waiting:
                type_ = waiting.pop()
                yield symbol, type_
                waiting += [a for a in type_.args if isinstance(a, Type)]

    @property
    def has_orders(self) -> bool:
        """Whether any list that a symbol mentions stands in order."""
        return bool(self._has_orders)  # type: ignore[attr-defined]

    @property
    def has_relations(self) -> bool:
        """Whether any argument depends on another."""
        return bool(self._has_relations)  # type: ignore[attr-defined]

    @property
    def has_texts(self) -> bool:
        return any(isinstance(k, Text) for k in self.kinds.values())

    # -- tokens

    def _find(self, name: str) -> Symbol | None:
        by_name: dict[str, Symbol] = self._by_name  # type: ignore[attr-defined]
        if name in by_name:
            return by_name[name]
        found: dict[str, Symbol] = self._found  # type: ignore[attr-defined]
        if name not in found:
            symbol = self._make(name)
            if symbol is None:
                return None
            if len(found) > 100_000:  # more literals than any vocabulary has
                found.clear()
            found[name] = symbol
        return found[name]

    def _make(self, name: str) -> Symbol | None:
        """The symbol of a list, a literal, a character or an instance."""
        by_name: dict[str, Symbol] = self._by_name  # type: ignore[attr-defined]
        if name in self._members:  # type: ignore[attr-defined]
            return Symbol(name, (), LITERAL)
        if name in ("cons", "nil"):
            return CONS if name == "cons" else NIL
        if _INTEGER.fullmatch(name):
            ranges: Mapping[str, Range] = self._ranges  # type: ignore[attr-defined]
            if any(r.holds(name) for r in ranges.values()):
                return Symbol(name, (), LITERAL)
        sort, colon, place = name.rpartition(":")
        if colon and place.isdecimal():
            kind = self.kinds.get(sort)
            if isinstance(kind, Bins) and int(place) < kind.count and str(int(place)) == place:
                return Symbol(name, (), Type(sort))
        if name[:1] == "'" and self.has_texts:
            letter = character(name)
            if letter is not None and (not letter or character_token(letter) == name):
                return Symbol(name, (Parameter(TEXT),), TEXT) if letter else END
        generic = re.fullmatch(r"(.+?)\[(.+)\]", name)
        if generic and generic[1] in by_name and by_name[generic[1]].ranges:
            found: dict[str, Symbol] = self._found  # type: ignore[attr-defined]
            found.update((s.name, s) for s in instances(by_name[generic[1]]))
            return found.get(name)
        return None

    def _known(self) -> str:
        names = self.names()
        return "known symbols: " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def _ranges(signature: Signature) -> dict[str, Range]:
    """The sorts of integers by name: those declared, and those that only ever appear cut by a span."""
    found = {name: kind for name, kind in signature.kinds.items() if isinstance(kind, Range)}
    made = {s.result.name for s in signature.symbols} | set(signature.kinds) | set(signature.includes)
    for _, type_ in signature.all_types():
        span = type_.span
        if span is None or type_.name in made or not _known_indices(signature, span):
            continue
        low, high = signature._value(span.low, lowest=True), signature._value(span.high, lowest=False)
        known = found.get(type_.name)
        found[type_.name] = Range(low, high) if known is None else Range(min(low, known.low), max(high, known.high))
    return found


def _known_indices(signature: Signature, span: Span) -> bool:
    return all(i.variable is None or i.variable in signature.indices for i in (span.low, span.high))
