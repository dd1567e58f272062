"""The shipped weights read the examples, renders, and sketches by other hands, into levels that can be walked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from walk import unreached

from i2c_cli.app import application
from i2c_core import Reader
from i2c_core.formats import find_format
from i2c_core.raster import Renderer
from i2c_core.tiles.lessons import sketched_page
from i2c_core.tilesets import level_of, plain, tileset_of
from i2c_core.tilesets.random_levels import random_level

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "pacman"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader.load("pacman", "cpu") as found:
        yield found


def level(text: str, reader: Reader) -> np.ndarray:
    return level_of(reader.family, find_format(reader.family, "lay").loads(reader.family, text))


@pytest.mark.parametrize("name", ["sketch.png", "photo.png"])
def test_the_examples_become_levels_that_can_be_walked(name: str, tmp_path: Path) -> None:
    out = tmp_path / "level.lay"
    ran = CliRunner().invoke(application, ["decode", str(EXAMPLES / name), "--family", "pacman", "-o", str(out)])
    assert ran.exit_code == 0, ran.output
    assert out.read_text() == (EXAMPLES / "house.lay").read_text()
    assert unreached(out.read_text()) == []


def test_renders_of_many_sizes_are_read_exactly(reader: Reader) -> None:
    rng = np.random.default_rng(0)
    tiles = tileset_of(reader.family)
    levels = [
        random_level(tiles, rng, columns, rows) for columns, rows in ((3, 3), (32, 32), (3, 32), (28, 27), (9, 5))
    ]
    with Renderer(reader.family) as renderer:
        pictures = renderer.render_programs([plain(reader.family, found) for found in levels]).pixels
    for truth, candidates in zip(levels, reader.read(list(pictures), 1), strict=True):
        assert np.array_equal(level_of(reader.family, candidates[0].program), truth)
        assert candidates[0].distance == 0


def test_a_level_in_ten_styles_is_read(reader: Reader) -> None:
    truth = level((EXAMPLES / "house.lay").read_text(), reader)
    tiles = tileset_of(reader.family)
    right = 0
    for seed in range(10):
        page = sketched_page(tiles, truth, 2**31 + 100 + seed, camera=seed % 2 == 1)
        answer = next(iter(reader.read_many([page], 1)))
        if answer.error is None:
            right += np.array_equal(level_of(reader.family, answer.candidates[0].program), truth)
    assert right >= 8


def test_sketches_by_other_hands_are_read_and_can_be_walked(reader: Reader, tmp_path: Path) -> None:
    """Three levels of the Berkeley PacMan engine: every tile right, every dot reached from pacman."""
    if not os.environ.get("I2C_REAL_DATA"):
        pytest.skip("I2C_REAL_DATA is not set: no sketches by other hands here")
    folder = Path(os.environ["I2C_REAL_DATA"]) / "pacman"
    pictures = sorted(folder.glob("*.png"))
    assert len(pictures) == 3
    lay = find_format(reader.family, "lay")
    for picture in pictures:
        truth = (folder / f"{picture.stem.split('-')[0]}.lay").read_text()
        found = lay.dumps(reader.family, reader.read(picture, 1)[0].program)
        assert np.array_equal(level(found, reader), level(truth, reader)), picture.name
        assert unreached(found) == []
