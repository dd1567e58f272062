"""The search at full size: examples of Ellis et al. 2018, and never dearer than a program that drew the set."""

from __future__ import annotations

import time
from random import Random

import pytest
from loops_of_tests import drawings, show
from wild_programs import drawn, wild_body

from i2c_core.loops import Body, Command, Draw, Linear, Loop, Reflect, When, cost_of, execute, lines_of
from i2c_core.rerolling import Rerolled, reroll

LAYOUT = drawings("circle line rectangle", 15, 15)
SECONDS = 20.0


def i(a: int, b: int) -> Linear:
    return Linear(b, a, 0)


def j(a: int, b: int) -> Linear:
    return Linear(b, a, 1)


GRID: Body = (
    Loop(
        Linear(3),
        (
            Loop(
                Linear(3),
                (
                    When(
                        (
                            Draw("line", (j(-3, 8), i(-3, 7), j(-3, 9), i(-3, 7), "plain")),
                            Draw("line", (i(-3, 7), j(-3, 8), i(-3, 7), j(-3, 9), "plain")),
                        )
                    ),
                    Draw("circle", (j(-3, 7), i(-3, 7))),
                ),
            ),
        ),
    ),
)
RECTANGLES: Body = (
    Loop(Linear(4), (Loop(Linear(4), (Draw("rectangle", (i(-3, 10), j(-2, 7), i(-3, 12), j(-2, 8))),)),)),
)
MIRRORED: Body = (
    Reflect(
        "y",
        8,
        (
            Loop(
                Linear(3),
                (
                    When((Draw("rectangle", (i(3, -1), Linear(2), i(3, 0), Linear(3))),)),
                    Draw("circle", (i(3, 1), i(3, 1))),
                ),
            ),
        ),
    ),
)


def last(commands: list[Command]) -> Rerolled:
    *_, found = reroll(commands, LAYOUT, time.monotonic() + SECONDS)
    return found


@pytest.mark.parametrize(
    ("program", "commands", "lines"), [(GRID, 21, 6), (RECTANGLES, 16, 3), (MIRRORED, 9, 5)], ids=lambda v: str(v)[:9]
)
def test_examples_of_the_paper(program: Body, commands: int, lines: int) -> None:
    drawing = execute(program, LAYOUT)
    assert (len(drawing), lines_of(program)) == (commands, lines)
    found = last(drawing)
    assert execute(found.body, LAYOUT) == drawing
    assert found.optimal
    assert found.cost <= cost_of(program)
    assert lines_of(found.body) <= lines, show(found.body)


def test_what_is_called_optimal_costs_no_more_than_the_program_that_drew_it() -> None:
    random, tried = Random(0), 0
    while tried < 12:
        body = wild_body(LAYOUT, random, leaves=random.randint(1, 4), most_rounds=5)
        commands = drawn(body, LAYOUT)
        if commands is None or not len(body) < len(commands) <= 14:
            continue
        tried += 1
        found = last(commands)
        assert execute(found.body, LAYOUT) == commands, show(body)
        assert found.cost == cost_of(found.body)
        assert found.bound <= cost_of(body), show(body)
        assert not found.optimal or found.cost <= cost_of(body), show(body)
