"""The contact sheet shows what the razor keeps, in its order, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from dataset_families import DIALS, SWAPPED

from i2c_core.datasets.gallery import GAP, PAPER, gallery, random_gallery
from i2c_core.datasets.razor import rough_razor, sharp_razor
from i2c_core.errors import ConfigError
from i2c_core.plugins import get_family
from i2c_core.raster import Renderer

SPLITS = get_family("splits")


def test_the_first_1024_images_of_the_notes() -> None:
    sheet = np.asarray(gallery(SPLITS, 1024))
    assert sheet.shape == (32 * 34 + 2, 32 * 34 + 2)
    kept = rough_razor(SPLITS, 9, hash_size=32).pixels
    for number in (0, 1, 31, 32, 500, 1023):
        y, x = GAP + number // 32 * 34, GAP + number % 32 * 34
        np.testing.assert_array_equal(sheet[y : y + 32, x : x + 32], kept[number, 0])
    assert (sheet[:2] == PAPER).all()


def test_other_cells_columns_and_razor() -> None:
    sheet = np.asarray(gallery(get_family("splits-rgb"), 10, razor="sharp", cell=8, columns=5))
    assert sheet.shape == (2 * 10 + 2, 5 * 10 + 2, 3)
    table = sharp_razor(get_family("splits-rgb"), 3)
    with Renderer(get_family("splits-rgb")) as renderer:
        cell = renderer.render(table.ids[7:8].astype(np.int64), None, (8, 8)).pixels[0]
    np.testing.assert_array_equal(sheet[12:20, 22:30].transpose(2, 0, 1), cell)


def test_fewer_images_than_asked_for_and_captions() -> None:
    plain, captioned = gallery(SWAPPED, 4, cell=40), gallery(SWAPPED, 4, cell=40, captions=True)
    assert plain.size == (86, 86)
    assert captioned.size == (86, 110)
    assert (np.asarray(captioned)[42:54] < 100).any()
    assert gallery(DIALS, 3, cell=12).size == (2 * 14 + 2, 2 * 14 + 2)


def test_errors() -> None:
    with pytest.raises(ConfigError) as error:
        gallery(SPLITS, 0)
    assert str(error.value) == "a gallery of 0 images shows nothing\n  -> use 1 or more"
    with pytest.raises(ConfigError) as error:
        gallery(SPLITS, 4, razor="blunt")
    assert str(error.value) == "unknown razor 'blunt'\n  -> use rough or sharp"


def test_random_programs_of_levels() -> None:
    pacman = get_family("pacman")
    sheet = np.asarray(random_gallery(pacman, 4, seed=3, cell=32))
    assert sheet.shape == (2 * 34 + 2, 2 * 34 + 2, 3)
    np.testing.assert_array_equal(sheet, np.asarray(random_gallery(pacman, 4, seed=3, cell=32)))
    cells = [sheet[y : y + 32, x : x + 32] for y in (2, 36) for x in (2, 36)]
    assert all(cell.std() > 0 for cell in cells)
    with pytest.raises(ConfigError):
        random_gallery(pacman, 0)
