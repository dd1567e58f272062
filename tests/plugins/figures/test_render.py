"""Strokes and pictures of figures against a slow oracle: one command at a time, one distance a pixel.

Legend: N programs, S strokes, H W pixels.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import TokenBatch
from i2c_plugins.figures import DIAGRAMS, FAMILY, language
from i2c_plugins.figures.commands import Language, commands_of
from i2c_plugins.figures.geometry import strokes
from i2c_plugins.figures.render import render

WIDE = language("wide", 12, 7, pixels=8, most_radius=2)
Segment = tuple[float, float, float, float]


def batch_of(family: Family, *texts: str) -> TokenBatch:
    ids, _ = family.vocabulary.pack([family.to_tokens(family.parse(t)) for t in texts])
    return TokenBatch(ids, None, family.vocabulary)


def test_strokes_of_a_line_with_an_arrow() -> None:
    found = strokes(batch_of(FAMILY, "circle 4, 10\nline 4, 9 to 4, 2 arrow dashed", "rectangle 1, 5 to 13, 15", ""))
    assert found.extent == (16, 16)
    assert found.item.tolist() == [[0, 1, 1, 1], [0, 0, 0, 0], [-1, -1, -1, -1]]
    assert found.arc.tolist() == [[True, False, False, False], [False] * 4, [False] * 4]
    assert found.dashed.tolist()[0] == [False, True, False, False]
    assert found.tip.tolist()[0] == [False, False, True, True]
    assert found.shape[0, 0].tolist() == pytest.approx([4, 6, 1, 1, 0, 2 * math.pi])
    assert found.shape[0, 1].tolist() == [4, 7, 4, 14, 0, 0]
    barb = 0.42 * math.cos(math.pi / 6)
    for row, side in ((2, 1), (3, -1)):
        assert found.shape[0, row].tolist() == pytest.approx([4, 14, 4 + side * 0.21, 14 - barb, 0, 0], abs=1e-5)
    assert found.shape[1, :, :4].tolist() == [[1, 11, 13, 11], [13, 11, 13, 1], [13, 1, 1, 1], [1, 1, 1, 11]]


def test_a_line_without_length_is_nothing() -> None:
    found = strokes(batch_of(FAMILY, "line 4, 9 to 4, 9 arrow\ncircle 1, 1"))
    assert found.item.tolist() == [[1]]


def test_labels_have_a_box_and_a_mark() -> None:
    found = strokes(batch_of(DIAGRAMS, "label 2, 3 size 6 by 4", "circle 9, 9 radius 3"))
    assert found.item.tolist() == [[0] * 7, [0] + [-1] * 6]
    assert found.dashed[0].tolist() == [True] * 4 + [False] * 3
    assert found.shape[0, 0, :4].tolist() == [2, 29, 8, 29]
    x, y = found.shape[0, 5, :2].tolist()  # the mark's stem, in the middle of the box
    assert (x, y) == pytest.approx((5, 27))
    assert found.shape[1, 0, :4].tolist() == [9, 23, 3, 3]


def segments(program: Program, grid: tuple[int, int], written: bool) -> list[Segment]:
    """A figure without dashes as many short segments, y down."""
    found: list[Segment] = []
    for command in commands_of(program):
        a = command.args
        if command.kind == "circle":
            radius = command.radius if written else 1
            angles = [2 * math.pi * i / 240 for i in range(241)]
            points = [(a[0] + radius * math.cos(t), grid[1] - a[1] + radius * math.sin(t)) for t in angles]
        elif command.kind == "rectangle":
            x1, y1, x2, y2 = a[0], grid[1] - a[1], a[2], grid[1] - a[3]
            points = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
        else:
            points = [(a[0], grid[1] - a[1]), (a[2], grid[1] - a[3])]
            if points[0] == points[1]:
                continue
            if command.arrow:
                angle = math.atan2(points[0][1] - points[1][1], points[0][0] - points[1][0])
                for side in (-1, 1):
                    x = points[1][0] + 0.42 * math.cos(angle + side * math.pi / 6)
                    y = points[1][1] + 0.42 * math.sin(angle + side * math.pi / 6)
                    found.append((*points[1], x, y))
        found += [(*p, *q) for p, q in pairwise(points)]
    return found


def oracle(program: Program, grid: tuple[int, int], size: tuple[int, int], written: bool) -> np.ndarray:
    scale_x, scale_y = size[1] / grid[0], size[0] / grid[1]
    half = 0.05 * (scale_x + scale_y) / 2
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    nearest = np.full(size, np.inf)
    for x1, y1, x2, y2 in segments(program, grid, written):
        ax, ay, bx, by = x1 * scale_x, y1 * scale_y, x2 * scale_x, y2 * scale_y
        t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / max((bx - ax) ** 2 + (by - ay) ** 2, 1e-12)
        t = np.clip(t, 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)))
    return 255 - np.round(255 * np.clip(half + 0.5 - nearest, 0, 1))


@pytest.mark.parametrize("family", [FAMILY, WIDE], ids=lambda f: f.name)
@settings(max_examples=12)
@given(st.data())
def test_pictures_are_the_oracles(family: Family, data: st.DataObject) -> None:
    language_ = Language.of(family.gamma)
    columns, rows = (g - 1 for g in language_.grid)
    x, y = st.integers(1, columns), st.integers(1, rows)
    radius = " radius 2" if language_.writes_radius else ""
    circle = st.tuples(x, y).map(lambda p: f"circle {p[0]}, {p[1]}{radius}")
    line = st.tuples(x, y, x, y, st.sampled_from(["", " arrow"])).map(lambda p: "line {}, {} to {}, {}{}".format(*p))
    grammar = language(
        "named", *language_.grid, pixels=8, most_radius=2, grammar="i2c_grammars:diagrams.lark", labels=True
    )
    source = grammar if language_.writes_radius else family
    program = source.parse("\n".join(data.draw(st.lists(st.one_of(circle, line), max_size=4))))
    size = data.draw(st.sampled_from([(64, 64), (96, 60), (33, 47)]))
    ids, _ = source.vocabulary.pack([source.to_tokens(program)])
    found = render(TokenBatch(ids, None, source.vocabulary), size)[0, 0].astype(int)
    wanted = oracle(program, language_.grid, size, language_.writes_radius)
    # Circles are drawn in pieces of up to a pixel, as far inside as the sagitta of a chord.
    radius = min(size[0] / language_.grid[1], size[1] / language_.grid[0])
    assert np.abs(found - wanted).max() <= 3 + 255 / (8 * radius)


def test_tensors_and_arrays_give_the_same() -> None:
    batch = batch_of(FAMILY, *FAMILY.examples)
    arrays = render(batch, (40, 50))
    tensors = render(TokenBatch(torch.from_numpy(batch.ids), None, batch.vocabulary), (40, 50))
    assert isinstance(arrays, np.ndarray)
    assert arrays.dtype == np.uint8
    assert arrays.shape == (len(FAMILY.examples), 1, 40, 50)
    assert np.array_equal(arrays, tensors.numpy())


def test_no_programs_are_no_pictures() -> None:
    ids = np.zeros((0, 3), np.int64)
    assert render(TokenBatch(ids, None, FAMILY.vocabulary), (8, 8)).shape == (0, 1, 8, 8)


def test_a_dashed_line_begins_with_a_dash() -> None:
    row = render(batch_of(FAMILY, "line 2, 8 to 12, 8 dashed"), (320, 320))[0, 0, 160]
    dark = row < 100
    assert dark[40:46].all()  # 0.3 cells on
    assert not dark[48:51].any()  # and off, round ends aside
    assert dark[52:58].all()
