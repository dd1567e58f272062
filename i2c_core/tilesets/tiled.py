"""Maps of the Tiled editor: JSON with the tile set in it, https://doc.mapeditor.org/en/stable/reference/json-map-format.

The tiles' names are their classes in Tiled (the key `type`; Tiled 1.9 wrote `class`). Tiled draws the tiles from a
picture beside the map, as this format cannot hold one; without it the map opens too, with placeholders. A cell without
a tile (number 0) is the tile that stands for nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import FormatError
from i2c_core.soundness import where
from i2c_core.tilesets.formats import require_size
from i2c_core.tilesets.level import Level
from i2c_core.tilesets.statements import level_of, plain
from i2c_core.tilesets.tileset import TileSet, tileset_of

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.programs import Program

SIDE = 32  # pixels of a tile in the picture beside a map
TURNED = 0xF0000000  # the bits of a cell's number that say how its tile is turned or flipped
SAVE = "save it as a JSON map (.tmj) in Tiled"


def write(family: Family, program: Program) -> str:
    """The level as a map with one layer."""
    return to_map(tileset_of(family), level_of(family, program))


def read(family: Family, text: str) -> Program:
    """The plain program of the level in a map's only layer of tiles.

    Raises:
        FormatError: it is no map, one that is not rectangular and bounded, one with several layers, or one whose tiles
            are not those of the family; says the row and column where a cell is to blame.
    """
    return plain(family, from_map(tileset_of(family), text))


def sheet_name(tiles: TileSet) -> str:
    """The file of the picture that a map draws its tiles from."""
    return f"{tiles.name}.png"


def to_map(tiles: TileSet, level: Level) -> str:
    """A level (R, C) as the text of a map; a line of numbers a row."""
    rows, columns = level.shape
    count = len(tiles.tiles)
    tile_set = {
        "firstgid": 1,
        "name": tiles.name,
        "columns": count,
        "image": sheet_name(tiles),
        "imagewidth": count * SIDE,
        "imageheight": SIDE,
        "margin": 0,
        "spacing": 0,
        "tilecount": count,
        "tilewidth": SIDE,
        "tileheight": SIDE,
        "tiles": [{"id": number, "type": tile.name} for number, tile in enumerate(tiles.tiles)],
    }
    layer = {"id": 1, "name": "level", "type": "tilelayer", "visible": True, "opacity": 1, "x": 0, "y": 0}
    layer |= {"width": columns, "height": rows, "data": []}
    record = {
        "type": "map",
        "version": "1.10",
        "orientation": "orthogonal",
        "renderorder": "right-down",
        "infinite": False,
        "width": columns,
        "height": rows,
        "tilewidth": SIDE,
        "tileheight": SIDE,
        "nextlayerid": 2,
        "nextobjectid": 1,
        "backgroundcolor": tiles.background,
        "tilesets": [tile_set],
        "layers": [layer],
    }
    numbers = ",\n    ".join(", ".join(str(kind + 1) for kind in row) for row in level.tolist())
    return json.dumps(record, indent=1, ensure_ascii=False).replace('"data": []', f'"data": [\n    {numbers}\n   ]')


def from_map(tiles: TileSet, text: str) -> Level:
    """The level (R, C) in the text of a map; raises `FormatError` as `read` does."""
    record = _parsed(text)
    orientation = record.get("orientation")
    if orientation != "orthogonal":
        raise FormatError(f"this map is {_shown(orientation)}, expected orthogonal", "make an orthogonal map in Tiled")
    if record.get("infinite"):
        raise FormatError("this map is infinite", "turn Infinite off in the map's properties in Tiled")
    layer = _only_layer(record)
    rows, columns = (_number(layer.get(key, record.get(key)), key) for key in ("height", "width"))
    require_size(tiles, rows, columns)
    numbers = _numbers(layer, rows * columns)
    if len(numbers) != rows * columns:
        fact = f"the layer has {len(numbers)} cells, and {columns} columns by {rows} rows"
        raise FormatError(fact, SAVE)
    meanings = _Meanings(tiles, record)
    kinds = [meanings.kind(n, (at // columns + 1, at % columns + 1)) for at, n in enumerate(numbers)]
    return np.array(kinds, np.uint8).reshape(rows, columns)


class _Meanings:
    """What the numbers of a map's cells stand for."""

    def __init__(self, tiles: TileSet, record: dict[str, Any]) -> None:
        self.tiles = tiles
        self.names = [tile.name for tile in tiles.tiles]
        sets = record.get("tilesets")
        found = [s for s in sets if isinstance(s, dict)] if isinstance(sets, list) else []
        self.sets = sorted(((_number(s.get("firstgid"), "firstgid"), s) for s in found), key=lambda s: s[0])
        self.known: dict[int, int] = {0: tiles.default}

    def kind(self, number: int, place: tuple[int, int]) -> int:
        """The tile of a cell's number."""
        if number not in self.known:
            self.known[number] = self._kind(number, place)
        return self.known[number]

    def _kind(self, number: int, place: tuple[int, int]) -> int:
        if number & TURNED:
            raise FormatError(f"{where(place)}: the tile is turned or flipped", "turn it back in Tiled: keys X, Y, Z")
        first, found = next(((f, s) for f, s in reversed(self.sets) if f <= number), (0, None))
        if found is None:
            raise FormatError(f"{where(place)}: no tile set of this map has the number {number}", SAVE)
        if "source" in found:
            fact = f"{where(place)}: the tile is in the file {_shown(found['source'])}, not in the map"
            raise FormatError(fact, "embed the tile set in Tiled: 'Embed Tileset' below it")
        name = self._name(found, number - first)
        if name in self.names:
            return self.names.index(name)
        said = f"tile {_shown(name)}" if name else f"tile {number - first}"
        fact = f"{where(place)}: {said} of the tile set {_shown(found.get('name'))} is no tile of {self.tiles.name}"
        raise FormatError(fact, f"set the class of each tile to one of {', '.join(self.names)} in Tiled")

    def _name(self, found: dict[str, Any], local: int) -> str:
        """The class of a tile; the tile set's own one of that number where a set of its name has no classes."""
        records = found.get("tiles")
        said = [t for t in records if isinstance(t, dict)] if isinstance(records, list) else []
        classes = {t.get("id"): t.get("type") or t.get("class") for t in said}
        if any(classes.values()):
            return str(classes.get(local) or "")
        same = found.get("name") == self.tiles.name and found.get("tilecount") == len(self.names)
        return self.names[local] if same and local < len(self.names) else ""


