"""Maps of the Tiled editor: a golden one, all ways that Tiled itself writes cells, and maps of other games."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from i2c_core.errors import FormatError
from i2c_core.formats import find_format
from i2c_core.plugins import get_family
from i2c_core.tilesets import tileset_of
from i2c_core.tilesets.icons import atlas
from i2c_core.tilesets.tilesheet import sheet

PACMAN = get_family("pacman")
TILED = find_format(PACMAN, "tiled")
LEVEL = "%%%%%\n .P. \n%oG%%\n%%%%%\n"
GOLDEN = Path(__file__).with_name("golden") / "level.tmj"
SAVE = "\n  -> save it as a JSON map (.tmj) in Tiled"


def record() -> dict[str, Any]:
    program = find_format(PACMAN, "lay").loads(PACMAN, LEVEL)
    found: dict[str, Any] = json.loads(TILED.dumps(PACMAN, program))
    return found


def read(found: object) -> str:
    return find_format(PACMAN, "lay").dumps(PACMAN, TILED.loads(PACMAN, json.dumps(found)))


def test_a_map_is_written_as_it_was() -> None:
    program = find_format(PACMAN, "lay").loads(PACMAN, LEVEL)
    assert TILED.dumps(PACMAN, program) == GOLDEN.read_text(encoding="utf-8")


def numbers() -> list[int]:
    found: list[int] = record()["layers"][0]["data"]
    return found


def packed(pack: Callable[[bytes], bytes]) -> str:
    return base64.b64encode(pack(struct.pack(f"<{len(numbers())}I", *numbers()))).decode()


@pytest.mark.parametrize(
    ("compression", "pack"),
    [(None, bytes), ("", bytes), ("zlib", zlib.compress), ("gzip", gzip.compress)],
    ids=["none", "empty", "zlib", "gzip"],
)
def test_cells_may_be_packed(compression: str | None, pack: Callable[[bytes], bytes]) -> None:
    found = record()
    layer = found["layers"][0] | {"encoding": "base64", "data": packed(pack)}
    found["layers"] = [layer if compression is None else layer | {"compression": compression}]
    assert read(found) == LEVEL


def test_a_cell_without_a_tile_is_empty() -> None:
    found = record()
    found["layers"][0]["data"] = [0 if n == 2 else n for n in numbers()]
    assert read(found) == LEVEL


def test_tiles_are_known_by_class_wherever_their_set_begins() -> None:
    found = record()
    tile_set = found["tilesets"][0]
    order = ["pacman", "wall", "dot", "ghost", "power", "empty"]
    own = [tile.name for tile in tileset_of(PACMAN).tiles]
    tile_set |= {"name": "mine", "firstgid": 101, "tiles": [{"id": n, "class": c} for n, c in enumerate(order)]}
    other = tile_set | {"name": "other", "firstgid": 1, "tiles": []}
    found["tilesets"] = [tile_set, other]
    found["layers"][0]["data"] = [101 + order.index(own[n - 1]) for n in numbers()]
    assert read(found) == LEVEL


def test_a_set_of_the_same_name_needs_no_classes() -> None:
    found = record()
    del found["tilesets"][0]["tiles"]
    assert read(found) == LEVEL


def _with(**more: Any) -> dict[str, Any]:
    return record() | more


def _layer(**more: Any) -> dict[str, Any]:
    return _with(layers=[record()["layers"][0] | more])


def _set(**more: Any) -> dict[str, Any]:
    return _with(tilesets=[record()["tilesets"][0] | more])


OTHER = [{"id": 0, "type": "grass"}, {"id": 1, "type": "empty"}]
CLASSES = "set the class of each tile to one of dot, empty, wall, power, ghost, pacman in Tiled"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], f"this JSON is no map of Tiled{SAVE}"),
        ({"type": "tileset", "layers": []}, f"this JSON is no map of Tiled{SAVE}"),
        (_with(orientation="isometric"),
         'this map is "isometric", expected orthogonal\n  -> make an orthogonal map in Tiled'),
        (_with(infinite=True), "this map is infinite\n  -> turn Infinite off in the map's properties in Tiled"),
        (_with(layers=record()["layers"] * 2),
         "this map has 2 layers, expected 1\n  -> merge them into one layer in Tiled"),
        (_with(layers=[]), "this map has 0 layers, expected 1\n  -> merge them into one layer in Tiled"),
        (_with(layers=[*record()["layers"], {"name": "things", "type": "objectgroup", "objects": []}]),
         'layer "things" is of type "objectgroup", expected tilelayer\n  -> keep one layer of tiles in Tiled'),
        (_layer(height=2),
         "the level has 5 columns and 2 rows\n  -> levels of pacman have 3 to 32 columns, 3 to 32 rows"),
        (_layer(height=300, width=300),
         "the level has 300 columns and 300 rows\n  -> levels of pacman have 3 to 32 columns, 3 to 32 rows"),
        (_layer(height="4"), 'height of this map is "4"\n  -> write a whole number, 0 or more'),
        (_layer(data=numbers()[:-1]), f"the layer has 19 cells, and 5 columns by 4 rows{SAVE}"),
        (_layer(data=[*numbers()[:-1], "3"]), 'cell 20 of this map is "3"\n  -> write a whole number, 0 or more'),
        (_layer(data="x"), f'the layer\'s data is "csv", expected csv or base64{SAVE}'),
        (_layer(data="!", encoding="base64"),
         f"the layer's data cannot be unpacked: Only base64 data is allowed{SAVE}"),
        (_layer(data=packed(bytes), encoding="base64", compression="zstd"),
         'the layer\'s data is compressed by "zstd"\n'
         "  -> choose CSV, or base64 with zlib or gzip, as the map's tile layer format in Tiled"),
        (_layer(data=packed(bytes), encoding="base64", compression="zlib"),
         f"the layer's data cannot be unpacked: Error -3 while decompressing data: incorrect header check{SAVE}"),
        (_layer(data=packed(lambda b: zlib.compress(b * 1000)), encoding="base64", compression="zlib"),
         f"the layer has 21 cells, and 5 columns by 4 rows{SAVE}"),
        (_layer(data=[*numbers()[:6], 0x80000001, *numbers()[7:]]),
         "row 2, column 2: the tile is turned or flipped\n  -> turn it back in Tiled: keys X, Y, Z"),
        (_layer(data=[*numbers()[:7], 99, *numbers()[8:]]),
         f'row 2, column 3: tile 98 of the tile set "pacman" is no tile of pacman\n  -> {CLASSES}'),
        (_with(tilesets=[]), f"row 1, column 1: no tile set of this map has the number 3{SAVE}"),
        (_set(name="farm", tiles=OTHER),
         f'row 1, column 1: tile 2 of the tile set "farm" is no tile of pacman\n  -> {CLASSES}'),
        (_set(name="farm", tiles=[*OTHER, {"id": 2, "type": "wall"}]),
         f'row 2, column 2: tile "grass" of the tile set "farm" is no tile of pacman\n  -> {CLASSES}'),
        (_with(tilesets=[{"firstgid": 1, "source": "farm.tsx"}]),
         'row 1, column 1: the tile is in the file "farm.tsx", not in the map\n'
         "  -> embed the tile set in Tiled: 'Embed Tileset' below it"),
    ],
)  # fmt: skip
def test_maps_of_other_games(found: object, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        TILED.loads(PACMAN, json.dumps(found))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", f"this is no JSON: line 1, column 2: Expecting property name enclosed in double quotes{SAVE}"),
        ("[" * 100_000, f"this is JSON nested too deeply{SAVE}"),
        ('{"layers": ' + "1" * 5000 + "}", f"this is JSON with a number that is too long{SAVE}"),
    ],
    ids=["broken", "deep", "long"],
)
def test_texts_that_are_no_json(text: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        TILED.loads(PACMAN, text)
    assert str(caught.value) == message


def test_the_picture_beside_a_map_holds_the_icons_in_their_order() -> None:
    files = TILED.files(PACMAN)
    assert list(files) == [record()["tilesets"][0]["image"]]
    tiles = tileset_of(PACMAN)
    with Image.open(io.BytesIO(sheet(tiles))) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels.shape == (32, 32 * len(tiles), 3)
    for number, icon in enumerate(np.asarray(atlas(tiles, 32))):
        assert (pixels[:, 32 * number : 32 * (number + 1)] == icon.transpose(1, 2, 0)).all()
