"""Closed relations against trying all values."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from i2c_core.automata.differences import close
from i2c_core.symbols import Relation

Relations = list[tuple[int, str, int, int]]


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[tuple[int, int]], Relations]:
    spans = [(low, low + draw(st.integers(0, 4))) for low in draw(st.lists(st.integers(-2, 2), min_size=1, max_size=4))]
    relations = []
    for j in range(1, len(spans)):
        for i in range(j):
            for _ in range(draw(st.integers(0, 2))):
                relations.append((j, draw(st.sampled_from([">", ">=", "<", "<="])), i, draw(st.integers(-2, 2))))
    return spans, relations


@given(systems())
def test_each_interval_is_exact_given_the_earlier_values(system: tuple[list[tuple[int, int]], Relations]) -> None:
    spans, relations = system
    all_values = itertools.product(*(range(low, high + 1) for low, high in spans))
    good = {v for v in all_values if all(Relation(op, "", c).holds(v[j], v[i]) for j, op, i, c in relations)}
    intervals = close(spans, relations)
    if intervals is None:
        assert not good
        return
    begun: set[tuple[int, ...]] = {()}
    for j in range(len(spans)):
        longer = set()
        for values in begun:
            low = max([intervals.low[j], *(values[i] + c for i, c in intervals.lower[j])])
            high = min([intervals.high[j], *(values[i] + c for i, c in intervals.upper[j])])
            assert low <= high
            longer |= {(*values, v) for v in range(low, high + 1)}
        begun = longer
        assert begun == {v[: j + 1] for v in good}


def test_a_guard_that_another_implies_is_left_out() -> None:
    intervals = close([(0, 99)] * 3, [(1, ">", 0, 0), (2, ">", 1, 0), (2, ">", 0, 1)])
    assert intervals is not None
    assert intervals.lower == ((), ((0, 1),), ((1, 1),))
    assert intervals.upper == ((), (), ())
    assert (intervals.low, intervals.high) == ((0, 1, 2), (97, 98, 99))
    assert intervals.last_reader() == (1, 2, -1)


def test_arguments_that_are_no_literals_take_no_part() -> None:
    intervals = close([(0, 3), None, (0, 3)], [(2, ">=", 0, 2)])
    assert intervals is not None
    assert intervals.lower == ((), (), ((0, 2),))
    assert (intervals.low, intervals.high) == ((0, 0, 2), (1, 0, 3))
