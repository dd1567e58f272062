"""Programs with loops for sets of commands: what is sought, what is checked, and what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from i2c_core.errors import FamilyError, ProgramError
from i2c_core.loops import Draw, Linear, Loop, cost_of, execute, layout_of, programs_of
from i2c_core.plugins import get_family
from i2c_core.rerolling import Rerolled
from i2c_core.synthesis import (
    Synthesized,
    improve,
    language_of,
    number_of,
    record,
    records_of,
    said,
    scene_of,
    synthesize,
    synthesize_scene,
    told_cost,
)

FIGURES = get_family("figures")
LANGUAGE = programs_of(FIGURES)
GRID = FIGURES.parse("; ".join(f"circle {x}, {y}" for x in (2, 5, 8) for y in (2, 6, 10)))


def test_the_language_of_the_answers() -> None:
    assert language_of(FIGURES) is LANGUAGE
    assert language_of(LANGUAGE) is LANGUAGE
    pacman = get_family("pacman")
    assert language_of(pacman) is pacman  # it shortens its programs in its own language
    with pytest.raises(FamilyError):
        language_of(get_family("splits"))


def test_a_grid_of_circles() -> None:
    found = synthesize(FIGURES, GRID, None)
    assert found.code == "for (i < 3) {\n  for (j < 3) {\n    circle 3*j + 2, 4*i + 2\n  }\n}"
    assert (found.cost, found.bound, found.optimal, found.gap) == (Fraction(10, 3), Fraction(10, 3), True, 0)
    assert found.family is LANGUAGE
    assert told_cost(found) == "cost 3 1/3, the shortest"
    told = record("grid", found)
    assert told["cost"] == told["bound"] == pytest.approx(10 / 3)
    assert told["commands"] == json.loads(FIGURES.formats[-1].dumps(FIGURES, FIGURES.canonical(GRID)))


def test_each_step_draws_the_same_and_is_no_worse() -> None:
    layout = layout_of(FIGURES)
    steps = list(improve(FIGURES, GRID, None))
    wanted = list(scene_of(FIGURES, GRID).commands)
    for step in steps:
        assert step.body is not None
        assert execute(step.body, layout) == wanted
        assert cost_of(step.body) == step.cost >= step.bound
    assert [s.cost for s in steps] == sorted((s.cost for s in steps), reverse=True)
    assert [s.bound for s in steps] == sorted(s.bound for s in steps)


def test_a_program_with_loops_is_shortened_by_what_it_draws() -> None:
    program = LANGUAGE.parse("for (i < 3) { circle 3*i + 2, 2; circle 3*i + 2, 6; circle 3*i + 2, 10 }")
    assert synthesize(LANGUAGE, program, None).cost == Fraction(10, 3)


def test_duplicates_and_the_empty_set() -> None:
    twice = FIGURES.parse("circle 2, 2; circle 2, 2; line 3, 3 to 3, 3")
    assert synthesize(FIGURES, twice).cost == 1
    empty = synthesize(FIGURES, FIGURES.parse(""))
    assert (empty.code, empty.cost, empty.optimal, empty.gap) == ("", 0, True, 0)


def test_a_program_without_meaning() -> None:
    with pytest.raises(ProgramError) as caught:
        synthesize(LANGUAGE, LANGUAGE.parse("for (i < 9) { circle 3*i + 2, 2 }"))
    assert caught.value.fact == "the program draws circle(17, 2) where i = 5, which is no command"


def test_scenes_of_levels_keep_what_stands_around_their_commands() -> None:
    pacman = get_family("pacman")
    scene = scene_of(pacman, pacman.parse("level 8 x 5 of wall\nput dot 2, 2\nput dot 4, 2\nput dot 6, 2"))
    assert scene.frame is not None
    found = synthesize_scene(scene)
    assert found.code == "level 8 x 5 of wall\nfor (i < 3) {\n  put dot 2*i + 2, 2\n}"
    assert records_of(scene)[0] == {"op": "put", "tile": "dot", "x": 2, "y": 2}


@pytest.mark.parametrize(
    ("count", "cost", "told"),
    [
        (2, Fraction(2), "the search for loops in figures found a program of other commands"),
        (3, Fraction(1), "the search for loops in figures tells cost 1 for a program of 2"),
    ],
)
def test_answers_of_the_search_are_checked(
    monkeypatch: pytest.MonkeyPatch, count: int, cost: Fraction, told: str
) -> None:
    def wrong(*_: object) -> Iterator[Rerolled]:
        body = (Loop(Linear(count), (Draw("circle", (Linear(2, 3, 0), Linear(3))),)),)
        yield Rerolled(body, cost, Fraction(1))

    monkeypatch.setattr("i2c_core.synthesis.looping.reroll", wrong)
    row = FIGURES.parse("circle 2, 3; circle 5, 3; circle 8, 3")
    for ask in (synthesize, lambda *a: list(improve(*a))):
        with pytest.raises(FamilyError) as caught:
            ask(FIGURES, row)
        assert caught.value.fact == told


def test_numbers_in_words() -> None:
    assert [said(c) for c in (0, Fraction(1, 3), Fraction(7, 3), 4)] == ["0", "1/3", "2 1/3", "4"]
    assert [number_of(c) for c in (0, Fraction(8, 2), Fraction(5, 2))] == [0, 4, 2.5]
    wide = Synthesized(GRID, Fraction(9), Fraction(8))
    assert told_cost(wide) == "cost 9, at least 8 (11.1 % gap)"
    assert replace(wide, bound=9).optimal


def test_no_answer_is_dearer_than_the_program_that_was_given() -> None:
    pacman = programs_of(get_family("pacman"))
    # partly beside the level
    text = "level 12 x 12 of wall\nfor (i < 4) {\n  across dot 2*i + 3, -2*i + 10 length 5\n}"
    given = pacman.parse(text)
    found = synthesize(pacman, given, None)
    assert (found.code, found.cost, found.optimal) == (text, Fraction(7, 3), True)
