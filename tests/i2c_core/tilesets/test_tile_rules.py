"""Rules of tile sets: what they mean, and clear errors for those that mean nothing."""

from __future__ import annotations

import pytest

from i2c_core.tilesets import TileSet, TileSetError, read_tileset
from i2c_core.tilesets.rules import Closed, Count, Reach, read_rules

TILES = """
name = "caves"
default = "floor"

[[tile]]
name = "coin"
char = "."
icon = [{ path = "M 0 0 H 1 V 1 Z", fill = "#ffff00" }]

[[tile]]
name = "floor"
char = " "

[[tile]]
name = "rock"
char = "#"
icon = [{ path = "M 0 0 H 1 V 1 H 0 Z", fill = "#808080" }]

[[tile]]
name = "hero"
char = "@"
icon = [{ path = "M 0 0 H 1 V 1 Z", fill = "#ff0000" }]
"""


def caves(rules: str) -> TileSet:
    return read_tileset(TILES + rules, "caves.toml")


def test_each_kind_of_rule() -> None:
    found = read_rules(
        caves("""
[[rule]]
kind = "count"
tile = ["hero", "coin"]
least = 2

[[rule]]
kind = "closed"
by = "rock"
tunnels = "both"

[[rule]]
kind = "reach"
from = "hero"
to = ["coin"]
through = ["floor"]
every = true
doc = "coins for all"
""")
    )
    assert found == (
        Count((0, 3), 2, None, "at least 2 hero or coin"),
        Closed((2,), True, True, "a border of rock but for tunnels"),
        Reach((3,), (0,), (0, 1, 3), False, True, "coins for all"),
    )


def test_a_tile_set_may_have_no_rules() -> None:
    assert read_rules(caves("")) == ()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('kind = "counts"', "rule 1: kind is 'counts'\n  -> did you mean 'count'?"),
        ('kind = "count"\ntile = "hero"\nleasts = 1',
         "rule 1: leasts is no key of a rule count\n  -> did you mean 'least'?"),
        ('kind = "count"\nleast = 1',
         "rule 1: tile is missing\n  -> a rule count has tile, exactly, least, most"),
        ('kind = "count"\ntile = "hera"\nleast = 1',
         "rule 1: tile names 'hera', which is no tile\n  -> did you mean 'hero'?"),
        ('kind = "count"\ntile = []\nleast = 1',
         "rule 1: tile is []\n  -> name one tile or a list of tiles"),
        ('kind = "count"\ntile = "hero"',
         "rule 1 says no number\n  -> give it exactly, least or most"),
        ('kind = "count"\ntile = "hero"\nexactly = 1\nmost = 2',
         "rule 1 has exactly beside least or most\n  -> leave exactly or the others out"),
        ('kind = "count"\ntile = "hero"\nleast = 3\nmost = 2',
         "rule 1 asks for 3 or more and 2 or fewer\n  -> raise most"),
        ('kind = "count"\ntile = "hero"\nleast = -1',
         "rule 1: least is -1\n  -> write a whole number, 0 or more"),
        ('kind = "closed"\nby = "rock"\ntunnels = "row"',
         "rule 1: tunnels is 'row'\n  -> use none, rows, columns or both"),
        ('kind = "reach"\nfrom = "hero"\nto = "coin"\nwrap = 1',
         "rule 1: wrap is 1\n  -> write true or false"),
    ],
)  # fmt: skip
def test_rules_that_mean_nothing(rule: str, message: str) -> None:
    with pytest.raises(TileSetError) as caught:
        read_rules(caves(f"[[rule]]\n{rule}\n"))
    assert str(caught.value) == f"caves.toml: {message}"
