"""Programs whose loops run longer: which loop is which, what moves, and what stays."""

from __future__ import annotations

import pytest

from i2c_core.errors import ConfigError
from i2c_core.extrapolating import changes, lengthened, loops_of
from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, When

OUTER, INNER = 0, 1  # variables of the outermost loop and the next


def circle(x: Linear, y: Linear) -> Draw:
    return Draw("circle", (x, y))


ROW: Body = (Loop(Linear(3), (circle(Linear(2, 3, OUTER), Linear(4)),)),)
NESTED: Body = (
    Loop(
        Linear(3),
        (
            When((circle(Linear(1, 2, OUTER), Linear(9)),)),
            Loop(Linear(1, 1, OUTER), (circle(Linear(2, 3, OUTER), Linear(1, 2, INNER)),)),
        ),
    ),
    Reflect("x", 10, (Loop(Linear(2), (circle(Linear(1), Linear(1, 5, OUTER)),)),)),
)


def test_loops_are_counted_as_they_are_printed() -> None:
    assert [loop.count for loop in loops_of(NESTED)] == [Linear(3), Linear(1, 1, OUTER), Linear(2)]
    assert loops_of((circle(Linear(1), Linear(1)),)) == []


def test_a_loop_of_so_many_rounds() -> None:
    assert lengthened(ROW, {1: 5}) == (Loop(Linear(5), ROW[0].body),)  # type: ignore[union-attr]
    longer = loops_of(lengthened(NESTED, {3: 7}))
    assert [loop.count for loop in longer] == [Linear(3), Linear(1, 1, OUTER), Linear(7)]
    assert [loop.count for loop in loops_of(lengthened(NESTED, {2: 4}))] == [Linear(3), Linear(4), Linear(2)]


def test_a_loop_that_begins_earlier() -> None:
    assert lengthened(ROW, before={1: 2}) == (Loop(Linear(5), (circle(Linear(-4, 3, OUTER), Linear(4)),)),)
    assert lengthened(ROW, {1: 4}, {1: 1}) == (Loop(Linear(5), (circle(Linear(-1, 3, OUTER), Linear(4)),)),)


def test_what_hangs_on_a_loop_moves_with_it_and_conditions_stay() -> None:
    outer = lengthened(NESTED, before={1: 1})[0]
    assert outer == Loop(
        Linear(4),
        (
            When((circle(Linear(-1, 2, OUTER), Linear(9)),)),
            Loop(Linear(0, 1, OUTER), (circle(Linear(-1, 3, OUTER), Linear(1, 2, INNER)),)),
        ),
    )
    inner = loops_of(lengthened(NESTED, before={2: 1}))[1]
    assert inner == Loop(Linear(2, 1, OUTER), (circle(Linear(2, 3, OUTER), Linear(-1, 2, INNER)),))


def test_without_numbers_each_loop_is_one_round_longer_but_those_that_hang_on_another() -> None:
    counts = [loop.count for loop in loops_of(lengthened(NESTED))]
    assert counts == [Linear(4), Linear(1, 1, OUTER), Linear(3)]


def test_what_has_changed_is_told() -> None:
    assert changes(NESTED, lengthened(NESTED)) == ["loop 1: 4 rounds instead of 3", "loop 3: 3 rounds instead of 2"]
    assert changes(NESTED, lengthened(NESTED, {2: 1}, {1: 1})) == [
        "loop 1: 4 rounds instead of 3",
        "loop 2: 1 round instead of i + 1",
    ]
    assert changes(NESTED, lengthened(NESTED, before={2: 1})) == ["loop 2: i + 2 rounds instead of i + 1"]
    assert changes(ROW, ROW) == []


@pytest.mark.parametrize(
    ("body", "rounds", "before", "told"),
    [
        ((circle(Linear(1), Linear(1)),), {}, {},
         "the program has no loop that could run longer\n  -> draw what repeats itself, or write a loop"),
        (ROW, {2: 5}, {},
         "there is no loop 2, the program has 1 loop\n  -> count loops from 1, in the order of their lines"),
        (NESTED, {}, {0: 5},
         "there is no loop 0, the program has 3 loops\n  -> count loops from 1, in the order of their lines"),
        (ROW, {1: 0}, {}, "loop 1 would have 0 rounds\n  -> give it 1 or more"),
        (ROW, {}, {1: -1}, "loop 1 would begin -1 rounds earlier\n  -> give 0 rounds or more"),
    ],
)  # fmt: skip
def test_errors(body: Body, rounds: dict[int, int], before: dict[int, int], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        lengthened(body, rounds, before)
    assert str(caught.value) == told
