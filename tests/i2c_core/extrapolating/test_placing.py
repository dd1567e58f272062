"""Where continued drawings go: on the grid, on a larger one, or partly nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from i2c_core.errors import ConfigError, I2cError, ProgramError
from i2c_core.extrapolating import extrapolate, format_for, record, remarks, written
from i2c_core.families import Family
from i2c_core.loops import Body, body_of, execute, layout_of, programs_of
from i2c_core.plugins import get_family

FIGURES = get_family("figures")
LANGUAGE = programs_of(FIGURES)
ROW = "for (i < 3) {\n  if (i > 0) {\n    line 3*i, 3 to 3*i + 1, 3\n  }\n  circle 3*i + 2, 3\n}"


def body(text: str) -> Body:
    return body_of(LANGUAGE, LANGUAGE.parse(text))


def without_growth() -> Family:
    """Figures that have no larger grid."""
    assert FIGURES.loops is not None
    return replace(FIGURES, loops=replace(FIGURES.loops, grown=None))


def test_on_the_grid() -> None:
    found = extrapolate(FIGURES, body(ROW), {1: 4})
    assert found.family is FIGURES
    assert (found.moved, found.left_out) == ((0, 0), ())
    assert remarks(found) == ["loop 1: 4 rounds instead of 3"]
    assert found.code == ROW.replace("i < 3", "i < 4")
    assert FIGURES.show(found.program) == "\n".join(
        [*(f"circle {x}, 3" for x in (2, 5, 8, 11)), *(f"line {x}, 3 to {x + 1}, 3" for x in (3, 6, 9))]
    )
    assert written(found, format_for(FIGURES, "json", None)) == written(found, format_for(FIGURES, "json", None))


def test_a_larger_grid_to_the_right() -> None:
    found = extrapolate(FIGURES, body(ROW), {1: 7})
    assert found.family.canvas == (21, 16)
    assert (found.moved, found.left_out) == ((0, 0), ())
    assert found.code == ROW.replace("i < 3", "i < 7")
    assert found.body is not None
    assert found.program == found.family.canonical(
        layout_of(found.family).program_of(execute(found.body, layout_of(found.family)))
    )


def test_what_leaves_at_the_left_moves_with_all_the_rest() -> None:
    found = extrapolate(FIGURES, body(ROW + "\nreflect (x = 8) {\n  circle 3, 9\n}"), before={1: 2})
    assert found.moved == (5, 0)
    assert remarks(found) == [
        "loop 1: 5 rounds instead of 3",
        "moved 5 columns right, as it went beyond the left or lower side of the grid",
    ]
    assert "circle 3*i + 1, 3" in found.code
    assert "reflect (x = 18) {\n  circle 8, 9\n}" in found.code
    told = record(found)
    assert (told["family"], told["grid"], told["moved"], told["left_out"]) == ("figures", [16, 16], [5, 0], 0)
    assert {"op": "circle", "x": 1, "y": 3} in told["commands"]


def test_upwards_and_downwards() -> None:
    found = extrapolate(FIGURES, body("for (i < 3) {\n  circle 4, 4*i + 3\n}"), {1: 5}, {1: 1})
    assert found.family.canvas == (16, 22)
    assert found.moved == (0, 2)
    assert remarks(found)[1:] == ["moved 2 rows up, as it went beyond the left or lower side of the grid"]


def test_what_a_grid_has_no_room_for_is_left_out() -> None:
    family = without_growth()
    found = extrapolate(family, body(ROW), {1: 7})
    assert found.family is family
    assert found.body is None
    assert len(found.left_out) == 4
    assert found.code == family.show(found.program)
    assert "circle 14, 3" in found.code
    assert record(found)["left_out"] == 4


def test_what_is_no_command_any_more_is_left_out() -> None:
    text = "for (i < 3) {\n  rectangle i + 1, i + 1 to -i + 7, -i + 7\n}"
    found = extrapolate(FIGURES, body(text), {1: 5})
    assert found.family is FIGURES
    assert [c.args for c in found.left_out] == [(4, 4, 4, 4), (5, 5, 3, 3)]
    assert found.code == "rectangle 1, 1 to 7, 7\nrectangle 2, 2 to 6, 6\nrectangle 3, 3 to 5, 5"


@pytest.mark.parametrize(
    ("rounds", "kind", "told"),
    [
        (1000, ConfigError,
         "the drawing would need a grid of 3,000 by 16, at most 256 by 256 is drawn\n"
         "  -> run its loops for fewer rounds"),
        (10**9, ProgramError,
         "the program's loops have more than 100,000 rounds\n  -> make its loops shorter"),
    ],
)  # fmt: skip
def test_errors(rounds: int, kind: type[I2cError], told: str) -> None:
    with pytest.raises(kind) as caught:
        extrapolate(FIGURES, body(ROW), {1: rounds})
    assert str(caught.value) == told
