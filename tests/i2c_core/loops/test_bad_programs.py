"""Programs with loops that cannot be: each is told in one error, whole and at its place."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core import get_family
from i2c_core.errors import FamilyError, ParseError, ProgramError
from i2c_core.loops import Body, Draw, Linear, Loop, Reflect, When, body_of, listed, program_from

FIGURES = get_family("figures:program")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            (Loop(Linear(17), ()),),
            "expected Count[0], got 17 at argument 1 of for_i\n"
            "  -> its type is (count: Count[0], body: Figure[1, d+1, 0]) -> Command[0, d, c]",
        ),
        ((When(()),), "a condition outside of every loop\n  -> put it into a loop"),
        (
            (Draw("circle", (Linear(1, 2, 0), Linear(3))),),
            "i is not in scope\n  -> it has a value inside its loop only",
        ),
        (
            (Reflect("x", 9, (Reflect("y", 9, (Reflect("x", 9, (Reflect("y", 9, ()),)),)),)),),
            "loops and reflections in each other, 4 deep\n  -> nest them up to 3 deep",
        ),
    ],
)
def test_statements_that_the_language_cannot_say(body: Body, message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        program_from(FIGURES, body)
    assert str(caught.value) == message


def test_conditions_in_conditions_are_one() -> None:
    draw = Draw("circle", (Linear(1, 2, 0), Linear(3)))
    twice: Body = (Loop(Linear(3), (When((When((draw,)),)),)),)
    assert body_of(FIGURES, program_from(FIGURES, twice)) == (Loop(Linear(3), (When((draw,)),)),)


def test_a_level_needs_its_frame() -> None:
    with pytest.raises(ProgramError) as caught:
        program_from(get_family("pacman:program"), ())
    assert str(caught.value) == (
        "programs of pacman are more than lists of commands\n  -> give the program whose list is replaced: frame="
    )


def test_a_plain_family_is_no_language() -> None:
    with pytest.raises(FamilyError) as caught:
        program_from(get_family("figures"), ())
    assert str(caught.value) == "figures is no language with loops\n  -> use get_family('figures:program')"


def nested(count: int) -> str:
    return "reflect (x = 9) {" * count + "circle 1, 1" + "}" * count


BAD = {
    "repeat 3 { circle 1, 1 }": (
        "line 1, column 1: expected circle, rectangle, line, _LINE_END, for, if, reflect or the end, got 'repeat'",
        0,
        "did you mean 'reflect'?",
    ),
    "for (i < 1000000000) { circle 3, 4 }": (
        "line 1, column 10: expected Rounds (1..16), got 1000000000",
        9,
        "write a number from 1 to 16",
    ),
    "circle 16, 2": ("line 1, column 8: expected Coord (1..15), got 16", 7, "write a number from 1 to 15"),
    "for (i < 3) { circle 15*i, 2 }": (
        "line 1, column 22: expected Factor (2..14), got 15",
        21,
        "write a number from 2 to 14",
    ),
    "for (i < 3) { circle 1*i, 2 }": ("line 1, column 22: 1 times a variable", 21, "write the variable alone"),
    "for (i < 3) { circle 0*i + 2, 2 }": (
        "line 1, column 22: 0 times a variable",
        21,
        "write the number that is left",
    ),
    "for (i < 3) { circle i + 0, 2 }": ("line 1, column 26: plus 0", 25, "leave it out"),
    "for (i < 3) { circle 2 + i, 2 }": (
        "line 1, column 24: expected '*' or ',', got '+'",
        23,
        "replace it by one of these",
    ),
    "for (i < 3) { circle i + j, 2 }": (
        "line 1, column 26: expected COORD, got 'j'",
        25,
        "replace it by one of these",
    ),
    "for (i < 3) { circle i, 2": (
        "line 1, column 26: expected _LINE_END, '*' or '}', got the end",
        25,
        "the program ends too early: complete it",
    ),
    "circle i, 3": ("line 1, column 8: i is not in scope", 7, "it has a value inside its loop only"),
    "for (i < i) {}": ("line 1, column 10: i is not in scope", 9, "it has a value inside its loop only"),
    "for (i < 2) { circle j, 2 }": ("line 1, column 22: j is not in scope", 21, "in scope: i"),
    "for (j < 2) {}": (
        "line 1, column 1: expected the variable i of this loop, got j",
        0,
        "loops in each other have i, j, k, outermost first",
    ),
    "for (i < 3) { for (j < 3) { if (i > 0) {} } }": (
        "line 1, column 29: a condition on i, the innermost loop's variable is j",
        28,
        "write if (j > 0)",
    ),
    "if (i > 0) {}": ("line 1, column 1: a condition outside of every loop", 0, "put it into a loop"),
    "for (i < 3) { if (i > 0) { if (i > 0) {} } }": (
        "line 1, column 28: a condition on i inside another one",
        27,
        "leave one of them out",
    ),
    "reflect (z = 3) {}": ("line 1, column 10: expected x or y, got 'z'", 9, "replace it by one of these"),
    "reflect (x = 31) {}": (
        "line 1, column 14: expected MirrorX (2..30), got 31",
        13,
        "write a number from 2 to 30",
    ),
    "circle f(3), 4": (
        "line 1, column 8: expected i, j, k, COORD or '-', got 'f'",
        7,
        "replace it by one of these",
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_bad_texts(text: str) -> None:
    fact, caret, hint = BAD[text]
    with pytest.raises(ParseError) as caught:
        FIGURES.parse(text)
    assert str(caught.value) == f"{fact}\n    {text}\n    {' ' * caret}^\n  -> {hint}"


@pytest.mark.parametrize("depth", [4, 50, 5_000])
def test_a_deep_nest_is_told(depth: int) -> None:
    with pytest.raises(ParseError) as caught:
        FIGURES.parse(nested(depth))
    assert caught.value.fact.startswith("line 1, column 52: loops and reflections in each other, 4 deep\n")
    assert caught.value.hint == "nest them up to 3 deep"


def test_a_program_that_never_seems_to_end_is_told() -> None:
    text = "for (i < 16) {\nfor (j < 14*i + 16) {\nfor (k < 14*j + 211) {\ncircle 3, 4\n}\n}\n}"
    with pytest.raises(ProgramError) as caught:
        listed(FIGURES, FIGURES.parse(text))
    assert str(caught.value) == "the program's loops have more than 100,000 rounds\n  -> make its loops shorter"


@given(st.text(alphabet="for(i<3){}jk reflct=x10\n;*+-,", max_size=40))
def test_any_text_is_read_or_told(text: str) -> None:
    with suppress(ParseError):
        FIGURES.show(FIGURES.parse(text))
