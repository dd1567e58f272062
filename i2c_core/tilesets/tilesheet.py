"""The picture of a tile set: its icons side by side, which maps of the Tiled editor draw their tiles from."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from i2c_core.tilesets.icons import atlas
from i2c_core.tilesets.tiled import SIDE, sheet_name
from i2c_core.tilesets.tileset import TileSet, tileset_of

if TYPE_CHECKING:
    from i2c_core.families import Family


def files(family: Family) -> dict[str, bytes]:
    """The tile set's picture, by the name that maps give it."""
    tiles = tileset_of(family)
    return {sheet_name(tiles): sheet(tiles)}


def sheet(tiles: TileSet) -> bytes:
    """All icons in one row, as PNG."""
    from PIL import Image

    icons = np.asarray(atlas(tiles, SIDE))  # (K, 3, SIDE, SIDE)
    pixels = np.ascontiguousarray(icons.transpose(2, 0, 3, 1).reshape(SIDE, -1, 3))
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()
