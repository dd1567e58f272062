"""The grid that a drawing was drawn on: its rotation, pitch and offset, from strokes that lie on grid lines.

Legend: P points of strokes, K coordinates at which strokes were found on one axis; a grid line lies at
offset + pitch * k for whole k, in pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from i2c_core.framing.strokes import Array, Evidence

MOST_TURN = 15.0  # degrees either way
_LEAST_TURN = 0.4  # degrees; less is a hand's own unsteadiness
_TURNING = 0.5  # nats by which a turned grid must be clearer than an upright one
_MANY = 4  # circles whose lattice tells how far a drawing is turned
_DULLEST = 3.0  # the most nats that blurred profiles cost: circles alone have none
_STEEP = 6.0  # degrees; standard deviation of the angles at which people hold paper
_CLEAR_TURN = 1.08  # how much sharper the profiles must be than without turning
_SLANT = math.radians(12)  # a stroke this near to an axis lies along it
_UNSTEADY = 0.09  # cells; standard deviation of hand-drawn strokes from their grid lines
_CIRCLE = 0.6  # what the middle of a circle counts on each axis; a long stroke counts 1
_UNROUND = 0.07  # standard deviation of the logarithm of hand-drawn radii
_STRAY = 0.12  # share of strokes that lie on no grid line
_WIDTHS = 9.0  # cells are this many stroke widths wide as a rule, within a factor of two
_FEWEST = 4.0  # cells: a drawing without circles is at least as wide or high
_TOO_LARGE = 1.5  # times the canvas: a drawing so much larger than its circles say was not drawn on it
CLEAR = 2.0  # nats of evidence from which on a grid counts as found


@dataclass(frozen=True)
class Grid:
    """Grid lines x = left + pitch * i, y = top + pitch * j after turning by `angle` (radians) about `centre`.

    `evidence` is how much likelier (natural logarithm) the strokes are on this grid than anywhere; `circles` counts
    the circles whose radius agrees with the pitch.
    """

    pitch: float
    left: float
    top: float
    evidence: float
    circles: int


@dataclass(frozen=True)
class Coordinates:
    """Where strokes along one axis lie: positions (K,) in pixels and how much each counts (K,), at most 1."""

    at: Array
    weight: Array


def find_frame(
    evidence: Evidence, cells: tuple[int, int], centre: tuple[float, float]
) -> tuple[float, Evidence, Grid | None]:
    """How far the drawing is turned (radians, clockwise), its strokes turned upright about `centre`, and their grid.

    Of the angles at which profiles are sharp (and no turn at all) it is the one whose strokes show the clearest grid,
    where any does; else the sharpest one, if it is clearly sharper than no turn.
    """
    angles, sharp = _likely_turns(evidence)
    found: list[tuple[float, float, Evidence, Grid | None]] = []

    def try_turn(degrees: float, penalty: float) -> None:
        upright = turned(evidence, math.radians(degrees), centre)
        grid = find_grid(upright, cells)
        score = -math.inf if grid is None else grid.evidence - penalty
        found.append((score, degrees, upright, grid))

    top = float(sharp.max())
    for degrees, value in zip(angles, sharp, strict=True):
        dull = min(_DULLEST, 4 * math.log(max(top, 1e-9) / max(value, 1e-9)))
        try_turn(float(degrees), dull + _cost(float(degrees)))
    if len(evidence.circles) >= _MANY:  # they are a lattice themselves, whose angle no stroke need tell
        dull = min(_DULLEST, 4 * math.log(max(top, 1e-9) / max(float(sharp[0]), 1e-9))) if len(angles) > 1 else 0.0
        for degrees in np.arange(-MOST_TURN + 1.5, MOST_TURN - 1, 1.5).tolist():
            if degrees:
                try_turn(degrees, dull + _cost(degrees))
    best = max(found, key=lambda f: f[0])
    if best[0] < CLEAR:
        sharpest = int(sharp.argmax())
        clear = sharp[sharpest] > _CLEAR_TURN * sharp[0]
        best = found[sharpest if clear else 0]
    else:
        for step in (-0.9, -0.6, -0.3, 0.3, 0.6, 0.9):
            degrees = best[1] + step
            try_turn(degrees, _cost(degrees))
        best = max(found, key=lambda f: f[0])
    if 0 < abs(best[1]) < _LEAST_TURN:
        best = found[0]
    return math.radians(best[1]), best[2], best[3]


def _cost(degrees: float) -> float:
    """The nats that a turned grid owes to how seldom paper is turned so far."""
    return 0.0 if degrees == 0 else _TURNING + 0.5 * (degrees / _STEEP) ** 2


def _likely_turns(evidence: Evidence) -> tuple[Array, Array]:
    """Angles in degrees, 0 first, then up to three others at which profiles are sharp, and how sharp they are.

    Points of straight strokes within 12 degrees of an axis are projected along it; the sharpness is the sum of the
    squares of both profiles (Postl 1986).
    """
    loose = ~evidence.on_circle
    if loose.sum() < 8:
        return np.zeros(1), np.ones(1)
    x, y, weight, angle = (v[loose] for v in (evidence.x, evidence.y, evidence.weight, evidence.angle))
    x, y = x - x.mean(), y - y.mean()
    unit = max(1.0, 0.5 * evidence.width)
    reach = float(np.hypot(x, y).max()) + 2 * unit

    def sharpness(degrees: float) -> float:
        turn = math.radians(degrees)
        along_x = x * math.cos(turn) + y * math.sin(turn)
        along_y = y * math.cos(turn) - x * math.sin(turn)
        total = 1e-9
        for at, axis in ((along_x, turn + math.pi / 2), (along_y, turn)):
            near = _apart(angle, axis) < _SLANT
            if near.any():
                bins = ((at[near] + reach) / unit).astype(np.int64)
                profile = np.bincount(bins, weight[near])
                total += float((ndimage.uniform_filter1d(np.pad(profile, 2), 3) ** 2).sum())
        return total

    coarse = np.arange(-MOST_TURN, MOST_TURN + 0.01, 0.5)
    scores = np.array([sharpness(float(d)) for d in coarse])
    peaks = np.flatnonzero((scores == ndimage.maximum_filter1d(scores, 5)) & (scores > 0.4 * scores.max()))
    peaks = peaks[np.argsort(-scores[peaks], kind="stable")][:3]
    angles, sharp = [0.0], [sharpness(0.0)]
    for peak in peaks:
        fine = coarse[peak] + np.arange(-0.4, 0.41, 0.2)
        found = np.array([sharpness(float(d)) for d in fine])
        angle_found = float(fine[found >= 0.985 * found.max()].mean())
        if abs(angle_found) <= MOST_TURN:
            angles.append(angle_found)
            sharp.append(float(found.max()))
    return np.array(angles), np.array(sharp)


def _apart(angle: Array, axis: float) -> Array:
    """The angle between undirected lines, from 0 to pi / 2."""
    apart: Array = np.abs(np.mod(angle - axis + np.pi / 2, np.pi) - np.pi / 2)
    return apart


def turned(evidence: Evidence, turn: float, centre: tuple[float, float]) -> Evidence:
    """The same strokes with their axes along the picture's: turned back by `turn` about `centre`."""
    if turn == 0:
        return evidence
    cos, sin = math.cos(turn), math.sin(turn)

    def about(x: Array, y: Array) -> tuple[Array, Array]:
        x, y = x - centre[0], y - centre[1]
        return x * cos + y * sin + centre[0], y * cos - x * sin + centre[1]

    x, y = about(evidence.x, evidence.y)
    cx, cy = about(evidence.circles[:, 0], evidence.circles[:, 1])
    box = evidence.box
    if len(x):
        box = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    circles = np.stack([cx, cy, evidence.circles[:, 2]], 1)
    return Evidence(
        x, y, evidence.weight, np.mod(evidence.angle - turn, np.pi), evidence.on_circle, circles, evidence.width, box
    )


