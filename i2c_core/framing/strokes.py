"""What of a drawing tells its grid: straight pieces with their directions, and circles.

Legend: P points, x to the right and y down, in pixels of the ink they were found in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from i2c_core.framing.ink import Drawing, Ink

SMALL = 560  # pixels of the longer side on which directions and circles are found
_MOST = 24_000  # points kept
_ROUND = 0.045  # how far the outline of a hole may lie from a circle, in radii, as a root mean square

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Points of strokes: x, y, weight and angle (P,), the angle of the stroke from 0 to pi; circles (n, 3): x, y, r.

    `on_circle` (P,) tells the points that lie on one of the circles.
    """

    x: Array
    y: Array
    weight: Array
    angle: Array
    on_circle: NDArray[np.bool_]
    circles: Array
    width: float  # of a stroke, in pixels
    box: tuple[float, float, float, float]  # of all ink: left, top, right, bottom, to the middle of its strokes


def find_evidence(drawing: Drawing) -> Evidence:
    """Directions by the structure tensor (Bigun and Granlund 1987), circles by the holes that they enclose."""
    ink, scale = _shrunk(drawing.ink)
    width = max(1.0, drawing.width * scale)
    blurred = ndimage.gaussian_filter(ink, max(0.8, 0.35 * width))
    dy, dx = ndimage.sobel(blurred, 0), ndimage.sobel(blurred, 1)
    spread = max(1.2, 0.8 * width)
    xx, yy, xy = (ndimage.gaussian_filter(p, spread) for p in (dx * dx, dy * dy, dx * dy))
    total = xx + yy
    clear = np.hypot(xx - yy, 2 * xy) / np.maximum(total, 1e-9)  # 1 on a straight stroke, 0 at a crossing
    rows, columns = np.nonzero((ink > 0.4) & (clear > 0.5))
    if len(rows) > _MOST:
        chosen = np.linspace(0, len(rows) - 1, _MOST).astype(np.int64)
        rows, columns = rows[chosen], columns[chosen]
    normal = 0.5 * np.arctan2(2 * xy[rows, columns], (xx - yy)[rows, columns])
    circles = _circles(ink, width)
    x, y = columns + 0.5, rows + 0.5
    on_circle = np.zeros(len(x), bool)
    for cx, cy, radius in circles:
        on_circle |= np.abs(np.hypot(x - cx, y - cy) - radius) < 0.12 * radius + 0.6 * width
    solid = np.nonzero(ink > 0.5)
    half = width / 2
    box = (
        float(solid[1].min() + half),
        float(solid[0].min() + half),
        float(solid[1].max() + 1 - half),
        float(solid[0].max() + 1 - half),
    )
    weight = (ink * clear)[rows, columns] / width
    return Evidence(
        x.astype(np.float64) / scale,
        y.astype(np.float64) / scale,
        weight.astype(np.float64) / scale,
        np.mod(normal + np.pi / 2, np.pi).astype(np.float64),
        on_circle,
        circles / scale,
        width / scale,
        (box[0] / scale, box[1] / scale, box[2] / scale, box[3] / scale),
    )


def _shrunk(ink: Ink) -> tuple[Ink, float]:
    """The ink with its longer side at most `SMALL`, and the scale."""
    height, width = ink.shape
    scale = SMALL / max(height, width)
    if scale >= 1:
        return ink, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    return np.clip(small * 1.3, 0, 1).astype(np.float32), scale


def _circles(ink: Ink, width: float) -> Array:
    """Circles (n, 3) by their inner sides: holes of the ink whose outline keeps its distance from the middle."""
    closed = ink > 0.35
    grow = max(1, round(0.6 * width))
    closed = ndimage.binary_dilation(closed, iterations=grow)  # what a hand left open by a stroke's width
    labels, _ = ndimage.label(~closed)
    found = []
    for label, box in enumerate(ndimage.find_objects(labels), 1):
        if label > 2000:
            break
        high, wide = (b.stop - b.start for b in box)
        if min(high, wide) < 4 or max(high, wide) > 1.35 * min(high, wide):
            continue
        if box[0].start == 0 or box[1].start == 0 or box[0].stop == ink.shape[0] or box[1].stop == ink.shape[1]:
            continue
        hole = labels[box] == label
        area = int(hole.sum())
        if not 0.68 < area / (high * wide) < 0.87:  # pi / 4 is 0.785; a square has 1, a diamond 0.5
            continue
        y, x = np.nonzero(hole & ~ndimage.binary_erosion(hole))
        rows, columns = np.nonzero(hole)
        middle = rows.mean(), columns.mean()
        distance = np.hypot(y - middle[0], x - middle[1])
        radius = float(np.sqrt(area / np.pi))
        spread = float(distance.std())
        if spread < _ROUND * radius + 0.35:
            found.append(
                (
                    box[1].start + middle[1] + 0.5,
                    box[0].start + middle[0] + 0.5,
                    radius + grow + width / 2,
                )
            )
    return np.array(found, np.float64).reshape(-1, 3)


__all__ = ["SMALL", "Evidence", "find_evidence"]
