"""Refined types: the skeleton's types with what must be remembered, or with guards on registers.

A state is a type of the skeleton (its number) or one of the classes of this room. States are equal when all that they
remember is, so equal ones become one type of the automaton. The folded ones, of which there are many, are tuples: their
third fields are of different types or of different places, so that no two classes are ever equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Narrow:
    """A literal type of which relations leave the values from `low` to `high`, whatever the other arguments are."""

    type: int
    low: int
    high: int


class Run(NamedTuple):
    """Where an element of a folded ordered list stands.

    Attributes:
        cons: the production that makes the list's place.
        symbol: the place of the element's symbol in Γ.
        keys: the values at the key places that are written.
        bound: the key of the element before, while this one's may still be below it; else None.
    """

    cons: int
    symbol: int
    keys: tuple[int, ...]
    bound: tuple[int, ...] | None


class Chain(NamedTuple):
    """Folded: a literal argument and all that stands behind it at its symbol.

    Attributes:
        production: of the skeleton.
        item: the argument.
        known: the values of the earlier arguments that are still read.
        run: where the symbol is an element of an ordered list, else None.
    """

    production: int
    item: int
    known: tuple[int, ...]
    run: Run | None


class After(NamedTuple):
    """Folded: the rest of an ordered list behind an element of this symbol and key.

    `symbol` is its place in Γ, or `LITERAL`; `cons` is the token that goes on.
    """

    cons: int
    rest: int
    symbol: int
    key: tuple[int, ...]


class Element(NamedTuple):
    """Folded: an element, what stands between, and the rest, behind an element of this key (None: the first)."""

    cons: int
    symbol: int
    key: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Slot:
    """Registers: a literal argument with guards; `lower` and `upper` hold (register, offset)."""

    type: int
    low: int
    high: int
    lower: tuple[tuple[int, int], ...]
    upper: tuple[tuple[int, int], ...]
    store: int | None
    key: int
    strict: bool
    frame: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Registers: the rest of an ordered list behind an element of this symbol; `spent` where no greater one has it."""

    cons: int
    rest: int
    symbol: int
    spent: bool


@dataclass(frozen=True, slots=True)
class Item:
    """Registers: an element, what stands between, and the rest, behind an element of this symbol (None: the first)."""

    cons: int
    symbol: int | None
    spent: bool


LITERAL = -1  # stands for the place of an element's symbol in Γ where the element is a literal: its key tells all
Folded = (Chain, After, Element)
State = int | Narrow | Chain | After | Element | Slot | Rest | Item


class Alternative(NamedTuple):
    """A token, or several that do the same, at a type: what they open and what they do to the registers."""

    tokens: int | NDArray[np.int32]
    args: tuple[State, ...]
    tie: int = 0
    frame: int = 0


class Guard(NamedTuple):
    """What a type asks of its tokens' values and where they go; see `automaton.Registers`."""

    space: str
    low: int
    high: int
    lower: tuple[tuple[int, int], ...] = ()
    upper: tuple[tuple[int, int], ...] = ()
    store: int | None = None
    key: int = -1
    strict: bool = False


class Opened(NamedTuple):
    """What a production of the skeleton opens when its relations and orders are kept."""

    args: tuple[State, ...]
    tie: int = 0
    frame: int = 0
