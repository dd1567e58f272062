"""The TOML file of a tile set, read and checked; errors name the file and the key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from i2c_core.documents import DocumentError, decode_text, parse_toml
from i2c_core.errors import suggest
from i2c_core.tilesets.paths import PathError, read_path
from i2c_core.tilesets.rules import read_rules
from i2c_core.tilesets.statements import AXES, KINDS
from i2c_core.tilesets.tileset import FILLS, SPACE, Part, Rule, Tile, TileSet, TileSetError, Way

MOST_SIDE = 256  # columns or rows of a level
MOST_TILES = 64  # of one set: layers are drawn one over another
# Of the language, and the names of its symbols: no tile can have them.
KEYWORDS = frozenset(
    (*KINDS, *AXES, "level", "x", "of", "to", "length", "mirror", "cons", "nil", "also", "stop"),
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@lru_cache(maxsize=64)
def load(reference: str | Path) -> TileSet:
    """As `TileSet.load`."""
    shown = str(reference)
    hint = "give a path, or package:file.toml"
    package, colon, file = shown.partition(":")
    try:
        if isinstance(reference, str) and colon and len(package) > 1:  # one letter is a drive of Windows
            text = decode_text((resources.files(package) / file).read_bytes())
        else:
            text = decode_text(Path(reference).read_bytes())
    except UnicodeDecodeError:
        raise TileSetError(f"the tile set {shown} is not UTF-8", "save it as UTF-8") from None
    except (OSError, ImportError, TypeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TileSetError(f"cannot read the tile set {shown}: {reason}", hint) from None
    return read_tileset(text, shown)


def read_tileset(text: str, shown: str) -> TileSet:
    """The tile set that a TOML text says; `shown` is what errors call its file."""
    try:
        table = parse_toml(text)
    except DocumentError as error:
        raise TileSetError(f"{shown} is {error}", "mend it there") from None
    return _Reader(shown).tileset(table)


class _Reader:
    """Reads the tables of one file, and names it in errors."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def fail(self, key: str, found: str, hint: str) -> TileSetError:
        return TileSetError(f"{self.shown}: {key} {found}", hint)

    def tileset(self, table: Mapping[str, Any]) -> TileSet:
        known = ("name", "doc", "default", "smallest", "largest", "outside", "background", "tile", "rule")
        self.only(table, "", known)
        name = self.text(table, "", "name", "tiles")
        if not _NAME.fullmatch(name):  # of families and files
            raise self.fail("name", f"is {name!r}", "use lower-case letters, digits and hyphens")
        rows = self.tables(table, "", "tile")
        if not 2 <= len(rows) <= MOST_TILES:
            raise self.fail("tile", f"is there {len(rows)} times", f"give from 2 to {MOST_TILES} tables [[tile]]")
        tiles = tuple(self.tile(row, f"tile {n}") for n, row in enumerate(rows, 1))
        for n, tile in enumerate(tiles):
            for other in tiles[:n]:
                if tile.name == other.name:
                    raise self.fail(f"tile {n + 1}", f"has the name {tile.name!r} again", "give each its own")
                if tile.char == other.char:
                    hint = "give each its own"
                    raise self.fail(f"tile {tile.name}", f"has the char {tile.char!r} of {other.name}", hint)
                if (tile.icon, tile.background) == (other.icon, other.background):
                    raise self.fail(f"tile {tile.name}", f"has the icon of {other.name}", "make their icons differ")
        names = [t.name for t in tiles]
        default = self.text(table, "", "default", names[0])
        if default not in names:
            raise self.fail("default", f"is {default!r}", suggest(default, names, f"use one of {', '.join(names)}"))
        smallest, largest = self.size(table, "smallest", (1, 1)), self.size(table, "largest", (32, 32))
        if smallest[0] > largest[0] or smallest[1] > largest[1]:
            fact = f"is {list(smallest)}, beyond largest = {list(largest)}"
            raise self.fail("smallest", fact, "give columns and rows that are no more than the largest")
        found = TileSet(
            name,
            self.text(table, "", "doc", ""),
            tiles,
            smallest,
            largest,
            self.colour(table, "", "outside") or "#808080",
            self.colour(table, "", "background") or "#000000",
            tuple(self.rule(row, f"rule {n}") for n, row in self.numbered(table, "", "rule")),
            names.index(default),
        )
        read_rules(found, self.shown)  # what they say is read again where it is used
        return found

    def tile(self, row: Mapping[str, Any], where: str) -> Tile:
        name = self.text(row, where, "name")
        where = f"tile {name}"
        self.only(row, where, ("name", "char", "icon", "background", "sketch", "often"))
        if not _NAME.fullmatch(name):
            raise self.fail(f"{where}: name", f"is {name!r}", "use lower-case letters, digits and hyphens")
        if name in KEYWORDS:
            raise self.fail(f"{where}: name", f"is {name!r}, a word of the language", "choose another name")
        char = self.text(row, where, "char")
        if len(char) != 1 or not " " <= char <= "~" or char in (SPACE, "|"):
            hint = "use one printable ASCII character other than _ and |"
            raise self.fail(f"{where}: char", f"is {char!r}", hint)
        icon = tuple(self.part(p, f"{where}: icon {n}", icon=True) for n, p in self.numbered(row, where, "icon"))
        ways = tuple(self.way(w, f"{where}: sketch {n}") for n, w in self.numbered(row, where, "sketch"))
        if not ways and icon:  # drawn like its icon
            outlines = tuple(Part(p.path, "any" if p.fill else None, "pen") for p in icon)
            ways = (Way(outlines, scale=(0.85, 1.05)),)
        often = self.number(row, where, "often", 1.0, 0.0)
        return Tile(name, char, icon, self.colour(row, where, "background"), ways, often)

    def part(self, row: Mapping[str, Any], where: str, *, icon: bool) -> Part:
        self.only(row, where, ("path", "fill", "stroke", "width"))
        path = self.text(row, where, "path")
        try:
            read_path(path)
        except PathError as error:
            raise TileSetError(f"{self.shown}: {where}: {error.fact}", error.hint) from None
        if icon:
            fill, stroke = self.colour(row, where, "fill"), self.colour(row, where, "stroke")
        else:
            fill = self.word(row, where, "fill", FILLS)
            stroke = self.word(row, where, "stroke", ("pen",))
        if fill is None and stroke is None:
            raise self.fail(where, "has neither fill nor stroke", "give it one of them")
        return Part(path, fill, stroke, self.number(row, where, "width", 0.08, 0.0))

    def way(self, row: Mapping[str, Any], where: str) -> Way:
        self.only(row, where, ("parts", "optional", "turn", "scale", "block", "weight"))
        parts, optional = (
            tuple(self.part(p, f"{where}: {key} {n}", icon=False) for n, p in self.numbered(row, where, key))
            for key in ("parts", "optional")
        )
        turn = row.get("turn", [0])
        if turn == "any":
            turn = range(360)
        elif not isinstance(turn, list) or not turn or not all(_is_number(t) for t in turn):
            raise self.fail(f"{where}: turn", f"is {turn!r}", 'give a list of degrees, or "any"')
        scale = row.get("scale", [1, 1])
        if not isinstance(scale, list) or len(scale) != 2 or not all(_is_number(s) and 0 < s <= 2 for s in scale):
            raise self.fail(f"{where}: scale", f"is {scale!r}", "give the least and the most, from 0 to 2")
        block = row.get("block", False)
        if not isinstance(block, bool):
            raise self.fail(f"{where}: block", f"is {block!r}", "use true or false")
        low, high = sorted(map(float, scale))
        weight = self.number(row, where, "weight", 1.0, 0.0)
        return Way(parts, optional, tuple(map(float, turn)), (low, high), block, weight)

    def rule(self, row: Mapping[str, Any], where: str) -> Rule:
        return Rule(self.text(row, where, "kind"), {k: v for k, v in row.items() if k != "kind"})

    # -- values of a table

    def only(self, row: Mapping[str, Any], where: str, known: Sequence[str]) -> None:
        for key in row:
            if key not in known:
                hint = suggest(key, known, f"its keys are {', '.join(known)}")
                raise self.fail(_key(where, key), "is no key of a tile set", hint)

    def tables(self, row: Mapping[str, Any], where: str, key: str) -> list[Mapping[str, Any]]:
        found = row.get(key, [])
        if not isinstance(found, list) or not all(isinstance(f, dict) for f in found):
            raise self.fail(_key(where, key), "is no list of tables", f"write [[{key}]], or a list of {{...}}")
        return found

    def numbered(self, row: Mapping[str, Any], where: str, key: str) -> list[tuple[int, Mapping[str, Any]]]:
        """The tables under a key, counted from 1."""
        return list(enumerate(self.tables(row, where, key), 1))

    def text(self, row: Mapping[str, Any], where: str, key: str, usual: str | None = None) -> str:
        found = row.get(key, usual)
        if not isinstance(found, str):
            missing = "is missing" if found is None else f"is {found!r}"
            raise self.fail(_key(where, key), missing, "give a text in quotes")
        return found

    def word(self, row: Mapping[str, Any], where: str, key: str, known: Sequence[str]) -> str | None:
        found = row.get(key)
        if found is not None and found not in known:
            raise self.fail(_key(where, key), f"is {found!r}", suggest(str(found), known, f"use {', '.join(known)}"))
        return found

    def colour(self, row: Mapping[str, Any], where: str, key: str) -> str | None:
        found = row.get(key)
        if found is not None and (not isinstance(found, str) or not _COLOUR.fullmatch(found)):
            raise self.fail(_key(where, key), f"is {found!r}", 'write a colour as "#rrggbb"')
        return found

    def number(self, row: Mapping[str, Any], where: str, key: str, usual: float, least: float) -> float:
        found = row.get(key, usual)
        if not _is_number(found) or found < least:
            raise self.fail(_key(where, key), f"is {found!r}", f"give a number from {least:g} upwards")
        return float(found)

    def size(self, row: Mapping[str, Any], key: str, usual: tuple[int, int]) -> tuple[int, int]:
        found = row.get(key, list(usual))
        whole = isinstance(found, list) and len(found) == 2 and all(type(n) is int for n in found)
        if not whole or not all(1 <= n <= MOST_SIDE for n in found):
            raise self.fail(key, f"is {found!r}", f"give columns and rows, each from 1 to {MOST_SIDE}")
        return found[0], found[1]


def _key(where: str, key: str) -> str:
    return f"{where}: {key}" if where else key


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
