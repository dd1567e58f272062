"""Tidier programs draw the same and cost the same."""

from __future__ import annotations

from random import Random

import pytest

from i2c_core.errors import I2cError
from i2c_core.loops import Draw, Linear, Loop, Reflect, body_of, cost_of, execute, layout_of, program_from, programs_of
from i2c_core.loops.random_programs import random_body
from i2c_core.plugins import get_family
from i2c_core.rerolling.tidying import tidied

FIGURES = get_family("figures")
LAYOUT = layout_of(FIGURES)


def tidy(text: str) -> str:
    programs = programs_of(FIGURES)
    return programs.show(program_from(programs, tidied(body_of(programs, programs.parse(text)))))


@pytest.mark.parametrize(
    ("text", "tidier"),
    [
        (
            "for (i < 3) { reflect (x = 16) { line 3, 3 to 7, 3 arrow; circle 2*i + 1, 2 } }",
            "reflect (x = 16) {\n  for (i < 3) {\n    circle 2*i + 1, 2\n  }\n  line 3, 3 to 7, 3 arrow\n}",
        ),
        (
            "for (i < 4) { reflect (x = 16) { line 3, 3 to 7, 3 arrow; if (i > 0) { circle 2*i, 2 } } }",
            "reflect (x = 16) {\n  for (i < 3) {\n    circle 2*i + 2, 2\n  }\n  line 3, 3 to 7, 3 arrow\n}",
        ),
        (
            "for (i < 5) { for (j < i) { circle i, j + 1 } }",
            "for (i < 4) {\n  for (j < i + 1) {\n    circle i + 1, j + 1\n  }\n}",
        ),
        ("for (i < 4) { if (i > 0) { circle i, 2 } }", "for (i < 3) {\n  circle i + 1, 2\n}"),
        ("for (i < 3) { if (i > 0) { circle i, 2 } }", "for (i < 3) {\n  if (i > 0) {\n    circle i, 2\n  }\n}"),
        (
            "for (i < 3) { reflect (x = 16) { circle 2*i + 1, 2 } }",
            "for (i < 3) {\n  reflect (x = 16) {\n    circle 2*i + 1, 2\n  }\n}",
        ),
    ],
)
def test_what_becomes_tidier(text: str, tidier: str) -> None:
    assert tidy(text) == tidier


@pytest.mark.parametrize("seed", range(150))
def test_tidier_programs_draw_the_same_and_cost_no_more(seed: int) -> None:
    body = random_body(LAYOUT, Random(seed))
    found = tidied(body)
    assert execute(found, LAYOUT) == execute(body, LAYOUT)
    assert cost_of(found) <= cost_of(body)
    assert tidied(found) == found


def test_nothing_leaves_a_loop_without_rounds() -> None:
    mirror = Reflect("x", 16, (Draw("circle", (Linear(3), Linear(3))), Draw("circle", (Linear(2, 2, 0), Linear(5)))))
    for rounds in (0, 3):
        body = (Loop(Linear(rounds), (mirror,)),)
        assert execute(tidied(body), LAYOUT) == execute(body, LAYOUT)


def test_loops_that_draw_nothing_stay() -> None:
    assert tidy("for (i < 3) { for (j < i - 5) { circle i + 1, 2 } }").startswith("for (i < 3)")
    with pytest.raises(I2cError):
        tidy("for (i < 3) {")
