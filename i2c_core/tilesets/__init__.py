"""Levels of tiles: tile sets, their language, formats and rules. Nothing here imports torch."""

from i2c_core.tilesets.language import language
from i2c_core.tilesets.paths import Curve, PathError, Piece, flatten, read_path
from i2c_core.tilesets.reading import read_tileset
from i2c_core.tilesets.statements import Mirror, Plan, Shape, draw, level_of, plain, plan_of, program_of
from i2c_core.tilesets.tileset import Part, Rule, Tile, TileSet, TileSetError, Way, tileset_of

__all__ = [
    "Curve",
    "Mirror",
    "Part",
    "PathError",
    "Piece",
    "Plan",
    "Rule",
    "Shape",
    "Tile",
    "TileSet",
    "TileSetError",
    "Way",
    "draw",
    "flatten",
    "language",
    "level_of",
    "plain",
    "plan_of",
    "program_of",
    "read_path",
    "read_tileset",
    "tileset_of",
]
