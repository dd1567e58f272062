"""Growing a grid over a field of phases: from one place whose neighbours agree, outwards, to a homography.

Phases say where in a tile a place is, not in which one. What neighbours differ by says how wide a tile is and how it
is turned, wherever both are seen well; from the best of such places the grid is grown outwards, each step settling the
next, so that neither perspective nor gaps make it lose count.

Legend: h w places of the field, `stride` pixels apart, n places that are looked at. Slopes are tiles to the next place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Map = NDArray[Any]  # (h, w) of real or complex numbers of 32 bits

PITCHES = (6.0, 34.0)  # pixels of a tile, anywhere in a picture: what a field is taught, with some room on both sides
SLANT = 0.45  # the tangent of the angle between grid and picture, at most: turning and perspective together
NEAR = 3.0  # spread in places of the neighbourhood in which differences of phase are averaged
SEEDS = 3  # places to grow from that are tried, while the grid is in doubt
GROWTH = 1.35  # of the radius at each step
DENSE = 9000  # places that a step looks at, at most


class Field:
    """One picture's phases, and how far they are to be believed: where neighbours agree with each other."""

    def __init__(self, u: Map, v: Map, inside: Map, stride: float):
        self.phases = [_shortened(u), _shortened(v)]
        self.inside = inside
        self.stride = stride
        self.amount = float(inside.sum())
        spread = self.spread()
        lengths = [abs(p) for p in self.phases]
        self.slopes: list[list[Map]] = []  # [column or row][along x or y]: mean turn to the neighbour
        self.weights: list[Map] = []  # (h, w) of columns and of rows
        near = _blurred(inside, spread) + 1e-3
        best = near
        for phase, length in zip(self.phases, lengths, strict=True):
            here = [_blurred(_turned(phase, inside, axis), spread) / near for axis in (1, 0)]
            agreeing = np.minimum(abs(here[0]), abs(here[1]))
            self.slopes.append(here)
            self.weights.append((inside * length * agreeing).astype(np.float32))
            best = best * np.minimum(agreeing, 1.0)
        self.best = best

    def spread(self) -> float:
        """Of the neighbourhood: small where the level is."""
        return float(np.clip(0.2 * math.sqrt(self.amount), 1.2, NEAR))

    def seeds(self) -> list[tuple[int, int]]:
        """Rows and columns of the places with the best neighbourhoods, far from each other, best first."""
        left, found = self.best.copy(), []
        reach = max(3, round(0.15 * max(left.shape)))
        for _ in range(SEEDS):
            i, j = divmod(int(left.argmax()), left.shape[1])
            if left[i, j] <= 1e-4:
                break
            found.append((i, j))
            left[max(0, i - reach) : i + reach + 1, max(0, j - reach) : j + reach + 1] = 0
        return found


def _shortened(phase: Map) -> Map:
    length = abs(phase)
    shortened: Map = np.where(length > 1, phase / np.maximum(length, 1e-9), phase).astype(np.complex64)
    return shortened


def _blurred(values: Map, spread: float) -> Map:
    blurred: Map = ndimage.gaussian_filter(values, spread, mode="constant", truncate=2.0)
    return blurred


def _turned(phase: Map, weight: Map, axis: int) -> Map:
    """(h, w) what turns the phase at each place into its neighbour's, as long as both are to be believed."""
    turned = np.zeros_like(phase)
    if axis == 1:
        turned[:, :-1] = phase[:, 1:] * phase[:, :-1].conj() * np.minimum(weight[:, 1:], weight[:, :-1])
    else:
        turned[:-1] = phase[1:] * phase[:-1].conj() * np.minimum(weight[1:], weight[:-1])
    return turned


@dataclass
class Grid:
    """Parameters a b c e f h g k of column = (a x + b y + c) / d and row = (e x + f y + h) / d, d = 1 + g x + k y.

    x and y are places from `seed` (row, column), in units of `scale` places: numbers of about 1, as solvers like them.
    """

    values: Floats  # (8,)
    seed: tuple[int, int]
    scale: float

    def homography(self, stride: float) -> Floats:
        """(3, 3) from pixels to grid coordinates."""
        a, b, c, e, f, h, g, k = self.values
        unit = self.scale * stride
        i, j = self.seed
        to_units = np.array([[1, 0, -(j + 0.5) * stride], [0, 1, -(i + 0.5) * stride], [0, 0, unit]]) / unit
        return np.array([[a, b, c], [e, f, h], [g, k, 1.0]]) @ to_units


