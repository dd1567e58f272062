"""Formats of levels, declared; the modules that they name load on first use. And what all of them refuse.

A text is read as a level first, an array (R, C) of tile indices, and becomes the plain program of it. Rows and columns
in errors count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from i2c_core.errors import FormatError
from i2c_core.formats import Format

if TYPE_CHECKING:
    from i2c_core.tilesets.tileset import TileSet

# What is read says the same level, in the plain form: a program that says it shorter is not what comes back.
LAY = Format(
    "lay",
    ".lay",
    "i2c_core.tilesets.characters:write",
    "i2c_core.tilesets.characters:read",
    exact=False,
    doc="one character a tile, one line a row",
)
CSV = Format(
    "csv",
    ".csv",
    "i2c_core.tilesets.csv_format:write",
    "i2c_core.tilesets.csv_format:read",
    exact=False,
    doc="the tiles' names, separated by commas, one line a row",
)
TILED = Format(
    "tiled",
    ".tmj",
    "i2c_core.tilesets.tiled:write",
    "i2c_core.tilesets.tiled:read",
    exact=False,
    beside="i2c_core.tilesets.tilesheet:files",
    doc="a map of the Tiled editor, with its tile set",
)
FORMATS = (LAY, CSV, TILED)


def require_size(tiles: TileSet, rows: int, columns: int) -> None:
    """Raise `FormatError` unless the tile set has levels of this size."""
    if not rows or not columns:
        raise FormatError("there is no level in it", "write a row of tiles a line")
    (least_columns, least_rows), (most_columns, most_rows) = tiles.smallest, tiles.largest
    if not (least_columns <= columns <= most_columns and least_rows <= rows <= most_rows):
        fact = f"the level has {columns} columns and {rows} rows"
        hint = (
            f"levels of {tiles.name} have {least_columns} to {most_columns} columns, {least_rows} to {most_rows} rows"
        )
        raise FormatError(fact, hint)


def require_equal(rows: Sequence[Sequence[object]], what: str, hint: str) -> None:
    """Raise `FormatError` unless all rows have one length."""
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise FormatError(f"row {number} has {len(row)} {what}, row 1 has {len(rows[0])}", hint)
