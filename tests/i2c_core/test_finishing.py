"""What is done with a program once it is read: problems are told, repairs drawn and measured, programs shortened."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from i2c_core import get_family
from i2c_core.answers import Candidate
from i2c_core.finishing import finish
from i2c_core.raster import Renderer

FAMILY = get_family("pacman")
OPEN = "level 5 x 4 of empty\nrow 1 %%%%%\nrow 2 %.P.%\nrow 3 %...%\nrow 4 %%_%%"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer(FAMILY) as found:
        yield found


def read(renderer: Renderer, code: str) -> Candidate:
    """A candidate that a reader might give, equal to its input."""
    program = FAMILY.parse(code)
    picture = renderer.render_programs([program], (64, 80)).pixels[0]
    return Candidate(program, FAMILY.show(program), 0.0, -0.1, program.size, picture, 0.9)


def test_problems_are_told_and_nothing_is_changed(renderer: Renderer) -> None:
    candidate = read(renderer, OPEN)
    found = finish(FAMILY, renderer, candidate, candidate.picture)
    assert found.program == candidate.program
    assert [str(p) for p in found.problems] == ["row 4, column 3: the border is open: empty, expected wall"]
    (problem,) = found.record(FAMILY)["problems"]
    assert (problem["message"], problem["places"]) == ("the border is open: empty, expected wall", [[4, 3]])


def test_a_repair_is_drawn_and_measured_again(renderer: Renderer) -> None:
    candidate = read(renderer, OPEN)
    found = finish(FAMILY, renderer, candidate, candidate.picture, repaired=True)
    assert [str(c) for c in found.changes] == ["row 4, column 3: empty became wall"]
    assert found.problems == ()
    assert found.code.splitlines()[-1] == "row 4 %%%%%"
    assert found.confidence is None
    assert found.distance == pytest.approx(np.abs(found.picture.astype(int) - candidate.picture).mean() / 255)
    assert found.distance > 0


def test_costs_decide_what_is_repaired(renderer: Renderer) -> None:
    """Of two pacmans the one stays that costs more to change."""
    code = "level 5 x 4 of empty\nrow 1 %%%%%\nrow 2 %P.P%\nrow 3 %...%\nrow 4 %%%%%"
    candidate = read(renderer, code)
    pacman = FAMILY.gamma.kinds["Tile"].members.index("pacman")  # type: ignore[union-attr]
    for column in (1, 3):
        costs = np.ones((4, 5, 6))
        costs[1, column] = 9.0
        costs[1, column, pacman] = 0.0
        found = finish(FAMILY, renderer, candidate, candidate.picture, repaired=True, costs=costs)
        assert [(c.row, c.column) for c in found.changes] == [(2, 5 - column)]


def test_a_shorter_program_has_the_same_picture_and_a_bound(renderer: Renderer) -> None:
    candidate = read(renderer, "level 6 x 5 of empty\n" + "\n".join(f"row {y} %%%%%%" for y in range(1, 6)))
    found = finish(FAMILY, renderer, candidate, candidate.picture, seconds=20)
    assert found.code == "level 6 x 5 of wall"
    assert found.size == found.bound == 5
    assert found.record(FAMILY)["bound"] == 5
    assert np.array_equal(renderer.render_programs([found.program], (64, 80)).pixels[0], candidate.picture)


def test_families_without_rules_stay_as_they_are() -> None:
    family = get_family("splits")
    with Renderer(family) as renderer:
        program = family.parse("q W B B W")
        picture = renderer.render_programs([program]).pixels[0]
        candidate = Candidate(program, "q W B B W", 0.0, -0.1, 5, picture)
        assert finish(family, renderer, candidate, picture, repaired=True, seconds=1) == candidate
