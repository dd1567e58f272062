"""Photographs: things are seen where the homography says; nothing but the view without strength; chance as given."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from i2c_core.photographs import photograph, photographed, random_homography


def chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blots() -> Tensor:
    ink = torch.zeros(3, 40, 60)
    ink[:, 10:14, 20:24] = 1
    ink[:, 30:32, 50:55] = 0.5
    return ink


def test_without_strength_the_view_is_all() -> None:
    seen = photograph(blots(), torch.eye(3).repeat(3, 1, 1), (40, 60), chance(0), strength=0)
    assert torch.allclose(seen[:, 0], 1 - blots(), atol=1e-5)


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0, 3.0])
def test_ink_is_seen_where_the_homography_says_and_no_less_of_it(scale: float) -> None:
    view = torch.diag(torch.tensor([scale, scale, 1.0])).repeat(3, 1, 1)
    size = round(40 / scale), round(60 / scale)
    ink = 1 - photograph(blots(), view, size, chance(0), strength=0)[:, 0]
    assert float(ink[0].sum()) * scale**2 == pytest.approx(float(blots()[0].sum()), rel=0.06)
    x = torch.arange(size[1]) + 0.5
    near = ink[0, : round(20 / scale)]
    assert float((near.sum(0) * x).sum() / near.sum()) * scale == pytest.approx(22, abs=0.4)


def test_beyond_the_drawing_is_paper() -> None:
    view = torch.tensor([[1.0, 0, -100], [0, 1, 0], [0, 0, 1]]).repeat(3, 1, 1)
    assert float(photograph(torch.ones(3, 40, 60), view, (40, 60), chance(0), strength=0).min()) == 1


def test_pictures_are_grey_and_differ() -> None:
    ink, view = blots()[:1].repeat(48, 1, 1), torch.eye(3).repeat(48, 1, 1)
    one = photograph(ink, view, (37, 61), chance(1))
    assert one.shape == (48, 1, 37, 61)
    assert 0 <= float(one.min()) <= float(one.max()) <= 1
    assert torch.equal(one, photograph(ink, view, (37, 61), chance(1)))
    assert not torch.equal(one, photograph(ink, view, (37, 61), chance(2)))
    paper, pen = one[:, 0, 20:35, 2:15].mean((1, 2)), one[:, 0, 11:13, 21:23].mean((1, 2))
    assert float(paper.std()) > 0.05
    assert float((paper - pen > 0.08).float().mean()) > 0.95  # a pen is darker than the paper
    assert 0.2 < float((paper > 0.995).float().mean()) < 0.6  # many are clean


@pytest.mark.parametrize("size", [(64, 64), (50, 200), (200, 50)])
def test_random_views_show_the_drawing_whole(size: tuple[int, int]) -> None:
    views = random_homography(40, chance(3), (100, 160), size)
    corners = torch.tensor([[0.0, 0, 1], [160, 0, 1], [160, 100, 1], [0, 100, 1]])
    there = torch.einsum("nij,kj->nki", torch.linalg.inv(views), corners)
    there = there[..., :2] / there[..., 2:]
    assert float(there.min()) >= -1e-3
    assert bool((there <= torch.tensor([size[1], size[0]]) + 1e-3).all())
    seen = 1 - photograph(torch.ones(40, 100, 160), views, size, chance(4), strength=0)
    assert float(seen.flatten(1).mean(1).min()) > 0.05


def test_photographs_of_pictures_do_not_depend_on_each_other() -> None:
    pictures = np.full((2, 3, 40, 60), 255, np.uint8)
    pictures[:, :, 10:30, 20:40] = 0
    both, second = photographed(pictures, 5), photographed(pictures[1:], 6)
    assert both.shape == pictures.shape
    assert np.array_equal(both[1], second[0])
    assert not np.array_equal(both[0], both[1])
    assert photographed(pictures[:0]).shape == (0, 3, 40, 60)
