"""Levels as commands that loops can move, and levels with loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from plans import CAVES, plans

from i2c_core import get_family
from i2c_core.errors import ParseError
from i2c_core.formats import find_format
from i2c_core.loops import body_of, execute, layout_of, listed, programs_of, with_loops
from i2c_core.raster import Renderer
from i2c_core.tilesets import Mirror, Plan, TileSet, draw, language, level_of, plan_of, program_of
from i2c_core.tilesets.looping import commands

PACMAN = get_family("pacman")
LANGUAGE = programs_of(PACMAN)
TILES = TileSet.load(CAVES)
CAVE_FAMILY = language(TILES)

LEVEL = """\
level 20 x 7 of dot
frame wall 1, 1 to 20, 7
reflect (x = 21) {
  for (i < 3) {
    across wall 3, 2*i + 2 length 3
    put power 2*i + 3, 3
  }
}"""
PLAIN = """\
level 20 x 7 of dot
frame wall 1, 1 to 20, 7
across wall 3, 2 length 3
across wall 3, 4 length 3
across wall 3, 6 length 3
across wall 16, 2 length 3
across wall 16, 4 length 3
across wall 16, 6 length 3
put power 3, 3
put power 5, 3
put power 7, 3
put power 14, 3
put power 16, 3
put power 18, 3"""


def test_a_level_with_loops() -> None:
    program = LANGUAGE.parse(LEVEL)
    assert LANGUAGE.show(program) == LEVEL
    found = listed(LANGUAGE, program)
    assert (level_of(PACMAN, found) == level_of(PACMAN, PACMAN.parse(PLAIN))).all()
    drawn = execute(body_of(LANGUAGE, program), layout_of(PACMAN))
    assert sorted(layout_of(PACMAN).commands_of(PACMAN.parse(PLAIN))) == drawn


def test_its_picture_and_its_formats() -> None:
    program, plain = LANGUAGE.parse(LEVEL), PACMAN.parse(PLAIN)
    with Renderer(LANGUAGE) as renderer, Renderer(PACMAN) as own:
        assert (renderer.render_programs([program]).pixels == own.render_programs([plain]).pixels).all()
    for name in ("lay", "csv"):
        assert find_format(LANGUAGE, name).dumps(LANGUAGE, program) == find_format(PACMAN, name).dumps(PACMAN, plain)


def test_rows_and_mirrors_are_none_of_its_statements() -> None:
    for text in ("row 2 %....%", "mirror both {\n  put wall 2, 2\n}"):
        with pytest.raises(ParseError) as caught:
            LANGUAGE.parse(f"level 8 x 5 of dot\n{text}")
        assert caught.value.fact.startswith("line 2, column 1: expected rectangle, frame, across, down, put, ")


def test_a_level_without_loops_becomes_one_of_the_language() -> None:
    text = "level 8 x 5 of dot\nrow 2 %%....%%\nmirror left-right {\n  across wall 2, 4 length 2\n  put ghost 1, 1\n}"
    shown = (
        "level 8 x 5 of dot\nacross wall 1, 2 length 2\nacross wall 7, 2 length 2\n"
        "across wall 2, 4 length 2\nacross wall 6, 4 length 2\nput ghost 1, 1\nput ghost 8, 1"
    )
    assert LANGUAGE.show(with_loops(PACMAN, PACMAN.parse(text))) == shown


def test_what_lies_outside_is_left_out() -> None:
    text = (
        "level 6 x 4 of dot\nacross wall 5, 1 length 9\ndown wall 1, 3 length 9\nput wall 7, 1\nput dot 2, 2\n"
        "rectangle wall 2, 2 to 9, 2\nframe power 5, 3 to 8, 9\nput wall 5, 1; put wall 5, 1"
    )
    shown = (
        "level 6 x 4 of dot\nacross wall 5, 1 length 2\ndown wall 1, 3 length 2\nrectangle wall 2, 2 to 6, 2\n"
        "across power 5, 3 length 2\ndown power 5, 3 length 2\nput wall 5, 1"
    )
    found = commands(PACMAN, PACMAN.parse(text))
    assert PACMAN.show(found) == shown
    assert (level_of(PACMAN, found) == level_of(PACMAN, PACMAN.parse(text))).all()


@given(plans(TILES))
def test_commands_draw_what_the_level_draws(plan: Plan) -> None:
    program = program_of(CAVE_FAMILY, plan)
    found = plan_of(CAVE_FAMILY, commands(CAVE_FAMILY, program))
    assert (draw(found) == draw(plan)).all()
    assert not any(isinstance(s, Mirror) or s.kind == "row" or s.tile == plan.ground for s in found.body)
    assert len(set(found.body)) == len(found.body)
    again = program_of(CAVE_FAMILY, found)
    assert commands(CAVE_FAMILY, again) == again
    both = with_loops(CAVE_FAMILY, program)
    assert (level_of(CAVE_FAMILY, listed(programs_of(CAVE_FAMILY), both)) == draw(plan)).all()


def test_samples_lie_inside_their_levels() -> None:
    from i2c_core.loops.sampling import sample

    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(10):
        program = listed(LANGUAGE, sample(LANGUAGE, rng, 120))
        inside += set(plan_of(PACMAN, commands(PACMAN, program)).body) == set(plan_of(PACMAN, program).body)
    assert inside == 10
