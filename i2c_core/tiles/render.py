"""The renderer of levels: icons side by side, the level in the middle of the picture.

Legend: N programs, T tokens, K tiles, R C most rows and columns, H W pixels, p pixels of a tile's side.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from i2c_core.raster import Array, TokenBatch, is_tensor
from i2c_core.tiles.painting import paint
from i2c_core.tilesets.icons import atlas, frame_of, rgb, shrunk
from i2c_core.tilesets.tileset import TileSet

PIXELS = 1 << 24  # drawn at once


def render(batch: TokenBatch, size: tuple[int, int], tiles: TileSet) -> Array:
    """Draw programs of levels.

    Args:
        batch: ids (N, T), NumPy or torch.
        size: height and width, 1 or more. Tiles are squares of whole pixels, as many as fit; where a tile has less than
            one pixel, each pixel shows the tile beneath its middle.
        tiles: the tile set.

    Returns:
        (N, 3, H, W) uint8, in the library and on the device of `batch.ids`.
    """
    pixels = draw_levels(*paint(batch, tiles), size, tiles)
    return pixels if is_tensor(batch.ids) else pixels.numpy()


def draw_levels(kinds: Tensor, columns: Tensor, rows: Tensor, size: tuple[int, int], tiles: TileSet) -> Tensor:
    """(N, 3, H, W) uint8 pictures of levels, as `paint` gives them.

    Args:
        kinds: (N, R, C) index of each tile.
        columns, rows: (N,) of each level.
        size: height and width.
        tiles: the tile set.
    """
    out = torch.empty(len(kinds), 3, *size, dtype=torch.uint8, device=kinds.device)
    shapes = torch.stack([columns, rows], 1)  # (N, 2)
    distinct, which = torch.unique(shapes, dim=0, return_inverse=True)
    chunk = max(1, PIXELS // (size[0] * size[1]))
    for number, (wide, high) in enumerate(distinct.tolist()):
        members = (which == number).nonzero()[:, 0]
        for some in members.split(chunk):
            out[some] = _draw(kinds[some, :high, :wide].long(), size, tiles)
    return out


def _draw(level: Tensor, size: tuple[int, int], tiles: TileSet) -> Tensor:
    """(n, 3, H, W) pictures of levels (n, R, C) of one size."""
    count, high, wide = level.shape
    left, top, pitch = frame_of(wide, high, size)
    icons = _icons(tiles, max(pitch, 1), level.device)  # (K, 3, p, p)
    if pitch:
        inner = icons[level].permute(0, 3, 1, 4, 2, 5).reshape(count, 3, high * pitch, wide * pitch)
    else:
        w, h = shrunk(wide, high, size)
        across = ((torch.arange(w, device=level.device) + 0.5) * wide / w).long()
        down = ((torch.arange(h, device=level.device) + 0.5) * high / h).long()
        inner = icons[level[:, down[:, None], across], :, 0, 0].permute(0, 3, 1, 2)
    beside = torch.tensor(rgb(tiles.outside), dtype=torch.uint8, device=level.device)
    out = beside.view(1, 3, 1, 1).repeat(count, 1, *size)
    out[:, :, top : top + inner.shape[2], left : left + inner.shape[3]] = inner
    return out


@lru_cache(maxsize=64)
def _icons(tiles: TileSet, pitch: int, device: torch.device) -> Tensor:
    return torch.from_numpy(atlas(tiles, pitch).copy()).to(device)
