"""Tile sets: the tiles of a game with their characters, icons and ways to sketch them, in one TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2c_core.errors import FamilyError, I2cError, suggest

if TYPE_CHECKING:
    from i2c_core.families import Family

SPACE = "_"  # how a program writes the character of a space
FILLS = ("solid", "hatch", "cross", "zigzag", "dots", "any")


class TileSetError(I2cError):
    """A tile set that cannot be read; names the file and the key."""


@dataclass(frozen=True)
class Part:
    """A path of an icon or of a sketch, in a tile of 1 x 1: x to the right, y downwards.

    Attributes:
        path: SVG path data, see `i2c_core.tilesets.paths`.
        fill: of an icon its colour; of a sketch how it is filled, one of FILLS; None for not at all.
        stroke: of an icon the colour of its line; of a sketch "pen"; None for no line.
        width: of an icon's line, in tiles.
    """

    path: str
    fill: str | None = None
    stroke: str | None = None
    width: float = 0.08


@dataclass(frozen=True)
class Way:
    """One way in which a hand draws a tile.

    Attributes:
        parts: what is always drawn.
        optional: what is on some sheets drawn and on others not, such as eyes.
        turn: degrees, clockwise: each tile is turned by one of these about its middle.
        scale: each sheet draws a middle scale from this span, and each tile varies about it.
        block: whether neighbouring tiles of the kind may be drawn as one.
        weight: how often it is used, in proportion to the tile's other ways.
    """

    parts: tuple[Part, ...] = ()
    optional: tuple[Part, ...] = ()
    turn: tuple[float, ...] = (0.0,)
    scale: tuple[float, float] = (1.0, 1.0)
    block: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class Tile:
    """One kind of tile.

    Attributes:
        name: what programs call it.
        char: its one character in text.
        icon: its picture, drawn over `background`, or over the tile set's where that is None.
        background: "#rrggbb" or None.
        sketch: the ways to draw it by hand; none where it is left blank.
        often: how frequent it is in random levels, in proportion to the others.
    """

    name: str
    char: str
    icon: tuple[Part, ...] = ()
    background: str | None = None
    sketch: tuple[Way, ...] = ()
    often: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A rule of a sound level: its kind, and what else its table says."""

    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class TileSet:
    """All that is to be said of a game's tiles. Two are the same only if they are one object.

    Attributes:
        name: of the set.
        doc: one line for people.
        tiles: from the lowest layer to the highest: where statements overlap, the later tile shows.
        smallest, largest: columns and rows of levels.
        outside: colour of what is beside a level in a picture.
        background: colour under icons.
        rules: of a sound level.
        default: index of the tile that stands for nothing.
    """

    name: str
    doc: str
    tiles: tuple[Tile, ...]
    smallest: tuple[int, int]
    largest: tuple[int, int]
    outside: str
    background: str
    rules: tuple[Rule, ...]
    default: int

    def __len__(self) -> int:
        return len(self.tiles)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.tiles)

    @cached_property
    def chars(self) -> str:
        """The tiles' characters in the set's order."""
        return "".join(t.char for t in self.tiles)

    def index(self, name: str) -> int:
        """The tile of a name; raises `TileSetError` where there is none."""
        if name not in self.names:
            hint = suggest(name, self.names, f"its tiles are {', '.join(self.names)}")
            raise TileSetError(f"tile set {self.name} has no tile {name!r}", hint)
        return self.names.index(name)

    @staticmethod
    def load(reference: str | Path) -> TileSet:
        """Read a tile set, once for each reference.

        Args:
            reference: a path, or `package:file.toml`.

        Raises:
            TileSetError: it cannot be read, or says what cannot be; names the file and the key.
        """
        from i2c_core.tilesets.reading import load

        return load(reference)


def tileset_of(family: Family) -> TileSet:
    """The tile set of a family of levels; raises `FamilyError` where it has none."""
    if family.tiles is None:
        raise FamilyError(f"family {family.name} has no tile set", "name one whose programs are levels of tiles")
    return family.tiles if isinstance(family.tiles, TileSet) else TileSet.load(family.tiles)
