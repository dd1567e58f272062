"""What no context-free table says of a program: relations between arguments, and the canonical order of lists.

Relations are part of what is legal. Orders are not: a list out of order parses, checks and renders, and `sort` gives
the canonical program that it stands for. Nothing here recurses over a program.

Elements are compared by the place of their symbol in Γ, then by the places of the literals that are its key, from left
to right; literals by their places: integers by value, members as they are listed, continuous values by bin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from i2c_core.errors import ProgramError
from i2c_core.programs import Program, require_related
from i2c_core.symbols import CONS, Signature
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

Key = tuple[int, ...]


def require_relations(vocabulary: Vocabulary, program: Program) -> None:
    """Raise `ProgramError` where a literal does not stand as it must to an earlier one of the same symbol."""
    if not vocabulary.related:
        return
    for node in program.nodes():
        symbol = vocabulary.related.get(node.symbol.name)
        if symbol is not None:
            require_related(vocabulary.signature, symbol, [a.symbol.name for a in node.args])


def in_order(vocabulary: Vocabulary, program: Program) -> bool:
    """Whether every list that has an order stands in it; a well-typed program of the vocabulary's root."""
    if not vocabulary.has_orders:
        return True
    keys = _Keys(vocabulary.signature)
    stack: list[tuple[Program, int, tuple[int, Key] | None]] = [(program, 0, None)]  # the last: what comes before
    while stack:
        node, type_, before = stack.pop()
        chain = _chain(vocabulary, node, type_)
        after: tuple[int, Key] | None = None
        if chain is not None:
            after = (chain.id, keys.of(node.args[chain.element], chain.type))
            if before is not None and before[0] == chain.id:
                key = before[1]
                if key > after[1] or (chain.strict and key == after[1]):
                    return False
        args = _arguments(vocabulary, program, node, type_)
        for place in range(len(args) - 1, -1, -1):
            is_rest = chain is not None and place == chain.rest
            stack.append((node.args[place], args[place], after if is_rest else None))
    return True


def sort(vocabulary: Vocabulary, program: Program) -> Program:
    """The program with every list that has an order sorted into it, equal elements of a strict order once.

    Raises:
        ProgramError: two different elements of a strict order have one key; or without its double an element is
            missing from a list that has a least length.
    """
    if in_order(vocabulary, program):
        return program
    keys = _Keys(vocabulary.signature)
    done: list[Program | _List] = []
    for node, type_ in reversed(list(_typed(vocabulary, program))):
        arity = len(node.args)
        parts = done[len(done) - arity :][::-1] if arity else []
        del done[len(done) - arity :]
        chain = _chain(vocabulary, node, type_)
        if chain is None:
            args = tuple(_whole(p, keys) for p in parts)
            done.append(_rebuilt(node, args))
            continue
        rest = parts[chain.rest]
        if not isinstance(rest, _List) or rest.chain.id != chain.id:
            rest = _List(chain, _whole(rest, keys), [])
        rest.chain = chain
        others = tuple(_whole(p, keys) for i, p in enumerate(parts) if i != chain.rest)
        rest.nodes.append((node, others))
        done.append(rest)
    return _whole(done[0], keys)


@dataclass(frozen=True, slots=True)
class _Chain:
    """A node of a list that has an order: where its element and its rest are."""

    id: int  # equal for the nodes that belong to one list
    element: int
    rest: int
    strict: bool
    type: Type  # of the element
    least: int  # how many elements the list must have from this node on


@dataclass(slots=True)
class _List:
    """A list being rebuilt: what stands behind its last element, and its nodes from the last to the first."""

    chain: _Chain
    end: Program
    nodes: list[tuple[Program, tuple[Program, ...]]]  # each with its rebuilt arguments, the rest left out


