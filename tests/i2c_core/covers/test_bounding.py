"""Bounds by shared costs are never above the least cost, whatever the shares are."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.covers import Column, Node, Problem, solve
from i2c_core.covers.bounding import SLACK, ascend, least_with
from i2c_core.covers.parts import Part, Shares, whole
from i2c_core.covers.problem import NO_NODE


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Problems without free features, so that what a part costs is what its problem costs."""
    rows = draw(st.integers(1, 6))
    nodes = [Node(draw(st.integers(-1, n - 1)), draw(st.integers(0, 6)), draw(st.integers(0, 3))) for n in range(3)]
    columns = [Column(1 << row, NO_NODE, 3) for row in range(rows)]
    for _ in range(draw(st.integers(1, 8))):
        covers, node = draw(st.integers(1, (1 << rows) - 1)), draw(st.integers(-1, 2))
        columns.append(Column(covers, node, draw(st.integers(0, 5)), draw(st.integers(0, 7))))
    return Problem(rows, tuple(columns), tuple(nodes), draw(st.integers(0, 2)), 0)


def shuffled(part: Part, seed: int) -> Part:
    """The part with shares that mean nothing."""
    random = np.random.default_rng(seed)
    some = [
        random.random(s.shape, np.float32) ** 4 for s in (part.shares.column, part.shares.node, part.shares.feature)
    ]
    part = replace(part, shares=Shares(*some))
    return replace(part, shares=part.settled())


def optimum(problem: Problem) -> int:
    """Its least cost; the solver is held to brute force elsewhere."""
    return list(solve(problem, solver="highs"))[-1].cost


@settings(max_examples=100, deadline=None)
@given(problems(), st.integers(0, 9), st.sampled_from([1, 5, 100]))
def test_a_bound_is_never_above_the_optimum(problem: Problem, seed: int, rounds: int) -> None:
    part = shuffled(whole(problem), seed)
    assert ascend(part, np.inf, rounds).bound <= optimum(problem) + SLACK


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 9))
def test_no_cover_with_a_column_costs_less_than_its_bound(problem: Problem, seed: int) -> None:
    part = shuffled(whole(problem), seed)
    for place, bound in zip(part.columns, least_with(part), strict=True):
        column = problem.columns[place]
        # whoever must take it: a row of its own that nothing else covers
        rows = problem.rows + 1
        more = Column(column.covers | 1 << problem.rows, column.node, column.cost, column.features)
        forced = Problem(rows, (*problem.columns, more), problem.nodes, problem.feature_cost, problem.free)
        assert bound <= optimum(forced) + SLACK


def test_more_rounds_bound_better() -> None:
    random = Random(1)
    columns = [Column(1 << row, NO_NODE, 3) for row in range(9)]
    columns += [Column(random.randrange(1, 512), random.randrange(4), 3) for _ in range(20)]
    part = whole(Problem(9, tuple(columns), tuple(Node(n - 1, 3) for n in range(4))))
    bounds = [ascend(part, np.inf, rounds).bound for rounds in (1, 10, 100)]
    assert bounds[0] < bounds[1] < bounds[2]


def test_shares_are_whole_after_columns_are_forbidden() -> None:
    alone = [Column(1 << row, NO_NODE, 3) for row in range(4)]
    problem = Problem(4, (*alone, Column(3, 1, 3, 1), Column(12, 0, 3, 2)), (Node(NO_NODE, 3), Node(0, 3)))
    part = whole(problem).only(np.array([True, True, True, True, False, True])[whole(problem).columns.argsort()])
    for shares in (part.shares.column, part.shares.node, part.shares.feature):
        assert shares.sum(1) == pytest.approx(1)
