"""All covers of few columns, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from i2c_core.covers import Column, Node, Problem, cost, is_cover, solve
from i2c_core.covers.exhausting import exhausted
from i2c_core.covers.parts import whole
from i2c_core.covers.problem import NO_NODE


def some(seed: int) -> Problem:
    """A problem in which no feature is free."""
    random = Random(seed)
    nodes = tuple(Node(random.randrange(-1, n), 3, random.randrange(4)) for n in range(3))
    columns = [Column(1 << row, NO_NODE, 3) for row in range(6)]
    columns += [Column(random.randrange(1, 64), random.randrange(-1, 3), 3, random.randrange(8)) for _ in range(9)]
    return Problem(6, tuple(columns), nodes, 1, 0)


@pytest.mark.parametrize("seed", range(20))
def test_the_least_cover_is_found(seed: int) -> None:
    problem, told = some(seed), list[tuple[int, Sequence[int]]]()

    def found(columns: Sequence[int]) -> int:
        assert is_cover(problem, columns)
        told.append((cost(problem, columns), columns))
        return told[-1][0]

    assert exhausted(whole(problem), 100, found, 100_000)
    assert told[-1][0] == list(solve(problem, solver="highs"))[-1].cost
    assert [price for price, _ in told] == sorted({price for price, _ in told}, reverse=True), (
        "each better than the last"
    )


def test_too_many_are_not_tried() -> None:
    assert not exhausted(whole(some(0)), 100, lambda columns: 100, 3)


def test_covers_that_cost_too_much_are_not_told() -> None:
    problem = some(1)
    least = list(solve(problem))[-1].cost
    told = list[Sequence[int]]()

    def found(columns: Sequence[int]) -> int:
        told.append(columns)
        return least

    assert exhausted(whole(problem), least, found, 100_000)
    assert not told