def coordinates(evidence: Evidence) -> tuple[Coordinates, Coordinates]:
    """Where strokes that run along y lie in x, and those along x in y; middles of circles, too."""
    across = _apart(evidence.angle, math.pi / 2) < _SLANT
    level = _apart(evidence.angle, 0.0) < _SLANT
    longest = max(evidence.box[2] - evidence.box[0], evidence.box[3] - evidence.box[1], 1.0)
    found = []
    middles = np.full(len(evidence.circles), _CIRCLE)  # each counts, so that those in one row speak for the row
    for axis, (chosen, at) in enumerate(((across, evidence.x), (level, evidence.y))):
        chosen = chosen & ~evidence.on_circle
        strokes = _clusters(at[chosen], evidence.weight[chosen], evidence.width, longest)
        places = np.concatenate([strokes.at, evidence.circles[:, axis]])
        found.append(Coordinates(places, np.concatenate([strokes.weight, middles])))
    return found[0], found[1]


def _clusters(at: Array, weight: Array, width: float, longest: float) -> Coordinates:
    """Peaks of a profile. A stroke as long as a fourteenth of the drawing counts half, longer ones up to 1."""
    none = np.zeros(0)
    if len(at) == 0:
        return Coordinates(none, none)
    unit = max(0.5, width / 4)
    low = float(at.min()) - 4 * width
    size = int((float(at.max()) + 4 * width - low) / unit) + 2
    profile = np.bincount(((at - low) / unit).astype(np.int64), weight, size)
    spread = max(1.0, 0.012 * longest / unit, 0.5 * width / unit)
    smooth = ndimage.gaussian_filter1d(profile, spread)
    reach = max(1, round(1.5 * spread))
    peaks = np.flatnonzero((smooth == ndimage.maximum_filter1d(smooth, 2 * reach + 1)) & (smooth > 0))
    gathered = ndimage.uniform_filter1d(profile, 2 * reach + 1) * (2 * reach + 1)
    length = gathered[peaks]
    usual = longest / 14
    kept = length > 0.3 * usual
    peaks, length = peaks[kept], length[kept]
    if len(peaks) == 0:
        return Coordinates(none, none)
    where = np.empty(len(peaks))
    for i, peak in enumerate(peaks):  # the middle of the peak, finer than its bin
        near = slice(max(0, peak - reach), peak + reach + 1)
        where[i] = float(np.average(np.arange(size)[near], weights=smooth[near]))
    return Coordinates(low + (where + 0.5) * unit, np.minimum(1.0, length / (length + usual)) * 1.0)


