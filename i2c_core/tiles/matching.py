"""Levels from pictures that the renderer drew: every tile compared with every icon, nothing left unexplained.

Where a level lies follows from its size and the picture's, so every size is a guess at where tiles end and what is
beside them. Few guesses survive a look at the edges; of these each tile is compared with the icons, and the level that
comes out is believed only if its own picture is the one that was given, noise and compression aside.

Legend: H W pixels, R C rows and columns of tiles, K kinds, p pixels of a tile's side, G guesses, P pixels of all icons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from i2c_core.tilesets import TileSet
from i2c_core.tilesets.icons import atlas, frame_of, rgb

Level = NDArray[np.uint8]
Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

TOLERANCE = 24.0  # mean difference of brightness values, of 255, between a render and the picture
TILE_TOLERANCE = 30.0  # likewise, of the worst tile, and three times the mean, as compression spoils some most
BESIDE = 16.0  # likewise, of what is beside the level
KNOWN = 0.5  # the share of a picture's pixels that have a colour of the tile set, at least
GLANCE = 24  # tiles that are looked at first
GUESSES = 24  # sizes that are tried, at most
LOOKED = 512  # pixels of a picture's shorter side at which its edges are looked at, where it has more
COARSE = 4  # pixels of a tile's side at the first look at large tiles
SAMPLE = 1 << 14  # pixels whose colours are looked at


@dataclass(frozen=True, eq=False)
class Matched:
    """A level whose render is the picture.

    Attributes:
        level: (R, C) tile indices.
        error: mean difference between its render and the picture, in brightness values from 0 to 255.
    """

    level: Level
    error: float


def match_render(tiles: TileSet, pixels: Pixels, size: tuple[int, int] | None = None) -> Matched | None:
    """The level that the renderer of a tile set drew as a picture; None where it drew no such picture.

    The picture may be noisy or compressed, but not scaled, cut or turned. Where levels of several sizes have the same
    picture, such as those without anything on them, the one of the fewest tiles is found.

    Args:
        tiles: the tile set.
        pixels: (3, H, W) red, green and blue.
        size: columns and rows, where they are known.
    """
    if pixels.ndim != 3 or pixels.shape[0] != 3 or min(pixels.shape) < 1 or not _colours_known(tiles, pixels):
        return None
    best: Matched | None = None
    for columns, rows in _guesses(tiles, pixels, size):
        found = _read(tiles, pixels, columns, rows)
        if found is None:
            continue
        if best is None or (round(found.error, 4), found.level.size) < (round(best.error, 4), best.level.size):
            best = found
    return best


# -- which sizes the picture may be of


def _colours_known(tiles: TileSet, pixels: Pixels) -> bool:
    """Whether most pixels have a colour that icons have."""
    step = max(1, int((pixels.shape[1] * pixels.shape[2] / SAMPLE) ** 0.5))
    red, green, blue = pixels[:, ::step, ::step] >> 3
    return bool(_palette(tiles)[red, green, blue].mean() >= KNOWN)


@lru_cache(maxsize=8)
def _palette(tiles: TileSet) -> NDArray[np.bool_]:
    """(32, 32, 32) which colours, in steps of 8, icons of some size or what is beside a level have, or nearly have."""
    known = np.zeros((32, 32, 32), np.bool_)
    for pitch in (1, 2, 3, 4, 8, 16):
        red, green, blue = atlas(tiles, pitch).transpose(1, 0, 2, 3).reshape(3, -1) >> 3
        known[red, green, blue] = True
    known[tuple(c >> 3 for c in rgb(tiles.outside))] = True
    near: NDArray[np.bool_] = ndimage.binary_dilation(known, np.ones((3, 3, 3)), iterations=3)
    return near


def _guesses(tiles: TileSet, pixels: Pixels, size: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Columns and rows of levels beside which there is nothing else, or little, the least first."""
    height, width = pixels.shape[1:]
    low, high = (tiles.smallest, tiles.largest) if size is None else (size, size)
    columns = np.arange(low[0], min(high[0], width) + 1)[:, None]
    rows = np.arange(low[1], min(high[1], height) + 1)[None, :]
    columns, rows = (a.ravel() for a in np.broadcast_arrays(columns, rows))  # (G,)
    if not len(columns):
        return []
    # As `frame_of`, of all sizes at once.
    pitch = np.minimum(width // columns, height // rows)
    left, top = (width - pitch * columns) // 2, (height - pitch * rows) // 2
    right, bottom = left + pitch * columns, top + pitch * rows
    step = max(1, min(height, width) // LOOKED)
    seen = _away(pixels[:, step // 2 :: step, step // 2 :: step], tiles)
    # What differs from what is beside a level should be in it, what does not should be beside it.
    typical = _typical(tiles)
    amount, lacking = _sums(seen), _sums(np.maximum(seen, typical) - seen)
    # Of the pixels that are looked at, how many are before a coordinate.
    box = [np.maximum(0, (a - step // 2 + step - 1) // step) for a in (left, top, right, bottom)]
    beside = amount[-1, -1] - _box(amount, *box)
    around = seen.size - (box[2] - box[0]) * (box[3] - box[1])
    order = np.flatnonzero((beside <= BESIDE * around) | (size is not None))
    doubt = beside + _box(lacking, *box)
    order = order[np.lexsort(((columns * rows)[order], doubt[order]))][:GUESSES]
    return [(int(columns[n]), int(rows[n])) for n in order]


@lru_cache(maxsize=8)
def _typical(tiles: TileSet) -> np.uint8:
    """Half of the mean difference of icons from what is beside a level."""
    icons = atlas(tiles, 8)
    return np.uint8(max(4, _away(icons.transpose(1, 0, 2, 3).reshape(3, -1, 1), tiles).mean() / 2))


def _away(pixels: Pixels, tiles: TileSet) -> Pixels:
    """(H, W) the mean difference of each pixel from what is beside a level."""
    beside = np.array(rgb(tiles.outside), np.uint8)[:, None, None]
    away = (np.maximum(pixels, beside) - np.minimum(pixels, beside)).sum(0, dtype=np.uint16) // 3
    return np.asarray(away, np.uint8)


def _sums(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """(H + 1, W + 1) sums of all that is above and left."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1), np.int64)
    np.cumsum(values, 0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], 1, out=sums[1:, 1:])
    return sums


def _box(
    sums: NDArray[np.int64],
    left: NDArray[np.int64],
    top: NDArray[np.int64],
    right: NDArray[np.int64],
    bottom: NDArray[np.int64],
) -> NDArray[np.int64]:
    """(G,) sums of boxes."""
    found: NDArray[np.int64] = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return found


# -- which tiles they are


def _read(tiles: TileSet, pixels: Pixels, columns: int, rows: int) -> Matched | None:
    """The level of a size whose render is nearest to the picture, if it is near enough."""
    _, height, width = pixels.shape
    left, top, pitch = frame_of(columns, rows, (height, width))
    across, down = slice(left, left + columns * pitch), slice(top, top + rows * pitch)
    cells = pixels[:, down, across].reshape(3, rows, pitch, columns, pitch).transpose(1, 3, 0, 2, 4)  # (R, C, 3, p, p)
    glance = np.unique(np.linspace(0, rows * columns - 1, GLANCE).astype(np.int64))
    some = cells[glance // columns, glance % columns]
    if pitch > 4 * COARSE:  # large icons take long to draw
        some, icons = _coarse(some), atlas(tiles, COARSE)
    else:
        icons = atlas(tiles, pitch)
    if _differences(some, icons, _nearest(some, icons)).mean() > 1.5 * TOLERANCE:
        return None
    icons = atlas(tiles, pitch)
    flat = cells.reshape(rows * columns, 3, pitch, pitch)
    nearest = _nearest(flat, icons)
    differences = _differences(flat, icons, nearest)
    mean = float(differences.mean())
    if mean > TOLERANCE or differences.max() > TILE_TOLERANCE + 3 * mean:
        return None
    beside = _away(pixels, tiles)
    beside[down, across] = 0
    total = float(differences.sum(dtype=np.float64)) * pitch**2 + float(beside.sum(dtype=np.int64))
    return Matched(nearest.reshape(rows, columns).astype(np.uint8), total / (height * width))


def _coarse(cells: Pixels) -> Pixels:
    """(n, 3, COARSE, COARSE) of tiles (n, 3, p, p), each part averaged."""
    step = max(1, cells.shape[-1] // (8 * COARSE))
    cells = cells[:, :, step // 2 :: step, step // 2 :: step]
    starts = np.arange(COARSE) * cells.shape[-1] // COARSE
    sums = np.add.reduceat(np.add.reduceat(cells.astype(np.int64), starts, 2), starts, 3)
    lengths = np.diff(np.append(starts, cells.shape[-1]))
    return np.asarray(sums / (lengths[:, None] * lengths), np.uint8)


def _nearest(cells: Pixels, icons: Pixels) -> NDArray[np.int64]:
    """(n,) the icon (K, 3, p, p) that each tile (n, 3, p, p) is nearest to, by the squares of differences."""
    seen = cells.reshape(len(cells), -1).astype(np.float32)  # (n, P)
    known = icons.reshape(len(icons), -1).astype(np.float32)  # (K, P)
    middle = known.mean(0)
    seen, known = seen - middle, known - middle
    nearest: NDArray[np.int64] = ((known**2).sum(1) - 2 * seen @ known.T).argmin(1)
    return nearest


def _differences(cells: Pixels, icons: Pixels, kinds: NDArray[np.int64]) -> Floats:
    """(n,) mean differences of tiles from icons."""
    away = np.maximum(cells, icons[kinds]) - np.minimum(cells, icons[kinds])  # stays within uint8
    found: Floats = away.reshape(len(cells), -1).mean(1, dtype=np.float32)
    return found
