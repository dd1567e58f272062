"""Ink: what was drawn, free of the paper's colour, shadows, grain and specks.

Legend: H W pixels of the working picture; ink is 0 on bare paper and 1 under a full stroke.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from i2c_core.images import recolour

Ink = NDArray[np.float32]

WORKING = 1000  # pixels of the longer side that all is found on; at 14 cells a pitch is known to 0.2 %
_WIDEST = 1 / 24  # of the longer side: what is wider is no stroke but a shadow, a table or a hand
_LEAST = 0.05  # how much darker than its paper ink must be; faint pencil on white has 0.15
_STEP = 0.22  # between neighbours of the background: more is the edge of a sheet, which no shadow has


@dataclass(frozen=True)
class Drawing:
    """Ink (H, W), the width of its strokes in pixels (0 without strokes), and by how much the source was reduced."""

    ink: Ink
    width: float
    factor: int

    @property
    def is_blank(self) -> bool:
        return self.width == 0


def find_ink(pixels: NDArray[np.uint8], clean: bool) -> Drawing:
    """The drawing in a picture (C, H, W).

    Paper that is not `clean` is divided by its background: a morphological closing, which thin dark strokes do not
    survive but shadows, tables and the ends of a sheet do. Strokes are light (a blackboard) where what differs most
    from the middle of its neighbourhood is brighter.
    """
    grey, factor = _reduced(pixels)
    if clean:
        ink: NDArray[np.floating] = np.clip((0.94 - grey / 255) / 0.9, 0, 1)
        level = float(np.quantile(ink[ink > 0.1], 0.75)) if (ink > 0.1).any() else 1.0
        ink = np.clip(ink / max(level, 0.2), 0, 1)
    else:
        ink = _lift(grey)
    return _despeckled(ink.astype(np.float32), factor)


def _reduced(pixels: NDArray[np.uint8]) -> tuple[Ink, int]:
    """(H, W) brightness from 0 to 255 with no side above `WORKING`, by the mean of whole blocks."""
    factor = -(-max(pixels.shape[1:]) // WORKING)
    if factor > 1:  # colour by colour, so that a picture of 100 million pixels is walked once and never copied
        planes = [np.asarray(Image.fromarray(np.ascontiguousarray(plane)).reduce(factor)) for plane in pixels]
        pixels = np.stack(planes)
    return recolour(pixels, 1)[0].astype(np.float32), factor


def _lift(grey: Ink) -> Ink:
    """Ink of a photograph or scan."""
    grey = ndimage.gaussian_filter(grey, 0.7)  # grain of one pixel
    if _is_light(grey):
        grey = 255 - grey
    high = _background(grey)
    lit = max(12.0, 0.35 * float(high.max()))  # in the dark beside the sheet, grain would look like ink
    darker = (high - grey) / np.maximum(high, lit)
    darker = np.where(_edges(high), 0, darker)
    grain = 1.4826 * float(np.median(np.abs(darker - np.median(darker))))
    darker = darker - float(np.median(darker))  # a closing lies above the paper by its grain
    floor = max(_LEAST, 4 * grain)
    strokes = darker > floor
    if strokes.mean() < 1e-5:
        return np.zeros_like(grey)
    level = max(float(np.quantile(darker[strokes], 0.7)), floor)
    low_cut = max(0.3 * level, 0.8 * floor)
    ink = np.clip((darker - low_cut) / max(0.75 * level - low_cut, 0.02), 0, 1)
    return np.asarray(ink, np.float32)


def _is_light(grey: Ink) -> bool:
    """Whether strokes are brighter than what lies around them: the skew of pixels about their local median."""
    step = max(1, min(grey.shape) // 125)
    small = np.asarray(Image.fromarray(grey).reduce(step)) if step > 1 else grey
    around = ndimage.median_filter(small, size=min(11, max(3, max(small.shape) // 14)) | 1, mode="nearest")
    reach = 2 * min(11, max(3, max(small.shape) // 14)) + 1
    spread = ndimage.maximum_filter(around, reach) - ndimage.minimum_filter(around, reach)
    flat = spread < 0.25 * around + 10  # the ends of a sheet differ from their surroundings both ways
    apart = np.where(flat, small - around, 0) if flat.mean() > 0.1 else small - around
    return float((apart.astype(np.float64) ** 3).sum()) > 0


def _background(grey: Ink) -> Ink:
    """Paper without its strokes: closed at a quarter of the size, or less where the picture is small."""
    height, width = grey.shape
    step = max(1, min(4, min(grey.shape) // 64))
    small = np.asarray(Image.fromarray(grey).reduce(step)) if step > 1 else grey
    size = max(3, round(max(grey.shape) * _WIDEST / step)) | 1
    dark = np.pad(small, size)  # so that a strip of the table along a side is no stroke
    closed = ndimage.grey_closing(dark, size=(size, size))[size:-size, size:-size]
    smooth = ndimage.gaussian_filter(closed, 1.0)
    image = Image.fromarray(smooth.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)


def _edges(background: Ink) -> NDArray[np.bool_]:
    """Where the background jumps: the end of a sheet, whose thin remains are no strokes."""
    size = 9 if min(background.shape) > 128 else 3
    high = ndimage.maximum_filter(background, size)
    low = ndimage.minimum_filter(background, size)
    jump = (high - low) > np.maximum(_STEP * high, 20)
    found: NDArray[np.bool_] = ndimage.maximum_filter(jump, size)  # what is left of the sheet's end lies beside it
    return found


def _despeckled(ink: Ink, factor: int) -> Drawing:
    """Without what is no longer than strokes are wide: the language draws no dots."""
    solid = ink > 0.5
    if not solid.any():
        return Drawing(np.zeros_like(ink), 0.0, factor)
    width = stroke_width(solid)
    labels, count = ndimage.label(ink > 0.2, np.ones((3, 3)))
    boxes = ndimage.find_objects(labels)
    longest = np.array([0] + [max(b.stop - b.start for b in box) for box in boxes])
    keep = (longest > max(1.6 * width, 2)) & (np.bincount(labels[solid], minlength=count + 1) > 0)
    keep[0] = False
    if not keep.any():  # nothing but dots: a picture of a few pixels, or noise
        return Drawing(np.zeros_like(ink), 0.0, factor)
    ink = np.where(keep[labels], ink, 0).astype(np.float32)
    return Drawing(ink, stroke_width(ink > 0.5), factor)


def stroke_width(solid: NDArray[np.bool_]) -> float:
    """The usual width in pixels of strokes (H, W): twice their area by their outline, which Crofton's formula measures.

    >>> stroke_width(np.pad(np.ones((4, 400), bool), 9))
    4.183
    """
    area = int(solid.sum())
    if area == 0:
        return 0.0
    across = int((solid[:, 1:] != solid[:, :-1]).sum()) + int((solid[1:] != solid[:-1]).sum())
    slanted = int((solid[1:, 1:] != solid[:-1, :-1]).sum()) + int((solid[1:, :-1] != solid[:-1, 1:]).sum())
    outline = np.pi / 8 * (across + slanted / np.sqrt(2))
    return round(max(1.0, float(2 * area / max(outline, 1.0))), 3)


__all__ = ["WORKING", "Drawing", "Ink", "find_ink", "stroke_width"]
