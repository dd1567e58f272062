"""Framing: what is framed stays, what is not comes onto its grid, and nothing at all breaks it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from bad_pictures import BAD
from drawn import Item, Sheet, draw, points_of, random_figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from i2c_core.families import Family
from i2c_core.framing import CELL, find_evidence, find_frame, find_grid, find_ink, is_clean, paper
from i2c_core.images import read_image

CANVAS = (16, 16)
FIGURE: list[Item] = [
    ("circle", (3, 3)),
    ("circle", (9, 3)),
    ("rectangle", (2, 6, 6, 9)),
    ("rectangle", (8, 5, 13, 12)),
    ("line", (4, 3, 8, 3)),
    ("line", (3, 4, 3, 13)),
    ("line", (3, 13, 10, 14)),
]
REAL = os.environ.get("I2C_REAL_DATA")
Pixels = NDArray[np.uint8]


def framed(items: list[Item] = FIGURE, pixels: int = CELL) -> Pixels:
    return draw(items, Sheet((16 * pixels, 16 * pixels), pitch=pixels))


def coverage(picture: Pixels, items: list[Item], most: float = 0.25) -> float:
    """The share of a framed picture's ink that lies within so many cells of where a figure has its strokes.

    The best of all whole cells by which the figure may have moved.
    """
    ink = 255 - picture[0].astype(float)
    best = 0.0
    wide = draw(items, Sheet((48 * CELL, 48 * CELL), pitch=CELL, corner=(16 * CELL, 16 * CELL)))[0] < 128
    grown = np.asarray(Image.fromarray(wide).convert("L").filter(ImageFilter.MaxFilter(2 * round(most * CELL) - 1))) > 0
    for dx in range(-14, 15):
        for dy in range(-14, 15):
            part = grown[(16 + dy) * CELL : (32 + dy) * CELL, (16 + dx) * CELL : (32 + dx) * CELL]
            best = max(best, float((ink * part).sum() / max(ink.sum(), 1)))
    return best


SHEETS = {
    "screenshot": Sheet((1200, 700), 37.3, (111, 40)),
    "small": Sheet((400, 300), 17.7, (31, -3)),
    "turned": Sheet((1000, 900), 45.1, (100, 80), angle=7, paper=245, ink=60, grain=3, wobble=0.04),
    "turned back": Sheet((1000, 900), 45.1, (100, 80), angle=-12, paper=245, ink=60, grain=3),
    "photograph": Sheet((1100, 900), 50, (150, 60), 3, 205, 60, shadow=0.45, grain=4, wobble=0.04, table=True),
    "blackboard": Sheet((1000, 800), 44, (150, 50), 0, paper=50, ink=215, grain=4, wobble=0.04),
    "pencil": Sheet((1000, 800), 44, (150, 50), 0, paper=235, ink=185, grain=2),
    "large": Sheet((2100, 1800), 100, (200, 100), 2, 220, 40, shadow=0.3, grain=3),
}


@pytest.mark.parametrize("name", SHEETS)
def test_the_drawing_comes_onto_its_grid(name: str) -> None:
    found = paper(draw(FIGURE, SHEETS[name]), CANVAS)
    assert found.shape == (1, 256, 256)
    assert found.dtype == np.uint8
    assert is_clean(found)
    assert coverage(found, FIGURE) > 0.97
    assert (found < 100).mean() > 0.02, "strokes are dark"


@pytest.mark.parametrize("pixels", [4, 8, 16])
def test_a_framed_picture_stays(pixels: int) -> None:
    picture = framed(pixels=pixels)
    assert paper(picture, CANVAS) is picture


@pytest.mark.parametrize("side", [100, 300, 500, 1000])
def test_a_framed_picture_of_any_size_stays_where_its_strokes_lie_on_its_grid(side: int) -> None:
    picture = draw(FIGURE, Sheet((side, side), side / 16, wobble=0.05))
    assert paper(picture, CANVAS) is picture


def test_a_square_picture_with_another_grid_is_framed() -> None:
    picture = draw(FIGURE, Sheet((901, 901), 30, (203, 331)))
    assert coverage(picture := paper(picture, CANVAS), FIGURE) > 0.97
    assert picture.shape == (1, 256, 256)


@pytest.mark.parametrize("name", SHEETS)
def test_framing_twice_is_framing_once(name: str) -> None:
    once = paper(draw(FIGURE, SHEETS[name]), CANVAS)
    assert paper(once, CANVAS) is once


def test_other_canvases() -> None:
    items: list[Item] = [
        ("rectangle", (1, 1, 31, 19)),
        ("circle", (5, 5)),
        ("circle", (12, 9)),
        ("line", (6, 5, 20, 5)),
    ]
    found = paper(draw(items, Sheet((1000, 800), 29.3, (50, 60))), (32, 20))
    assert found.shape == (1, 20 * CELL, 32 * CELL)
    box = Image.fromarray(255 - found[0]).point(lambda v: 255 * (v > 128)).getbbox()
    assert box is not None
    assert np.abs(np.array(box) / CELL - [1, 1, 31, 19]).max() < 0.2


def test_without_evidence_the_drawing_lies_in_the_middle() -> None:
    picture = draw([("line", (1, 1, 9, 5)), ("line", (2, 8, 10, 3))], Sheet((900, 700), 50, (120, 90)))
    found = paper(picture, CANVAS)
    left, top, right, bottom = Image.fromarray(255 - found[0]).point(lambda v: 255 * (v > 128)).getbbox() or (0,) * 4
    assert max(right - left, bottom - top) / CELL == pytest.approx(14, abs=0.3)
    assert (left + right) / 2 == pytest.approx(128, abs=2)
    assert (top + bottom) / 2 == pytest.approx(128, abs=2)


def test_colour_stays_colour() -> None:
    picture = np.repeat(draw(FIGURE, SHEETS["photograph"]), 3, 0)
    found = paper(picture, CANVAS)
    assert found.shape == (3, 256, 256)
    assert (found[0] == found[1]).all()


def test_specks_go_and_dashes_stay() -> None:
    dashes: list[Item] = FIGURE[:-1]
    sheet = Sheet((1000, 800), 40, (100, 60), paper=240, ink=40, grain=2)
    picture = draw(dashes, sheet)
    image = Image.fromarray(picture[0])
    pen = ImageDraw.Draw(image)
    for step in range(8):  # of 0.3 cells, below the figure
        pen.line([(200 + 24 * step, 660), (212 + 24 * step, 660)], fill=40, width=4)
    clear = find_ink(np.asarray(image)[None], False).ink
    rng = np.random.default_rng(3)
    for x, y in rng.integers(20, 780, (60, 2)).tolist():
        pen.rectangle((x, y, x + 1, y + 1), fill=40)
    drawing = find_ink(np.asarray(image)[None], False)
    assert (drawing.ink[655:665, 195:400].max(0) > 0.5).mean() > 0.4
    assert abs(float(drawing.ink.sum()) / float(clear.sum()) - 1) < 0.02


def test_the_grid_tells_its_pitch_and_the_turn() -> None:
    sheet = Sheet((1000, 900), 45.1, (100, 80), angle=5)
    drawing = find_ink(draw(FIGURE, sheet), True)
    evidence = find_evidence(drawing)
    assert len(evidence.circles) == 2
    turn, upright, grid = find_frame(evidence, CANVAS, (500, 450))
    assert np.rad2deg(turn) == pytest.approx(5, abs=0.5)
    assert grid is not None
    assert grid.pitch == pytest.approx(45.1, rel=0.01)
    assert grid.circles == 2
    for found, corner in ((grid.left, 100), (grid.top, 80)):
        assert abs((found - corner) / 45.1 - round((found - corner) / 45.1)) < 0.1
    assert find_grid(upright, CANVAS) == grid


def test_most_random_figures_are_found() -> None:
    """About nine in ten, as docs/framing.md says."""
    rng = np.random.default_rng(5)
    right = 0
    for number in range(10):
        items = random_figure(rng, int(rng.integers(4, 11)))
        span = np.ptp(points_of(items), 0)
        pitch = float(rng.uniform(0.6, 1) * min(860 / max(span[0], 1), 700 / max(span[1], 1), 120))
        middle = points_of(items).min(0) + span / 2
        corner = np.array([500, 400]) - middle * pitch
        sheet = Sheet((1000, 800), pitch, (float(corner[0]), float(corner[1])), float(rng.uniform(-5, 5)))
        sheet.wobble, sheet.seed = 0.04, number
        if number % 2:
            sheet.paper, sheet.ink, sheet.shadow, sheet.grain = 210, 60, 0.4, 4
        right += coverage(paper(draw(items, sheet), CANVAS), items) > 0.95
    assert right >= 8


@pytest.mark.parametrize("canvas", [(16, 16), (32, 20), (3, 3)])
@pytest.mark.parametrize("name", BAD)
def test_bad_pictures(name: str, canvas: tuple[int, int]) -> None:
    picture = BAD[name]()
    began = time.process_time()
    found = paper(picture, canvas)
    assert time.process_time() - began < 1.5
    assert found.shape == (len(picture), CELL * canvas[1], CELL * canvas[0])
    assert paper(found, canvas) is found
    if name in ("white", "a grey gradient", "one black pixel", "black", "half black"):
        assert (found == 255).all()


def test_a_white_picture_of_the_canvas_shape_stays() -> None:
    for side in (1, 40, 1000):
        white = np.full((1, side, side), 255, np.uint8)
        assert paper(white, CANVAS) is white


def test_a_hundred_megapixels_are_reduced_first() -> None:
    picture = np.full((1, 9_999, 9_999), 225, np.uint8)
    for at in (2000, 4000, 8000):
        picture[0, at : at + 60, 2000:8000] = 30
        picture[0, 2000:8000, at : at + 60] = 30
    began = time.process_time()
    found = paper(picture, CANVAS)
    assert time.process_time() - began < 2
    assert found.shape == (1, 256, 256)
    assert (found < 128).any()


def test_a_transparent_picture(tmp_path: Path) -> None:
    ink = 255 - draw(FIGURE, SHEETS["screenshot"])[0]
    empty = np.zeros_like(ink)
    Image.fromarray(np.stack([empty, empty, empty, ink], -1)).save(tmp_path / "a.png")
    assert coverage(paper(read_image(tmp_path / "a.png", 1), CANVAS), FIGURE) > 0.97
    Image.new("RGBA", (300, 200)).save(tmp_path / "b.png")
    assert (paper(read_image(tmp_path / "b.png", 1), CANVAS) == 255).all()


def test_a_family_says_how_its_pictures_are_framed() -> None:
    picture = draw(FIGURE, SHEETS["screenshot"])
    plain = Family("plain", "T", signature="a : T")
    assert plain.frame(picture) is picture
    generic = Family("generic", "T", signature="a : T", framing="i2c_core.framing:paper", canvas=CANVAS)
    assert (generic.frame(picture) == paper(picture, CANVAS)).all()
    own = Family("own", "T", signature="a : T", framing=lambda pixels: pixels[:, :5, :5])
    assert own.frame(picture).shape == (1, 5, 5)


@pytest.mark.skipif(REAL is None, reason="I2C_REAL_DATA does not name the folder of real drawings")
def test_drawings_of_a_hand_are_framed_at_any_size() -> None:
    folder = Path(REAL or "") / "drawings"
    names = sorted(json.loads((folder / "truth.json").read_text()))
    for name in names:
        picture = read_image(folder / name, 1)
        assert paper(picture, CANVAS) is picture
    kept = 0
    for name in names[::2]:
        with Image.open(folder / name) as image:
            picture = np.asarray(image.resize((300, 300), Image.Resampling.BICUBIC))[None]
        kept += paper(picture, CANVAS) is picture
    assert kept >= 0.9 * len(names[::2])
