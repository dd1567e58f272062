"""The shipped weights on pictures of several sizes."""

from __future__ import annotations

import numpy as np
import pytest

from i2c_core.raster import Renderer
from i2c_core.reader import Reader
from i2c_plugins.boxes import FAMILY

SIZES = (32, 32), (64, 64), (80, 48)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load("boxes", device="cpu")


def test_the_examples_are_drawn_again_by_the_same_code(reader: Reader) -> None:
    programs = [FAMILY.parse(text) for text in FAMILY.examples]
    with Renderer(FAMILY) as renderer:
        pictures = [renderer.render_programs([p], s).pixels[0] for p, s in zip(programs, SIZES, strict=True)]
    for answer, code in zip(reader.read_many(pictures, 1), FAMILY.examples, strict=True):
        assert answer.candidates[0].distance == 0, code
        assert answer.candidates[0].code == code


def test_a_picture_beyond_the_grid_gets_the_nearest_boxes(reader: Reader) -> None:
    picture = np.zeros((3, 64, 64), np.uint8)
    picture[0, 13:30, 9:50] = 255  # no edge on the grid, and a red that is not in the palette
    (answer,) = reader.read_many([picture], 1)
    best = answer.candidates[0]
    assert 0 < best.distance < 0.1
    assert FAMILY.is_canonical(best.program)
