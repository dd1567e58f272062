"""Figures on a grid drawn with Pillow, at any pitch, place, angle and on any paper: what framing has to undo."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Item = tuple[str, tuple[int, ...]]  # "circle" (x, y), "rectangle" or "line" (x1, y1, x2, y2), in cells, y down


@dataclass
class Sheet:
    """Where and how a figure is drawn: pitch in pixels, `corner` of the canvas, angle clockwise in degrees."""

    size: tuple[int, int] = (1000, 800)  # width, height
    pitch: float = 40.0
    corner: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    paper: int = 255
    ink: int = 0
    shadow: float = 0.0  # share of the light that is lost at the darkest side
    grain: float = 0.0  # standard deviation
    wobble: float = 0.0  # standard deviation in cells
    table: bool = False
    seed: int = 0

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (N, 2) of points (N, 2) in cells; turning is about the middle of the sheet."""
        turn, middle = np.deg2rad(self.angle), np.array(self.size) / 2
        cos, sin = np.cos(turn), np.sin(turn)
        flat = points * self.pitch + np.array(self.corner) - middle
        return np.stack([flat[:, 0] * cos - flat[:, 1] * sin, flat[:, 0] * sin + flat[:, 1] * cos], 1) + middle


def random_figure(rng: np.random.Generator, count: int) -> list[Item]:
    """Circles, rectangles, and lines of which most are upright or level."""
    items: list[Item] = []
    while len(items) < count:
        kind = rng.random()
        if kind < 0.35:
            items.append(("circle", tuple(rng.integers(2, 15, 2).tolist())))
        elif kind < 0.65:
            x, y, w, h = rng.integers(1, 14), rng.integers(1, 14), rng.integers(1, 7), rng.integers(1, 7)
            items.append(("rectangle", (int(x), int(y), int(min(15, x + w)), int(min(15, y + h)))))
        else:
            x1, y1, x2, y2 = rng.integers(1, 16, 4).tolist()
            straight = rng.random()
            x2, y2 = (x1, y2) if straight < 0.35 else (x2, y1) if straight < 0.7 else (x2, y2)
            if (x1, y1) != (x2, y2):
                items.append(("line", (x1, y1, x2, y2)))
    return items


def points_of(items: list[Item]) -> NDArray[np.float64]:
    """The ends of lines, corners of rectangles, and the four outermost points of circles (N, 2), in cells."""
    found: list[tuple[int, int]] = []
    for kind, at in items:
        if kind == "circle":
            found += [(at[0] - 1, at[1]), (at[0] + 1, at[1]), (at[0], at[1] - 1), (at[0], at[1] + 1)]
        else:
            found += [(at[0], at[1]), (at[2], at[3])]
    return np.array(found, float)


def _paths(items: list[Item], sheet: Sheet, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    def shaken(point: tuple[float, float]) -> NDArray[np.float64]:
        return np.array(point, float) + rng.normal(0, 1, 2) * sheet.wobble

    paths = []
    for kind, at in items:
        if kind == "circle":
            t = np.linspace(0, 2 * np.pi, 49)
            bump = 1 + sheet.wobble * rng.normal() * np.sin(2 * t)
            paths.append(shaken((at[0], at[1])) + np.stack([np.cos(t) * bump, np.sin(t) * bump], 1))
            continue
        x1, y1, x2, y2 = at
        corners = [(x1, y1), (x2, y2)] if kind == "line" else [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
        paths += [np.stack([shaken(a), shaken(b)]) for a, b in pairwise(corners)]
    return paths


def draw(items: list[Item], sheet: Sheet) -> NDArray[np.uint8]:
    """The sheet as a grey picture (1, H, W)."""
    width, height = sheet.size
    rng = np.random.default_rng(sheet.seed)
    image = Image.new("L", (2 * width, 2 * height))
    pen = ImageDraw.Draw(image)
    thick = max(1, round(0.2 * sheet.pitch))
    for path in _paths(items, sheet, rng):
        dots = [(float(x), float(y)) for x, y in 2 * sheet.place(path)]
        pen.line(dots, fill=255, width=thick, joint="curve")
    cover = np.asarray(image.resize(sheet.size, Image.Resampling.BOX)) / 255
    y, x = np.mgrid[:height, :width]
    light = sheet.paper * (1 - sheet.shadow * (0.7 * x / width + 0.3 * y / height))
    if sheet.shadow:
        edge = 1 / (1 + np.exp((np.hypot(x - 0.3 * width, y - 0.4 * height) - 0.25 * width) / (0.02 * width)))
        light = light * (1 - 0.5 * sheet.shadow * edge)
    if sheet.table:
        light[: height // 20] *= 0.35
        light[:, : width // 25] *= 0.35
    grey = light + cover * (
        sheet.ink * light / max(sheet.paper, 1) - light if sheet.ink < sheet.paper else sheet.ink - light
    )
    return np.clip(grey + rng.normal(0, 1, grey.shape) * sheet.grain, 0, 255).astype(np.uint8)[None]
