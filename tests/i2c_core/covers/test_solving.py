"""Covers of least cost: every solver against brute force, bounds that hold, the time that is kept."""

from __future__ import annotations

import builtins
import time
from itertools import combinations, pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.covers import SOLVERS, Column, Cover, Node, Problem, cost, is_cover, solve
from i2c_core.covers.mixed import covers_by_mixed_program
from i2c_core.covers.problem import NO_NODE
from i2c_core.covers.satisfying import covers_by_sat
from i2c_core.covers.solving import first
from i2c_core.errors import ConfigError

LOOP = Node(NO_NODE, 3)
INNER = Node(0, 3)


@st.composite
def problems(draw: st.DrawFn, rows: int = 5, columns: int = 7, unit: bool = False) -> Problem:
    """Small problems of all kinds; with `unit`, of the kind that loops make."""
    count = draw(st.integers(1, rows))
    nodes = []
    for place in range(draw(st.integers(0, 4))):
        price = draw(st.sampled_from([3, 6]) if unit else st.integers(0, 7))
        nodes.append(Node(draw(st.integers(-1, place - 1)), price, draw(st.integers(0, 7))))
    some = [Column(1 << row, NO_NODE, 3) for row in range(count)]
    for _ in range(draw(st.integers(0, columns))):
        covers = draw(st.integers(1, (1 << count) - 1))
        node = draw(st.integers(-1, len(nodes) - 1))
        some.append(Column(covers, node, 3 if unit else draw(st.integers(0, 7)), draw(st.integers(0, 15))))
    if unit:
        return Problem(count, tuple(some), tuple(nodes))
    return Problem(count, tuple(some), tuple(nodes), draw(st.integers(0, 3)), draw(st.integers(0, 3)))


def least(problem: Problem) -> int:
    """The cost of a least cover, by trying all sets of columns."""
    best = None
    for size in range(len(problem.columns) + 1):
        for columns in combinations(range(len(problem.columns)), size):
            covered = 0
            for column in columns:
                covered |= problem.columns[column].covers
            if covered == (1 << problem.rows) - 1:
                price = slow_cost(problem, columns)
                best = price if best is None else min(best, price)
    assert best is not None
    return best


def slow_cost(problem: Problem, columns: tuple[int, ...]) -> int:
    """What columns cost, from the definition."""
    opened = {problem.columns[c].node for c in columns} - {NO_NODE}
    while more := {problem.nodes[n].parent for n in opened} - {NO_NODE} - opened:
        opened |= more
    features = {
        f
        for thing in (*(problem.columns[c] for c in columns), *(problem.nodes[n] for n in opened))
        for f in range(20)
        if thing.features >> f & 1
    }
    paid = max(0, len(features) - problem.free) * problem.feature_cost
    return sum(problem.columns[c].cost for c in columns) + sum(problem.nodes[n].cost for n in opened) + paid


def checked(problem: Problem, covers: list[Cover], optimum: int) -> None:
    """That covers are covers, each better than the last, their bounds no higher than the optimum."""
    assert covers
    for cover in covers:
        assert is_cover(problem, cover.columns)
        assert list(cover.columns) == sorted(set(cover.columns))
        assert cost(problem, cover.columns) == slow_cost(problem, cover.columns) == cover.cost
        assert cover.bound <= optimum <= cover.cost
    for before, after in pairwise(covers):
        assert after.cost <= before.cost
        assert after.bound >= before.bound
        assert (after.cost, after.bound) != (before.cost, before.bound)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_search_in_python_equals_brute_force(problem: Problem) -> None:
    covers = list(solve(problem, solver="python"))
    checked(problem, covers, least(problem))
    assert covers[-1].optimal


@settings(max_examples=50, deadline=None)
@given(problems(rows=7, columns=7, unit=True))
def test_the_search_in_python_equals_brute_force_on_problems_of_loops(problem: Problem) -> None:
    covers = list(solve(problem))
    checked(problem, covers, least(problem))
    assert covers[-1].optimal


@settings(max_examples=40, deadline=None)
@given(problems())
def test_highs_alone_equals_brute_force(problem: Problem) -> None:
    start = first(problem)
    covers = [start, *covers_by_mixed_program(problem, start)]
    checked(problem, covers, least(problem))
    assert covers[-1].optimal


@pytest.mark.parametrize("workers", [1, 2])
def test_cp_sat_alone_equals_brute_force(workers: int) -> None:
    pytest.importorskip("ortools", reason="needs the extra synthesis: pip install images-to-code[synthesis]")

    @settings(max_examples=15, deadline=None, database=None)
    @given(problems())
    def equal(problem: Problem) -> None:
        start = first(problem)
        covers = [start, *covers_by_sat(problem, start, workers=workers)]
        checked(problem, covers, least(problem))
        assert covers[-1].optimal

    equal()