def _parsed(text: str) -> dict[str, Any]:
    try:
        record = parse_json(text)
    except DocumentError as error:
        raise FormatError(f"this is {error}", SAVE) from None
    if not isinstance(record, dict) or "layers" not in record or record.get("type", "map") != "map":
        raise FormatError("this JSON is no map of Tiled", SAVE)
    return record


def _only_layer(record: dict[str, Any]) -> dict[str, Any]:
    found = record["layers"]
    layers = [layer for layer in found if isinstance(layer, dict)] if isinstance(found, list) else []
    for layer in layers:
        if layer.get("type") != "tilelayer":
            fact = f"layer {_shown(layer.get('name'))} is of type {_shown(layer.get('type'))}, expected tilelayer"
            raise FormatError(fact, "keep one layer of tiles in Tiled")
    if len(layers) != 1:
        raise FormatError(f"this map has {len(layers)} layers, expected 1", "merge them into one layer in Tiled")
    return layers[0]


def _numbers(layer: dict[str, Any], cells: int) -> list[int]:
    """The numbers of a layer's cells, of at most one cell more than there are, row by row."""
    data, encoding, compression = layer.get("data"), layer.get("encoding", "csv"), layer.get("compression") or ""
    if isinstance(data, list):
        return [_number(one, f"cell {at}") for at, one in enumerate(data[: cells + 1], 1)]
    if not isinstance(data, str) or encoding != "base64":
        raise FormatError(f"the layer's data is {_shown(encoding)}, expected csv or base64", SAVE)
    if compression not in ("", "zlib", "gzip"):
        hint = "choose CSV, or base64 with zlib or gzip, as the map's tile layer format in Tiled"
        raise FormatError(f"the layer's data is compressed by {_shown(compression)}", hint)
    most = 4 * (cells + 1)  # bytes, so that nothing can fill the memory
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
        if compression:
            content = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, most)  # 32: zlib or gzip
    except (binascii.Error, zlib.error, ValueError) as error:
        raise FormatError(f"the layer's data cannot be unpacked: {error}", SAVE) from None
    content = content[:most]
    return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))


def _number(value: object, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FormatError(f"{what} of this map is {_shown(value)}", "write a whole number, 0 or more")
    return value


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
