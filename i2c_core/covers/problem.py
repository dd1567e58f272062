"""Covers of least cost: which columns to take, and which nodes to open for them, so that every row is covered.

Sets are bitmasks in whole numbers: bit k of `covers` is row k, bit k of `features` is feature k. Costs are whole
numbers, in whatever unit the caller likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NO_NODE = -1


@dataclass(frozen=True, slots=True)
class Node:
    """What must be opened, once, for any column in it or below it.

    Attributes:
        parent: the node that must be open for this one, which stands before it in the problem; -1 for none.
        cost: of opening it, 0 or more.
        features: what it uses.
    """

    parent: int
    cost: int
    features: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """What covers rows.

    Attributes:
        covers: the rows that it covers.
        node: the node that must be open for it; -1 for none.
        cost: of taking it, 0 or more.
        features: what it uses.
    """

    covers: int
    node: int
    cost: int
    features: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Cover all rows by columns, and pay for columns, opened nodes and distinct features.

    Attributes:
        rows: how many rows there are.
        columns: what may be taken; each row is covered by at least one.
        nodes: what may be opened, parents before their children.
        feature_cost: what each distinct feature of the columns taken and the nodes opened costs, beyond the free ones.
        free: how many features cost nothing.
    """

    rows: int
    columns: tuple[Column, ...]
    nodes: tuple[Node, ...] = ()
    feature_cost: int = 1
    free: int = 1


@dataclass(frozen=True, slots=True)
class Cover:
    """A cover of all rows, and how good it is at least.

    Attributes:
        columns: the places of the columns taken, ascending.
        cost: what they cost with their nodes and features.
        bound: what every cover costs at least, proven; the cover is optimal where both are equal.
    """

    columns: tuple[int, ...]
    cost: int
    bound: int

    @property
    def optimal(self) -> bool:
        """Whether no cover costs less, proven."""
        return self.cost == self.bound


def cost(problem: Problem, columns: Iterable[int]) -> int:
    """What some columns cost: themselves, the nodes they need with all that are above them, each once, and features."""
    total, features, opened = 0, 0, set[int]()
    for place in columns:
        column = problem.columns[place]
        total += column.cost
        features |= column.features
        node = column.node
        while node != NO_NODE and node not in opened:
            opened.add(node)
            total += problem.nodes[node].cost
            features |= problem.nodes[node].features
            node = problem.nodes[node].parent
    return total + problem.feature_cost * max(0, features.bit_count() - problem.free)


def is_cover(problem: Problem, columns: Sequence[int]) -> bool:
    """Whether the columns cover every row."""
    covered = 0
    for place in columns:
        covered |= problem.columns[place].covers
    return covered == (1 << problem.rows) - 1
