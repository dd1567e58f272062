"""JSON in and out, as drawings of this kind are published."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.answers import Candidate
from i2c_core.errors import FormatError
from i2c_core.families import Family
from i2c_core.formats import find_format
from i2c_plugins.figures import DIAGRAMS, FAMILY
from tests.plugins.figures.test_language import WIDE, some_programs

COMMANDS = [
    {"op": "line", "x1": 4, "y1": 13, "x2": 6, "y2": 11, "arrow": True, "dashed": False},
    {"op": "circle", "x": 11, "y": 10},
    {"op": "rectangle", "x1": 1, "y1": 5, "x2": 13, "y2": 15},
]
TEXT = "line 4, 13 to 6, 11 arrow\ncircle 11, 10\nrectangle 1, 5 to 13, 15"
HINT = '\n  -> write [{"op": "circle", "x": 4, "y": 10}, ...]'
JSON = find_format(FAMILY, "json")


def test_commands_stand_in_their_order() -> None:
    text = JSON.dumps(FAMILY, FAMILY.parse(TEXT))
    assert json.loads(text) == COMMANDS
    assert FAMILY.show(JSON.loads(FAMILY, text)) == TEXT
    short = '[{"op": "line", "x1": 1, "y1": 2, "x2": 3, "y2": 4}]'
    assert FAMILY.show(JSON.loads(FAMILY, short)) == "line 1, 2 to 3, 4"
    assert JSON.dumps(FAMILY, FAMILY.parse("")) == "[]\n"


def test_diagrams_have_radii_and_labels() -> None:
    program = DIAGRAMS.parse("circle 4, 10 radius 2\nlabel 3, 4 size 6 by 2")
    assert json.loads(find_format(DIAGRAMS, "json").dumps(DIAGRAMS, program)) == [
        {"op": "circle", "x": 4, "y": 10, "r": 2},
        {"op": "label", "x": 3, "y": 4, "w": 6, "h": 2},
    ]


def test_answers_carry_the_commands() -> None:
    program = FAMILY.parse(TEXT)
    assert Candidate(program, TEXT, 0.0, 0.0, program.size, None).record(FAMILY)["commands"] == COMMANDS  # type: ignore[arg-type]


@pytest.mark.parametrize("family", [FAMILY, DIAGRAMS, WIDE], ids=lambda f: f.name)
@given(st.data())
def test_what_is_written_is_read_back(family: Family, data: st.DataObject) -> None:
    program = data.draw(some_programs(family))
    format_ = find_format(family, "json")
    assert format_.loads(family, format_.dumps(family, program)) == program


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "this is no JSON: line 1, column 2: Expecting property name enclosed in double quotes" + HINT),
        ("[" * 200_000, "this is JSON nested too deeply" + HINT),
        ('{"op": "circle"}', 'expected a list of commands, got {"op": "circle"}' + HINT),
        ("[3]", "command 1 is 3\n  -> give it an op, one of circle, rectangle, line"),
        ('[{"op": "label"}]', 'command 1 is {"op": "label"}\n  -> give it an op, one of circle, rectangle, line'),
        ('[{"op": "circle", "x": 4}]', "command 1, a circle, has no y\n  -> a circle has x, y"),
        ('[{"op": "circle", "x": 4, "z": 4}]', "command 1 has a key 'z'\n  -> a circle has x, y"),
        (
            '[{"op": "circle", "x": 4, "y": 16}]',
            "y of command 1 is 16\n  -> write a whole number from 1 to 15",
        ),
        (
            '[{"op": "circle", "x": 4, "y": 2.5}]',
            "y of command 1 is 2.5\n  -> write a whole number from 1 to 15",
        ),
        (
            '[{"op": "circle", "x": true, "y": 2}]',
            "x of command 1 is true\n  -> write a whole number from 1 to 15",
        ),
        (
            '[{"op": "line", "x1": 1, "y1": 2, "x2": 3, "y2": 4, "arrow": 1}]',
            "arrow of command 1 is 1\n  -> write true or false",
        ),
        (
            '[{"op": "rectangle", "x1": 5, "y1": 2, "x2": 3, "y2": 4}]',
            "command 1 is a rectangle from 5, 2 to 3, 4\n  -> give its lower left corner first",
        ),
    ],
)
def test_what_is_no_list_of_commands_is_told(text: str, told: str) -> None:
    with pytest.raises(FormatError) as error:
        JSON.loads(FAMILY, text)
    assert str(error.value) == told


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 20) | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["op", "x", "y", "r"]), inner),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        program = JSON.loads(FAMILY, json.dumps([value]))
    except FormatError:
        return
    FAMILY.check(program)
