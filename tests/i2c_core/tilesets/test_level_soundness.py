"""Soundness of levels: what each kind of rule finds, where, and in which words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.tilesets.characters import from_characters
from i2c_core.tilesets.level import Level
from i2c_core.tilesets.rules import read_rules
from i2c_core.tilesets.soundness import connected, is_sound, problems
from tests.i2c_core.tilesets.test_tile_rules import caves

HERO = '[[rule]]\nkind = "count"\ntile = "hero"\nexactly = 1\n'
CLOSED = '[[rule]]\nkind = "closed"\nby = "rock"\ntunnels = "{}"\n'
REACH = '[[rule]]\nkind = "reach"\nfrom = "hero"\nto = "coin"\nthrough = "floor"\n'


def told(rules: str, *rows: str) -> list[str]:
    tiles = caves(rules)
    return [str(p) for p in problems(tiles, from_characters(tiles, "\n".join(rows)))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("###", "#@#"), []),
        (("###", "###"), ["there are no hero tiles, expected exactly 1"]),
        (("@##", "#@@"), ["row 2, column 2: there are 3 hero tiles, expected exactly 1"]),
    ],
)
def test_counts(rows: tuple[str, ...], expected: list[str]) -> None:
    assert told(HERO, *rows) == expected


def test_counts_with_a_least_and_a_most() -> None:
    rule = '[[rule]]\nkind = "count"\ntile = "coin"\nleast = 2\nmost = 3\n'
    assert told(rule, "..#") == []
    assert told(rule, ".##") == ["there is 1 coin tile, expected at least 2"]
    assert told(rule, "....") == ["row 1, column 4: there are 4 coin tiles, expected at most 3"]


@pytest.mark.parametrize(
    ("tunnels", "expected"),
    [
        ("none", ["row 1, column 3", "row 2, column 1", "row 2, column 4", "row 3, column 4", "row 4, column 3"]),
        ("rows", ["row 1, column 3", "row 3, column 4", "row 4, column 3"]),
        ("columns", ["row 2, column 1", "row 2, column 4", "row 3, column 4"]),
        ("both", ["row 3, column 4"]),
    ],
)
def test_borders(tunnels: str, expected: list[str]) -> None:
    found = told(CLOSED.format(tunnels), "## #", "    ", "#   ", "## #")
    assert found == [f"{place}: the border is open: floor, expected rock" for place in expected]


def test_a_corner_is_an_end_of_its_row_and_of_its_column() -> None:
    assert told(CLOSED.format("rows"), " # ", "###", "###") == [
        "row 1, column 1: the border is open: floor, expected rock",
        "row 1, column 3: the border is open: floor, expected rock",
    ]
    assert told(CLOSED.format("both"), " # ", "###", " # ") == []


def test_goals_that_are_not_reached_are_told_by_pocket() -> None:
    assert told(REACH, "@ .#. ", "#### .", ".##  #", "######") == [
        "row 1, column 5: coin cannot be reached from hero, nor 1 more around it",
        "row 3, column 1: coin cannot be reached from hero",
    ]


def test_tunnels_lead_on_where_they_wrap() -> None:
    rows = ("#####", "@ # .", "#####")
    assert told(REACH, *rows) == ["row 2, column 5: coin cannot be reached from hero"]
    assert told(REACH + "wrap = true", *rows) == []
    assert told(REACH + "wrap = true", "#@#", "###", "#.#") == []


def test_without_a_start_nothing_is_said_of_ways() -> None:
    assert told(REACH, ".#.") == []


def test_every_start_must_lead_there() -> None:
    rows = ("@ .#@",)
    assert told(REACH, *rows) == []
    assert told(REACH + "every = true", *rows) == ["row 1, column 3: coin cannot be reached from every hero"]


@given(st.integers(0, 2**32), st.booleans())
def test_connected_parts_are_those_that_steps_find(seed: int, wrap: bool) -> None:
    rng = np.random.default_rng(seed)
    free = rng.random(tuple(rng.integers(1, 7, 2))) < rng.random()
    label = connected(free, wrap)
    rows, columns = free.shape
    assert ((label > 0) == free).all()
    for cell in map(tuple, np.argwhere(free).tolist()):
        seen, todo = {cell}, [cell]
        while todo:
            r, c = todo.pop()
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                other = r + down, c + right
                if wrap:
                    other = other[0] % rows, other[1] % columns
                if 0 <= other[0] < rows and 0 <= other[1] < columns and free[other] and other not in seen:
                    seen.add(other)
                    todo.append(other)
        assert {tuple(p) for p in np.argwhere(label == label[cell]).tolist()} == seen


@given(st.integers(0, 2**32))
def test_a_level_is_sound_where_no_problem_is_told(seed: int) -> None:
    tiles = caves(HERO + CLOSED.format("rows") + REACH + "wrap = true")
    rng = np.random.default_rng(seed)
    level: Level = rng.choice([0, 1, 2, 3], tuple(rng.integers(1, 5, 2)), p=(0.1, 0.1, 0.7, 0.1)).astype(np.uint8)
    assert is_sound(read_rules(tiles), level) == (not problems(tiles, level))