class _Keys:
    """The keys of elements."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self._places = {s.name: i for i, s in enumerate(signature.symbols)}
        self._symbols: dict[str, tuple[int, list[tuple[int, Type]]]] = {}

    def of(self, element: Program, type_: Type) -> Key:
        """What the order of a list compares of an element."""
        kind = self.signature.literal_kind(type_)
        if kind is not None:
            return (kind.place(element.symbol.name),)
        name = element.symbol.name
        if name not in self._symbols:
            base = name if name in self._places else name.partition("[")[0]
            symbol = self.signature[name]
            compared = [(i, symbol.parameters[i].type) for i in self.signature.key(symbol)]
            self._symbols[name] = (self._places[base], compared)
        place, compared = self._symbols[name]
        key = [place]
        for i, parameter in compared:
            kind = self.signature.literal_kind(parameter)
            assert kind is not None
            key.append(kind.place(element.args[i].symbol.name))
        return tuple(key)


def _typed(vocabulary: Vocabulary, program: Program) -> Iterator[tuple[Program, int]]:
    """The nodes of a well-typed program in prefix order, each with the number of its type."""
    stack = [(program, 0)]
    while stack:
        node, type_ = stack.pop()
        yield node, type_
        stack.extend(zip(reversed(node.args), reversed(_arguments(vocabulary, program, node, type_)), strict=True))


def _arguments(vocabulary: Vocabulary, program: Program, node: Program, type_: int) -> tuple[int, ...]:
    """The numbers of the types of a node's arguments."""
    token = vocabulary.ids.get(node.symbol.name, -1)
    found = -1 if token < 0 else int(vocabulary.production[type_, token])
    if found < 0:
        vocabulary.encode(program)  # raises, with what is wrong
        raise AssertionError(f"{node.symbol.name} is impossible where the program has it")
    return vocabulary.productions[found].args


def _chain(vocabulary: Vocabulary, node: Program, type_: int) -> _Chain | None:
    """The order in which a node stands as part of a list, or None."""
    symbol = node.symbol
    if symbol.order is not None:
        element, rest = symbol.place(symbol.order.element), symbol.place(symbol.order.rest)
        return _Chain(
            vocabulary.ids[symbol.name], element, rest, symbol.order.strict, symbol.parameters[element].type, 0
        )
    wanted = vocabulary.types[type_]
    if symbol.name == CONS.name and wanted.is_list and wanted.increasing:
        return _Chain(-1, 0, 1, wanted.increasing.strict, wanted.element, wanted.bounds.low)
    return None


def _whole(part: Program | _List, keys: _Keys) -> Program:
    """A rebuilt program; a list is sorted on the way."""
    if isinstance(part, Program):
        return part
    chain = part.chain
    place = chain.element - (chain.element > chain.rest)
    found = [(keys.of(args[place], chain.type), node, args) for node, args in reversed(part.nodes)]
    found.sort(key=lambda f: f[0])
    kept = found[:1]
    for one in found[1:]:
        if not chain.strict or one[0] != kept[-1][0]:
            kept.append(one)
        elif one[2] != kept[-1][2]:
            shown = f"{_shown(kept[-1][2][place])} and {_shown(one[2][place])}"
            fact = f"{shown} have one key and differ, in a list that is strictly ordered"
            raise ProgramError(fact, "keep one of them, or make their keys differ")
    if len(kept) < chain.least:
        fact = f"a list of at least {chain.least} elements that differ has {len(kept)}"
        raise ProgramError(fact, "write more elements that differ")
    whole = part.end
    for _, node, args in reversed(kept):
        whole = _rebuilt(node, (*args[: chain.rest], whole, *args[chain.rest :]))
    return whole


def _shown(program: Program) -> str:
    names = [n.name for _, n in zip(range(12), program.nodes(), strict=False)]
    return " ".join(names) + (" ..." if program.size > 12 else "")


def _rebuilt(node: Program, args: tuple[Program, ...]) -> Program:
    if all(a is b for a, b in zip(args, node.args, strict=True)):
        return node
    return Program(node.signature, node.symbol.name, args, None if args else node.value)
