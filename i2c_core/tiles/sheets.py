"""Programs of levels as designers sketch them, each on a sheet of its own.

Legend: N programs, T tokens, K tiles, R C rows and columns of a level, H W pixels, p pixels of a tile's side.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from i2c_core.raster import TokenBatch
from i2c_core.tiles.painting import paint
from i2c_core.tiles.sketching import sketch_levels
from i2c_core.tilesets.icons import frame_of
from i2c_core.tilesets.tileset import TileSet

LEAST_PITCH = 8  # pixels of a tile's side; smaller ones are sketched larger and shrunk
SHEETS = 32  # sketched at once


def sketches(batch: TokenBatch, size: tuple[int, int], generator: torch.Generator, tiles: TileSet) -> Tensor:
    """Sketch programs, each in a style of its own; a level lies where the renderer draws it.

    Args:
        batch: ids (N, T), tensors.
        size: height and width of a sheet, 1 or more.
        generator: all chance comes from it; it is on the device of `batch.ids`.
        tiles: the tile set.

    Returns:
        (N, H, W) float32, ink from 0 to 1, on the device of `batch.ids`.
    """
    kinds, columns, rows = paint(batch, tiles)
    out = torch.zeros(len(kinds), *size, device=kinds.device)
    sizes = list(zip(columns.tolist(), rows.tolist(), strict=True))
    grown = [_growth(wide, high, size) for wide, high in sizes]
    pitches = [frame_of(w, h, (size[0] * g, size[1] * g))[2] for (w, h), g in zip(sizes, grown, strict=True)]
    for pitch, growth in sorted(set(zip(pitches, grown, strict=True))):
        members = [n for n, found in enumerate(zip(pitches, grown, strict=True)) if found == (pitch, growth)]
        for first in range(0, len(members), SHEETS):
            some = members[first : first + SHEETS]
            large = (size[0] * growth, size[1] * growth)
            levels = [kinds[n, : sizes[n][1], : sizes[n][0]].long() for n in some]
            ink = _sheets(levels, large, pitch, generator, tiles)
            out[some] = F.avg_pool2d(ink[:, None], growth)[:, 0] if growth > 1 else ink
    return out


def _growth(wide: int, high: int, size: tuple[int, int]) -> int:
    """How many times larger a sheet is sketched, so that its tiles have enough pixels."""
    growth = 1
    while min(size[1] * growth // wide, size[0] * growth // high) < LEAST_PITCH:
        growth += 1
    return growth


def _sheets(
    levels: list[Tensor], size: tuple[int, int], pitch: int, generator: torch.Generator, tiles: TileSet
) -> Tensor:
    """(n, H, W) ink of levels (R, C) whose tiles have the same pitch."""
    height, width = size
    # The paper is whole tiles too: one more than the picture has, because its edge need not be that of a tile.
    board = (-(-height // pitch) + 1, -(-width // pitch) + 1)
    canvas = torch.full((len(levels), *board), len(tiles), dtype=torch.int64, device=levels[0].device)
    corners = []
    for n, level in enumerate(levels):
        high, wide = level.shape
        left, top, _ = frame_of(wide, high, size)
        column, row = -(-left // pitch), -(-top // pitch)
        canvas[n, row : row + high, column : column + wide] = level
        corners.append((row * pitch - top, column * pitch - left))
    ink = sketch_levels(tiles, canvas, pitch, generator)
    return torch.stack([s[y : y + height, x : x + width] for s, (y, x) in zip(ink, corners, strict=True)])
