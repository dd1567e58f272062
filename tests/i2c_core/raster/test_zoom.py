"""Rectangles of nodes and painted rectangles, each against a slow loop."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import Family, box
from i2c_core.errors import FamilyError
from i2c_core.raster import Zooms, paint, rectangles

THIRDS = {
    "row": (box("0 0 1/3 1"), box("1/3 0 2/3 1"), box("2/3 0 1 1")),
    "window": (box("1/7 1/5 6/7 4/5"),),
}
FAMILY = Family(
    "thirds",
    root="Image",
    signature="row : (Image, Image, Image) -> Image\nwindow, same : (Image) -> Image\nleaf : Image",
    zooms=THIRDS,
)
ZOOMS = Zooms.of(FAMILY.vocabulary, THIRDS)


@st.composite
def texts(draw: st.DrawFn) -> list[str]:
    """A program in prefix order, some 30 tokens at most."""
    open_, tokens = 1, []
    while open_:
        token = draw(st.sampled_from(["leaf", "row", "window", "same"] if len(tokens) < 20 else ["leaf"]))
        tokens.append(token)
        open_ += {"leaf": -1, "row": 2}.get(token, 0)
    return tokens


def oracle(tokens: list[str], size: tuple[int, int]) -> list[tuple[int, ...]]:
    stack: list[tuple[int, ...]] = [(0, 0, size[1], size[0])]
    found = []
    for token in tokens:
        here = stack.pop()
        found.append(here)
        arity = FAMILY.gamma[token].arity
        boxes = THIRDS.get(token, (box("0 0 1 1"),) * arity)
        for edges in reversed(boxes):
            extent = (here[2] - here[0], here[3] - here[1])
            stack.append(tuple(here[i % 2] + int(Fraction(extent[i % 2]) * e) for i, e in enumerate(edges)))
    return found


@given(programs=st.lists(texts(), min_size=1, max_size=4), size=st.tuples(st.integers(1, 60), st.integers(1, 60)))
@settings(max_examples=60, deadline=None)
def test_rectangles(programs: list[list[str]], size: tuple[int, int]) -> None:
    vocabulary = FAMILY.vocabulary
    ids = np.full((len(programs), max(map(len, programs)) + 1), vocabulary.pad)
    expected = np.zeros((*ids.shape, 4), int)
    for row, tokens in enumerate(programs):
        ids[row, : len(tokens)] = vocabulary.names_to_ids(tokens)
        expected[row, : len(tokens)] = oracle(tokens, size)
    assert (rectangles(ZOOMS, ids, size) == expected).all()
    tensor = rectangles(ZOOMS, torch.from_numpy(ids), size)
    assert (tensor.numpy() == expected).all()


def test_cut() -> None:
    row, same = FAMILY.vocabulary.names_to_ids(["row", "same"])
    assert ZOOMS.cut(row, (10, 0, 21, 4)) == [(10, 0, 13, 4), (13, 0, 17, 4), (17, 0, 21, 4)]
    assert ZOOMS.cut(same, (1, 2, 3, 4)) == [(1, 2, 3, 4)]


def test_no_programs() -> None:
    assert rectangles(ZOOMS, np.zeros((0, 3), int), (4, 4)).shape == (0, 3, 4)
    assert rectangles(ZOOMS, torch.zeros((0, 3), dtype=torch.long), (4, 4)).shape == (0, 3, 4)
    assert rectangles(ZOOMS, torch.zeros((2, 0), dtype=torch.long), (4, 4)).shape == (2, 0, 4)


def test_one_box_an_argument() -> None:
    with pytest.raises(FamilyError) as caught:
        Zooms.of(FAMILY.vocabulary, {"window": THIRDS["row"]})
    assert str(caught.value) == "'window' zooms into 3 boxes, expected 1\n  -> give one box an argument"


@given(data=st.data(), height=st.integers(1, 40), width=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_paint(data: st.DataObject, height: int, width: int) -> None:
    """Three rectangles a picture, one on top of the other, some of them empty."""
    expected = np.zeros((2, 3, height, width), np.uint8)
    where, colour, picture = [], [], []
    for number in range(2):
        y = sorted(data.draw(st.lists(st.integers(0, height), min_size=4, max_size=4)))
        for top, bottom in pairwise(y):
            left, right = sorted(data.draw(st.tuples(st.integers(0, width), st.integers(0, width))))
            shade = data.draw(st.tuples(*[st.integers(0, 255)] * 3))
            expected[number, :, top:bottom, left:right] = np.array(shade)[:, None, None]
            where.append((left, top, right, bottom))
            colour.append(shade)
            picture.append(number)
    arrays = np.array(picture), np.array(where), np.array(colour, np.uint8)
    assert (paint(*arrays, 2, (height, width)) == expected).all()
    tensors = [torch.from_numpy(a) for a in arrays]
    assert (paint(*tensors, 2, (height, width)).numpy() == expected).all()
