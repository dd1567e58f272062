"""Means and spreads of cells, against pixels that are repeated until every cell has whole ones."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.zooming.areas import FLAT, HALF, Areas, coarser, mean_and_spread, place_map

P = 4


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[torch.Tensor, list[tuple[int, int, int, int, int]]]:
    """Pictures, and some rectangles of them: number, x0, y0, x1, y1."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    levels = draw(st.sampled_from([[0, 255], [7], list(range(256))]))
    chance = np.random.default_rng(draw(st.integers(0, 999)))
    pixels = torch.from_numpy(chance.choice(np.array(levels, np.uint8), (2, 3, height, width)))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        x0, y0 = draw(st.integers(0, width)), draw(st.integers(0, height))
        found.append((draw(st.integers(0, 1)), x0, y0, draw(st.integers(x0, width)), draw(st.integers(y0, height))))
    return pixels, found


@given(rectangles())
@settings(max_examples=60, deadline=None)
def test_cells(case: tuple[torch.Tensor, list[tuple[int, int, int, int, int]]]) -> None:
    pixels, asked = case
    at = torch.tensor(asked)
    areas = Areas(pixels)
    moments = areas.moments(at[:, 0], at[:, 1:], P)
    flat, colour = areas.colours(at[:, 0], at[:, 1:])
    seen = mean_and_spread(moments)
    for m, (n, x0, y0, x1, y1) in enumerate(asked):
        part = pixels[n, :, y0:y1, x0:x1].double()
        if part.numel() == 0:
            assert not flat[m]
            assert (moments[m] == 0).all()
            continue
        assert bool(flat[m]) == bool((part == part[:, :1, :1]).all())
        if flat[m]:
            assert colour[m].tolist() == part[:, 0, 0].tolist()
        fine = (part / 255).repeat_interleave(P, 1).repeat_interleave(P, 2)  # cells of whole pixels
        height, width = fine.shape[1] // P, fine.shape[2] // P
        cells = fine.view(3, P, height, P, width).permute(0, 1, 3, 2, 4).flatten(3)  # (C, P, P, n)
        assert torch.allclose(seen[m, :3].double(), cells.mean(3), atol=1e-6)
        deviation = cells.std(3, correction=0)
        wanted = torch.where(deviation > FLAT, deviation / (deviation + HALF), 0.0)
        assert torch.allclose(seen[m, 3:].double(), wanted, atol=1e-3)
        half = fine.view(3, 2, fine.shape[1] // 2, 2, fine.shape[2] // 2).mean((2, 4))
        assert torch.allclose(coarser(moments, 2)[m, :3].double(), half, atol=1e-6)


def test_one_speck_is_plain_to_see() -> None:
    pixels = torch.zeros(1, 1, 512, 512, dtype=torch.uint8)
    pixels[0, 0, 300, 200] = 255
    whole = torch.tensor([[0, 0, 512, 512]])
    mean, spread = mean_and_spread(Areas(pixels).moments(torch.tensor([0]), whole, 16))[0]
    assert 0 < float(mean.max()) < 0.001
    assert float(spread.max()) > 0.9
    assert int((spread > 0).sum()) == 1


def test_the_map_has_the_share_of_each_cell() -> None:
    found = place_map(torch.tensor([[0, 0, 6, 4], [2, 1, 4, 2]]), (4, 6), 2)
    assert found[0].tolist() == [[[1.0, 1.0], [1.0, 1.0]]]
    assert torch.allclose(found[1, 0], torch.tensor([[1 / 6, 1 / 6], [0.0, 0.0]]))
