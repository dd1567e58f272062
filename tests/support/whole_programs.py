"""The slow truth about whole programs: all of a size from the skeleton, each judged as a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from dataset_families import all_rows

from i2c_core.symbols import Bins, Enumeration, Range, Signature, Symbol, Text
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary


class Node(NamedTuple):
    """A tree that nobody has checked."""

    name: str
    args: tuple[Node, ...]


def keeps_the_rules(vocabulary: Vocabulary, program: Node) -> bool:
    """Whether a program of the skeleton keeps its relations and its orders, looked at as one whole tree."""
    signature = vocabulary.signature
    for node, type_ in _typed(vocabulary, program):
        if type_.is_list:
            before, after = node, node.args[1] if node.args else node
            if type_.increasing and node.name == after.name == "cons":
                strict = type_.increasing.strict
                if not _increases(signature, type_.element, before.args[0], after.args[0], strict):
                    return False
        elif node.args and not node.name.startswith("'"):
            symbol = _symbol(signature, node.name)
            values = {p.name: _value(signature, p.type, a) for p, a in zip(symbol.parameters, node.args, strict=True)}
            for parameter in symbol.parameters:
                for relation in parameter.relations:
                    one, other = values[parameter.name], values[relation.argument]
                    assert one is not None
                    assert other is not None
                    other += relation.offset
                    if not {">": one > other, ">=": one >= other, "<": one < other, "<=": one <= other}[relation.op]:
                        return False
            if symbol.order is not None and not _in_order(signature, symbol, node):
                return False
    return True


def _in_order(signature: Signature, symbol: Symbol, node: Node) -> bool:
    assert symbol.order is not None
    names = [p.name for p in symbol.parameters]
    element, rest = names.index(symbol.order.element), names.index(symbol.order.rest)
    behind = _symbol(signature, node.args[rest].name) if node.args[rest].args else None
    if behind is None or behind.name != symbol.name:
        return True  # the list ends, or another one begins
    before, after = node.args[element], node.args[rest].args[element]
    return _increases(signature, symbol.parameters[element].type, before, after, symbol.order.strict)


def _increases(signature: Signature, type_: Type, before: Node, after: Node, strict: bool) -> bool:
    one, other = _key(signature, type_, before), _key(signature, type_, after)
    return one < other or (one == other and not strict)


def _key(signature: Signature, type_: Type, element: Node) -> tuple[int, ...]:
    value = _value(signature, type_, element)
    if value is not None:
        return (value,)
    symbol = _symbol(signature, element.name)
    values = {
        p.name or str(i): _value(signature, p.type, a)
        for i, (p, a) in enumerate(zip(symbol.parameters, element.args, strict=True))
    }
    if symbol.key is None:
        chosen = [v for v in values.values() if v is not None]
    else:
        chosen = [v for k in symbol.key if (v := values[k]) is not None]
    return ([s.name for s in signature.symbols].index(symbol.name.partition("[")[0]), *chosen)


def _symbol(signature: Signature, name: str) -> Symbol:
    """A symbol, or an instance of one: `eq[Num]` has the arguments (Num, Num)."""
    return signature[name]


def _value(signature: Signature, type_: Type, program: Node) -> int | None:
    """What a literal is compared by."""
    kind = signature.kinds.get(type_.name)
    if isinstance(kind, Range):
        return int(program.name) if re.fullmatch(r"-?\d+", program.name) else None
    if isinstance(kind, Enumeration):
        return kind.members.index(program.name) if program.name in kind.members else None
    sort, _, place = program.name.rpartition(":")
    return int(place) if isinstance(kind, Bins) and sort == type_.name else None


def _typed(vocabulary: Vocabulary, program: Node) -> Iterator[tuple[Node, Type]]:
    """Every node with its ground type."""
    stack = [(program, 0)]
    while stack:
        node, type_ = stack.pop()
        yield node, vocabulary.types[type_]
        args = vocabulary.productions[vocabulary.production[type_, vocabulary.ids[node.name]]].args
        stack += zip(node.args, args, strict=True)


def texts_are_words(vocabulary: Vocabulary, names: tuple[str, ...]) -> bool:
    """Whether every text in a row of tokens is one that `re` takes whole; for signatures with one kind of text."""
    kinds = [k for k in vocabulary.signature.kinds.values() if isinstance(k, Text)]
    text = ""
    for name in names:
        if name == "''":
            (kind,) = kinds
            found = re.compile(kind.pattern, kind.flags).match(text)
            if found is None or found.end() != len(text) or text in kind.excluded:
                return False
            text = ""
        elif name.startswith("'"):
            text += name[1:-1]
    return True


def whole_programs(vocabulary: Vocabulary, most: int = 2_000, longest: int = 10) -> tuple[int, list[tuple[str, ...]]]:
    """All canonical programs up to a size, as token names, and that size: from the skeleton, then judged whole.

    The size is the largest, up to `longest`, at which the skeleton has no more than `most` programs.
    """
    production, prod_args = vocabulary.production, vocabulary.prod_args

    @cache
    def count(type_: int, size: int) -> int:
        found = 0
        for production_ in production[type_][production[type_] >= 0].tolist():
            found += spread(tuple(a for a in prod_args[production_].tolist() if a >= 0), size - 1)
        return found

    @cache
    def spread(args: tuple[int, ...], size: int) -> int:
        if not args or size < len(args):
            return int(not args and size == 0)
        if len(args) == 1:
            return count(args[0], size)
        return sum(count(args[0], own) * spread(args[1:], size - own) for own in range(1, size))

    total, budget = 0, 0
    for size in range(1, longest + 1):
        total += count(0, size)
        if total > most:
            break
        budget = size
    programs = []
    for size in range(1, budget + 1):
        for row in all_rows(vocabulary, size):
            names = tuple(vocabulary.tokens[t] for t in row)
            if texts_are_words(vocabulary, names) and keeps_the_rules(vocabulary, skeleton_program(vocabulary, names)):
                programs.append(names)
    return budget, programs


def skeleton_program(vocabulary: Vocabulary, names: tuple[str, ...]) -> Node:
    """The tree of token names, whether or not it keeps the rules."""
    done: list[Node] = []
    for name in reversed(names):
        arity = int(vocabulary.arity[vocabulary.ids[name]])
        args = tuple(done[len(done) - arity :][::-1]) if arity else ()
        del done[len(done) - arity :]
        done.append(Node(name, args))
    return done[0]
