"""Pictures at another size: exact for blocks, else the mean of what a pixel covers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.images import fit

PICTURES = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1)).map(
    lambda t: np.random.default_rng(t[3]).integers(0, 256, t[:3], np.uint8)
)
SIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(picture=PICTURES, times=SIDES)
@settings(max_examples=50, deadline=None)
def test_fit_is_exact_for_blocks(picture: np.ndarray, times: tuple[int, int]) -> None:
    size = picture.shape[1:]
    blocks = picture.repeat(times[0], 1).repeat(times[1], 2)
    assert (fit(blocks, size) == picture).all()
    assert (fit(picture, blocks.shape[1:]) == blocks).all()
    assert (fit(picture, size) == picture).all()


@given(picture=PICTURES, size=st.tuples(st.integers(1, 16), st.integers(1, 16)))
@settings(max_examples=50, deadline=None)
def test_fit_is_the_mean_of_what_a_pixel_covers(picture: np.ndarray, size: tuple[int, int]) -> None:
    """The oracle: grow to a common multiple by repetition, then take the mean of blocks, halves rounded up."""
    small = tuple(min(a, b) for a, b in zip(size, picture.shape[1:], strict=True))
    grown = picture.repeat(small[0], 1).repeat(small[1], 2).astype(np.int64)
    height, width = picture.shape[1:]
    blocks = grown.reshape(len(picture), small[0], height, small[1], width).sum((2, 4))
    expected = (2 * blocks + height * width) // (2 * height * width)
    y = [int((i + 0.5) * small[0] / size[0]) for i in range(size[0])]
    x = [int((i + 0.5) * small[1] / size[1]) for i in range(size[1])]
    assert (fit(picture, size) == expected[:, y][:, :, x]).all()
    assert fit(picture, size).dtype == np.uint8
