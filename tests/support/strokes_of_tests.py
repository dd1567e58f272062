"""Strokes for tests: figures by hand and at random, on a grid of 16 by 16."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from hypothesis import strategies as st

from i2c_core.strokes import Strokes

GRID = (16, 16)


@dataclass(frozen=True)
class Stroke:
    """One stroke as in `Strokes`."""

    shape: tuple[float, float, float, float, float, float]
    arc: bool = False
    dashed: bool = False
    tip: bool = False


Figure = list[Stroke]
CIRCLE = Stroke((5, 6, 1, 1, 0, 2 * math.pi), arc=True)


def line(x1: float, y1: float, x2: float, y2: float) -> Stroke:
    return Stroke((x1, y1, x2, y2, 0, 0))


def dashed(x1: float, y1: float, x2: float, y2: float) -> Stroke:
    return replace(line(x1, y1, x2, y2), dashed=True)


def tipped(x1: float, y1: float, x2: float, y2: float) -> Stroke:
    return replace(line(x1, y1, x2, y2), tip=True)


def made(figures: list[Figure]) -> Strokes:
    """The batch of these figures; each stroke is an item of its own."""
    most = max((len(f) for f in figures), default=0)
    shape = torch.zeros(len(figures), most, 6)
    flags = torch.zeros(3, len(figures), most, dtype=torch.bool)
    item = torch.full((len(figures), most), -1)
    for n, figure in enumerate(figures):
        for s, stroke in enumerate(figure):
            shape[n, s] = torch.tensor(stroke.shape)
            flags[:, n, s] = torch.tensor([stroke.arc, stroke.dashed, stroke.tip])
            item[n, s] = s
    return Strokes(shape, *flags, item, GRID)


def _quarters(low: int, high: int) -> st.SearchStrategy[float]:
    return st.integers(4 * low, 4 * high).map(lambda n: n / 4)


@st.composite
def figures(draw: st.DrawFn, most: int = 6) -> Figure:
    """Segments, arcs of circles and whole ones, some dashed, some beyond the grid."""
    places = _quarters(-1, 17)
    found: Figure = []
    for _ in range(draw(st.integers(0, most))):
        broken = draw(st.booleans())
        if draw(st.integers(0, 3)):
            found.append(Stroke((draw(places), draw(places), draw(places), draw(places), 0, 0), dashed=broken))
        else:
            sweep = draw(st.sampled_from((2 * math.pi, math.pi, -1.5, 0.5)))
            radius = draw(_quarters(1, 4))
            start = draw(st.sampled_from((0.0, 1.0, 4.0)))
            found.append(Stroke((draw(places), draw(places), radius, radius, start, sweep), arc=True, dashed=broken))
    return found
