"""Paths of a tile set as points and lines, ready to be drawn by hand.

Legend: V points, L lines, E edges, F waves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from i2c_core.tilesets.paths import flatten, read_path

TOLERANCE = 0.012  # tiles that a flattened curve may be off
CORNER = 0.6  # radians that a path turns at a corner


@dataclass(frozen=True, eq=False)
class Contours:
    """A path as points (V, 2), lines between them (L, 2), and edges (E, 2) of what it encloses.

    `free` (L, 2) is 1 where a line's end is at a corner, `lobes` (V, F) are waves along the path, `extent` the larger
    of its width and height, `margin` its least distance from the tile's sides; all lengths in tiles.
    """

    points: NDArray[np.float32]
    lines: NDArray[np.int64]
    free: NDArray[np.float32]
    edges: NDArray[np.int64]
    lobes: NDArray[np.float32]
    extent: float
    margin: float


@lru_cache(maxsize=1024)
def contours(path: str) -> Contours:
    """Path data, flattened once."""
    points: list[NDArray[np.float64]] = []
    lines: list[tuple[int, int]] = []
    free: list[tuple[float, float]] = []
    edges: list[tuple[int, int]] = []
    lobes: list[NDArray[np.float64]] = []
    first = 0
    for curve in read_path(path):
        polygon = np.asarray(flatten(curve, TOLERANCE), np.float64)
        if len(polygon) < 2:
            continue
        closed = curve.closed and len(polygon) > 2
        v = len(polygon)
        pairs = [(i, (i + 1) % v) for i in range(v if closed else v - 1)]
        way = np.array([polygon[b] - polygon[a] for a, b in pairs])
        angle = np.arctan2(way[:, 1], way[:, 0])
        turn = np.abs((angle - np.roll(angle, 1) + np.pi) % (2 * np.pi) - np.pi)  # before each line
        corner = turn > CORNER
        corner[0] = True  # also where a curve begins
        starts = corner.astype(float)
        ends = np.roll(starts, -1)
        lines += [(first + a, first + b) for a, b in pairs]
        free += list(zip(starts.tolist(), ends.tolist(), strict=True))
        edges += [(first + i, first + (i + 1) % v) for i in range(v)] if v > 2 else []
        length = np.concatenate(([0.0], np.cumsum(np.hypot(*way.T))))[:v]
        around = 2 * np.pi * length / max(float(np.hypot(*way.T).sum()), 1e-6)
        lobes.append(np.stack([np.sin(around), np.cos(around), np.sin(2 * around), np.cos(2 * around)], 1))
        points.append(polygon)
        first += v
    every = np.concatenate(points)
    low, high = every.min(0), every.max(0)
    margin = float(max(0.0, min(low.min(), 1 - high.max())))
    return Contours(
        every.astype(np.float32),
        np.array(lines, np.int64).reshape(-1, 2),
        np.array(free, np.float32).reshape(-1, 2),
        np.array(edges, np.int64).reshape(-1, 2),
        np.concatenate(lobes).astype(np.float32),
        float((high - low).max()),
        margin,
    )


__all__ = ["Contours", "contours"]
