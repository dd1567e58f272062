"""Tile sets from TOML: what they say, and one clear error for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import CAVES

from i2c_core.tilesets import Part, TileSet, TileSetError, Way, read_tileset

SMALL = """
name = "small"
smallest = [2, 1]
largest = [9, 7]
default = "floor"

[[tile]]
name = "floor"
char = " "

[[tile]]
name = "wall"
char = "#"
often = 2
icon = [{ path = "M 0 0 H 1 V 1 H 0 Z", fill = "#ffffff" }]

[[tile.sketch]]
parts = [{ path = "M 0 0 H 1 V 1 H 0 Z", fill = "any", stroke = "pen" }]
optional = [{ path = "M 0 0 L 1 1", stroke = "pen" }]
turn = "any"
scale = [0.8, 1.1]
block = true
weight = 3

[[tile]]
name = "coin"
char = "o"
background = "#202020"
icon = [{ path = "M .2 .5 a .3 .3 0 1 1 .6 0 a .3 .3 0 1 1 -.6 0", stroke = "#ffff00", width = 0.2 }]

[[rule]]
kind = "count"
tile = "coin"
least = 1
"""


def test_what_a_tile_set_says() -> None:
    found = read_tileset(SMALL, "small.toml")
    assert (found.name, found.names, found.chars, found.default) == ("small", ("floor", "wall", "coin"), " #o", 0)
    assert (found.smallest, found.largest, found.outside, found.background) == ((2, 1), (9, 7), "#808080", "#000000")
    assert (found.index("coin"), len(found)) == (2, 3)
    wall = found.tiles[1]
    square = "M 0 0 H 1 V 1 H 0 Z"
    assert wall.sketch == (
        Way(
            (Part(square, "any", "pen"),),
            (Part("M 0 0 L 1 1", None, "pen"),),
            tuple(map(float, range(360))),
            (0.8, 1.1),
            True,
            3.0,
        ),
    )
    assert (wall.icon, wall.often) == ((Part(square, "#ffffff"),), 2.0)
    assert found.rules[0].kind == "count"
    assert found.rules[0].options == {"tile": "coin", "least": 1}


def test_a_tile_without_ways_to_sketch_it_is_drawn_like_its_icon() -> None:
    floor, _, coin = read_tileset(SMALL, "small.toml").tiles
    assert floor.sketch == ()
    assert [p.stroke for w in coin.sketch for p in w.parts] == ["pen"]
    assert [p.fill for w in coin.sketch for p in w.parts] == [None]


def test_a_tile_set_is_loaded_once() -> None:
    assert TileSet.load(CAVES) is TileSet.load(CAVES)


MISTAKES = [
    ('name = "coin"', 'name = "wall"', "tile 3 has the name 'wall' again\n  -> give each its own"),
    ('char = "o"', 'char = "#"', "tile coin has the char '#' of wall\n  -> give each its own"),
    ('char = "o"', 'char = "_"', "tile coin: char is '_'\n  -> use one printable ASCII character other than _ and |"),
    ('char = "o"', 'char = "oo"', "tile coin: char is 'oo'\n  -> use one printable ASCII character other than _ and |"),
    ('char = "o"', "", "tile coin: char is missing\n  -> give a text in quotes"),
    (
        'name = "coin"',
        'name = "frame"',
        "tile frame: name is 'frame', a word of the language\n  -> choose another name",
    ),
    ('name = "coin"', 'name = "Coin"', "tile Coin: name is 'Coin'\n  -> use lower-case letters, digits and hyphens"),
    ("often = 2", "oftn = 2", "tile wall: oftn is no key of a tile set\n  -> did you mean 'often'?"),
    ("often = 2", "often = -1", "tile wall: often is -1\n  -> give a number from 0 upwards"),
    ("often = 2", "often = inf", "tile wall: often is inf\n  -> give a number from 0 upwards"),
    ('tile = "coin"', 'tile = "coim"', "rule 1: tile names 'coim', which is no tile\n  -> did you mean 'coin'?"),
    ("[9, 7]", "[9, 300]", "largest is [9, 300]\n  -> give columns and rows, each from 1 to 256"),
    (
        "[2, 1]",
        "[2, 8]",
        "smallest is [2, 8], beyond largest = [9, 7]\n  -> give columns and rows that are no more than the largest",
    ),
    ('default = "floor"', 'default = "flor"', "default is 'flor'\n  -> did you mean 'floor'?"),
    ('"#ffffff"', '"white"', "tile wall: icon 1: fill is 'white'\n  -> write a colour as \"#rrggbb\""),
    ('fill = "any"', 'fill = "hatched"', "tile wall: sketch 1: parts 1: fill is 'hatched'\n  -> did you mean 'hatch'?"),
    ('turn = "any"', "turn = 90", 'tile wall: sketch 1: turn is 90\n  -> give a list of degrees, or "any"'),
    (
        "scale = [0.8, 1.1]",
        "scale = 1",
        "tile wall: sketch 1: scale is 1\n  -> give the least and the most, from 0 to 2",
    ),
    ("block = true", "block = 1", "tile wall: sketch 1: block is 1\n  -> use true or false"),
    (
        "M 0 0 L 1 1",
        "M 0 0 T 1 1",
        "tile wall: sketch 1: optional 1: the path 'M 0 0 T 1 1' has the command 'T'\n"
        "  -> use the commands M L H V C Q A Z, absolute or relative",
    ),
    (
        ', stroke = "#ffff00", width = 0.2',
        "",
        "tile coin: icon 1 has neither fill nor stroke\n  -> give it one of them",
    ),
    (
        'background = "#202020"\nicon = [{ path = "M .2 .5 a .3 .3 0 1 1 .6 0 a .3 .3 0 1 1 -.6 0", '
        'stroke = "#ffff00", width = 0.2 }]',
        "",
        "tile coin has the icon of floor\n  -> make their icons differ",
    ),
    ('kind = "count"', "", "rule 1: kind is missing\n  -> give a text in quotes"),
    ('name = "small"', "tile = 1\n#", "is no TOML"),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES, ids=lambda v: None)
def test_each_mistake_has_one_error(old: str, new: str, told: str) -> None:
    assert SMALL.count(old) >= 1
    text = SMALL.replace(old, new, 1)
    with pytest.raises(TileSetError) as error:
        read_tileset(text, "small.toml")
    assert str(error.value).startswith("small.toml")
    assert str(error.value) == f"small.toml: {told}" or told in error.value.fact


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(TileSetError) as error:
        TileSet.load(tmp_path / "none.toml")
    hint = "give a path, or package:file.toml"
    assert (
        str(error.value) == f"cannot read the tile set {tmp_path / 'none.toml'}: No such file or directory\n  -> {hint}"
    )
    with pytest.raises(TileSetError) as error:
        TileSet.load("no_such_package:tiles.toml")
    fact = "cannot read the tile set no_such_package:tiles.toml: No module named 'no_such_package'"
    assert str(error.value) == f"{fact}\n  -> {hint}"
    with pytest.raises(TileSetError, match="has no tile 'hreo'\n  -> did you mean 'hero'"):
        TileSet.load(CAVES).index("hreo")