def started(field: Field, seed: tuple[int, int]) -> Grid | None:
    """The grid as it is seen about `seed`, without perspective; None where no grid looks like that."""
    low, high = field.stride / PITCHES[1], field.stride / PITCHES[0]
    steps: list[list[float]] = []  # [column or row][along x or y] tiles to the next place
    for which, (along, across) in enumerate([(0, 1), (1, 0)]):
        turns = [float(np.angle(s[seed])) / (2 * math.pi) for s in field.slopes[which]]
        # A tile may be less than two places wide: steps of more than half a tile look like small ones backwards.
        turns[along] = (turns[along] + 0.2) % 1.0 - 0.2
        if not low <= turns[along] <= high or abs(turns[across]) > SLANT * turns[along]:
            return None
        steps.append(turns)
    scale = 0.5 * math.hypot(*field.inside.shape)
    phases = []
    i, j = seed
    reach = math.ceil(2 * field.spread())
    near = slice(max(0, i - reach), i + reach + 1), slice(max(0, j - reach), j + reach + 1)
    y, x = (np.arange(n)[s] for n, s in zip(field.inside.shape, near, strict=True))
    for which in range(2):
        away = steps[which][0] * (x[None] - j) + steps[which][1] * (y[:, None] - i)
        seen = field.phases[which][near] * field.weights[which][near]
        phases.append(float(np.angle((seen * np.exp(-2j * math.pi * away)).sum())) / (2 * math.pi))
    (a, b), (e, f) = steps
    values = np.array([a * scale, b * scale, phases[0], e * scale, f * scale, phases[1], 0.0, 0.0])
    return Grid(values, seed, scale)


def grown(field: Field, grid: Grid) -> Grid:
    """The grid after it has taken in one ring of places after the other."""
    i, j = grid.seed
    height, width = field.inside.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = (x - j).ravel(), (y - i).ravel()
    away = np.maximum(abs(x), abs(y))
    believed = (field.weights[0] + field.weights[1]).ravel()
    order = np.flatnonzero(believed > 0.02)
    order = order[np.argsort(away[order], kind="stable")]
    if len(order) == 0:
        return grid
    farthest = float(away[order[-1]])
    radius = 2 * field.spread()
    last = False
    for step in range(40):
        last = radius >= farthest
        count = int(np.searchsorted(away[order], radius, side="right"))
        used = order[:count]
        used = used[:: max(1, len(used) // DENSE)] if last else used[:: max(1, len(used) // (DENSE // 2))]
        places = x[used] / grid.scale, y[used] / grid.scale
        phases = [(p.ravel()[used], w.ravel()[used]) for p, w in zip(field.phases, field.weights, strict=True)]
        for _ in range(4 if last else 2):
            grid = _settled(grid, places, phases, 0.2 if last else 0.3)
        if last or step == 39:
            break
        radius *= GROWTH
    return grid


def _settled(
    grid: Grid,
    places: tuple[Floats, Floats],
    phases: list[tuple[Map, Map]],
    width: float,
) -> Grid:
    """One step of Gauss and Newton; phases farther than some `width` of a tile from the grid hardly count."""
    x, y = places
    a, b, c, e, f, h, g, k = grid.values
    depth = np.maximum(1 + g * x + k * y, 0.15)
    normal, right = np.zeros((8, 8)), np.zeros(8)
    flat = np.stack([x, y, np.ones_like(x)]) / depth  # (3, n)
    for which, line in enumerate([(a, b, c), (e, f, h)]):
        at = line[0] * flat[0] + line[1] * flat[1] + line[2] * flat[2]
        phase, weight = phases[which]
        off = np.angle(phase * np.exp(-2j * math.pi * at)) / (2 * math.pi)  # tiles, from -0.5 to 0.5
        trust = weight * np.exp(-((off / width) ** 2))
        slopes = np.concatenate([flat, -at * flat[:2]])  # (5, n)
        weighted = slopes * trust
        own = [3 * which, 3 * which + 1, 3 * which + 2, 6, 7]
        normal[np.ix_(own, own)] += weighted @ slopes.T
        right[own] += weighted @ off
    # Perspective is seen from afar only: as long as little is seen, none is assumed. Phases of neighbours err alike, so
    # that a hundred of them count as ten.
    normal[6, 6] += 1.0
    normal[7, 7] += 1.0
    right[6] -= g
    right[7] -= k
    normal[np.arange(6), np.arange(6)] += 1e-6
    return Grid(grid.values + np.linalg.solve(normal, right), grid.seed, grid.scale)


def agreement(field: Field, grid: Grid) -> float:
    """The mean agreement of phases inside with the grid, from 0 to 1; 0 where the grid folds over."""
    height, width = field.inside.shape
    i, j = grid.seed
    a, b, c, e, f, h, g, k = grid.values
    y, x = np.mgrid[0:height, 0:width] / grid.scale
    x, y = x - j / grid.scale, y - i / grid.scale
    depth = 1 + g * x + k * y
    if depth[field.inside > 0.3].min(initial=1.0) < 0.2:
        return 0.0
    depth = np.maximum(depth, 0.2)
    total = 0.0
    for phase, line in zip(field.phases, [(a, b, c), (e, f, h)], strict=True):
        at = (line[0] * x + line[1] * y + line[2]) / depth
        total += float((field.inside * (phase * np.exp(-2j * math.pi * at)).real).sum())
    return max(0.0, total / (2 * field.amount))
