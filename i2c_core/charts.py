"""Charts of lines with bands as pictures, drawn with Pillow alone.

Legend: X points of a line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

# Told apart by people who see colours differently: the palette of Okabe and Ito (2008) without its yellow, then greys
# and browns far from them.
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"),
    *("#000000", "#7f7f7f", "#8c564b", "#5b2a86", "#a0a000", "#b22222"),
)
FINE = 2  # times as large as it is shown, so that lines are smooth
LEFT, RIGHT, TOP, BOTTOM = 58, 132, 30, 40  # margins of a panel in pixels
INK, FAINT = "#222222", "#dddddd"
TEXT = 12  # pixels


@dataclass(frozen=True, eq=False)
class Line:
    """A line (X,) over x (X,), and a band from low to high where there is one."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Panel:
    """One chart.

    Attributes:
        title: what it shows, at its head.
        unit: of x, below it.
        lines: each in a colour of its own, named at its end.
        logarithmic: whether x grows by factors.
        share: whether y goes from 0 to 1 and is shown in per cent.
    """

    title: str
    unit: str
    lines: Sequence[Line]
    logarithmic: bool = False
    share: bool = False


def chart(panels: Sequence[Panel], columns: int = 2, size: tuple[int, int] = (300, 560), note: str = "") -> Image.Image:
    """Panels side by side, `columns` in a row, each of a height and width in pixels; a note stands below them."""
    rows = math.ceil(len(panels) / columns)
    height, width = size
    foot = 2 * TEXT if note else 0
    sheet = Image.new("RGB", (width * min(columns, len(panels)), rows * height + foot), "white")
    for number, panel in enumerate(panels):
        drawn = _panel(panel, size).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(drawn, (number % columns * width, number // columns * height))
    if note:
        font = ImageFont.load_default(TEXT)
        ImageDraw.Draw(sheet).text((LEFT // 2, rows * height + 2), note, fill=INK, font=font)
    return sheet


def _panel(panel: Panel, size: tuple[int, int]) -> Image.Image:
    height, width = FINE * size[0], FINE * size[1]
    left, right, top, bottom = (FINE * m for m in (LEFT, RIGHT, TOP, BOTTOM))
    image = Image.new("RGB", (width, height), "white")
    font = ImageFont.load_default(FINE * TEXT)
    across = _scale([line.x for line in panel.lines], (left, width - right), panel.logarithmic)
    values = [v for line in panel.lines for v in (line.y, line.low, line.high) if v is not None]
    up = _scale([*values, *([np.array([0.0, 1.0])] if panel.share else [])], (height - bottom, top), False)
    draw = ImageDraw.Draw(image)
    for value, text in across.ticks:
        draw.line([(across(value), top), (across(value), height - bottom)], fill=FAINT, width=FINE)
        draw.text((across(value), height - bottom + 4 * FINE), text, fill=INK, font=font, anchor="ma")
    for value, text in up.ticks:
        shown = f"{100 * value:.0f} %" if panel.share else text
        draw.line([(left, up(value)), (width - right, up(value))], fill=FAINT, width=FINE)
        draw.text((left - 6 * FINE, up(value)), shown, fill=INK, font=font, anchor="rm")
    draw.text((left, 8 * FINE), panel.title, fill=INK, font=font)
    draw.text((width - right, height - 4 * FINE), panel.unit, fill=INK, font=font, anchor="rd")
    for number, line in enumerate(panel.lines):
        if line.low is not None and line.high is not None:
            band = Image.new("L", image.size, 0)
            edge = [*zip(across.all(line.x), up.all(line.high), strict=True)]
            edge += [*zip(across.all(line.x), up.all(line.low), strict=True)][::-1]
            ImageDraw.Draw(band).polygon(edge, fill=40)
            image.paste(Image.new("RGB", image.size, COLOURS[number % len(COLOURS)]), mask=band)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(panel.lines):
        points = [*zip(across.all(line.x), up.all(line.y), strict=True)]
        draw.line(points, fill=COLOURS[number % len(COLOURS)], width=2 * FINE, joint="curve")
    wanted = [up(float(line.y[-1])) for line in panel.lines]
    for number, y in enumerate(_apart(wanted, FINE * (TEXT + 1), (top, height - bottom))):
        name, colour = panel.lines[number].name, COLOURS[number % len(COLOURS)]
        draw.line([(width - right, wanted[number]), (width - right + 8 * FINE, y)], fill=colour, width=FINE)
        draw.text((width - right + 10 * FINE, y), name, fill=colour, font=font, anchor="lm")
    return image


@dataclass(frozen=True)
class _Scale:
    """Numbers to pixels, and the numbers to write beside them."""

    place: Callable[[float], float]
    ticks: list[tuple[float, str]]

    def __call__(self, value: float) -> float:
        return self.place(value)

    def all(self, values: NDArray[np.float64]) -> list[float]:
        return [self.place(value) for value in values.tolist()]


def _scale(values: Sequence[NDArray[np.float64]], span: tuple[int, int], logarithmic: bool) -> _Scale:
    known = np.concatenate([v[np.isfinite(v)] for v in values]) if values else np.zeros(1)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if logarithmic:
        low, high = math.log10(max(low, 1e-9)), math.log10(max(high, 1e-9))
        numbers = [float(e) for e in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
        ticks = [(10**e, f"{10**e:,g}") for e in numbers]
    else:
        low = min(low, 0.0)
        step = _step(max(high - low, 1e-12) / 4)
        ticks = [
            (k * step, f"{k * step:.6g}") for k in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)
        ]
    width = max(high - low, 1e-12)

    def place(value: float) -> float:
        number = math.log10(max(value, 1e-9)) if logarithmic else value
        return span[0] + (number - low) / width * (span[1] - span[0])

    return _Scale(place, ticks)


def _step(rough: float) -> float:
    """A round number of about this size: 1, 2 or 5 times a power of ten.

    >>> [_step(x) for x in (0.9, 1.4, 3.1, 70)]
    [1.0, 2.0, 5.0, 100.0]
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(m for m in (1, 2, 5, 10) if m * power >= rough)


def _apart(wanted: Sequence[float], distance: float, span: tuple[float, float]) -> list[float]:
    """Places as near as may be to those wanted, in the same order, and at least `distance` apart.

    >>> _apart([10, 11, 30], 5, (0, 40))
    [10.0, 15.0, 30.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    found = [0.0] * len(wanted)
    last = span[0] - distance
    for i in order:
        last = found[i] = max(float(wanted[i]), last + distance)
    limit = span[1]
    for i in reversed(order):
        found[i] = min(found[i], limit)
        limit = found[i] - distance
    return found
