"""The language of a tile set: programs above the tiles, such as runs, rectangles, rows and mirrors.

`language` declares a whole family from a tile set. The TOML file is read when the family is declared, which is quick;
everything else loads on first use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2c_core.families import Family
from i2c_core.loops import Loops
from i2c_core.references import resolve
from i2c_core.tilesets.formats import FORMATS
from i2c_core.tilesets.looping import POSITIONS
from i2c_core.tilesets.tileset import SPACE, TileSet

PIXELS = 8  # of a tile's side in the reference picture, at least
SIDE = 256  # pixels of the reference picture, at least

SIGNATURE = """
level     : (w: Columns, h: Rows, ground: Tile, body: Body) -> Level
cons      : (first: Statement, rest: Body) -> Body
nil       : Body
rectangle : (tile: Tile, x1: X, y1: Y, x2: X >= x1, y2: Y >= y1) -> Shape
frame     : (tile: Tile, x1: X, y1: Y, x2: X >= x1, y2: Y >= y1) -> Shape
across    : (tile: Tile, x: X, y: Y, n: X) -> Shape
down      : (tile: Tile, x: X, y: Y, n: Y) -> Shape
put       : (tile: Tile, x: X, y: Y) -> Shape
row       : (y: Y, cells: Cells) -> Shape
mirror    : (axis: Axis, parts: Parts) -> Statement
also      : (first: Shape, rest: Parts) -> Parts
stop      : Parts
Statement > Shape
Axis      = left-right | top-bottom | both
Columns   = {smallest[0]}..{largest[0]}
Rows      = {smallest[1]}..{largest[1]}
X         = 1..{largest[0]}
Y         = 1..{largest[1]}
Tile      = {names}
Cells     = /[{cells}]+/
"""

GRAMMAR = r"""
// {doc}
//
//     level 20 x 7 of {ground}
//     frame {tile} 1, 1 to 20, 7
//     rectangle {tile} 3, 3 to 4, 5
//     across {tile} 9, 2 length 4
//     down {tile} 3, 2 length 3
//     put {tile} 9, 2
//     row 2 {sample}
//     mirror left-right {{
//       across {tile} 3, 3 length 2
//     }}
//
// The first line says columns, rows and the tile that lies beneath everything. Columns count from 1 at the left, rows
// from 1 at the top. A frame is the outline of a rectangle. `across` runs to the right, `down` downwards. A row writes
// tiles by their characters from column 1 on, with _ for a space. A mirror draws what is in it again on the other side;
// there are also `top-bottom`, and `both` for four images.
//
// The order of statements means nothing: where they overlap, the tile that is later in TILE shows. The tile beneath
// everything is the lowest of all, and what lies outside the level is cut off.

?start: level

level: "level" NUMBER "x" NUMBER "of" TILE body

body: _END lines
    | _INDENT lines
    | _INDENT _END lines
    |                         -> nil

lines: statement body         -> cons
     |                        -> nil

?statement: shape
          | "mirror" AXIS "{{" parts "}}" -> mirror

parts: more                   // on lines of their own, as they are printed
     | inline

inline: first
first: shape more             -> also

more: _INDENT shape more      -> also
    | _END shape more         -> also
    | _INDENT _END shape more -> also
    | _END                    -> stop
    | _INDENT                 -> stop
    | _INDENT _END            -> stop
    |                         -> stop

shape: "rectangle" TILE NUMBER "," NUMBER "to" NUMBER "," NUMBER -> rectangle
     | "frame" TILE NUMBER "," NUMBER "to" NUMBER "," NUMBER     -> frame
     | "across" TILE NUMBER "," NUMBER "length" NUMBER           -> across
     | "down" TILE NUMBER "," NUMBER "length" NUMBER             -> down
     | "put" TILE NUMBER "," NUMBER                              -> put
     | "row" NUMBER CELLS                                        -> row

AXIS: "left-right" | "top-bottom" | "both"
TILE: {tiles}
CELLS.1: /[{cells}]+/
NUMBER: /[0-9]+/
_INDENT.1: /\n  /
_END: /[\n;](\s|;|\/\/[^\n]*)*/

