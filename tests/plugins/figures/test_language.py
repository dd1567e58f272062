"""The language of figures: how it is written, read and refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.answers import Answer, Candidate, crops_of
from i2c_core.errors import ParseError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.report import html_report
from i2c_plugins.figures import DIAGRAMS, FAMILY, language
from i2c_plugins.figures.commands import Command, Language, commands_of, program_of

GAMMA = """\
cons      : (first: Command, rest: Figure) -> Figure order first < rest.first
nil       : Figure
circle    : (x: Coord, y: Coord) -> Command
rectangle : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord > y1) -> Command
line      : (x1: Coord, y1: Coord, x2: Coord, y2: Coord, tip: Tip, stroke: Stroke) -> Command
Tip       = plain | arrow
Stroke    = solid | dashed
Coord     = 1..15
"""
WIDE = language("wide", 24, 10, pixels=8, most_radius=2, labels=True, grammar="i2c_grammars:diagrams.lark")


def some_commands(family: Family, most: int = 6) -> st.SearchStrategy[list[Command]]:
    """Legal commands in any order and direction, some of them equal, some lines without a length."""
    highest = Language.of(family.gamma).highest

    def of(kind: str, high: tuple[int, ...]) -> st.SearchStrategy[Command]:
        if kind == "rectangle":
            pairs = (st.lists(st.integers(1, h), min_size=2, max_size=2, unique=True).map(sorted) for h in high[:2])
            return st.tuples(*pairs).map(lambda p: Command(kind, (p[0][0], p[1][0], p[0][1], p[1][1])))
        lows = (1, 1, 1, 1, 0, 0) if kind == "line" else (1,) * len(high)
        args = st.tuples(*(st.integers(low, h) for low, h in zip(lows, high, strict=True)))
        return args.map(lambda a: Command(kind, a))

    return st.lists(st.one_of(*(of(*kind) for kind in highest.items())), max_size=most)


def some_programs(family: Family, most: int = 6) -> st.SearchStrategy[Program]:
    return some_commands(family, most).map(lambda c: program_of(family.gamma, c))


def test_the_signature_is_the_one_that_weights_were_trained_for() -> None:
    assert FAMILY.gamma.show() == GAMMA


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("\n\n# nothing but words\n", ""),
        ("circle 4,10", "circle 4, 10"),
        ("circle 4,10\n", "circle 4, 10"),
        ("circle 4,10; line 4,13 to 6,11 arrow dashed;", "circle 4, 10\nline 4, 13 to 6, 11 arrow dashed"),
        (
            "# a box\n\nrectangle 1,5  to\t13,15 # wide\r\n  line 1,2 to 3,4",
            "rectangle 1, 5 to 13, 15\nline 1, 2 to 3, 4",
        ),
        ("line 1,2 to 3,4 dashed\nline 1,2 to 1,2", "line 1, 2 to 3, 4 dashed\nline 1, 2 to 1, 2"),
    ],
)
def test_what_people_write(text: str, shown: str) -> None:
    assert FAMILY.show(FAMILY.parse(text)) == shown


def test_diagrams_write_radii_and_labels() -> None:
    text = "circle 6, 20 radius 3\nlabel 21, 18 size 7 by 4"
    assert DIAGRAMS.show(DIAGRAMS.parse(text)) == text
    assert Language.of(DIAGRAMS.gamma).grid == (32, 32)
    assert Language.of(WIDE.gamma).grid == (24, 10)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "circle 4 10",
            "line 1, column 10: expected ',', got '10'\n    circle 4 10\n             ^\n"
            "  -> replace it by one of these",
        ),
        (
            "circle 4,10\ncircle 4,16",
            "line 2, column 10: expected Coord (1..15), got 16\n    circle 4,16\n             ^\n"
            "  -> write a number from 1 to 15",
        ),
        (
            "circle 4,10\nrectangle 4,4 to 3,5",
            "line 2, column 18: expected x2 > x1 = 4, got 3 at argument 3 of rectangle\n"
            "    rectangle 4,4 to 3,5\n                     ^\n"
            "  -> its type is (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord > y1) -> Command",
        ),
        (
            "circle 4,10 circle 5,5",
            "line 1, column 13: expected _LINE_END or the end, got 'circle'\n    circle 4,10 circle 5,5\n"
            "                ^\n  -> replace it by one of these",
        ),
    ],
)
def test_what_is_not_in_the_language_is_refused_at_its_place(text: str, told: str) -> None:
    with pytest.raises(ParseError) as error:
        FAMILY.parse(text)
    assert str(error.value) == told


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS, WIDE], ids=lambda f: f.name)
@given(st.data())
def test_what_is_shown_parses_back(family: Family, data: st.DataObject) -> None:
    program = data.draw(some_programs(family))
    assert family.parse(family.show(program)) == program
    assert program_of(family.gamma, commands_of(program)) == program


def test_a_report_shows_the_writing_of_a_drawing_as_it_stands() -> None:
    """A label says where writing is, not what it says: its part of the input is shown beside the code."""
    program = DIAGRAMS.parse("circle 6, 20 radius 3; label 8, 24 size 4 by 2")
    picture = np.arange(64 * 64, dtype=np.uint32).reshape(1, 64, 64).astype(np.uint8)
    (crop,) = crops_of(DIAGRAMS, program, picture)
    assert np.array_equal(crop, picture[:, 64 - 2 * 26 : 64 - 2 * 24, 16:24])
    candidate = Candidate(program, "code", 0.0, 0.0, 1, picture, crops=(crop,))
    assert 'alt="part 1 of the input"' in html_report("diagrams", [Answer("x.png", picture, [candidate])])
    assert crops_of(FAMILY, FAMILY.parse("circle 3, 3"), picture) == ()
