"""The three machines that find a node's place agree: tensors of fractions, arrays of pixels, and pasted leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core import Family, box
from i2c_core.datasets.composing import compose
from i2c_core.datasets.sampling import Sampler
from i2c_core.model.zooms import family_places
from i2c_core.raster import Renderer, TokenBatch, Zooms, paint, rectangles

SIZE = (64, 256)  # through 13 tokens, six halves or four columns deep, every edge is a whole pixel
LONGEST = 13
ZOOMS = {
    "half": (box("0 1/2 1 1"), box("0 0 1 1/2")),  # the lower one first
    "column": (box("1/4 0 3/4 1"), box("3/4 0 1 1"), box("0 0 1/4 1")),
}
SHADES = {"black": 0, "grey": 90, "white": 255}


def draw(batch: TokenBatch, size: tuple[int, int]) -> Any:
    zooms = Zooms.of(batch.vocabulary, ZOOMS)
    return painted(batch.ids, rectangles(zooms, batch.ids, size), size)


def painted(ids: np.ndarray, where: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N, 1, H, W), the leaves of programs (N, T) in their rectangles (N, T, 4)."""
    shades = np.array([SHADES.get(t, -1) for t in (*FAMILY.vocabulary.tokens, "padding")])[ids]  # (N, T)
    rows, places = np.nonzero(shades >= 0)
    colour = shades[rows, places][:, None].astype(np.uint8)
    pixels: np.ndarray = paint(rows, where[rows, places], colour, len(ids), size)
    return pixels


FAMILY = Family(
    "grids",
    root="Image",
    signature="half : (Image, Image) -> Image\ncolumn : (Image, Image, Image) -> Image\nblack, grey, white : Image",
    render=draw,
    batched=True,
    any_size=True,
    size=SIZE,
    zooms=ZOOMS,
)
SAMPLER = Sampler(FAMILY, LONGEST)
PLACES = family_places(FAMILY, LONGEST)
with Renderer(FAMILY) as RENDERER:
    PASTED = compose(FAMILY, SIZE, LONGEST, RENDERER)


@given(
    seed=st.integers(0, 2**32 - 1), sizes=st.lists(st.sampled_from(SAMPLER.sizes(1, LONGEST)), min_size=1, max_size=6)
)
@settings(max_examples=40, deadline=None)
def test_three_machines_agree(seed: int, sizes: list[int]) -> None:
    ids, _ = SAMPLER.sample(np.random.default_rng(seed), np.array(sizes))
    where = rectangles(Zooms.of(FAMILY.vocabulary, ZOOMS), ids, SIZE)
    fractions = PLACES.replay(torch.from_numpy(ids))
    pixels = fractions.numpy() * np.array([SIZE[1], SIZE[0], SIZE[1], SIZE[0]])
    np.testing.assert_array_equal(pixels, where)
    assert PASTED is not None
    for row, size, picture in zip(ids.tolist(), sizes, painted(ids, where, SIZE), strict=True):
        np.testing.assert_array_equal(PASTED.paste(row[:size]), picture)
