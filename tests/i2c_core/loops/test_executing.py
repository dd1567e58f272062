"""What programs with loops draw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops_of_tests import drawings

from i2c_core import get_family
from i2c_core.errors import ProgramError
from i2c_core.loops import Body, Command, Draw, Linear, Loop, Reflect, When, body_of, execute, layout_of

FAMILY = get_family("figures:program")
LAYOUT = layout_of(get_family("figures"))
SEEDS = st.integers(0, 10_000)


def drawn(text: str) -> list[tuple[int | str, ...]]:
    return [c.args for c in execute(body_of(FAMILY, FAMILY.parse(text)), LAYOUT)]


def circle(x: Linear, y: Linear) -> Draw:
    return Draw("circle", (x, y))


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("for (i < 3) {\ncircle 3*i + 2, 5\n}", [(2, 5), (5, 5), (8, 5)]),
        ("for (i < 3) {\nif (i > 0) {\ncircle 3*i + 2, 5\n}\n}", [(5, 5), (8, 5)]),
        ("for (i < 3) {\nfor (j < i) {\ncircle i + 1, j + 1\n}\n}", [(2, 1), (3, 1), (3, 2)]),
        ("for (i < 3) {\nfor (j < i - 1) {\ncircle i, j + 1\n}\n}", [(2, 1)]),
        ("for (i < 2) {\nfor (j < 2) {\nif (j > 0) {\ncircle i + 1, j + 1\n}\n}\n}", [(1, 2), (2, 2)]),
        ("reflect (x = 10) {\ncircle 2, 3\n}", [(2, 3), (8, 3)]),
        ("reflect (x = 4) {\ncircle 2, 3\n}", [(2, 3)]),
        (
            "for (i < 3) {\nreflect (x = 15) {\nif (i > 0) {\ncircle 2, i + 1\n}\n}\n}",
            [(2, 2), (2, 3), (13, 2), (13, 3)],
        ),
        ("reflect (x = 10) {\nreflect (y = 8) {\ncircle 2, 3\n}\n}", [(2, 3), (2, 5), (8, 3), (8, 5)]),
        ("circle 2, 3\ncircle 2, 3\nfor (i < 4) {\ncircle 2, 3\n}", [(2, 3)]),
        ("reflect (x = 10) {\nrectangle 1, 2 to 3, 4\n}", [(1, 2, 3, 4), (7, 2, 9, 4)]),
        ("line 5, 5 to 2, 3", [(2, 3, 5, 5, "plain", "solid")]),
        ("line 5, 5 to 2, 3 arrow", [(5, 5, 2, 3, "arrow", "solid")]),
        ("", []),
    ],
)
def test_known_programs(text: str, args: list[tuple[int | str, ...]]) -> None:
    assert drawn(text) == args


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            (Loop(Linear(6), (circle(Linear(2, 3, 0), Linear(5)),)),),
            "the program draws circle(17, 5) where i = 5, which is no command\n  -> keep it on the grid",
        ),
        (
            (Reflect("x", 5, (circle(Linear(6), Linear(5)),)),),
            "the mirror image of circle(6, 5) in x = 5 is no command\n  -> keep it on the grid",
        ),
        (
            (Draw("line", (Linear(2), Linear(2), Linear(2), Linear(2), "plain", "solid")),),
            "the program draws line(2, 2, 2, 2, plain, solid), which is no command\n  -> keep it on the grid",
        ),
        (
            (Draw("rectangle", (Linear(4), Linear(2), Linear(2), Linear(5))),),
            "the program draws rectangle(4, 2, 2, 5), which is no command\n  -> keep it on the grid",
        ),
        ((When(()),), "a condition outside of every loop\n  -> put it into a loop"),
        (
            (Loop(Linear(10**9), (circle(Linear(2), Linear(5)),)),),
            "the program's loops have more than 100,000 rounds\n  -> make its loops shorter",
        ),
        (
            (Loop(Linear(1000), (Loop(Linear(1000), (circle(Linear(2), Linear(5)),)),)),),
            "the program's loops have more than 100,000 rounds\n  -> make its loops shorter",
        ),
    ],
)
def test_a_program_without_meaning_is_told(body: Body, message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        execute(body, LAYOUT)
    assert str(caught.value) == message


def test_fewer_rounds_may_be_allowed() -> None:
    body: Body = (Loop(Linear(20), (circle(Linear(2), Linear(5)),)),)
    assert len(execute(body, LAYOUT, most=20)) == 1
    with pytest.raises(ProgramError):
        execute(body, LAYOUT, most=19)


def test_commands_may_lie_anywhere_where_that_is_asked_for() -> None:
    body: Body = (Reflect("x", 5, (circle(Linear(40), Linear(5)),)),)
    assert execute(body, LAYOUT, anywhere=True) == [Command("circle", (-35, 5)), Command("circle", (40, 5))]


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Any statements over a grid of 6 by 6, most without a meaning."""

    def linear(scope: int) -> Linear:
        if scope and draw(st.booleans()):
            return Linear(
                draw(st.integers(-6, 8)), draw(st.sampled_from((-2, -1, 1, 2))), draw(st.integers(0, scope - 1))
            )
        return Linear(draw(st.integers(1, 6)))

    def some(scope: int, depth: int) -> Body:
        return tuple(one(scope, depth) for _ in range(draw(st.integers(1, 2))))

    def one(scope: int, depth: int) -> Draw | Loop | When | Reflect:
        kind = draw(st.sampled_from(("draw", "draw", "loop", "when", "reflect")))
        if kind == "loop" and depth < 3:
            return Loop(linear(scope), some(scope + 1, depth + 1))
        if kind == "when" and scope:
            return When(some(scope, depth))
        if kind == "reflect" and depth < 3:
            return Reflect(draw(st.sampled_from("xy")), draw(st.integers(2, 12)), some(scope, depth + 1))
        symbol = draw(st.sampled_from(("circle", "line")))
        count = 2 if symbol == "circle" else 4
        words = ("plain",) if symbol == "line" else ()
        return Draw(symbol, (*(linear(scope) for _ in range(count)), *words))

    return some(0, 0)


@given(bodies(), bodies())
def test_programs_draw_the_union_of_their_statements(one: Body, other: Body) -> None:
    """Order means nothing, and neither does repetition, nor a second mirror of the same kind."""
    layout = drawings("circle line", 6, 6)
    try:
        first, second = execute(one, layout), execute(other, layout)
    except ProgramError:
        return
    both = sorted(set(first) | set(second))
    assert execute((*one, *other), layout) == execute((*other, *one, *one), layout) == both
    for axis in "xy":
        try:
            once = execute((Reflect(axis, 7, one),), layout)
        except ProgramError:
            continue
        assert execute((Reflect(axis, 7, (Reflect(axis, 7, one),)),), layout) == once
        assert set(first) <= set(once)