def grid(side: int, seed: int, width: int = 3, many: int = 20) -> Problem:
    """A harder problem: columns of some rows each, in nodes two deep."""
    rows, random = side * side, Random(seed)
    nodes = [Node(NO_NODE if n < side else random.randrange(side), 3, 1 << n % 5) for n in range(3 * side)]
    columns = [Column(1 << row, NO_NODE, 3) for row in range(rows)]
    for _ in range(many * side):
        covers = sum(1 << row for row in random.sample(range(rows), random.randint(2, width)))
        columns.append(Column(covers, random.randrange(-1, len(nodes)), 3, 1 << random.randrange(5)))
    return Problem(rows, tuple(columns), tuple(nodes))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(3))
def test_all_solvers_agree(solver: str, seed: int) -> None:
    if solver == "cp-sat":
        pytest.importorskip("ortools", reason="needs the extra synthesis: pip install images-to-code[synthesis]")
    problem = grid(3, seed, 5)
    covers = list(solve(problem, solver=solver))
    optimum = list(solve(problem))[-1].cost
    checked(problem, covers, optimum)
    assert covers[-1].optimal


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_time_is_kept(solver: str) -> None:
    if solver == "cp-sat":
        pytest.importorskip("ortools", reason="needs the extra synthesis: pip install images-to-code[synthesis]")
    list(solve(grid(3, 0), solver=solver))  # imports
    problem = grid(9, 0, 9, 100)
    began = time.monotonic()
    covers = list(solve(problem, began + 1.0, solver))
    assert time.monotonic() - began < 2.5
    assert covers[-1].bound < covers[-1].cost, "this problem ends within the time, and tests nothing"
    assert covers[-1].bound > 0
    checked(problem, covers, covers[-1].cost)


def test_a_deadline_that_has_passed_leaves_a_cover() -> None:
    problem = grid(4, 0)
    (cover,) = solve(problem, time.monotonic() - 1)
    assert is_cover(problem, cover.columns)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_problem_has_the_same_answer(solver: str) -> None:
    if solver == "cp-sat":
        pytest.importorskip("ortools", reason="needs the extra synthesis: pip install images-to-code[synthesis]")
    problem = grid(3, 7, 5)
    assert list(solve(problem, solver=solver)) == list(solve(problem, solver=solver))


def test_loops_share_what_they_open() -> None:
    # two columns below one node cost 3 + 3 + 3, four alone cost 12
    alone = [Column(1 << row, NO_NODE, 3) for row in range(4)]
    problem = Problem(4, (*alone, Column(0b0011, 0, 3), Column(0b1100, 0, 3)), (LOOP,))
    assert list(solve(problem))[-1] == Cover((4, 5), 9, 9)


def test_a_node_opens_those_above_it() -> None:
    alone = [Column(1 << row, NO_NODE, 3) for row in range(4)]
    problem = Problem(4, (*alone, Column(0b1111, 1, 3)), (LOOP, INNER))
    assert list(solve(problem))[-1] == Cover((4,), 9, 9)


def test_the_first_feature_is_free() -> None:
    columns = (Column(0b01, NO_NODE, 3, 0b01), Column(0b10, NO_NODE, 3, 0b10), Column(0b10, NO_NODE, 3, 0b01))
    assert list(solve(Problem(2, columns)))[-1] == Cover((0, 2), 6, 6)
    assert cost(Problem(2, columns), (0, 1)) == 7


def test_no_rows_are_covered_by_nothing() -> None:
    assert list(solve(Problem(0, ()))) == [Cover((), 0, 0)]


def test_a_row_that_nothing_covers_is_told() -> None:
    with pytest.raises(ConfigError) as raised:
        list(solve(Problem(2, (Column(0b01, NO_NODE, 3),))))
    assert str(raised.value) == "row 1 is covered by no column\n  -> give each row a column of its own"


def test_an_unknown_solver_is_told() -> None:
    with pytest.raises(ConfigError) as raised:
        list(solve(Problem(0, ()), solver="cpsat"))
    assert str(raised.value) == "unknown solver 'cpsat'\n  -> did you mean 'cp-sat'?"


@pytest.fixture
def no_ortools(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if OR-tools were not installed."""
    real = builtins.__import__

    def refusing(name: str, *args: Any, **more: Any) -> Any:
        if name.split(".")[0] == "ortools":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", refusing)


@pytest.mark.usefixtures("no_ortools")
def test_without_ortools_all_else_works() -> None:
    problem = grid(3, 1)
    answers = {list(solve(problem, solver=solver))[-1].cost for solver in ("auto", "python", "highs")}
    assert len(answers) == 1
    with pytest.raises(ConfigError) as raised:
        list(solve(problem, solver="cp-sat"))
    assert str(raised.value) == ("the solver cp-sat is not installed\n  -> pip install 'images-to-code[synthesis]'")
