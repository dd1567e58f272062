"""Charts: lines and bands where the numbers say."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageColor

from i2c_core.charts import BOTTOM, COLOURS, LEFT, RIGHT, TOP, Line, Panel, chart


def near(image: Image.Image, x: float, y: float, colour: str) -> bool:
    """Whether some pixel around a place has about this colour."""
    part = np.asarray(image.convert("RGB"), int)[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
    return bool((np.abs(part - ImageColor.getrgb(colour)).sum(2) < 40).any())


def test_lines_are_where_their_numbers_are() -> None:
    x = np.array([1.0, 10.0, 100.0])
    lines = [Line("up", x, np.array([0.0, 0.5, 1.0])), Line("down", x, np.array([1.0, 0.25, 0.0]))]
    image = chart([Panel("a title", "seconds", lines, logarithmic=True, share=True)], size=(300, 560))
    assert image.size == (560, 300)
    width, height = 560 - RIGHT - LEFT, 300 - BOTTOM - TOP
    for number, line in enumerate(lines):
        for share, y in zip((0, 0.5, 1), line.y.tolist(), strict=True):
            assert near(image, LEFT + share * width, 300 - BOTTOM - y * height, COLOURS[number])
    assert not near(image, LEFT + 0.25 * width, TOP + 0.1 * height, COLOURS[0])


def test_a_band_is_fainter_than_its_line() -> None:
    x = np.linspace(0, 1, 5)
    line = Line("a", x, np.full(5, 0.5), np.full(5, 0.2), np.full(5, 0.8))
    image = chart([Panel("t", "u", [line], share=True)])
    height = 300 - BOTTOM - TOP
    inside = image.getpixel((LEFT + 77, TOP + round(0.35 * height)))
    outside = image.getpixel((LEFT + 77, TOP + round(0.1 * height)))
    assert inside != outside
    assert isinstance(inside, tuple)
    assert min(inside) > 180


def test_panels_stand_in_columns_with_a_note_below() -> None:
    panel = Panel("t", "u", [Line("a", np.array([0.0, 1.0]), np.array([2.0, 3.0]))])
    assert chart([panel] * 3, columns=2, size=(100, 200)).size == (400, 200)
    assert chart([panel], columns=2, size=(100, 300), note="a note").size[1] > 100


def test_lines_without_a_spread_are_drawn() -> None:
    assert chart([Panel("t", "u", [Line("a", np.array([1.0]), np.array([0.0]))], logarithmic=True)]).size == (560, 300)
