"""Rules of a sound level, as a tile set's TOML file lists them.

```toml
[[rule]]                                # as many of these tiles as it says: exactly, least, most
kind = "count"
tile = "hero"
exactly = 1

[[rule]]                                # the border is made of these tiles
kind = "closed"
by = ["wall"]
tunnels = "rows"                        # but a row that is open at both ends is a tunnel; also columns, both, none

[[rule]]                                # each tile of `to` is reached from one of `from`
kind = "reach"
from = "hero"
to = ["coin", "key"]
through = ["floor", "monster"]          # by steps up, down, left and right over these, and over `from` and `to`
wrap = true                             # a tunnel leads on at its other end
```

Each rule may have a `doc`, its words for people. Where tiles are named, one name may stand for a list of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from i2c_core.errors import suggest
from i2c_core.tilesets.tileset import TileSet, TileSetError

TUNNELS = ("none", "rows", "columns", "both")


@dataclass(frozen=True)
class Count:
    """A level has `least` to `most` of these tiles, all kinds counted together; `most` is None for any number."""

    tiles: tuple[int, ...]
    least: int
    most: int | None
    doc: str


@dataclass(frozen=True)
class Closed:
    """The border of a level is made of the tiles `by`.

    With tunnels in `rows`, both ends of a row may be open; in `columns`, those of a column. A corner is an end of its
    row and of its column, and is open only where both may be.
    """

    by: tuple[int, ...]
    rows: bool
    columns: bool
    doc: str


@dataclass(frozen=True)
class Reach:
    """Each tile of `goals` is reached from a tile of `starts`, or with `every` from all of them.

    Steps go up, down, left and right over `starts`, `goals` and `through`; with `wrap` also from one end of a row or
    column to the other. A level without `starts` breaks no such rule: that is a matter of counts.
    """

    starts: tuple[int, ...]
    goals: tuple[int, ...]
    through: tuple[int, ...]  # with starts and goals
    wrap: bool
    every: bool
    doc: str


SoundRule = Count | Closed | Reach
KEYS = {
    "count": ("tile", "exactly", "least", "most"),
    "closed": ("by", "tunnels"),
    "reach": ("from", "to", "through", "wrap", "every"),
}


def read_rules(tiles: TileSet, shown: str = "") -> tuple[SoundRule, ...]:
    """The rules of a tile set, in its order.

    Args:
        shown: what errors call its file; the set's name without it.

    Raises:
        TileSetError: a rule that is not known, or one with a key or value that it does not take.
    """
    shown = shown or tiles.name
    return tuple(_Reading(tiles, shown, n, rule.kind, rule.options).rule() for n, rule in enumerate(tiles.rules, 1))


class _Reading:
    """One rule's table while it is read."""

    def __init__(self, tiles: TileSet, shown: str, number: int, kind: str, options: Mapping[str, Any]) -> None:
        self.tiles, self.kind, self.options = tiles, kind, options
        self.where = f"{shown}: rule {number}"

    def rule(self) -> SoundRule:
        if self.kind not in KEYS:
            raise TileSetError(f"{self.where}: kind is {self.kind!r}", suggest(self.kind, KEYS, f"use {_any(KEYS)}"))
        known = (*KEYS[self.kind], "doc")
        for key in self.options:
            if key not in known:
                hint = suggest(key, known, f"use {_any(known)}")
                raise TileSetError(f"{self.where}: {key} is no key of a rule {self.kind}", hint)
        found: SoundRule = getattr(self, f"_{self.kind}")()
        return found

    def _count(self) -> Count:
        counted = self._kinds("tile")
        exactly, least, most = (self._number(key) for key in ("exactly", "least", "most"))
        if exactly is not None and (least is not None or most is not None):
            raise TileSetError(f"{self.where} has exactly beside least or most", "leave exactly or the others out")
        if exactly is None and least is None and most is None:
            raise TileSetError(f"{self.where} says no number", "give it exactly, least or most")
        least, most = (exactly, exactly) if exactly is not None else (least or 0, most)
        if most is not None and least > most:
            raise TileSetError(f"{self.where} asks for {least} or more and {most} or fewer", "raise most")
        names = _any(self._named("tile"))
        few = f"{'exactly' if least == most else 'at least'} {least} {names}"
        return Count(counted, least, most, self._doc(few if least else f"at most {most} {names}"))

    def _closed(self) -> Closed:
        by, tunnels = self._kinds("by"), self.options.get("tunnels", "none")
        if tunnels not in TUNNELS:
            raise TileSetError(f"{self.where}: tunnels is {tunnels!r}", f"use {_any(TUNNELS)}")
        rows, columns = tunnels in ("rows", "both"), tunnels in ("columns", "both")
        but = {"none": "", "both": " but for tunnels"}.get(tunnels, f" but for {tunnels} open at both ends")
        return Closed(by, rows, columns, self._doc(f"a border of {_any(self._named('by'))}{but}"))

    def _reach(self) -> Reach:
        starts, goals = self._kinds("from"), self._kinds("to")
        through = self._kinds("through") if "through" in self.options else ()
        over = tuple(sorted({*starts, *goals, *through}))
        wrap, every = self._flag("wrap"), self._flag("every")
        doc = f"a way from {'every' if every else 'a'} {_any(self._named('from'))} to every {_any(self._named('to'))}"
        return Reach(starts, goals, over, wrap, every, self._doc(doc))

    def _named(self, key: str) -> list[str]:
        """The names under a key, one or a list."""
        if key not in self.options:
            hint = f"a rule {self.kind} has {', '.join(KEYS[self.kind])}"
            raise TileSetError(f"{self.where}: {key} is missing", hint)
        found = self.options[key]
        names = [found] if isinstance(found, str) else found
        if not isinstance(names, list | tuple) or not names or not all(isinstance(n, str) for n in names):
            raise TileSetError(f"{self.where}: {key} is {found!r}", "name one tile or a list of tiles")
        return list(names)

    def _kinds(self, key: str) -> tuple[int, ...]:
        known = [tile.name for tile in self.tiles.tiles]
        for name in self._named(key):
            if name not in known:
                hint = suggest(name, known, f"its tiles are {', '.join(known)}")
                raise TileSetError(f"{self.where}: {key} names {name!r}, which is no tile", hint)
        return tuple(sorted({known.index(name) for name in self._named(key)}))

    def _number(self, key: str) -> int | None:
        found = self.options.get(key)
        if found is not None and (not isinstance(found, int) or isinstance(found, bool) or found < 0):
            raise TileSetError(f"{self.where}: {key} is {found!r}", "write a whole number, 0 or more")
        return found

    def _flag(self, key: str) -> bool:
        found = self.options.get(key, False)
        if not isinstance(found, bool):
            raise TileSetError(f"{self.where}: {key} is {found!r}", "write true or false")
        return found

    def _doc(self, otherwise: str) -> str:
        return str(self.options.get("doc", otherwise))


def _any(names: Any) -> str:
    """Names as a choice.

    >>> _any(["coin", "key", "door"])
    'coin, key or door'
    """
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else str(last)
