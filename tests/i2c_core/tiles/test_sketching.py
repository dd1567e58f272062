"""Sketched levels: chance is the generator's alone, tiles are drawn where they are and stay apart, for any tile set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.tiles.sketching import sketch_levels
from i2c_core.tiles.styles import draw_styles
from i2c_core.tilesets import TileSet, read_tileset
from i2c_core.tilesets.random_levels import random_level

PACMAN = TileSet.load("i2c_plugins.pacman:tiles.toml")
CAVES = TileSet.load(Path(__file__).parents[2] / "support" / "caves.toml")
PITCH = 16


def chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def of_cells(ink: Tensor) -> Tensor:
    """(N, R, C, PITCH, PITCH) the cells of sheets."""
    return ink.unfold(1, PITCH, PITCH).unfold(2, PITCH, PITCH)


def levels(tiles: TileSet, n: int) -> Tensor:
    rng = np.random.default_rng(7)
    sheets = np.full((n, 9, 10), len(tiles), np.int64)
    for sheet in sheets:
        sheet[2:8, 1:9] = random_level(tiles, rng, 8, 6)
    return torch.from_numpy(sheets)


def test_ink_has_the_shape_of_the_sheet() -> None:
    for tiles in (PACMAN, CAVES):
        ink = sketch_levels(tiles, levels(tiles, 4), 13, chance(1))
        assert ink.shape == (4, 9 * 13, 10 * 13)
        assert ink.dtype == torch.float32
        assert 0 <= float(ink.min()) <= float(ink.max()) <= 1


def test_chance_is_the_generators_alone() -> None:
    sheets = levels(PACMAN, 3)
    torch.manual_seed(1)
    one = sketch_levels(PACMAN, sheets, PITCH, chance(5))
    torch.manual_seed(2)
    assert torch.equal(one, sketch_levels(PACMAN, sheets, PITCH, chance(5)))
    assert not torch.equal(one, sketch_levels(PACMAN, sheets, PITCH, chance(6)))
    assert not torch.equal(one[0], one[1])


def test_sheets_without_a_level_or_of_empty_tiles_are_drawn_too() -> None:
    for kind in (len(PACMAN), PACMAN.default):
        ink = sketch_levels(PACMAN, torch.full((6, 3, 4), kind), PITCH, chance(3))
        assert ink.shape == (6, 48, 64)
    assert sketch_levels(PACMAN, torch.zeros(0, 3, 4, dtype=torch.long), PITCH, chance(3)).shape == (0, 48, 64)


def test_tiles_are_drawn_where_they_are() -> None:
    kinds = [n for n in range(len(PACMAN)) if n != PACMAN.default]
    for kind in kinds:
        sheets = torch.full((24, 5, 5), PACMAN.default)
        sheets[:, 2, 3] = kind
        share = of_cells(sketch_levels(PACMAN, sheets, PITCH, chance(kind))).sum((3, 4))  # (N, R, C)
        inner = share[:, 2, 3]
        assert float(inner.min()) > 0.5  # pixels of ink
        without = share.clone()
        without[:, 2, 3] = 0
        plain = without.flatten(1).sum(1) < 0.5 * inner  # no grid lines
        assert float(plain.float().mean()) > 0.5
        assert float((inner >= without.flatten(1).amax(1)).float().mean()) > 0.9


def test_large_tiles_are_larger_than_small_ones_on_every_sheet() -> None:
    sheets = torch.full((64, 5, 5), len(PACMAN))
    sheets[:, 1:4, 1:4] = PACMAN.default
    sheets[:, 1, 1], sheets[:, 3, 3] = PACMAN.index("dot"), PACMAN.index("power")
    cells = of_cells(sketch_levels(PACMAN, sheets, PITCH, chance(0)))
    edge = PITCH // 8  # without the grid's lines
    widths = []
    for place in (1, 3):
        cell = cells[:, place, place, edge:-edge, edge:-edge]
        seen = (cell > 0.3 * cell.flatten(1).amax(1)[:, None, None]).any(1)  # (N, columns)
        widths.append(seen.sum(1))
    assert float((widths[1] > widths[0]).float().mean()) > 0.95


def test_a_tile_set_says_what_is_drawn() -> None:
    text = """
default = "floor"
[[tile]]
name = "floor"
char = "."
[[tile]]
name = "stripe"
char = "s"
icon = [{ path = "M 0 .4 H 1 V .6 H 0 Z", fill = "#ffffff" }]
[[tile.sketch]]
parts = [{ path = "M 0 .4 H 1 V .6 H 0 Z", fill = "solid" }]
turn = [90]
"""
    stripes = read_tileset(text, "here")
    sheets = torch.full((16, 3, 3), 2)
    sheets[:, 1, 1] = 1
    cells = of_cells(sketch_levels(stripes, sheets, PITCH, chance(2)))[:, 1, 1]
    middle, side = cells[:, :, 6:10].mean((1, 2)), cells[:, :, :3].mean((1, 2))
    assert bool((middle > 3 * side).all())  # upright, since each tile is turned


def test_styles_differ_widely() -> None:
    styles = draw_styles(2000, 3, Chance(chance(4)))
    assert float(styles.half.max() / styles.half.min()) > 3
    assert 0.1 < float(styles.grid.float().mean()) < 0.5
    assert len(set(styles.fill.flatten().tolist())) == 10  # each way to fill, and none
    assert len(set(styles.blocks.flatten().tolist())) == 3
    assert bool((styles.gap > 2 * styles.fill_half).all())  # hatching is not solid