%ignore /[ \t\r]+/
%ignore /\/\/[^\n]*/
"""

# Two cores see some 40 sheets of 14 x 14 tiles a second in bfloat16, of which one draws and one learns.
RECIPE = {
    "model": {"channels": 32, "blocks": 2},
    "data": {"height": 192, "width": 192},
    "optim": {"lr": 2e-3, "weight_decay": 0.02, "clip": 5.0},
    "run": {"steps": 4_000, "batch_size": 32, "precision": "bf16", "calibration_samples": 300},
}


def language(tiles: str | Path | TileSet, name: str | None = None, **more: Any) -> Family:
    """The family whose programs are levels of a tile set.

    Args:
        tiles: a tile set, a path to its TOML file, or `package:file.toml`.
        name: of the family; the tile set's own without it.
        more: what else `Family` takes, or takes in place of what is declared here.

    Raises:
        TileSetError: the tile set cannot be read; names the file and the key.
    """
    given = str(tiles) if isinstance(tiles, Path) else tiles
    found = given if isinstance(given, TileSet) else TileSet.load(given)
    columns, rows = found.largest
    declared: dict[str, Any] = {
        "root": "Level",
        "signature": signature(found),
        "grammar": grammar(found),
        "render": _Bound("i2c_core.tiles.render:render", given),
        "batched": True,
        "channels": 3,
        "size": (max(SIDE, PIXELS * rows), max(SIDE, PIXELS * columns)),
        "any_size": True,
        "sample": "i2c_core.tilesets.sampling:sample",
        "tiles": given,
        "sketches": _Bound("i2c_core.tiles.sheets:sketches", given),
        "formats": FORMATS,
        "synthesize": "i2c_core.tilesets.covering:synthesize",
        "lint": "i2c_core.tilesets.soundness:lint",
        "repair": "i2c_core.tilesets.repairing:repair_program",
        "loops": Loops(POSITIONS, commands="i2c_core.tilesets.looping:commands"),
        "learner": "tiles",
        "recipe": RECIPE,
        "budget": budget(found),
        "doc": found.doc,
        "examples": (example(found),),
    }
    return Family(name or found.name, **(declared | more))


def budget(tiles: TileSet) -> int:
    """Tokens that the largest level has room for: its plain form, and 64 more."""
    columns, rows = tiles.largest
    return 5 + rows * (columns + 4) + 64


def signature(tiles: TileSet) -> str:
    """The symbol table of a tile set's language."""
    return SIGNATURE.format(
        smallest=tiles.smallest, largest=tiles.largest, names=" | ".join(tiles.names), cells=_cells(tiles)
    )


def grammar(tiles: TileSet) -> str:
    """The Lark grammar of a tile set's language."""
    return GRAMMAR.lstrip("\n").format(
        doc=(tiles.doc or f"Levels of the tile set {tiles.name}").replace("\n", " "),
        ground=tiles.names[tiles.default],
        tile=_border(tiles),
        sample=(tiles.chars.replace(" ", SPACE) * 4)[: max(7, len(tiles))],
        tiles=" | ".join(f'"{n}"' for n in tiles.names),
        cells=_cells(tiles),
    )


def example(tiles: TileSet) -> str:
    """A level that every tile set has, as text: a frame with one tile in its corner, or near it."""
    columns, rows = (min(high, max(low, 8)) for low, high in zip(tiles.smallest, tiles.largest, strict=True))
    ground, border, last = tiles.names[tiles.default], _border(tiles), tiles.names[-1]
    x, y = min(2, columns), min(2, rows)
    return f"level {columns} x {rows} of {ground}\nframe {border} 1, 1 to {columns}, {rows}\nput {last} {x}, {y}"


def _border(tiles: TileSet) -> str:
    """The tile for examples of shapes: the first that is drawn in blocks."""
    return next((t.name for t in tiles.tiles if any(w.block for w in t.sketch)), tiles.names[-1])


def _cells(tiles: TileSet) -> str:
    """The tiles' characters as they stand in the brackets of a regular expression."""
    return "".join(re.escape(c) if c in r"\]^-" else r"\/" if c == "/" else c for c in tiles.chars.replace(" ", SPACE))


@dataclass(frozen=True)
class _Bound:
    """A function of the core that is told the tile set: `function(..., tiles)`; imported on first use."""

    reference: str
    tiles: str | TileSet

    def __call__(self, *args: Any) -> Any:
        tiles = self.tiles if isinstance(self.tiles, TileSet) else TileSet.load(self.tiles)
        return resolve(self.reference, "tiles")(*args, tiles)