def find_grid(evidence: Evidence, cells: tuple[int, int]) -> Grid | None:
    """The likeliest grid of upright strokes, or None where there is too little to see.

    Each coordinate lies near a grid line (a normal error of 0.09 cells) or anywhere (12 %); the offset is the one at
    which the coordinates agree best, so one coordinate an axis tells nothing. A circle has a radius of one cell. Many
    pitches explain a few strokes: what is drawn fits into the canvas, is at least four cells long, and cells are
    about nine stroke widths wide.
    """
    axes = coordinates(evidence)
    wide, high = evidence.box[2] - evidence.box[0], evidence.box[3] - evidence.box[1]
    longest = max(wide / max(1, cells[0] - 2), high / max(1, cells[1] - 2))
    low = 0.95 * longest
    high = max(longest, max(wide, high) / _FEWEST)
    radii = evidence.circles[:, 2]
    radius = _usual(radii)
    if radius is not None:
        if low > _TOO_LARGE * radius:
            return None
        low, high = 0.86 * radius, 1.14 * radius
    if high <= 0 or sum(len(a.at) for a in axes) == 0:
        return None
    pitches = np.exp(np.arange(math.log(low), math.log(high) + 0.004, 0.004))
    scores = _fit_axis(axes[0], pitches)[1] + _fit_axis(axes[1], pitches)[1]
    if radius is None:
        prior = -0.5 * (np.log(pitches / (_WIDTHS * max(evidence.width, 1.0))) / math.log(2)) ** 2
    else:
        prior = -0.5 * (np.log(pitches / radius) / _UNROUND) ** 2 * min(len(radii), 2)
    pitch = float(pitches[int((scores + prior).argmax())])
    nearby = pitch * (1 + np.arange(-0.004, 0.0041, 0.001))
    fits = [_fit_axis(a, nearby) for a in axes]
    finest = int((fits[0][1] + fits[1][1]).argmax())
    pitch = float(nearby[finest])
    near = int((np.abs(radii / pitch - 1) < 0.15).sum())
    offsets = [float(fit[0][finest]) for fit in fits]
    for i, axis in enumerate(axes):
        if not len(axis.at):  # no stroke along it: its ends are ends of strokes, which lie on grid lines
            ends = Coordinates(np.array([evidence.box[i], evidence.box[i + 2]]), np.ones(2))
            offsets[i] = float(_fit_axis(ends, np.array([pitch]))[0][0])
    score = float(fits[0][1][finest] + fits[1][1][finest])
    return Grid(pitch, offsets[0], offsets[1], score + 2 * min(near, 3), near)


