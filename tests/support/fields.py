"""Fields as a network would tell them of a grid seen from somewhere, with every fault that they may have."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

STRIDE = 4


@dataclass
class View:
    """A level of some tiles, seen in a picture; angles clockwise in degrees.

    `tilt` is how much narrower tiles get from the middle to a side, about half of it each side; `noise` the spread of
    the phases in tiles (neighbours err alike), `outliers` the share of places that tell anything at all, `blank` the
    part of the level (left, top, right, bottom, from 0 to 1) that tells nothing, `believed` what `inside` is there.
    """

    columns: int
    rows: int
    pitch: float = 16.0
    angle: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)
    margin: float = 10.0
    noise: float = 0.0
    outliers: float = 0.0
    blank: tuple[float, float, float, float] | None = None
    believed: float = 1.0
    fields: tuple[int, int] | None = None  # rows and columns of the field, at least
    seed: int = 0
    matrix: NDArray[np.float64] = field(init=False)  # from pixels to grid coordinates

    def __post_init__(self) -> None:
        turn = math.radians(self.angle)
        cos, sin = math.cos(turn), math.sin(turn)
        wide, high = self.columns * self.pitch, self.rows * self.pitch
        # Grid to pixels about the middle of the level, then moved so that all of it is in the picture.
        about = np.array([[self.pitch, 0, -wide / 2], [0, self.pitch, -high / 2], [0, 0, 1]])
        turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        lens = np.array([[1, 0, 0], [0, 1, 0], [self.tilt[0] / wide, self.tilt[1] / high, 1]])
        seen = lens @ turned @ about
        corners = np.array([[x, y, 1] for x in (0, self.columns) for y in (0, self.rows)]) @ seen.T
        corners = corners[:, :2] / corners[:, 2:]
        low, span = corners.min(0), np.ptp(corners, 0)
        rows, columns = (math.ceil((s + 2 * self.margin) / STRIDE) for s in span[::-1])
        if self.fields:
            rows, columns = max(rows, self.fields[0]), max(columns, self.fields[1])
        self.size = rows, columns
        spare = np.array([columns, rows]) * STRIDE - span
        place = np.array([[1, 0, spare[0] / 2 - low[0]], [0, 1, spare[1] / 2 - low[1]], [0, 0, 1]])
        self.matrix = np.linalg.inv(place @ seen)

    def told(self) -> tuple[Tensor, Tensor, Tensor]:
        """u, v and inside, each (1, h, w)."""
        rng = np.random.default_rng(self.seed)
        h, w = self.size
        y, x = np.mgrid[0:h, 0:w] * STRIDE + STRIDE / 2
        full = np.stack([x, y, np.ones_like(x)], -1) @ self.matrix.T
        at = full[..., :2] / full[..., 2:]
        column, row = at[..., 0] / self.columns, at[..., 1] / self.rows
        inside = ((column >= 0) & (column < 1) & (row >= 0) & (row < 1)).astype(np.float64)
        lost = rng.random((h, w)) < self.outliers
        lost |= inside == 0
        if self.blank:
            left, top, right, bottom = self.blank
            gone = (column >= left) & (column < right) & (row >= top) & (row < bottom) & (inside > 0)
            inside[gone] = self.believed
            lost |= gone
        circles = []
        for axis in range(2):
            wrong = rng.normal(size=(h + 2, w + 2))
            wrong = (
                wrong[1:-1, 1:-1] + wrong[:-2, 1:-1] + wrong[2:, 1:-1] + wrong[1:-1, :-2] + wrong[1:-1, 2:]
            ) / 5**0.5
            turns = np.where(lost, rng.random((h, w)), at[..., axis] + self.noise * wrong)
            circles.append(np.exp(2j * math.pi * turns))
        inside = np.clip(inside * 0.9 + 0.05 + 0.04 * rng.normal(size=(h, w)), 0, 1)
        u, v, within = (torch.from_numpy(a)[None] for a in (*circles, inside))
        return u.to(torch.complex64), v.to(torch.complex64), within.float()

    def corners(self) -> NDArray[np.float64]:
        """Pixels (4, 2) of the corners of the level."""
        grid = np.array([[x, y, 1.0] for x in (0, self.columns) for y in (0, self.rows)])
        seen = grid @ np.linalg.inv(self.matrix).T
        return seen[:, :2] / seen[:, 2:]

    def error(self, matrix: NDArray[np.float64]) -> float:
        """How far a homography found is off at the worst corner of the level, in tiles, whole tiles alike aside."""
        full = np.concatenate([self.corners(), np.ones((4, 1))], 1) @ matrix.T
        away = full[:, :2] / full[:, 2:] - np.array([[x, y] for x in (0, self.columns) for y in (0, self.rows)])
        away -= np.round(np.median(away, 0))
        return float(abs(away).max())
