"""Random programs of levels as a designer might write them: frames, runs, rectangles, mirrors, rows, single tiles.

Of many statements at random only a muddle comes: large programs are the plain ones of random levels.
"""

from __future__ import annotations

import numpy as np

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.tilesets.random_levels import random_level
from i2c_core.tilesets.statements import AXES, KINDS, Mirror, Plan, Shape, plain_plan, program_of
from i2c_core.tilesets.tileset import TileSet, tileset_of

HEADER = 5  # tokens of a level without statements
STATEMENTS = 150  # tokens of programs of random statements, at most
TRIES = 8  # sizes of levels, of which the largest that has room is taken
CHOICES = (0.14, 0.12, 0.22, 0.22, 0.2, 0.1)  # how often each of KINDS is drawn
MIRRORED = 0.3  # the share of statements that are mirrors
FRAMED = 0.5  # the share of levels that begin with a frame around them
ASTRAY = 0.03  # the share of numbers that are any that the language has, inside the level or not


def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
    """A random program of about `size` tokens and no more, 5 at least; the same state of `rng` gives the same one.

    Beyond STATEMENTS tokens it is the plain program of a random level, which may have far fewer where little is on it.
    """
    tiles = tileset_of(family)
    plan = _plain(tiles, rng, size) if size > STATEMENTS else None
    return program_of(family, _Sampler(tiles, rng).plan(size) if plan is None else plan)


def _plain(tiles: TileSet, rng: np.random.Generator, size: int) -> Plan | None:
    """The plain plan of a random level, of `size` tokens at most; None where every level may have more."""
    spans = list(zip(tiles.smallest, tiles.largest, strict=True))
    drawn = [tuple(int(rng.integers(low, high + 1)) for low, high in spans) for _ in range(TRIES)]
    room = [(c, r) for c, r in (*drawn, tiles.smallest) if HEADER + r * (c + 4) <= size]
    if not room:
        return None
    columns, rows = max(room, key=lambda shape: shape[0] * shape[1])
    return plain_plan(tiles, random_level(tiles, rng, columns, rows))


class _Sampler:
    """One random program. Columns and rows of the level are the same for all its statements."""

    def __init__(self, tiles: TileSet, rng: np.random.Generator) -> None:
        self.tiles = tiles
        self.rng = rng
        often = np.array([t.often for t in tiles.tiles]) + 1e-3
        self.often = (often / often.sum()).cumsum()
        spans = zip(tiles.smallest, tiles.largest, strict=True)
        self.columns, self.rows = (int(rng.integers(low, high + 1)) for low, high in spans)

    def plan(self, size: int) -> Plan:
        body: list[Shape | Mirror] = []
        left = size - HEADER
        if left >= 7 and self.rng.random() < FRAMED:
            body.append(Shape("frame", self.tile(), (1, 1, self.columns, self.rows)))
            left -= 7
        while left >= 5:
            statement = self.mirror(left - 1) if left >= 9 and self.rng.random() < MIRRORED else self.shape(left - 1)
            body.append(statement)
            left -= 1 + cost(statement)
        return Plan(self.columns, self.rows, self.tile(), tuple(body))

    def mirror(self, most: int) -> Mirror:
        """A mirror of `most` tokens at most, 8 or more."""
        parts: list[Shape] = []
        left = min(most - 3, int(self.rng.integers(5, 25)))
        while left >= 5:
            parts.append(self.shape(left - 1))
            left -= 1 + cost(parts[-1])
        return Mirror(AXES[self.rng.choice(3, p=(0.5, 0.2, 0.3))], tuple(parts))

    def shape(self, most: int) -> Shape:
        """A shape of `most` tokens at most, 4 or more."""
        kind = KINDS[int(self.rng.choice(len(KINDS), p=CHOICES))]
        x, y = self.x(), self.y()
        if kind in ("rectangle", "frame") and most >= 6:
            (x1, x2), (y1, y2) = sorted((x, self.x())), sorted((y, self.y()))
            return Shape(kind, self.tile(), (x1, y1, x2, y2))
        if kind == "across" and most >= 5:
            return Shape(kind, self.tile(), (x, y, self.number(max(1, self.columns - x + 1), 0)))
        if kind == "down" and most >= 5:
            return Shape(kind, self.tile(), (x, y, self.number(max(1, self.rows - y + 1), 1)))
        if kind == "row":
            length = int(self.rng.integers(1, min(most - 3, self.columns) + 1))
            return Shape(kind, -1, (y, *(self.tile() for _ in range(length))))
        return Shape("put", self.tile(), (x, y))

    def tile(self) -> int:
        return int(np.searchsorted(self.often, self.rng.random()).clip(0, len(self.tiles) - 1))

    def x(self) -> int:
        return self.number(self.columns, 0)

    def y(self) -> int:
        return self.number(self.rows, 1)

    def number(self, most: int, side: int) -> int:
        """1 to `most`, at times up to the largest of all levels; `side` is 0 for columns and 1 for rows."""
        return int(self.rng.integers(1, (self.tiles.largest[side] if self.rng.random() < ASTRAY else most) + 1))


def cost(statement: Shape | Mirror) -> int:
    """The tokens of a statement, without the one that puts it into its list."""
    if isinstance(statement, Mirror):
        return 3 + sum(1 + cost(p) for p in statement.parts)
    return 2 + len(statement.args)  # of a row: its name, what ends its text, and the rest
