"""Random levels of any tile set: mazes, rooms, blocks, corridors, noise, with and without border and symmetry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from i2c_core.tilesets.tileset import TileSet

Level = NDArray[np.uint8]


def random_level(tiles: TileSet, rng: np.random.Generator, columns: int, rows: int) -> Level:
    """(rows, columns) of tiles: a broad mix for any tile set, in which every tile has every neighbour at times.

    One tile is the solid one of a level and one its floor: mostly the tile whose neighbours may be drawn as one, and a
    frequent one. The others are strewn about by how often they are.

    Args:
        tiles: the tile set.
        rng: all chance comes from it.
        columns, rows: of the level.
    """
    often = np.array([max(t.often, 0.0) for t in tiles.tiles])
    often = often / often.sum() if often.sum() > 0 else np.full(len(often), 1 / len(often))
    if rng.random() < 0.07:  # nothing but noise
        flat = rng.random() < 0.5
        return rng.choice(len(often), (rows, columns), p=None if flat else often).astype(np.uint8)
    blocks = [n for n, t in enumerate(tiles.tiles) if any(w.block for w in t.sketch)] or [*range(len(often))]
    solid = int(rng.choice(blocks)) if rng.random() < 0.95 else int(rng.integers(len(often)))
    rest = np.where(np.arange(len(often)) == solid, 0.0, often + 1e-9)
    floor = int(rng.choice(len(often), p=rest / rest.sum()))
    walls = _walls(rng, rows, columns)
    level = np.where(walls, solid, floor).astype(np.uint8)
    _strew(level, ~walls, rest / rest.sum(), floor, rng)
    if rng.random() < 0.3:
        level = _mirrored(level, rng)
    if rng.random() < 0.7:
        _border(level, solid, floor, rng)
    if rng.random() < 0.25:  # a few tiles anywhere
        some = rng.random(level.shape) < rng.uniform(0.01, 0.08)
        level[some] = rng.integers(len(often), size=int(some.sum()))
    return level


# -- where it is solid


def _walls(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    makers: list[Callable[[np.random.Generator, int, int], NDArray[np.bool_]]] = [
        _maze, _maze, _blocks, _blocks, _bars, _bars, _rooms, _speckled, _clean, _pillars,
    ]  # fmt: skip
    walls = makers[rng.integers(len(makers))](rng, rows, columns)
    if rng.random() < 0.12:
        walls = walls | makers[rng.integers(len(makers))](rng, rows, columns)
    return walls


def _clean(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    return np.zeros((rows, columns), bool)


def _speckled(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    return rng.random((rows, columns)) < rng.uniform(0.05, 0.6)


def _pillars(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    walls = np.zeros((rows, columns), bool)
    down, right = rng.integers(2, 5, 2)
    walls[rng.integers(3) :: down, rng.integers(3) :: right] = True
    return walls


def _maze(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    """Corridors between walls of one tile, by a walk that goes back where it is stuck; some walls are opened."""
    walls = np.ones((rows, columns), bool)
    first = int(rng.integers(2)), int(rng.integers(2))
    here = (min(first[0], rows - 1), min(first[1], columns - 1))
    walls[here] = False
    way = [here]
    straight = rng.random()
    last = 0
    steps = ((0, 2), (2, 0), (0, -2), (-2, 0))
    while way:
        r, c = way[-1]
        free = [
            k
            for k, (dr, dc) in enumerate(steps)
            if 0 <= r + dr < rows and 0 <= c + dc < columns and walls[r + dr, c + dc]
        ]
        if not free:
            way.pop()
            continue
        last = last if last in free and rng.random() < straight else free[int(rng.integers(len(free)))]
        dr, dc = steps[last]
        walls[r + dr // 2, c + dc // 2] = walls[r + dr, c + dc] = False
        way.append((r + dr, c + dc))
    return walls & (rng.random((rows, columns)) > rng.uniform(0, 0.35))


def _blocks(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    """Filled or hollow rectangles."""
    walls = np.zeros((rows, columns), bool)
    hollow = rng.choice([0.0, 0.2, 0.7])
    for _ in range(int(rng.integers(1, 3 + rows * columns // 14))):
        high, wide = (int(rng.integers(1, max(2, min(n, 7)) + 1)) for n in (rows, columns))
        r, c = int(rng.integers(rows)), int(rng.integers(columns))
        walls[r : r + high, c : c + wide] = True
        if rng.random() < hollow:
            walls[r + 1 : r + high - 1, c + 1 : c + wide - 1] = False
    return walls


def _bars(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    """Runs of one tile's width."""
    walls = np.zeros((rows, columns), bool)
    upright = rng.random()
    for _ in range(int(rng.integers(1, 3 + rows * columns // 8))):
        r, c, n = int(rng.integers(rows)), int(rng.integers(columns)), int(rng.integers(1, 9))
        if rng.random() < upright:
            walls[r : r + n, c] = True
        else:
            walls[r, c : c + n] = True
    return walls


def _rooms(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.bool_]:
    """Long walls from side to side, with doors."""
    walls = np.zeros((rows, columns), bool)
    for side, length in ((0, rows), (1, columns)):
        place = int(rng.integers(2, 6))
        while place < length - 1:
            line = walls[place] if side == 0 else walls[:, place]
            line[:] = True
            for _ in range(int(rng.integers(1, 4))):
                door = int(rng.integers(len(line)))
                line[door : door + int(rng.integers(1, 3))] = False
            place += int(rng.integers(2, 8))
    return walls


# -- what else there is


def _strew(
    level: Level, free: NDArray[np.bool_], often: NDArray[np.float64], floor: int, rng: np.random.Generator
) -> None:
    """Other tiles, in place: one here and there, or regions of them."""
    many = float(rng.choice([0.03, 0.15, 0.4, 0.8]))
    weights = often if rng.random() < 0.6 else np.where(often > 0, np.sqrt(often), 0.0)
    if rng.random() < 0.15:
        weights = (often > 1e-8).astype(float)
    weights = weights / weights.sum()
    some = free & (rng.random(level.shape) < many)
    level[some] = rng.choice(len(often), int(some.sum()), p=weights)
    rows, columns = level.shape
    for _ in range(int(rng.integers(0, 4))):  # regions of one tile
        kind = int(rng.choice(len(often), p=weights))
        r, c = int(rng.integers(rows)), int(rng.integers(columns))
        region = np.zeros(level.shape, bool)
        region[r : r + int(rng.integers(1, 6)), c : c + int(rng.integers(1, 8))] = True
        level[region & free & (rng.random(level.shape) < rng.choice([0.6, 1.0]))] = kind


def _mirrored(level: Level, rng: np.random.Generator) -> Level:
    axis = int(rng.integers(3))
    if axis != 1:
        level = np.where(np.arange(level.shape[1]) < level.shape[1] / 2, level, level[:, ::-1])
    if axis != 0:
        level = np.where(np.arange(level.shape[0])[:, None] < level.shape[0] / 2, level, level[::-1])
    return level


def _border(level: Level, solid: int, floor: int, rng: np.random.Generator) -> None:
    """A border all around, in place, with a way through it on some levels."""
    level[0] = level[-1] = solid
    level[:, 0] = level[:, -1] = solid
    if rng.random() < 0.25:
        row = int(rng.integers(level.shape[0]))
        level[row, 0] = level[row, -1] = floor


__all__ = ["random_level"]
