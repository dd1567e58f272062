"""Parts of problems as problems of their own, and what several solvers ask of a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from i2c_core.covers.problem import NO_NODE, Column, Node, Problem


@dataclass(frozen=True, slots=True)
class Reduced:
    """A problem with fewer columns, and the nodes that they need.

    Attributes:
        problem: the smaller one; each of its covers is one of the given problem, at the same cost.
        places: where each of its columns stands in the given problem.
    """

    problem: Problem
    places: tuple[int, ...]


def paths(problem: Problem) -> tuple[list[tuple[int, ...]], list[int]]:
    """For each node itself and those above it, and the features of all of them."""
    above: list[tuple[int, ...]] = []
    used: list[int] = []
    for place, node in enumerate(problem.nodes):
        root = node.parent == NO_NODE
        above.append((place,) if root else (*above[node.parent], place))
        used.append(node.features if root else used[node.parent] | node.features)
    return above, used


def bits(mask: int) -> list[int]:
    """The places of the bits of a mask, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def only(problem: Problem, kept: Sequence[int]) -> Reduced:
    """The problem of some columns, given by their places in ascending order."""
    above, _ = paths(problem)
    needed = sorted({n for p in kept if problem.columns[p].node != NO_NODE for n in above[problem.columns[p].node]})
    new = {old: place for place, old in enumerate(needed)} | {NO_NODE: NO_NODE}
    nodes = tuple(Node(new[problem.nodes[n].parent], problem.nodes[n].cost, problem.nodes[n].features) for n in needed)
    columns = []
    for place in kept:
        column = problem.columns[place]
        columns.append(Column(column.covers, new[column.node], column.cost, column.features))
    smaller = Problem(problem.rows, tuple(columns), nodes, problem.feature_cost, problem.free)
    return Reduced(smaller, tuple(kept))
