"""Levels from renders: every size, noisy, compressed, in any picture; and nothing from other pictures."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from i2c_core.tiles.matching import match_render
from i2c_core.tiles.render import draw_levels
from i2c_core.tilesets import TileSet, read_tileset

Level = NDArray[np.uint8]
Pixels = NDArray[np.uint8]

PAPER = """
name = "paper"
default = "blank"
smallest = [1, 1]
largest = [120, 40]
background = "#ffffff"
outside = "#c0d0e0"
tile = [
  { name = "blank", char = " " },
  { name = "post", char = "i", icon = [{ path = "M .4 0 H .6 V 1 H .4 Z", fill = "#000000" }] },
  { name = "box", char = "b", icon = [{ path = "M .2 .2 H .8 V .8 H .2 Z", stroke = "#800000", width = 0.15 }] },
  { name = "block", char = "#", background = "#404040" },
]
"""


@pytest.fixture(scope="module")
def tiles() -> TileSet:
    return TileSet.load("i2c_plugins.pacman:tiles.toml")


@pytest.fixture(scope="module")
def paper() -> TileSet:
    return read_tileset(PAPER, "paper.toml")


def some_level(tiles: TileSet, rng: np.random.Generator, columns: int, rows: int) -> Level:
    often = np.array([t.often for t in tiles.tiles])
    often = often if rng.random() < 0.6 else rng.dirichlet(np.full(len(tiles), 0.5)) + 1e-3
    return rng.choice(len(tiles), (rows, columns), p=often / often.sum()).astype(np.uint8)


def drawn(tiles: TileSet, level: Level, size: tuple[int, int] = (256, 256)) -> Pixels:
    rows, columns = level.shape
    pixels = draw_levels(torch.from_numpy(level)[None], torch.tensor([columns]), torch.tensor([rows]), size, tiles)
    return np.asarray(pixels[0].numpy())


def compressed(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).transpose(2, 0, 1)


def noisy(pixels: Pixels, spread: float, rng: np.random.Generator) -> Pixels:
    return np.clip(pixels + spread * rng.normal(size=pixels.shape), 0, 255).astype(np.uint8)


def test_every_size_comes_back(tiles: TileSet) -> None:
    rng = np.random.default_rng(0)
    (low_columns, low_rows), (columns, rows) = tiles.smallest, tiles.largest
    for c in range(low_columns, columns + 1, 2):
        for r in range(low_rows + c % 4 // 2, rows + 1, 2):  # each number of columns, and of rows
            level = some_level(tiles, rng, c, r)
            found = match_render(tiles, drawn(tiles, level))
            assert found is not None, (c, r)
            assert np.array_equal(found.level, level), (c, r, found.level.shape)
            assert found.error == 0
            assert found.level.dtype == np.uint8


@pytest.mark.parametrize("size", [(256, 256), (64, 300), (300, 64), (40, 41), (33, 64), (801, 603), (32, 32)])
def test_every_size_of_picture(tiles: TileSet, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    for columns, rows in ((3, 3), (5, 9), (20, 7), (9, 28), (32, 32)):
        level = some_level(tiles, rng, columns, rows)
        found = match_render(tiles, drawn(tiles, level, size))
        assert found is not None
        assert np.array_equal(found.level, level)


@pytest.mark.parametrize("quality", [60, 75, 95])
def test_compressed_renders(tiles: TileSet, quality: int) -> None:
    rng = np.random.default_rng(quality)
    for _ in range(20):
        level = some_level(tiles, rng, *rng.integers(3, 33, 2).tolist())
        found = match_render(tiles, compressed(drawn(tiles, level), quality))
        assert found is not None
        assert np.array_equal(found.level, level)


@pytest.mark.parametrize("spread", [3.0, 10.0])
def test_noisy_renders(tiles: TileSet, spread: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        level = some_level(tiles, rng, *rng.integers(3, 33, 2).tolist())
        found = match_render(tiles, noisy(drawn(tiles, level), spread, rng))
        assert found is not None
        assert np.array_equal(found.level, level)
        assert 0 < found.error < spread


def test_another_tile_set_with_light_paper_and_wide_levels(paper: TileSet) -> None:
    rng = np.random.default_rng(2)
    for columns, rows, size in ((100, 14, (256, 900)), (120, 40, (256, 256)), (1, 1, (50, 50)), (7, 2, (99, 99))):
        level = some_level(paper, rng, columns, rows)
        found = match_render(paper, drawn(paper, level, size))
        assert found is not None
        assert np.array_equal(found.level, level)


def test_a_level_of_the_tests_second_tile_set() -> None:
    caves = TileSet.load(Path(__file__).parents[2] / "support" / "caves.toml")
    level = some_level(caves, np.random.default_rng(5), 100, 14)
    for size in ((256, 900), (256, 256)):
        found = match_render(caves, drawn(caves, level, size))
        assert found is not None
        assert np.array_equal(found.level, level)


def test_a_known_size_settles_what_a_picture_leaves_open(tiles: TileSet) -> None:
    empty = np.full((16, 16), tiles.default, np.uint8)
    pixels = drawn(tiles, empty)
    fewest = match_render(tiles, pixels)
    assert fewest is not None
    assert fewest.level.shape == (4, 4)
    asked = match_render(tiles, pixels, (16, 16))
    assert asked is not None
    assert np.array_equal(asked.level, empty)
    assert match_render(tiles, drawn(tiles, some_level(tiles, np.random.default_rng(0), 9, 7)), (8, 7)) is None


def test_levels_whose_tiles_have_no_pixel_are_not_read(paper: TileSet) -> None:
    pixels = drawn(paper, some_level(paper, np.random.default_rng(0), 120, 40), (20, 60))
    assert match_render(paper, pixels, (120, 40)) is None


def test_a_foreign_tile_and_a_picture_that_was_moved_are_not_explained(tiles: TileSet) -> None:
    level = some_level(tiles, np.random.default_rng(3), 16, 16)
    pixels = drawn(tiles, level)
    foreign = pixels.copy()
    foreign[:, 32:48, 64:80] = np.array([20, 160, 60], np.uint8)[:, None, None]
    assert match_render(tiles, foreign) is None
    assert match_render(tiles, np.roll(pixels, 5, 2)) is None
    assert match_render(tiles, np.ascontiguousarray(pixels.transpose(0, 2, 1))) is None
    larger = Image.fromarray(pixels.transpose(1, 2, 0)).resize((300, 300))
    assert match_render(tiles, np.asarray(larger).transpose(2, 0, 1)) is None


def hatched(seed: int, height: int, width: int) -> Pixels:
    """Black lines on white paper, a tile in two."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    drawn = rng.random((height // 20 + 1, width // 20 + 1)) < 0.5
    ink = ((x + y) % 6 < 2) & drawn[y // 20, x // 20]
    return np.repeat(np.where(ink, 20, 250).astype(np.uint8)[None], 3, 0)


def test_other_pictures_are_told_from_renders_quickly(tiles: TileSet, paper: TileSet) -> None:
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:480, 0:640]
    pictures = [
        hatched(0, 260, 400),
        hatched(1, 256, 256),
        hatched(2, 640, 640),
        rng.integers(0, 256, (3, 300, 400), dtype=np.uint8),
        np.stack([x // 3, y // 2, (x + y) // 5]).astype(np.uint8),
        np.full((3, 256, 256), 255, np.uint8),
        np.full((3, 256, 256), 128, np.uint8),
        np.zeros((3, 1, 1), np.uint8),
    ]
    for number, pixels in enumerate(pictures):
        for known in (tiles, paper):
            if known is paper and number == 5:
                continue  # which is an empty level
            match_render(known, pixels)
            start = time.process_time()
            found = match_render(known, pixels)
            assert found is None, number
            assert time.process_time() - start < 0.3  # seconds; it takes 0.01


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 0, 8), (64, 64)])
def test_what_is_no_picture_in_colour_is_no_render(tiles: TileSet, shape: tuple[int, ...]) -> None:
    assert match_render(tiles, np.zeros(shape, np.uint8)) is None
