"""Levels as comma-separated values: the names of the tiles, one line a row."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

from i2c_core.errors import FormatError, suggest
from i2c_core.soundness import where
from i2c_core.tilesets.formats import require_equal, require_size
from i2c_core.tilesets.statements import level_of, plain
from i2c_core.tilesets.tileset import tileset_of

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.programs import Program


def write(family: Family, program: Program) -> str:
    """The level as the names of its tiles."""
    names = [tile.name for tile in tileset_of(family).tiles]
    text = io.StringIO()
    rows = level_of(family, program).tolist()
    csv.writer(text, lineterminator="\n").writerows([names[kind] for kind in row] for row in rows)
    return text.getvalue()


def read(family: Family, text: str) -> Program:
    """The plain program of a level that is written as names.

    Raises:
        FormatError: the text is empty or no CSV, its rows are unequal, or a name is that of no tile.
    """
    tiles = tileset_of(family)
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").rstrip("\n")), strict=True)
    try:
        rows = [[name.strip() for name in row] for row in reader]
    except csv.Error as error:
        raise FormatError(f"this is no CSV: line {reader.line_num}: {error}", "write the names of tiles") from None
    names = [tile.name for tile in tiles.tiles]
    numbers = {name: number for number, name in enumerate(names)}
    require_size(tiles, len(rows), max(map(len, rows), default=0))
    for r, row in enumerate(rows, 1):
        for c, name in enumerate(row, 1):
            if name not in numbers:
                hint = suggest(name, names, f"its tiles are {', '.join(names)}")
                raise FormatError(f"{where((r, c))}: {name!r} is no tile of {tiles.name}", hint)
    require_equal(rows, "names", "write as many names in each row")
    return plain(family, np.array([[numbers[name] for name in row] for row in rows], np.uint8))
