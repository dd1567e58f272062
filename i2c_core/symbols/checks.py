"""What a signature must be to mean anything; each rule names the symbol that breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from i2c_core.errors import SignatureError, suggest
from i2c_core.symbols.declarations import CONS, LITERAL, NIL, Symbol, instances
from i2c_core.symbols.kinds import Enumeration, Range, Text
from i2c_core.types import Type

if TYPE_CHECKING:
    from i2c_core.symbols.signature import Signature

OPERATORS = (">", ">=", "<", "<=")
_RENAME = "rename it: one token cannot be both"


def check_signature(signature: Signature) -> None:
    """Raise `SignatureError` where a signature contradicts itself."""
    _check_indices(signature)
    _check_types(signature)
    _check_inclusions(signature)
    _check_tokens(signature)
    for symbol in signature.symbols:
        if symbol.has_relations or symbol.key is not None or symbol.order:
            for instance in instances(symbol):
                _check_names(instance)
                _check_relations(signature, instance)
                _check_key(signature, instance)
                _check_order(signature, instance)
    if signature.has_orders:
        for symbol, type_ in signature.all_types():
            if type_.is_list and type_.increasing:
                where = f"the ordered list in {symbol.name}"
                _check_elements(signature, where, type_.element, type_.increasing.strict)


def check_root(signature: Signature, root: Type) -> None:
    """Raise `SignatureError` where the types inside a root mean nothing, or lists in it what the table forbids."""
    where = f"the root {root}"
    for type_ in _inside(root):
        if type_.is_list:
            _check_list_tokens(signature)
            if type_.increasing:
                _check_elements(signature, where, type_.element, type_.increasing.strict)
    _check_type(signature, root, where)
    made = {s.result.name for s in signature.symbols} | set(signature.kinds) | set(signature.includes)
    for name in _sorts(root):
        if name not in made:
            raise SignatureError(f"unknown type {name!r} in {where}", suggest(name, made, "name a type of the table"))


# -- types


def _check_indices(signature: Signature) -> None:
    for name, bound in signature.indices.items():
        if not name.isidentifier() or not name[0].islower():
            raise SignatureError(f"{name!r} is no name for an index", "use a lower-case letter, such as s")
        if bound.low > bound.high:
            raise SignatureError(f"index '{name} = {bound}' is empty", "write low..high with low <= high")
        if name in signature.kinds or name in signature:
            raise SignatureError(f"{name!r} names an index and a symbol or a type", "rename one of them")


def _check_types(signature: Signature) -> None:
    made = {s.result.name for s in signature.symbols if not s.result.is_variable}
    made |= set(signature.kinds) | set(signature.includes)
    for symbol in signature.symbols:
        if symbol.name in signature.kinds:
            raise SignatureError(f"{symbol.name!r} names a symbol and a type", "rename one of them")
        if symbol.result.name == LITERAL.name:
            raise SignatureError(f"the result of {symbol.name} is {symbol.result}, a reserved name", "rename the type")
        bound = set(symbol.result.variables()) | {name for name, _ in symbol.ranges}
        _check_type(signature, symbol.result, f"the result of {symbol.name}")
        if symbol.result.span is not None or isinstance(signature.kinds.get(symbol.result.name), Text):
            fact = f"the result of {symbol.name} is {symbol.result}, which holds literals alone"
            raise SignatureError(fact, "give it a type of its own, and let that include the literals: Expr > Coord")
        for number, parameter in enumerate(symbol.parameters, 1):
            where = f"argument {number} of {symbol.name}"
            for variable in parameter.type.variables():
                if variable in bound:
                    continue
                if variable in signature.indices:
                    fact = f"index {variable!r} at {where} is not fixed by the result {symbol.result}"
                    raise SignatureError(fact, f"index the result too, or write a number for {variable}")
                if variable in parameter.type.indices():
                    continue  # an index that is not declared, told below
                fact = f"type variable {variable!r} at {where} is not fixed by the result {symbol.result}"
                raise SignatureError(fact, f"list its range: ... for {variable} in TypeA, TypeB")
            _check_type(signature, parameter.type, where)
            for name in _sorts(parameter.type):
                if name not in made:
                    raise SignatureError(
                        f"unknown type {name!r} at {where}",
                        suggest(name, made, f"declare a symbol of type {name}, or {name} = 1..15"),
                    )


def _check_type(signature: Signature, type_: Type, where: str) -> None:
    indices = set(type_.indices())
    for name in type_.variables():
        if name in indices and name not in signature.indices:
            known = signature.indices
            raise SignatureError(f"unknown index {name!r} at {where}", suggest(name, known, f"declare {name} = 0..3"))
        if name not in indices and name in signature.indices:
            fact = f"{name!r} names an index and a type variable at {where}"
            raise SignatureError(fact, "rename one of them, or write the index inside brackets")
    for part in _inside(type_):
        if not part.args or part.is_list:
            continue
        if part.span is None:
            if part.name in signature.kinds:
                fact = f"{part} at {where} indexes '{part.name} = {signature.kinds[part.name]}'"
                raise SignatureError(fact, f"write {part.name}, or {part.name}[0..3] to cut a range of integers")
            continue
        for name in signature.included(Type(part.name)):
            kind = signature.kinds.get(name)
            makes = any(s.result.name == name for s in signature.symbols)
            if makes or not (kind is None or isinstance(kind, Range)):
                fact = f"{part} at {where} cuts {name}, which is no range of integers"
                raise SignatureError(fact, f"declare {name} = 0..9, or write {part.name} without brackets")


def _inside(type_: Type) -> Iterator[Type]:
    """A type and those inside it."""
    waiting = [type_]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [a for a in part.args if isinstance(a, Type)]


def _sorts(type_: Type) -> Iterator[str]:
    for part in _inside(type_):
        if not part.is_variable and not part.is_list and part.span is None:
            yield part.name


def _check_inclusions(signature: Signature) -> None:
    made = {s.result.name for s in signature.symbols if not s.result.is_variable}
    made |= set(signature.kinds) | set(signature.includes)
    for name, parts in signature.includes.items():
        for part in parts:
            if part not in made:
                raise SignatureError(f"unknown type {part!r} in '{name} > {part}'", suggest(part, made, "declare it"))


def _check_tokens(signature: Signature) -> None:
    """A symbol named like a list's, a literal or a character would be one token of two meanings."""
    if any(t.is_list for _, t in signature.all_types()):
        _check_list_tokens(signature)
    owners = {m: (n, k) for n, k in signature.kinds.items() if isinstance(k, Enumeration) for m in k.members}
    ranges = [(n, k) for n, k in signature.kinds.items() if isinstance(k, Range)]
    for symbol in signature.symbols:
        if symbol.parameters:
            owner = owners.get(symbol.name) or next((r for r in ranges if r[1].holds(symbol.name)), None)
            if owner is not None:
                fact = f"symbol '{symbol}' is named like a literal of '{owner[0]} = {owner[1]}'"
                raise SignatureError(fact, _RENAME)
    if signature.has_texts:
        for name in (*(s.name for s in signature.symbols), *owners):
            if name.startswith("'"):
                raise SignatureError(f"{name!r} is named like a character of a text", _RENAME)


