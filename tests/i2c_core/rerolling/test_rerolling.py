"""Shortest programs: at once a list, then shorter ones, at last the one that all candidates together allow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest
from loops_of_tests import drawings

from i2c_core.covers import solve
from i2c_core.errors import ProgramError
from i2c_core.loops import Command, Draw, Layout, Linear, Loop, When, cost_of, execute, walk
from i2c_core.rerolling import Rerolled, problem_of, reroll


def circles(*places: tuple[int, int]) -> list[Command]:
    return [Command("circle", place) for place in places]


def last(commands: Sequence[Command], layout: Layout, seconds: float | None = None) -> Rerolled:
    deadline = None if seconds is None else time.monotonic() + seconds
    *_, found = reroll(commands, layout, deadline)
    assert execute(found.body, layout) == sorted({c for c in map(layout.canonical, commands) if c is not None})
    assert cost_of(found.body) == found.cost >= found.bound
    return found


def test_the_plain_list_comes_at_once() -> None:
    layout = drawings("circle", 5, 5)
    first, *_ = reroll(circles((1, 1), (2, 1), (3, 1)), layout)
    assert first.body == tuple(Draw("circle", (Linear(x), Linear(1))) for x in (1, 2, 3))
    assert (first.cost, first.bound) == (3, 2)
    assert not first.optimal


def test_costs_fall_and_bounds_rise() -> None:
    layout = drawings("circle", 6, 6)
    steps = list(reroll(circles(*((x, y) for x in range(1, 6) for y in range(1, 5))), layout))
    assert [s.cost for s in steps] == sorted((s.cost for s in steps), reverse=True)
    assert [s.bound for s in steps] == sorted(s.bound for s in steps)
    assert steps[-1].optimal
    assert steps[-1].cost == 3


def test_nothing_costs_nothing() -> None:
    assert list(reroll([], drawings("circle", 3, 3))) == [Rerolled((), Fraction(0), Fraction(0))]
    assert problem_of([], drawings("circle", 3, 3)).body([]) == ()


def test_commands_that_are_the_same_count_once() -> None:
    layout = drawings("line", 3, 3)
    there, back = Command("line", (1, 1, 3, 2, "plain")), Command("line", (3, 2, 1, 1, "plain"))
    assert last([there, back, there], layout).cost == 1


def test_a_command_off_the_grid_is_told() -> None:
    with pytest.raises(ProgramError) as told:
        next(reroll(circles((1, 1), (4, 9)), drawings("circle", 3, 3)))
    assert str(told.value) == "circle(4, 9) is no command\n  -> keep it on the grid"


@pytest.mark.slow
def test_two_hundred_commands_within_the_time() -> None:
    layout, random = drawings("circle line", 15, 15), Random(0)
    some = {tuple(random.randint(1, 15) for _ in range(4)) for _ in range(240)}
    commands = [Command("line", (*args, random.choice(("plain", "arrow")))) for args in sorted(some)]
    commands = [c for c in commands if layout.canonical(c)][:200]
    assert len(commands) == 200
    begun = time.monotonic()
    found = last(commands, layout, 6)
    assert time.monotonic() - begun < 12
    assert 2 <= found.bound < found.cost < 200


def test_many_commands_in_rows_are_seen_soon() -> None:
    layout = drawings("circle", 15, 15)
    found = last(circles(*((x, y) for x in range(1, 16) for y in range(1, 16))), layout, 4)
    assert found.cost < 20


@pytest.mark.parametrize(
    ("commands", "columns", "rows", "most"),
    [("circle", 4, 3, 6), ("rectangle", 4, 3, 6), ("line", 3, 3, 6), ("disc", 3, 3, 6), ("box circle", 3, 3, 7)],
)
def test_what_is_left_out_is_not_needed(commands: str, columns: int, rows: int, most: int) -> None:
    layout, random = drawings(commands, columns, rows), Random(commands)
    every = [
        command
        for symbol, places in layout.places.items()
        for args in _all_args(places, max(columns, rows))
        if (command := Command(symbol, args)) == layout.canonical(command)
    ]
    for _ in range(3):
        some = random.sample(every, random.randint(3, most))
        whole = problem_of(some, layout)
        *_, cover = solve(whole.problem)
        assert whole.complete
        assert cover.optimal
        assert cost_of(whole.body(cover.columns)) == Fraction(cover.cost, 3)
        found = last(some, layout)
        assert found.optimal
        assert found.cost == Fraction(cover.cost, 3)


def _all_args(places: Sequence[object], most: int) -> list[tuple[int | str, ...]]:
    found: list[tuple[int | str, ...]] = [()]
    for place in places:
        values: Sequence[int | str] = ("plain", "arrow") if getattr(place, "role", "") == "-" else range(1, most + 1)
        found = [(*args, value) for args in found for value in values]
    return found


def test_no_condition_where_a_shorter_loop_does() -> None:
    layout = drawings("circle", 15, 15)
    found = last(circles(*((x, y) for x in (2, 5, 8) for y in (2, 6, 10))), layout)
    assert found.cost == Fraction(10, 3)
    assert not any(isinstance(s, When) for s in walk(found.body))
    assert [s.count for s in walk(found.body) if isinstance(s, Loop)] == [Linear(3), Linear(3)]


def test_two_of_something_are_a_condition_in_a_loop_of_three_at_least() -> None:
    layout = drawings("circle rectangle", 9, 9)
    commands = [Command("circle", (x, 1)) for x in (1, 4, 7)] + [Command("rectangle", (x, 1, x + 1, 2)) for x in (2, 5)]
    found = last(commands, layout)
    assert found.cost == 3  # one loop, two statements, one coefficient
    assert any(isinstance(s, When) for s in walk(found.body))


def test_sizes_change_with_a_loop_as_positions_do() -> None:
    discs = [Command("disc", (x, 1, x)) for x in (1, 2, 3)]
    assert last(discs, drawings("disc", 3, 3)).cost == 2
    boxes = [Command("box", (1, y, y, 1)) for y in (1, 2, 3)]
    assert last(boxes, drawings("box", 4, 4)).cost == 2


def test_a_loop_that_only_decides_where_another_begins_may_pay() -> None:
    layout = drawings("circle", 8, 8)
    triangle = circles(*((x, y) for x in range(1, 6) for y in range(1, x + 1)))
    found = last(triangle, layout)
    assert found.optimal
    assert found.cost == 3  # two loops and a command, one coefficient
