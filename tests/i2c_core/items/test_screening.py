"""Screening against a slow oracle: scipy's distances, read at the probes of each placement's outline."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from items_of_tests import EXTENT, SIZE, ink_of, marks_catalogue
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from i2c_core.items.catalogue import ALONG
from i2c_core.items.screening import CELL, DARK, FAR, MOST_FAR, REACH, SPREAD, Screen, squared_distance
from i2c_core.strokes import draw

CATALOGUE = marks_catalogue()


def distances(ink: NDArray[np.bool_]) -> NDArray[np.float64]:
    if not ink.any():
        return np.full(ink.shape, 1e9)
    found: NDArray[np.float64] = distance_transform_edt(~ink)
    return found


@given(arrays(bool, st.tuples(st.integers(1, 3), st.integers(1, 20), st.integers(1, 20))), st.integers(1, 9))
def test_squared_distances_are_those_of_scipy(ink: NDArray[np.bool_], reach: int) -> None:
    expected = np.stack([np.minimum(distances(one) ** 2, reach**2).round() for one in ink])
    assert (squared_distance(torch.from_numpy(ink), reach).numpy() == expected).all()


def oracle(ink: NDArray[np.float32], size: tuple[int, int]) -> set[int]:
    """The placements that screening should keep of one image, where they are fewer than the most."""
    pool = max(1, round((size[1] / EXTENT[0] + size[0] / EXTENT[1]) / 2 / CELL))
    size = (size[0] // pool, size[1] // pool)
    ink = ink[: size[0] * pool, : size[1] * pool].reshape(size[0], pool, size[1], pool).mean((1, 3))
    cell = (size[1] / EXTENT[0] + size[0] / EXTENT[1]) / 2
    reach = max(2, round(REACH * cell), int(FAR * cell) + 1)
    squared = np.minimum(distances(ink > max(ink.max(), 0.05) * DARK), reach) ** 2
    found = set()
    for placement, probes in enumerate(CATALOGUE.outline_probes[CATALOGUE.outline].numpy()):
        column = (probes[:, 0] * np.float32(size[1])).astype(int).clip(0, size[1] - 1)
        row = (probes[:, 1] * np.float32(size[0])).astype(int).clip(0, size[0] - 1)
        there = squared[row, column].round()
        if (there > (FAR * cell) ** 2).sum() <= MOST_FAR and there.sum() <= ALONG * (SPREAD * cell) ** 2:
            found.add(placement)
    return found


@pytest.mark.parametrize("size", [SIZE, (32, 32), (24, 20), (100, 129)])
def test_what_is_kept_is_what_the_oracle_keeps(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    sets = [rng.choice(len(CATALOGUE), n, replace=False).tolist() for n in (0, 1, 3, 6)]
    ink = draw(CATALOGUE.strokes(sets), size) * 0.7
    found = Screen(CATALOGUE, size)(ink, most=10_000)
    assert (found.image.diff() >= 0).all()
    for number in range(len(sets)):
        kept = found.placement[found.image == number].tolist()
        assert len(kept) == len(set(kept))
        assert set(kept) == oracle(ink[number].numpy(), size), number


def test_what_is_drawn_clean_is_kept() -> None:
    rng = np.random.default_rng(1)
    sets = [rng.choice(len(CATALOGUE), 5, replace=False).tolist() for _ in range(8)]
    found = Screen(CATALOGUE, SIZE)(ink_of(*sets))
    for number, items in enumerate(sets):
        assert {int(CATALOGUE.placement[i]) for i in items} <= set(found.placement[found.image == number].tolist())


def test_an_image_is_screened_as_it_would_be_alone() -> None:
    ink = ink_of([3, 50], [], [0, 300])
    screen = Screen(CATALOGUE, SIZE)
    together = screen(ink)
    for number in range(3):
        alone = screen(ink[number : number + 1])
        assert together.placement[together.image == number].tolist() == alone.placement.tolist()


def test_paper_has_no_placement_and_black_has_the_most() -> None:
    screen = Screen(CATALOGUE, SIZE)
    assert len(screen(torch.zeros(2, *SIZE))) == 0
    everything = screen(torch.ones(1, *SIZE))
    assert sorted(everything.placement.tolist()) == list(range(len(CATALOGUE.item_of)))
    few = screen(torch.ones(1, *SIZE), most=20)
    assert len(set(CATALOGUE.outline[few.placement.numpy()].tolist())) == 20


def test_those_nearest_to_ink_stay_where_there_are_too_many() -> None:
    ink = ink_of([40, 200, 500])
    screen = Screen(CATALOGUE, SIZE)
    outlines = CATALOGUE.outline[screen(ink, most=10_000).placement.numpy()]
    few = CATALOGUE.outline[screen(ink, most=10).placement.numpy()]
    drawn = {int(CATALOGUE.outline[CATALOGUE.placement[i]]) for i in (40, 200, 500)}
    assert drawn <= set(few.tolist()) <= set(outlines.tolist())
    assert len(set(few.tolist())) == 10 < len(set(outlines.tolist()))


@pytest.mark.parametrize("side", [8, 16, 64, 256, 1024])
def test_sums_fit_their_type_at_every_size(side: int) -> None:
    screen = Screen(CATALOGUE, (side, side))
    assert ALONG * screen.reach**2 < screen.step
    assert (ALONG + 1) * screen.step <= torch.iinfo(screen.dtype).max
    assert screen.reach > FAR * screen.cell
