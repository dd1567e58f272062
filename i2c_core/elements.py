"""Programs that are ordered lists, as sets of their elements: what a wrong answer misses, and what it invents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.symbols import CONS, Symbol
from i2c_core.types import Type


def has_elements(family: Family) -> bool:
    """Whether whole programs of a family are lists with a canonical order, so that they are sets of elements."""
    if family.root_type.is_list:
        return family.root_type.increasing is not None
    return any(_places(s, family.root_type) is not None for s in family.gamma.symbols if s.result == family.root_type)


def elements_of(program: Program) -> list[Program]:
    """The elements of a program that is a list, from the first to the last; none of any other program."""
    found = []
    for node, (element, _) in _spine(program):
        found.append(node.args[element])
    return found


def with_elements(program: Program, wanted: Iterable[Program]) -> Program:
    """The list with only those of its elements that are wanted, each as often as it is."""
    left, spine = Counter(wanted), list(_spine(program))
    end = program
    if spine:
        node, (_, rest) = spine[-1]
        end = node.args[rest]
    for node, (element, rest) in reversed(spine):
        if left[node.args[element]] > 0:
            left[node.args[element]] -= 1
            args = [*node.args]
            args[rest] = end
            end = Program(node.signature, node.symbol.name, tuple(args))
    return end


def missed_and_invented(truth: Program, answer: Program | None) -> tuple[list[Program], list[Program]]:
    """The elements of the truth that an answer does not have, and those that only the answer has."""
    known = Counter(elements_of(truth))
    found = Counter() if answer is None else Counter(elements_of(answer))
    return list((known - found).elements()), list((found - known).elements())


@dataclass
class Elements:
    """How far sets of elements are from the right ones, over many pictures.

    Attributes:
        pictures: how many.
        right, missed, invented: elements by their symbol.
        iou: the sum over pictures of intersection over union, 1 where both are empty.
    """

    pictures: int = 0
    right: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    invented: Counter[str] = field(default_factory=Counter)
    iou: float = 0.0

    def add(self, truth: Program, answer: Program | None) -> float:
        """Count one picture; its intersection over union."""
        missed, invented = missed_and_invented(truth, answer)
        known = Counter(e.name for e in elements_of(truth))
        wrong = Counter(e.name for e in missed)
        both = (known - wrong).total()
        either = both + len(missed) + len(invented)
        share = both / either if either else 1.0
        self.pictures += 1
        self.right += known - wrong
        self.missed += wrong
        self.invented += Counter(e.name for e in invented)
        self.iou += share
        return share

    def mean(self, counts: Counter[str]) -> float:
        """Elements a picture."""
        return counts.total() / max(1, self.pictures)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        names = sorted(self.right.keys() | self.missed.keys() | self.invented.keys())
        return {
            "iou": round(self.iou / max(1, self.pictures), 6),
            "missed": round(self.mean(self.missed), 6),
            "invented": round(self.mean(self.invented), 6),
            "symbols": {
                name: {"right": self.right[name], "missed": self.missed[name], "invented": self.invented[name]}
                for name in names
            },
        }


def _spine(program: Program) -> Iterable[tuple[Program, tuple[int, int]]]:
    """The nodes of a list, each with the places of its element and of its rest."""
    node = program
    places = _places(node.symbol, node.symbol.result)
    while places is not None:
        yield node, places
        node = node.args[places[1]]
        places = _places(node.symbol, node.symbol.result)


def _places(symbol: Symbol, result: Type) -> tuple[int, int] | None:
    """Where the element and the rest of a list's node are; None for a symbol that makes no list."""
    if symbol.name == CONS.name:
        return 0, 1
    if symbol.order is None or symbol.result != result:
        return None
    return symbol.place(symbol.order.element), symbol.place(symbol.order.rest)