def _check_list_tokens(signature: Signature) -> None:
    """Where there are lists, `cons` and `nil` are theirs."""
    for own in (CONS, NIL):
        symbol = next((s for s in signature.symbols if s.name == own.name), None)
        if symbol is not None:
            raise SignatureError(f"symbol '{symbol}' is named like '{own}', which lists bring along", _RENAME)
        for name, kind in signature.kinds.items():
            if isinstance(kind, Enumeration) and own.name in kind.members:
                fact = f"the member {own.name} of '{name} = {kind}' is named like '{own}', which lists bring along"
                raise SignatureError(fact, _RENAME)


# -- relations, keys and orders


def _check_names(symbol: Symbol) -> None:
    """The names that relations, keys and orders speak of are those of one parameter each."""
    counts = Counter(p.name for p in symbol.parameters)
    spoken = [r.argument for p in symbol.parameters for r in p.relations] + list(symbol.key or ())
    spoken += [symbol.order.element, symbol.order.rest] if symbol.order else []
    for name in spoken:
        if counts[name] != 1 or not name:
            known = [n for n in counts if n]
            fact = f"{symbol.name} has {counts[name] or 'no'} argument{'s' * (counts[name] > 1)} named {name!r}"
            raise SignatureError(fact, suggest(name, known, "name it: (x: Coord, y: Coord)"))


