"""Formats of levels: each says every level and reads it back, and refuses what is none with one clear error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import FormatError
from i2c_core.families import Family
from i2c_core.formats import find_format
from i2c_core.plugins import get_family
from i2c_core.tilesets import Plan, Shape, language, level_of, plain, program_of, read_tileset, tileset_of
from i2c_core.tilesets.repairing import repair
from tests.i2c_core.tilesets.test_tile_rules import TILES

PACMAN = get_family("pacman")
CAVES = language(read_tileset(TILES, "caves.toml"))
OWN = ("lay", "csv", "tiled")
FORMATS = (*OWN, "text", "json")
LARGE = language(Path(__file__).parents[2] / "support" / "caves.toml")  # 14 tiles
KNOWN = "'.' dot, ' ' empty, '%' wall, 'o' power, 'G' ghost, 'P' pacman"
SIZES = "levels of pacman have 3 to 32 columns, 3 to 32 rows"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("family", [PACMAN, CAVES], ids=lambda f: f.name)
@given(seed=st.integers(0, 2**32))
def test_each_format_says_every_level(family: Family, name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = rng.integers(0, len(tileset_of(family)), tuple(rng.integers(3, 12, 2))).astype(np.uint8)
    program = plain(family, level)
    format_ = find_format(family, name)
    text = format_.dumps(family, program)
    assert format_.loads(family, text) == program
    assert format_.loads(family, text.replace("\n", "\r\n")) == program


@pytest.mark.parametrize("name", FORMATS)
def test_a_level_of_14_tiles_and_100_by_14(name: str) -> None:
    tiles = tileset_of(LARGE)
    assert len(tiles) == 14
    level = np.random.default_rng(0).integers(0, 14, (14, 100)).astype(np.uint8)
    program = plain(LARGE, level)
    format_ = find_format(LARGE, name)
    assert format_.loads(LARGE, format_.dumps(LARGE, program)) == program
    assert repair(tiles, level).sound


@pytest.mark.parametrize("name", OWN)
def test_a_short_program_comes_back_as_the_plain_one(name: str) -> None:
    plan = Plan(5, 4, 0, (Shape("frame", 2, (1, 1, 5, 4)), Shape("put", 5, (3, 2))))
    program = program_of(PACMAN, plan)
    format_ = find_format(PACMAN, name)
    read = format_.loads(PACMAN, format_.dumps(PACMAN, program))
    assert read == plain(PACMAN, level_of(PACMAN, program))
    assert not format_.exact


def test_what_each_format_looks_like() -> None:
    program = PACMAN.parse("level 4 x 3 of wall\nrow 2 %P.\nput ghost 4, 3")
    assert find_format(PACMAN, "lay").dumps(PACMAN, program) == "%%%%\n%P.%\n%%%G\n"
    assert find_format(PACMAN, "csv").dumps(PACMAN, program) == (
        "wall,wall,wall,wall\nwall,pacman,dot,wall\nwall,wall,wall,ghost\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("lay", "", "there is no level in it\n  -> write a row of tiles a line"),
        ("lay", "\n\n", "there is no level in it\n  -> write a row of tiles a line"),
        ("lay", "%%%\n%%\n%%%", "row 2 has 2 characters, row 1 has 3\n"
         "  -> make all rows equally long, with spaces at the end where nothing is"),
        ("lay", "%%%\n\n%%%", "row 2 has 0 characters, row 1 has 3\n"
         "  -> make all rows equally long, with spaces at the end where nothing is"),
        ("lay", "%%%\n%x%\n%%%", f"row 2, column 2: 'x' stands for no tile\n  -> use one of {KNOWN}"),
        ("lay", "%%%\n%\t%\n%%%", f"row 2, column 2: '\\t' stands for no tile\n  -> use one of {KNOWN}"),
        ("lay", "%%\n%%\n", f"the level has 2 columns and 2 rows\n  -> {SIZES}"),
        ("lay", "%" * 300 + "\n" + ("%" * 300 + "\n") * 299, f"the level has 300 columns and 300 rows\n  -> {SIZES}"),
        ("csv", "", "there is no level in it\n  -> write a row of tiles a line"),
        ("csv", "wall,wall,wall\nwall,wal,wall\nwall,wall,wall",
         "row 2, column 2: 'wal' is no tile of pacman\n  -> did you mean 'wall'?"),
        ("csv", "wall,wall,wall\nwall,,wall\nwall,wall,wall",
         "row 2, column 2: '' is no tile of pacman\n  -> its tiles are dot, empty, wall, power, ghost, pacman"),
        ("csv", "wall,wall,wall\nwall,wall\nwall,wall,wall",
         "row 2 has 2 names, row 1 has 3\n  -> write as many names in each row"),
        ("csv", 'wall,wall,wall\nwall,"wall',
         "this is no CSV: line 2: unexpected end of data\n  -> write the names of tiles"),
        ("csv", "wall;wall;wall\n" * 3, f"the level has 1 columns and 3 rows\n  -> {SIZES}"),
        ("csv", "wall,wall\nwall,wall", f"the level has 2 columns and 2 rows\n  -> {SIZES}"),
    ],
)  # fmt: skip
def test_what_is_no_level(name: str, text: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        find_format(PACMAN, name).loads(PACMAN, text)
    assert str(caught.value) == message


def test_names_may_have_spaces_around_them() -> None:
    program = find_format(PACMAN, "csv").loads(PACMAN, "wall, wall ,wall\nwall,dot,wall\nwall,wall,wall\n\n")
    assert find_format(PACMAN, "lay").dumps(PACMAN, program) == "%%%\n%.%\n%%%\n"
