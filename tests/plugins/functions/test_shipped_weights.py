"""The shipped weights read what they should, and numbers are what refinement finds."""

from __future__ import annotations

import pytest

from i2c_core.drawing import draw
from i2c_core.reader import Reader
from i2c_plugins.functions import FAMILY

CODES = ("sin(radius * 3.25)", "x * y", "if x > 0.31 then 0.5 else -0.75", "mod(angle, 0.4)", "max(x, -0.3) + y")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load("functions", device="cpu")


def test_small_functions_are_drawn_again_exactly(reader: Reader) -> None:
    pictures = [draw(FAMILY, [FAMILY.parse(code)])[0] for code in CODES]
    refined = list(reader.read_many(pictures, 1, strategy="beam", invert=False))
    assert [answer.candidates[0].distance for answer in refined] == [0] * len(CODES)
    plain = list(reader.read_many(pictures[:1], 1, strategy="beam", invert=False, refine=False))
    assert 0 < plain[0].candidates[0].distance < 0.3


def test_a_larger_picture_is_read_at_its_own_size(reader: Reader) -> None:
    picture = draw(FAMILY, [FAMILY.parse(CODES[0])], (50, 80))[0]
    (answer,) = reader.read_many([picture], 1, strategy="beam", invert=False)
    assert answer.candidates[0].code == CODES[0]
