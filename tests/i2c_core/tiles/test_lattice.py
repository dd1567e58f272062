"""Grids found in fields: at every size and pitch, turned, seen at an angle, noisy, with gaps; none found in noise."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
import torch
from fields import STRIDE, View

from i2c_core.tiles.lattice import Lattice, fit_lattice, rectify

BLANKS = {
    "left": (0.0, 0.0, 0.5, 1.0),
    "bottom": (0.0, 0.5, 1.0, 1.0),
    "a band in the middle": (0.35, 0.0, 0.65, 1.0),
    "all but the border": (0.2, 0.2, 0.8, 0.8),
}


def found(view: View) -> Lattice:
    lattice = fit_lattice(*view.told(), stride=STRIDE)[0]
    assert lattice is not None
    return lattice


@pytest.mark.parametrize("columns", [3, 4, 9, 20, 40])
@pytest.mark.parametrize("rows", [3, 7, 13, 40])
def test_every_size_of_grid_is_found_with_its_place(columns: int, rows: int) -> None:
    view = View(columns, rows, pitch=9 + (columns + rows) % 16, angle=3, tilt=(0.1, -0.1), noise=0.03, outliers=0.05)
    lattice = found(view)
    assert view.error(lattice.homography) < 0.1
    assert abs(lattice.to_grid(view.corners()) - [[0, 0], [0, rows], [columns, 0], [columns, rows]]).max() < 0.1


@pytest.mark.parametrize("pitch", [9.0, 12.5, 24.0])
@pytest.mark.parametrize("angle", [-15.0, 0.0, 15.0])
@pytest.mark.parametrize("tilt", [(0.0, 0.0), (0.28, 0.0), (-0.2, 0.28)])
def test_pitch_angle_and_perspective(pitch: float, angle: float, tilt: tuple[float, float]) -> None:
    view = View(28, 27, pitch=pitch, angle=angle, tilt=tilt, noise=0.05, outliers=0.1)
    lattice = found(view)
    assert view.error(lattice.homography) < 0.05
    assert lattice.score > 0.6
    assert lattice.pitch == pytest.approx(pitch, rel=0.1)  # which tile is in the middle depends on how it is seen


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS.keys())
@pytest.mark.parametrize("believed", [0.1, 1.0])
@pytest.mark.parametrize("columns", [8, 20, 40])
def test_parts_without_strokes(blank: tuple[float, float, float, float], believed: float, columns: int) -> None:
    view = View(columns, 16, pitch=14, angle=4, tilt=(0.12, 0.1), noise=0.05, blank=blank, believed=believed)
    lattice = found(view)
    assert view.error(lattice.homography) < 0.25  # of a tile, at a corner that nothing is seen of


@pytest.mark.parametrize("outliers", [0.3, 0.5])
@pytest.mark.parametrize("noise", [0.1, 0.15])
def test_noise_and_outliers(outliers: float, noise: float) -> None:
    view = View(20, 14, pitch=16, angle=-5, tilt=(0.1, 0.1), noise=noise, outliers=outliers)
    lattice = found(view)
    assert view.error(lattice.homography) < 0.25


@pytest.mark.parametrize("seed", range(8))
def test_small_fields(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, rows = rng.integers(3, 6, 2).tolist()
    view = View(
        columns, rows, pitch=float(rng.uniform(9, 16)), angle=5, noise=0.05, margin=4, fields=(24, 24), seed=seed
    )
    lattice = found(view)
    assert max(view.size) <= 24
    assert view.error(lattice.homography) < 0.15


def test_several_pictures_at_once_are_each_their_own() -> None:
    views = [View(9, 9, angle=a, fields=(45, 45)) for a in (0.0, 2.0)]
    told = [view.told() for view in views]
    told.append(tuple(torch.zeros_like(x) for x in told[0]))  # type: ignore[arg-type]
    u, v, inside = (torch.cat(x) for x in zip(*told, strict=True))
    lattices = fit_lattice(u, v, inside)
    assert [x is None for x in lattices] == [False, False, True]
    for one, view in zip(lattices, views, strict=False):
        alone = found(view)
        assert one is not None
        assert np.array_equal(one.homography, alone.homography)


def test_phases_longer_than_one_and_such_as_are_no_numbers() -> None:
    view = View(12, 9, angle=2)
    u, v, inside = view.told()
    u, v = u * 3, v * 1.2
    u[0, 3, 3], inside[0, 4, 4] = math.nan, math.nan
    lattice = fit_lattice(u, v, inside)[0]
    assert lattice is not None
    assert view.error(lattice.homography) < 0.05


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (24, 24), (60, 80)])
@pytest.mark.parametrize("seed", range(3))
def test_noise_is_no_grid(size: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    u, v = (torch.from_numpy(np.exp(2j * np.pi * rng.random((1, *size)))) for _ in range(2))
    assert fit_lattice(u, v, torch.from_numpy(rng.random((1, *size)))) == [None]


def test_constant_phases_and_grids_beyond_the_pitches_are_none() -> None:
    ones = torch.ones(1, 40, 40, dtype=torch.complex64)
    assert fit_lattice(ones, ones, torch.ones(1, 40, 40)) == [None]
    assert fit_lattice(*View(4, 4, pitch=60).told()) == [None]


def test_it_is_quick() -> None:
    told = View(32, 32, pitch=17, angle=4, tilt=(0.1, 0.1), noise=0.05, fields=(150, 150)).told()
    fit_lattice(*told)
    times = []
    for _ in range(5):
        start = time.process_time()
        fit_lattice(*told)
        times.append(time.process_time() - start)
    assert min(times) < 0.15  # seconds; it takes 0.02


def painting(view: View, values: np.ndarray[Any, np.dtype[np.float64]], blank: float = 1.0) -> torch.Tensor:
    """(1, H, W) a picture of tiles of one brightness each, several samples a pixel."""
    height, width = (s * STRIDE for s in view.size)
    times = 4
    y, x = (np.mgrid[0 : height * times, 0 : width * times] + 0.5) / times
    full = np.stack([x, y, np.ones_like(x)], -1) @ view.matrix.T
    column, row = np.floor(full[..., 0] / full[..., 2]), np.floor(full[..., 1] / full[..., 2])
    there = (column >= 0) & (column < view.columns) & (row >= 0) & (row < view.rows)
    seen = np.where(there, values[np.where(there, row, 0).astype(int), np.where(there, column, 0).astype(int)], blank)
    return torch.from_numpy(seen.reshape(height, times, width, times).mean((1, 3)))[None].float()


@pytest.mark.parametrize("side", [4, 16, 23])
def test_pictures_are_brought_upright(side: int) -> None:
    view = View(9, 6, pitch=20, angle=8, tilt=(0.15, -0.1))
    values = np.random.default_rng(0).random((6, 9)).round(1)
    picture = painting(view, values)
    upright = rectify(picture, found(view), -1, -1, 11, 8, side)
    assert upright.shape == (8 * side, 11 * side)
    cells = upright.reshape(8, side, 11, side).permute(0, 2, 1, 3).numpy()
    expected = np.pad(values, 1, constant_values=1.0)
    inner = slice(side // 4, side - side // 4)
    assert abs(cells[:, :, inner, inner] - expected[:, :, None, None]).max() < 0.05
    assert abs(cells.mean((2, 3)) - expected).max() < (0.15 if side < 8 else 0.1)  # edges are blurred


def test_what_is_beyond_the_picture_is_blank() -> None:
    lattice = Lattice(np.diag([1 / 16, 1 / 16, 1.0]), 1.0, 16.0)
    upright = rectify(torch.zeros(1, 64, 64), lattice, -2, 0, 8, 4, 8, blank=0.25)
    assert torch.equal(upright[:, 16:48], torch.zeros(32, 32))
    assert torch.equal(upright[:, :15], torch.full((32, 15), 0.25))


def test_a_picture_that_is_upright_already_comes_back_as_it_is() -> None:
    picture = torch.rand(1, 48, 64, generator=torch.Generator().manual_seed(0))
    upright = rectify(picture, Lattice(np.diag([1 / 16, 1 / 16, 1.0]), 1.0, 16.0), 0, 0, 4, 3, 16)
    assert torch.allclose(upright, picture[0], atol=1e-5)


def test_a_homography_means_the_same_times_any_number() -> None:
    view = View(6, 5, pitch=18, angle=4, tilt=(0.1, 0.1))
    picture = painting(view, np.random.default_rng(1).random((5, 6)))
    one, other = (rectify(picture, Lattice(f * view.matrix, 1.0, 18.0), 0, 0, 6, 5, 16) for f in (1.0, -3.0))
    assert torch.allclose(one, other, atol=1e-5)


def test_fine_patterns_do_not_alias_where_the_picture_shrinks() -> None:
    picture = (torch.arange(256) % 2).float().expand(1, 256, 256)
    upright = rectify(picture, Lattice(np.diag([1 / 32, 1 / 32, 1.0]), 1.0, 32.0), 1, 1, 6, 6, 7)
    assert abs(upright - 0.5).max() < 0.2


def test_a_shifted_grid() -> None:
    lattice = Lattice(np.diag([1 / 16, 1 / 16, 1.0]), 1.0, 16.0).shifted(2, -1)
    assert lattice.to_grid(np.array([[32.0, 16.0]])).tolist() == [[0.0, 2.0]]
    assert lattice.to_pixels(np.array([[0.0, 2.0]])).tolist() == [[32.0, 16.0]]
