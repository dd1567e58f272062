"""Painting and rendering batches of levels, against the slow truth. Legend: N programs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import CAVES, plans

from i2c_core.raster import Renderer, TokenBatch
from i2c_core.tiles.painting import paint
from i2c_core.tiles.sheets import sketches
from i2c_core.tilesets import Plan, TileSet, draw, language, plain, program_of
from i2c_core.tilesets.icons import atlas, frame_of, rgb

TILES = TileSet.load(CAVES)
FAMILY = language(TILES)


def batch_of(some: list[Plan], tensors: bool = True) -> TokenBatch:
    ids, _ = FAMILY.vocabulary.pack([FAMILY.to_tokens(program_of(FAMILY, p)) for p in some])
    return TokenBatch(torch.from_numpy(ids) if tensors else ids, None, FAMILY.vocabulary)


@given(st.lists(plans(TILES), min_size=1, max_size=12))
@settings(max_examples=40)
def test_a_batch_is_painted_as_its_programs_are_cell_by_cell(some: list[Plan]) -> None:
    kinds, columns, rows = paint(batch_of(some), TILES)
    assert kinds.dtype == torch.uint8
    for n, plan in enumerate(some):
        assert (int(columns[n]), int(rows[n])) == (plan.columns, plan.rows)
        np.testing.assert_array_equal(kinds[n, : plan.rows, : plan.columns].numpy(), draw(plan))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(6, 17, (9, 2)).tolist()
    programs = [plain(FAMILY, rng.integers(0, 14, (h, w + 2))) for w, h in sizes]
    with Renderer(FAMILY) as renderer:
        whole = renderer.render_programs(programs, (64, 100)).pixels
        monkeypatch.setattr("i2c_core.tiles.painting.CELLS", 1)
        monkeypatch.setattr("i2c_core.tiles.render.PIXELS", 1)
        np.testing.assert_array_equal(renderer.render_programs(programs, (64, 100)).pixels, whole)


@pytest.mark.parametrize("size", [(256, 1024), (40, 300), (90, 91)])
def test_pictures_are_icons_side_by_side_in_the_middle(size: tuple[int, int]) -> None:
    level = np.arange(6 * 30).reshape(6, 30) % 14
    with Renderer(FAMILY) as renderer:
        pixels = renderer.render_programs([plain(FAMILY, level)], size).pixels[0]
    left, top, pitch = frame_of(30, 6, size)
    icons = atlas(TILES, pitch)
    expected = np.empty((3, *size), np.uint8)
    expected[:] = np.array(rgb(TILES.outside))[:, None, None]
    for y, x in np.ndindex(6, 30):
        down, across = top + y * pitch, left + x * pitch
        expected[:, down : down + pitch, across : across + pitch] = icons[level[y, x]]
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (16, 20)])
def test_every_size_has_a_picture(size: tuple[int, int]) -> None:
    level = np.full((16, 128), TILES.index("water"))
    with Renderer(FAMILY) as renderer:
        pixels = renderer.render_programs([plain(FAMILY, level)], size).pixels[0]
    assert pixels.shape == (3, *size)
    colours = {tuple(c) for c in pixels.reshape(3, -1).T.tolist()}
    assert tuple(atlas(TILES, 1)[TILES.index("water"), :, 0, 0].tolist()) in colours


def test_a_level_of_100_by_14_is_drawn_and_sketched() -> None:
    level = np.random.default_rng(0).integers(0, 14, (14, 100))
    ids, _ = FAMILY.vocabulary.pack([FAMILY.to_tokens(plain(FAMILY, level))])
    batch = TokenBatch(torch.from_numpy(ids), None, FAMILY.vocabulary)
    assert FAMILY.render(batch, (112, 800)).shape == (1, 3, 112, 800)
    ink = FAMILY.sketches(batch, (112, 800), torch.Generator().manual_seed(0))
    assert ink.shape == (1, 112, 800)
    assert 0.01 < float(ink.mean()) < 0.7
    again = sketches(batch, (112, 800), torch.Generator().manual_seed(0), TILES)
    assert torch.equal(ink, again)
    assert not torch.equal(ink, sketches(batch, (112, 800), torch.Generator().manual_seed(1), TILES))
    assert sketches(batch, (3, 20), torch.Generator().manual_seed(0), TILES).shape == (1, 3, 20)
