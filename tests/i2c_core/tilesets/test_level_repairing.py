"""Repairs of levels: what comes out is sound, no change is needless, and what was sound stays as it is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import ProgramError
from i2c_core.plugins import get_family
from i2c_core.tilesets import TileSet, tileset_of
from i2c_core.tilesets.characters import from_characters, to_characters
from i2c_core.tilesets.level import Level
from i2c_core.tilesets.repairing import repair
from i2c_core.tilesets.rules import read_rules
from i2c_core.tilesets.soundness import is_sound, problems
from tests.i2c_core.tilesets.test_level_soundness import CLOSED, HERO, REACH
from tests.i2c_core.tilesets.test_tile_rules import caves

CAVES = caves(HERO + CLOSED.format("rows") + REACH + "wrap = true")
PACMAN = tileset_of(get_family("pacman"))


def random_level(tiles: TileSet, seed: int, largest: int = 12) -> Level:
    """Noise of a density that is drawn too; from 3 x 3 tiles."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(len(tiles), 0.5))
    return rng.choice(len(tiles), tuple(rng.integers(3, largest + 1, 2)), p=shares).astype(np.uint8)


@pytest.mark.parametrize("tiles", [CAVES, PACMAN], ids=lambda t: t.name)
@given(seed=st.integers(0, 2**32))
def test_any_level_becomes_sound_and_no_change_is_needless(tiles: TileSet, seed: int) -> None:
    level = random_level(tiles, seed)
    before = level.copy()
    found = repair(tiles, level)
    assert (level == before).all()
    assert found.sound
    assert not problems(tiles, found.level)
    assert (found.level == repair(tiles, level).level).all()
    assert [(c.row, c.column) for c in found.changes] == [(r + 1, c + 1) for r, c in np.argwhere(found.level != level)]
    for change in found.changes:
        without = found.level.copy()
        at = change.row - 1, change.column - 1
        assert (change.was, change.now) == (tiles.names[level[at]], tiles.names[found.level[at]])
        without[at] = level[at]
        assert not is_sound(read_rules(tiles), without)


@given(seed=st.integers(0, 2**32))
def test_with_costs_too(seed: int) -> None:
    level = random_level(PACMAN, seed)
    costs = np.random.default_rng(seed).exponential(3.0, (*level.shape, len(PACMAN)))
    assert repair(PACMAN, level, costs).sound


@given(seed=st.integers(0, 2**32))
def test_a_sound_level_stays(seed: int) -> None:
    sound = repair(PACMAN, random_level(PACMAN, seed)).level
    again = repair(PACMAN, sound)
    assert (again.changes, again.problems) == ((), ())
    assert (again.level == sound).all()


def test_few_changes_more_than_the_fewest() -> None:
    tiles = caves(HERO + REACH)
    shape = (2, 4)
    rules = read_rules(tiles)
    every = np.array(list(itertools.product(range(4), repeat=8)), np.uint8)
    one = every[(every == 3).sum(1) == 1]
    sound = one[[is_sound(rules, level.reshape(shape)) for level in one]]
    more = []
    for level in np.random.default_rng(0).integers(0, 4, (40, *shape)).astype(np.uint8):
        fewest = int((sound != level.reshape(-1)).sum(1).min())
        more.append(len(repair(tiles, level).changes) - fewest)
    assert min(more) == 0
    assert sum(more) <= 4
    assert max(more) <= 1


def test_few_changes_more_than_the_fewest_with_a_border() -> None:
    shape, rock, hero = (3, 5), 2, 3
    rules, found = read_rules(CAVES), []
    for left, *inner, right in itertools.product(range(4), repeat=5):
        level = np.full(shape, rock, np.uint8)
        level[1] = (left, *inner, right)
        if (level == hero).sum() == 1 and is_sound(rules, level):
            found.append(level.reshape(-1))
    sound, more = np.array(found), []
    for level in np.random.default_rng(0).integers(0, 4, (40, *shape)).astype(np.uint8):
        fewest = int((sound != level.reshape(-1)).sum(1).min())
        more.append(len(repair(CAVES, level).changes) - fewest)
    assert (min(more), max(more)) == (0, 1)
    assert sum(more) <= 3


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("#####\n#@. #\n### #\n#.# #\n#####",
         "#####\n#@. #\n# # #\n#.# #\n#####", ["row 3, column 2: rock became floor"]),
        ("#####\n#@. .\n#####", "#####\n#@. #\n#####", ["row 2, column 5: coin became rock"]),
        ("#####\n @  #\n#####", "#####\n#@  #\n#####", ["row 2, column 1: floor became rock"]),
        ("#####\n@ ..#\n#####", "#####\n@ .. \n#####", ["row 2, column 5: rock became floor"]),
        ("#####\n#  .#\n#####", "#####\n#@ .#\n#####", ["row 2, column 2: floor became hero"]),
        ("#####\n#@.@#\n#####", "#####\n#@. #\n#####", ["row 2, column 4: hero became floor"]),
    ],
    ids=["a way", "a border", "half a tunnel", "the hero's tunnel", "no hero", "two heroes"],
)  # fmt: skip
def test_small_repairs(before: str, after: str, changes: list[str]) -> None:
    found = repair(CAVES, from_characters(CAVES, before))
    assert to_characters(CAVES, found.level) == after + "\n"
    assert [str(change) for change in found.changes] == changes


def test_costs_decide() -> None:
    """A reader that is not sure of the coin has it taken out, rather than a way opened."""
    level = from_characters(CAVES, "#####\n#@#.#\n#####")
    costs = np.full((3, 5, 4), 5.0)
    np.put_along_axis(costs, level[..., None].astype(np.int64), 0.0, 2)
    assert to_characters(CAVES, repair(CAVES, level, costs).level) == "#####\n#@ .#\n#####\n"
    costs[1, 3, 2] = 0.5
    assert to_characters(CAVES, repair(CAVES, level, costs).level) == "#####\n#@###\n#####\n"


def test_what_cannot_be_repaired_is_told() -> None:
    tiles = caves('[[rule]]\nkind = "count"\ntile = "coin"\nexactly = 10\n')
    found = repair(tiles, np.ones((3, 3), np.uint8))
    assert not found.sound
    assert [str(problem) for problem in found.problems] == ["there are 9 coin tiles, expected exactly 10"]


def test_costs_of_another_shape() -> None:
    with pytest.raises(ProgramError) as caught:
        repair(CAVES, np.ones((3, 3), np.uint8), np.zeros((3, 3, 5)))
    assert str(caught.value) == (
        "costs have the shape (3, 3, 5), the level with its tiles (3, 3, 4)\n  -> give one cost a row, column and tile"
    )
