"""What programs with loops cost, and how deep they are."""

from __future__ import annotations

from fractions import Fraction

import pytest

from i2c_core import get_family
from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, When, body_of, cost_of, lines_of, nesting, walk

FIGURES = get_family("figures:program")

# Programs with their cost, lines, and depth; the first three are the paper's examples (Ellis et al. 2018, figure 2).
KNOWN = {
    "grid": (
        """
        for (i < 3) {
          for (j < 3) {
            if (j > 0) {
              line 4*j - 1, 4*i + 3 to 4*j + 1, 4*i + 3
              line 4*i + 3, 4*j - 1 to 4*i + 3, 4*j + 1
            }
            circle 4*j + 2, 4*i + 3
          }
        }
        """,
        Fraction(5),
        6,
        2,
    ),
    "rectangles": (
        "for (i < 4) {\nfor (j < 4) {\nrectangle 3*i + 1, 3*j + 1 to 3*i + 3, 3*j + 3\n}\n}",
        Fraction(3),
        3,
        2,
    ),
    "mirrored": (
        "reflect (y = 16) {\nfor (i < 3) {\nrectangle 3*i + 1, 2*i + 1 to 3*i + 3, 2*i + 3\n}\ncircle 2, 7\n}",
        4 + Fraction(1, 3),
        4,
        2,
    ),
    "a list": ("circle 1, 1\ncircle 1, 2\ncircle 2, 2", Fraction(3), 3, 0),
    "two rounds": ("for (i < 2) {\ncircle 2*i + 1, 1\n}", Fraction(3), 2, 1),
    "two rounds of an expression": ("for (i < 3) {\nfor (j < i + 1) {\ncircle i + 1, j + 1\n}\n}", Fraction(3), 3, 2),
    "equal coefficients": ("for (i < 3) {\ncircle 2*i + 1, 2*i + 3\n}", Fraction(2), 2, 1),
    "three coefficients": ("for (i < 3) {\nline 2*i + 1, i + 1 to 3, -2*i + 9\n}", 2 + Fraction(2, 3), 2, 1),
    "over the whole program": (
        "for (i < 3) {\ncircle 2*i + 1, 4\n}\nfor (i < 3) {\ncircle 3*i + 1, 7\n}",
        4 + Fraction(1, 3),
        4,
        1,
    ),
    "counts have coefficients": (
        "for (i < 3) {\nfor (j < 2*i + 1) {\ncircle i + 1, j + 1\n}\n}",
        3 + Fraction(1, 3),
        3,
        2,
    ),
    "nothing": ("", Fraction(0), 0, 0),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_programs(name: str) -> None:
    text, cost, lines, depth = KNOWN[name]
    body = body_of(FIGURES, FIGURES.parse(text))
    assert (cost_of(body), lines_of(body), nesting(body)) == (cost, lines, depth)


def test_conditions_cost_nothing_and_nest_nothing() -> None:
    draw = Draw("circle", (Linear(1, 2, 0), Linear(3)))
    plain: Body = (Loop(Linear(3), (draw,)),)
    guarded: Body = (Loop(Linear(3), (When((draw,)),)),)
    assert cost_of(plain) == cost_of(guarded) == 2
    assert nesting(plain) == nesting(guarded) == 1
    assert (lines_of(plain), lines_of(guarded)) == (2, 3)


def test_a_factor_of_zero_is_no_coefficient() -> None:
    body: Body = (Loop(Linear(3), (Draw("circle", (Linear(1, 0, 0), Linear(3, 2, 0))),)),)
    assert cost_of(body) == 2


def test_walking_meets_each_statement_before_those_in_it() -> None:
    inner = Draw("circle", (Linear(1), Linear(1)))
    mirror, condition = Reflect("x", 4, (inner,)), When((inner,))
    loop = Loop(Linear(2), (mirror, condition))
    assert list(walk((loop, inner))) == [loop, mirror, inner, condition, inner, inner]


def test_expressions_have_values() -> None:
    assert Linear(5).at(()) == 5
    assert Linear(5, -2, 1).at((7, 3)) == -1
