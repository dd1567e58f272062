"""Icons as pixels, and where a level lies in a picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plans import CAVES

from i2c_core.tilesets import TileSet, flatten, read_path, read_tileset
from i2c_core.tilesets.icons import atlas, coverage, frame_of, shrunk


def test_the_share_of_a_tile_that_shapes_cover() -> None:
    square = flatten(read_path("M .25 .25 H .75 V .75 H .25 Z")[0])
    np.testing.assert_array_equal(coverage([square], 4)[1:3, 1:3], 1)
    assert coverage([square], 4).sum() == 4
    assert coverage([square], 1)[0, 0] == 0.25
    disk = flatten(read_path("M .1 .5 a .4 .4 0 1 1 .8 0 a .4 .4 0 1 1 -.8 0 z")[0], 1e-4)
    assert coverage([disk], 32).mean() == pytest.approx(math.pi * 0.16, rel=2e-3)
    # Two that overlap cover no more than they do together, and one beyond the tile is cut off.
    assert coverage([square, square], 8).max() == 1
    assert coverage([flatten(read_path("M -1 -1 H 2 V 2 H -1 Z")[0])], 3).min() == 1


def test_layers_and_lines_of_icons() -> None:
    text = """
        background = "#000040"
        [[tile]]
        name = "a"
        char = "a"
        icon = [
          { path = "M 0 0 H 1 V 1 H 0 Z", fill = "#ff0000" },
          { path = "M 0 .5 H 1", stroke = "#00ff00", width = 0.5 },
        ]
        [[tile]]
        name = "b"
        char = "b"
    """
    found = atlas(read_tileset(text, "x"), 4)
    assert found.shape == (2, 3, 4, 4)
    assert found[0, :, :, 0].T.tolist() == [[255, 0, 0], [0, 255, 0], [0, 255, 0], [255, 0, 0]]
    assert found[1, :, 2, 2].tolist() == [0, 0, 64]
    assert not found.flags.writeable


@pytest.mark.parametrize("pitch", [1, 2, 3, 8, 85])
def test_icons_of_every_size_differ(pitch: int) -> None:
    tiles = TileSet.load(CAVES)
    found = atlas(tiles, pitch)
    assert found.shape == (14, 3, pitch, pitch)
    if pitch >= 3:
        flat = found.reshape(14, -1).astype(int)
        gaps = np.abs(flat[:, None] - flat[None]).mean(2) + 1000 * np.eye(14)
        assert gaps.min() > 1


def test_where_a_level_lies() -> None:
    assert frame_of(20, 7, (256, 256)) == (8, 86, 12)
    assert frame_of(32, 32, (256, 256)) == (0, 0, 8)
    assert frame_of(3, 3, (1, 1)) == (0, 0, 0)
    assert frame_of(100, 10, (20, 50)) == (0, 7, 0)
    assert shrunk(100, 10, (20, 50)) == (50, 5)
