"""The icons of a tile set as pixels, and where the tiles of a level lie in a picture.

Legend: K tiles, p pixels of a tile's side, s samples of a pixel's side.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from i2c_core.tilesets.paths import Curve, flatten, read_path
from i2c_core.tilesets.tileset import Part, TileSet

SAMPLES = 8  # of a pixel's side
MOST_SAMPLES = 2048  # of a tile's side: large tiles have fewer samples a pixel
_CAP = 12  # straight pieces of a line's round end


def frame_of(columns: int, rows: int, size: tuple[int, int]) -> tuple[int, int, int]:
    """Where a level lies in a picture: its left and upper edge, and the pixels of a tile's side, which are whole.

    Args:
        columns, rows: of the level.
        size: height and width of the picture.

    Returns:
        left, top, pitch. The level is in the middle, up to a pixel. The pitch is 0 where a tile has less than one
        pixel; then the level is shrunk to `shrunk(columns, rows, size)` pixels.
    """
    height, width = size
    pitch = min(width // columns, height // rows)
    w, h = (pitch * columns, pitch * rows) if pitch else shrunk(columns, rows, size)
    return (width - w) // 2, (height - h) // 2, pitch


def shrunk(columns: int, rows: int, size: tuple[int, int]) -> tuple[int, int]:
    """Width and height in pixels of a level with tiles below one pixel: as large as fits, its proportions kept."""
    scale = min(size[1] / columns, size[0] / rows)
    return max(1, int(columns * scale)), max(1, int(rows * scale))


@lru_cache(maxsize=64)
def atlas(tiles: TileSet, pitch: int) -> NDArray[np.uint8]:
    """(K, 3, p, p) the icons of all tiles, anti-aliased; read-only.

    Args:
        tiles: the set.
        pitch: pixels of a tile's side, 1 or more.
    """
    found = np.stack([_icon(tiles, n, pitch) for n in range(len(tiles))])
    found.setflags(write=False)
    return found


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _icon(tiles: TileSet, index: int, pitch: int) -> NDArray[np.uint8]:
    tile = tiles.tiles[index]
    ground = np.array(rgb(tile.background or tiles.background), np.float64)
    out = np.broadcast_to(ground[:, None, None], (3, pitch, pitch)).copy()
    for part in tile.icon:
        for colour, polygons in _layers(part):
            share = coverage(polygons, pitch)  # (p, p)
            out += share * (np.array(rgb(colour), np.float64)[:, None, None] - out)
    return out.round().astype(np.uint8)


def _layers(part: Part) -> Iterable[tuple[str, list[NDArray[np.float64]]]]:
    """The colours of a part, each with the polygons that it covers."""
    curves = read_path(part.path)
    if part.fill:
        yield part.fill, [flatten(c) for c in curves]
    if part.stroke:
        yield part.stroke, [p for c in curves for p in _outline(c, part.width / 2)]


def _outline(curve: Curve, radius: float) -> list[NDArray[np.float64]]:
    """Polygons that together are a line along a contour, with round joins and ends."""
    points = flatten(curve)
    ends = np.roll(points, -1, 0) if curve.closed else points[1:]
    turns = np.linspace(-np.pi / 2, np.pi / 2, _CAP)
    found = []
    for a, b in zip(points, ends, strict=False):  # an open contour has one point more
        way = np.arctan2(b[1] - a[1], b[0] - a[0])
        front, back = (np.stack([np.cos(way + t), np.sin(way + t)], 1) for t in (turns, turns + np.pi))
        found.append(np.concatenate([b + radius * front, a + radius * back]))
    return found


def coverage(polygons: Iterable[NDArray[np.float64]], pitch: int) -> NDArray[np.float64]:
    """(p, p) the share of each pixel of a tile that lies in polygons, by the winding rule: not zero is inside.

    Args:
        polygons: of points (P, 2) in tiles, each closed by itself.
        pitch: pixels of the tile's side.
    """
    samples = max(2, min(SAMPLES, MOST_SAMPLES // pitch))
    side = pitch * samples
    winding = np.zeros((side, side + 1), np.int32)
    middles = (np.arange(side) + 0.5) / side  # of sample rows, in tiles
    for points in polygons:
        for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, 0), strict=True):
            first, last = np.searchsorted(middles, sorted((y1, y2)))
            if first == last:
                continue
            crossing = x1 + (middles[first:last] - y1) * ((x2 - x1) / (y2 - y1))
            column = np.clip(np.ceil(crossing * side - 0.5), 0, side).astype(np.int64)  # samples right of the edge
            winding[np.arange(first, last), column] += 1 if y2 > y1 else -1
    inside = winding[:, :side].cumsum(1) != 0
    shares: NDArray[np.float64] = inside.reshape(pitch, samples, pitch, samples).mean((1, 3))
    return shares
