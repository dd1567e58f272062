"""Where the grid of a level lies in a picture, and the picture brought upright by it.

Legend: B pictures, H W pixels, h w places of the field, `stride` pixels apart. Pixels are counted from the corner of
the picture, x to the right and y down: the middle of the first pixel is at 0.5, 0.5, and the middle of the place
(row i, column j) of the field is at x = (j + 0.5) * stride, y = (i + 0.5) * stride. Grid coordinates count tiles,
columns to the right and rows down: integers are edges of tiles. Which of the tiles is the level's first one the phases
do not tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.tiles.growing import Field, agreement, grown, started

Floats = NDArray[np.float64]

CERTAIN = 0.6  # a score that needs no second trial
LEAST = 0.15  # the score below which there is no grid
FEWEST = 12.0  # places inside a level, below which there is none


@dataclass(frozen=True, eq=False)
class Lattice:
    """The grid of a level in a picture.

    Attributes:
        homography: (3, 3) from pixels x, y, 1 to grid coordinates, up to whole tiles. Those that `fit_lattice` finds
            count from about the first column and row that are inside.
        score: from 0 to 1, how well the phases inside the level agree with the grid.
        pitch: pixels of a tile in the middle of what is inside.
    """

    homography: Floats
    score: float
    pitch: float

    def to_grid(self, points: Floats) -> Floats:
        """Grid coordinates (..., 2) of pixels (..., 2)."""
        return _mapped(self.homography, points)

    def to_pixels(self, points: Floats) -> Floats:
        """Pixels (..., 2) of grid coordinates (..., 2)."""
        return _mapped(_inverse(self.homography), points)

    def shifted(self, column: int, row: int) -> Lattice:
        """The same grid with 0, 0 where `column`, `row` was."""
        shift = np.array([[1.0, 0.0, -column], [0.0, 1.0, -row], [0.0, 0.0, 1.0]])
        return Lattice(shift @ self.homography, self.score, self.pitch)


def fit_lattice(u: Tensor, v: Tensor, inside: Tensor, stride: float = 4.0) -> list[Lattice | None]:
    """The grids of B pictures; None where there is none.

    Args:
        u: (B, h, w) complex, the cosine + i sine of 2 pi times the column coordinate; the length (up to 1) tells how
            far it is to be believed.
        v: likewise of the row coordinate.
        inside: (B, h, w) the probability that a place is within a level.
        stride: pixels between two places.
    """
    columns, rows = (np.nan_to_num(_array(x).astype(np.complex64)) for x in (u, v))
    within = np.nan_to_num(_array(inside).astype(np.float32)).clip(0, 1)
    return [_fit(Field(*one, stride)) for one in zip(columns, rows, within, strict=True)]


def rectify(
    image: Tensor, lattice: Lattice, columns0: int, rows0: int, columns: int, rows: int, side: int, blank: float = 1.0
) -> Tensor:
    """The tiles of a part of the grid, brought upright: (rows * side, columns * side).

    Args:
        image: (1, H, W).
        lattice: where its grid lies.
        columns0, rows0: the first column and row to show, in grid coordinates; they may lie outside the picture.
        columns, rows: how many.
        side: pixels of a tile in what is returned.
        blank: what is seen beyond the picture.
    """
    height, width = image.shape[1:]
    inverse = _inverse(lattice.homography)
    narrow, wide = _pitches(lattice, (columns0, rows0, columns0 + columns, rows0 + rows), (height, width))
    # Where a pixel of the result is wider than one of the picture, the picture is shrunk by whole numbers first, and
    # where that does not suffice several samples are averaged.
    shrink = max(1, math.floor(narrow / side))
    padded = F.pad(image[None], (0, -width % shrink, 0, -height % shrink), mode="constant", value=blank)
    small = F.avg_pool2d(padded, shrink) if shrink > 1 else padded
    times = min(4, max(1, math.ceil(wide / side / shrink - 0.25)))
    xs = columns0 + (torch.arange(columns * side * times, dtype=torch.float64) + 0.5) / (side * times)
    ys = rows0 + (torch.arange(rows * side * times, dtype=torch.float64) + 0.5) / (side * times)
    m = (inverse * math.copysign(1.0, _depth_seen(lattice.homography, (height, width)))).tolist()
    x, y, depth = (m[i][0] * xs[None] + m[i][1] * ys[:, None] + m[i][2] for i in range(3))
    depth = torch.where(depth > 0, depth, torch.nan)  # else behind the camera
    place = torch.stack([x / (depth * padded.shape[3]), y / (depth * padded.shape[2])], -1) * 2 - 1
    place = place.nan_to_num(nan=-9.0).clamp(-9.0, 9.0).to(small)
    seen = F.grid_sample(small - blank, place[None], align_corners=False) + blank
    return F.avg_pool2d(seen, times)[0, 0] if times > 1 else seen[0, 0]


def _fit(field: Field) -> Lattice | None:
    if field.amount < FEWEST or min(field.inside.shape) < 4:
        return None
    best: tuple[float, Floats] | None = None
    for seed in field.seeds():
        start = started(field, seed)
        if start is None:
            continue
        grid = grown(field, start)
        score = agreement(field, grid)
        if best is None or score > best[0]:
            best = score, grid.homography(field.stride)
        if best[0] >= CERTAIN:
            break
    if best is None or best[0] < LEAST:
        return None
    score, homography = best
    i, j = np.nonzero(field.inside >= min(0.5, float(field.inside.max())))
    points: Floats = (np.stack([j, i], 1).astype(np.float64) + 0.5) * field.stride
    lattice = Lattice(homography, score, 1 / _stretch(homography, np.asarray(points.mean(0), np.float64)))
    column, row = np.floor(lattice.to_grid(points).min(0) + 0.25).astype(int).tolist()
    return lattice.shifted(column, row)


def _array(x: Tensor) -> NDArray[Any]:
    return np.asarray(x.detach().cpu().numpy())


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _mapped(matrix: Floats, points: Floats) -> Floats:
    full = points @ matrix[:, :2].T + matrix[:, 2]
    mapped: Floats = full[..., :2] / full[..., 2:]
    return mapped


def _stretch(matrix: Floats, point: Floats) -> float:
    """How much longer a homography makes things at a point (2,): the square root of what it does to areas."""
    depth = float(matrix[2] @ (point[0], point[1], 1.0))
    return math.sqrt(abs(float(np.linalg.det(matrix)) / depth**3)) if depth else math.inf


def _depth_seen(homography: Floats, size: tuple[int, int]) -> float:
    """The sign of what is before the camera, as that of the middle of a picture of H, W pixels is.

    The depth of the grid's points is one over that of the picture's, of the same sign where the homography keeps sides.
    """
    return float(homography[2] @ (size[1] / 2, size[0] / 2, 1.0))


def _pitches(lattice: Lattice, box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[float, float]:
    """The narrowest and the widest tile in pixels, of the part of a box of the grid that is in a picture of H, W."""
    left, top, right, bottom = box
    height, width = size
    grid = np.array([[x, y] for x in np.linspace(left, right, 9) for y in np.linspace(top, bottom, 9)])
    points = lattice.to_pixels(grid)
    there = np.isfinite(points).all(1) & (points >= 0).all(1) & (points <= [width, height]).all(1)
    found = [1 / _stretch(lattice.homography, p) for p in points[there]]
    return (min(found), max(found)) if found else (1.0, 1.0)
