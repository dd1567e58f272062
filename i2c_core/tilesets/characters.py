"""Levels as characters: one a tile, one line a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from i2c_core.errors import FormatError
from i2c_core.soundness import where
from i2c_core.tilesets.formats import require_equal, require_size
from i2c_core.tilesets.level import Level
from i2c_core.tilesets.statements import level_of, plain
from i2c_core.tilesets.tileset import TileSet, tileset_of

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.programs import Program


def write(family: Family, program: Program) -> str:
    """The level as characters."""
    return to_characters(tileset_of(family), level_of(family, program))


def read(family: Family, text: str) -> Program:
    """The plain program of a level that is written as characters.

    Raises:
        FormatError: the text is empty, its rows are unequal, or a character stands for no tile.
    """
    return plain(family, from_characters(tileset_of(family), text))


def to_characters(tiles: TileSet, level: Level) -> str:
    """A level (R, C) as text, a line a row, each with its end."""
    characters = [tile.char for tile in tiles.tiles]
    return "".join("".join(characters[kind] for kind in row) + "\n" for row in level.tolist())


def from_characters(tiles: TileSet, text: str) -> Level:
    """The level (R, C) that a text of characters says; empty lines at its end are left out.

    Raises:
        FormatError: the text is empty, its rows are unequal, or a character stands for no tile.
    """
    body = text.replace("\r\n", "\n").rstrip("\n")
    rows = body.split("\n") if body else []
    numbers = {tile.char: number for number, tile in enumerate(tiles.tiles)}
    require_size(tiles, len(rows), max(map(len, rows), default=0))
    for r, row in enumerate(rows, 1):
        for c, character in enumerate(row, 1):
            if character not in numbers:
                known = ", ".join(f"{tile.char!r} {tile.name}" for tile in tiles.tiles)
                raise FormatError(f"{where((r, c))}: {character!r} stands for no tile", f"use one of {known}")
    nothing = tiles.tiles[tiles.default].char
    end = f"{'spaces' if nothing == ' ' else repr(nothing)}"
    require_equal(rows, "characters", f"make all rows equally long, with {end} at the end where nothing is")
    return np.array([[numbers[character] for character in row] for row in rows], np.uint8)
