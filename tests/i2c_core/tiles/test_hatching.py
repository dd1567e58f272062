"""Fills stay inside polygons, leave holes free, and are as dense as they say; blocks cover tiles, each once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.tiles.blocks import outlines, rectangles
from i2c_core.tiles.contours import contours
from i2c_core.tiles.hatching import STYLES, Fill, fill
from i2c_core.tiles.lines import Lines, ink_lines

SQUARE = "M .1 .1 H .9 V .9 H .1 Z"
RING = "M .1 .1 H .9 V .9 H .1 Z M .4 .4 H .6 V .6 H .4 Z"
STILL = torch.zeros(1, 2, 2, 4)


def filled(path: str, style: str, loose: float = 0.0) -> list[Lines]:
    shape = contours(path)
    edges = torch.from_numpy(shape.points[shape.edges]).flatten(1)[None]  # (1, E, 4)

    def one(value: float) -> Tensor:
        return torch.tensor([value])

    number = torch.tensor([STYLES.index(style)])
    how = Fill(
        number, one(0.6), one(0.15), one(torch.nan), one(loose), one(0.02), one(1.0), one(0.0), number.new_zeros(1)
    )
    return fill(edges, how, Chance(torch.Generator().manual_seed(1)))


@pytest.mark.parametrize("style", STYLES)
def test_fills_stay_inside_and_leave_holes_free(style: str) -> None:
    lines = Lines.join(filled(RING, style))
    assert len(lines.begin) > 3
    points = torch.cat((lines.begin, lines.end))
    beyond = 0.08 if style in ("waves", "dots") else 0.001  # these leave their line, a little
    assert float(points.min()) > 0.1 - beyond
    assert float(points.max()) < 0.9 + beyond
    if style in ("hatch", "cross", "solid"):
        middle = (lines.begin + lines.end) / 2
        assert not bool(((middle > 0.41) & (middle < 0.59)).all(1).any())


def test_solid_leaves_no_paper() -> None:
    lines = Lines.join(filled(SQUARE, "solid"))
    ink = ink_lines(lines, 1, (40, 40), 40, STILL, Chance(torch.Generator().manual_seed(2)))[0]
    assert float(ink[6:34, 6:34].min()) > 0.7
    assert float(ink[:2].max()) < 0.2


def test_loose_ends_leave_the_polygon() -> None:
    lines = Lines.join(filled(SQUARE, "hatch", loose=0.05))
    points = torch.cat((lines.begin, lines.end))
    assert bool(((points < 0.1) | (points > 0.9)).any())


MASKS = st.integers(0, 2**32 - 1).map(
    lambda seed: torch.from_numpy(np.random.default_rng(seed).random((2, 5, 6)) < np.random.default_rng(seed).random())
)


@given(MASKS)
def test_rectangles_cover_each_tile_once(mask: Tensor) -> None:
    count = torch.zeros(mask.shape, dtype=torch.long)
    for sheet, left, top, right, bottom in rectangles(mask, torch.tensor([False, True])).tolist():
        count[sheet, top:bottom, left:right] += 1
    assert torch.equal(count, mask.long())


@given(MASKS)
def test_outlines_are_as_long_as_the_border(mask: Tensor) -> None:
    lines, sheets = outlines(mask, torch.zeros(2))
    length = (lines[:, 2:] - lines[:, :2]).abs().sum(1)
    wide = torch.nn.functional.pad(mask, (1, 1, 1, 1)).long()
    border = wide.diff(dim=1).abs().sum((1, 2)) + wide.diff(dim=2).abs().sum((1, 2))
    assert torch.equal(torch.zeros(2).index_add_(0, sheets, length), border.float())


def test_outlines_close_at_corners() -> None:
    mask = torch.tensor([[[True, True, False], [True, False, False]]])
    lines, _ = outlines(mask, torch.tensor([0.1]))
    ends = sorted([*map(tuple, lines[:, :2].tolist()), *map(tuple, lines[:, 2:].tolist())])
    assert np.allclose(ends[::2], ends[1::2])  # two lines meet at every corner
    assert len(lines) == 6