def _usual(radii: Array) -> float | None:
    """The radius that most circles share, the smaller one where sizes differ; None without circles."""
    if len(radii) == 0:
        return None
    votes = (np.abs(radii[:, None] / radii[None] - 1) < 0.12).sum(0)
    near = np.abs(radii / float(radii[votes == votes.max()].min()) - 1) < 0.12
    return float(np.median(radii[near]))


def _fit_axis(found: Coordinates, pitches: Array) -> tuple[Array, Array]:
    """For each pitch (P,) the offset at which coordinates lie best on its lines, and the evidence in nats."""
    if len(found.at) == 0:
        return np.zeros(len(pitches)), np.zeros(len(pitches))
    pitch = pitches[:, None]
    mean = (found.weight * np.exp(2j * np.pi * found.at / pitch)).sum(1)
    angle = np.angle(mean) / (2 * np.pi)
    best, where = np.full(len(pitches), -np.inf), np.zeros(len(pitches))
    for shift in (0.0, 0.5):  # the two likely places of the lines, each drawn to the strokes near it
        offset = (angle + shift) * pitches
        for _ in range(3):
            off = (found.at - offset[:, None]) / pitch
            apart = off - np.round(off)
            trust = found.weight * np.exp(-0.5 * (apart / (1.5 * _UNSTEADY)) ** 2)
            offset = offset + pitches * (trust * apart).sum(1) / np.maximum(trust.sum(1), 1e-9)
        score = _evidence(found, pitches, offset)
        where = np.where(score > best, offset, where)
        best = np.maximum(best, score)
    return where, best


def _evidence(found: Coordinates, pitches: Array, offsets: Array) -> Array:
    """Nats (P,), less those of the coordinate that the offset is owed to."""
    off = (found.at - offsets[:, None]) / pitches[:, None]
    apart = off - np.round(off)
    peak = 1 / (_UNSTEADY * math.sqrt(2 * math.pi))
    single = found.weight * np.log(_STRAY + (1 - _STRAY) * peak * np.exp(-0.5 * (apart / _UNSTEADY) ** 2))
    total: Array = single.sum(1) - float(found.weight.max()) * math.log(_STRAY + (1 - _STRAY) * peak)
    return total


def evidence_of(evidence: Evidence, pitch: float, left: float, top: float) -> float:
    """The evidence in nats for a given grid, to compare with that of the one found."""
    pitches = np.array([pitch])
    total = 2.0 * min(int((np.abs(evidence.circles[:, 2] / pitch - 1) < 0.15).sum()), 3)
    for axis, offset in zip(coordinates(evidence), (left, top), strict=True):
        if len(axis.at):
            total += float(_evidence(axis, pitches, np.array([offset]))[0])
    return total


__all__ = [
    "CLEAR",
    "MOST_TURN",
    "Coordinates",
    "Grid",
    "coordinates",
    "evidence_of",
    "find_frame",
    "find_grid",
    "turned",
]
