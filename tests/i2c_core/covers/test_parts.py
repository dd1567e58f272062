"""Parts of a problem as arrays, against the same in plain Python."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from i2c_core.covers import Column, Node, Problem
from i2c_core.covers import parts as parts_module
from i2c_core.covers.parts import product, whole
from i2c_core.covers.problem import NO_NODE
from i2c_core.covers.reducing import only, paths


def some(seed: int) -> Problem:
    random = Random(seed)
    nodes = tuple(Node(random.randrange(-1, n), random.randrange(1, 5), random.randrange(4)) for n in range(7))
    columns = [Column(1 << row, NO_NODE, 3) for row in range(5)]
    columns += [Column(random.randrange(1, 32), random.randrange(-1, 7), 3, random.randrange(8)) for _ in range(30)]
    return Problem(5, tuple(columns), nodes)


@pytest.fixture(params=["products", "steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Along the tree by products of matrices, as in small parts, or by steps, as in large ones."""
    if request.param == "steps":
        monkeypatch.setattr(parts_module, "SMALL", 0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("seed", range(5))
def test_sums_along_the_tree(seed: int) -> None:
    problem = some(seed)
    part, above = whole(problem), paths(problem)[0]
    values = np.random.default_rng(seed).random((len(part.columns), 5), np.float32)
    prices = np.random.default_rng(seed).random((len(part.nodes), 5), np.float32)
    needs = np.array(
        [
            [problem.columns[c].node != NO_NODE and int(n) in above[problem.columns[c].node] for c in part.columns]
            for n in part.nodes
        ],
        np.float32,
    )
    assert part.needs() == pytest.approx(needs)
    assert part.up(values) == pytest.approx(needs @ values, rel=1e-5)
    assert part.charged(prices) == pytest.approx(needs.T @ prices, rel=1e-5)
    lowest = [values[row > 0].min(0, initial=np.inf) for row in needs]
    assert part.lowest(values) == pytest.approx(np.array(lowest))


def test_a_column_taken_is_paid_for_with_all_that_it_needs() -> None:
    columns = (Column(1, NO_NODE, 3), Column(2, NO_NODE, 3), Column(4, NO_NODE, 3), Column(3, 1, 2, 1))
    part = whole(Problem(3, columns, (Node(NO_NODE, 5), Node(0, 7, 2)), 1, 0))
    place = part.columns.tolist().index(3)
    after = part.taking(place)
    assert (after.taken, after.spent, after.used) == ((3,), 2 + 5 + 7 + 2, 2)
    assert after.columns.tolist() == [2]
    assert after.covers.tolist() == [[True]]


def test_a_node_is_paid_for_once() -> None:
    part = whole(Problem(1, (Column(1, NO_NODE, 3), Column(1, 1, 3)), (Node(NO_NODE, 5), Node(0, 7))))
    assert part.paid(node=0).spent == 5
    assert part.paid(node=1).spent == 12
    assert part.paid(node=0).paid(node=1).spent == 12


def test_nodes_without_columns_go() -> None:
    part = whole(Problem(1, (Column(1, NO_NODE, 3), Column(1, 1, 3)), (Node(NO_NODE, 5), Node(0, 7), Node(1, 9))))
    assert part.nodes.tolist() == [0, 1]
    assert part.only(part.columns != 1).nodes.tolist() == []


def test_a_problem_of_some_columns_keeps_their_nodes() -> None:
    problem = Problem(1, (Column(1, NO_NODE, 3), Column(1, 2, 4)), (Node(NO_NODE, 5), Node(NO_NODE, 6), Node(0, 7)))
    found = only(problem, [1])
    assert found.places == (1,)
    assert found.problem == Problem(1, (Column(1, 1, 4),), (Node(NO_NODE, 5), Node(0, 7)))


@pytest.mark.parametrize("shape", [(3, 4, 5), (900, 30, 20), (30, 900, 20)])
def test_products_in_pieces_are_products(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "AT_ONCE", 5000)
    random = np.random.default_rng(1)
    one, other = random.random(shape[:2], np.float32), random.random(shape[1:], np.float32)
    assert product(one, other) == pytest.approx(one @ other, rel=1e-4)