def _check_relations(signature: Signature, symbol: Symbol) -> None:
    for number, parameter in enumerate(symbol.parameters, 1):
        for relation in parameter.relations:
            where = f"'{parameter}' of {symbol.name}"
            if relation.op not in OPERATORS:
                raise SignatureError(f"{relation.op!r} in {where} compares nothing", f"use {', '.join(OPERATORS)}")
            earlier = symbol.place(relation.argument)
            if earlier >= number - 1:
                fact = f"{where} depends on {relation.argument}, which does not come before it"
                raise SignatureError(fact, "let each argument depend on earlier ones only")
            kinds = []
            for type_ in (parameter.type, symbol.parameters[earlier].type):
                kind = signature.literal_kind(type_)
                if kind is None:
                    fact = f"{where} compares {type_}, whose programs are not all literals of one kind"
                    raise SignatureError(fact, "compare integers, members of one enumeration or bins of one value")
                kinds.append(kind)
            if kinds[0] != kinds[1] and not all(isinstance(k, Range) for k in kinds):
                fact = f"{where} compares {parameter.type} with {symbol.parameters[earlier].type}"
                raise SignatureError(fact, "compare integers, members of one enumeration or bins of one value")


def _check_key(signature: Signature, symbol: Symbol) -> None:
    if symbol.key is None:
        return
    if not symbol.key:
        raise SignatureError(f"key of {symbol.name} names no argument", "leave the key out")
    places = [symbol.place(name) for name in symbol.key]
    for name, place in zip(symbol.key, places, strict=True):
        if signature.literal_kind(symbol.parameters[place].type) is None:
            type_ = symbol.parameters[place].type
            fact = f"key {name} of {symbol.name} is of type {type_}, whose programs are not all literals of one kind"
            raise SignatureError(fact, "compare integers, members of one enumeration or bins of one value")
    if places != sorted(set(places)):
        fact = f"key {', '.join(symbol.key)} of {symbol.name} is not in the order of its arguments"
        raise SignatureError(fact, "order the arguments of the symbol as its key")
    for parameter in symbol.parameters:
        for relation in parameter.relations:
            names = (parameter.name, relation.argument)
            inside = [n in symbol.key for n in names]
            if inside[0] != inside[1]:
                one, other = names if inside[0] else names[::-1]
                fact = f"key {', '.join(symbol.key)} of {symbol.name} has {one or 'one'} but not {other or 'another'}"
                fact += f", which '{parameter}' relates"
                raise SignatureError(fact, "put both into the key, or neither")


def _check_order(signature: Signature, symbol: Symbol) -> None:
    order = symbol.order
    if order is None:
        return
    rest = symbol.parameters[symbol.place(order.rest)]
    element = symbol.parameters[symbol.place(order.element)]
    if rest.type != symbol.result:
        fact = f"{order.rest} of {symbol.name} is of type {rest.type}, so it is no rest of a {symbol.result}"
        raise SignatureError(fact, "order lists whose rest is of their own type")
    if symbol.place(order.element) > symbol.place(order.rest):
        fact = f"{order.rest} of {symbol.name} comes before {order.element}"
        raise SignatureError(fact, f"put {order.element} before {order.rest}")
    _check_elements(signature, f"the ordered list in {symbol.name}", element.type, order.strict)


def _check_elements(signature: Signature, where: str, element: Type, strict: bool) -> None:
    """Whether programs of a type can stand in an order, that of the list at `where`."""
    if signature.literal_kind(element) is not None:
        return
    makers = signature.elements(element)
    literals = [part for part in signature.parts(element) if signature.kind(part) is not None]
    if element.is_variable or element.is_list or literals or not makers:
        fact = f"{element}, the element of {where}, is not made of symbols alone, nor of literals of one kind alone"
        raise SignatureError(fact, "give its literals a symbol: num : (Coord) -> Term")
    for symbol in makers:
        if not strict or symbol.key is not None:
            continue
        for parameter in symbol.parameters:
            if signature.literal_kind(parameter.type) is None:
                what = parameter.name or str(parameter.type)
                fact = f"{symbol.name} stands in {where}, but its argument {what} is no literal to compare"
                raise SignatureError(fact, f"declare its key ({symbol.name} : ... key x, y), or order with <=")
