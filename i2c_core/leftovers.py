"""What a program does not explain of a drawing, and what it draws that is not there: ink without ink near it.

Drawings by hand never match a clean picture pixel by pixel, so ink counts as explained where there is ink of the other
picture within a tolerance.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import ImageError

TOLERANCE = 0.025  # of the longer side: how far apart ink is that is one and the same
SPECK = 6  # pixels of ink of a picture of 128 pixels a side: what is smaller is noise
FAINT = 0.12  # of the full range: a picture whose darkest ink is lighter has none
PART = 0.35  # of the darkest ink's contrast with the paper: what has less is paper

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Region:
    """A rectangle around ink that belongs together.

    Attributes:
        left, top, right, bottom: fractions of the picture's width and height, y downwards.
        ink: the share of the picture's ink that is in it.
    """

    left: float
    top: float
    right: float
    bottom: float
    ink: float

    @property
    def box(self) -> list[float]:
        """Left, top, right and bottom, rounded, as JSON says them."""
        return [round(x, 4) for x in (self.left, self.top, self.right, self.bottom)]


@dataclass(frozen=True)
class Leftovers:
    """What two pictures do not have in common.

    Attributes:
        unexplained: of the input, the regions without ink of the drawn picture near them, most ink first.
        overexplained: of the drawn picture, those without ink of the input near them.
        missed: (H, W) where the unexplained ink is.
        invented: (H, W) where the over-explained ink is.
    """

    unexplained: tuple[Region, ...]
    overexplained: tuple[Region, ...]
    missed: Mask = field(repr=False)
    invented: Mask = field(repr=False)


def leftovers(picture: Pixels, drawn: Pixels) -> Leftovers:
    """What a drawn picture does not explain of an input, and the reverse; both are (C, H, W).

    Raises:
        ImageError: they are of different sizes.
    """
    if picture.shape[1:] != drawn.shape[1:]:
        fact = f"pictures of {picture.shape[1:]} and {drawn.shape[1:]} pixels cannot be compared"
        raise ImageError(fact, "draw the second at the size of the first")
    given, made = ink_of(picture), ink_of(drawn)
    unexplained, missed = _apart(given, made)
    overexplained, invented = _apart(made, given)
    return Leftovers(unexplained, overexplained, missed, invented)


def ink_of(picture: Pixels) -> Mask:
    """(H, W) where a picture (C, H, W) has ink: what stands out clearly from its paper, the median of its pixels."""
    levels = picture.astype(np.int16)
    paper = np.median(levels, axis=(1, 2), keepdims=True)
    contrast = np.abs(levels - paper).max(0)  # (H, W)
    darkest = float(np.quantile(contrast, 0.999, method="higher"))
    if darkest < 255 * FAINT:
        return np.zeros(contrast.shape, bool)
    return np.asarray(contrast > PART * darkest)


def _apart(ink: Mask, other: Mask) -> tuple[tuple[Region, ...], Mask]:
    """The regions of ink that has none of the other's near it, and where that ink is, without specks."""
    from scipy import ndimage  # a slow import, and not every family has ink

    height, width = ink.shape
    near = max(1.0, TOLERANCE * max(height, width))  # pixels
    alone = ink & ~_within(other, near)
    joined, count = ndimage.label(_within(alone, near / 2), np.ones((3, 3)))  # dashes of one line are one region
    labels = np.where(alone, joined, 0)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    least = SPECK * height * width / 128**2
    found = []
    for label, box in enumerate(ndimage.find_objects(labels, max_label=count), 1):
        if box is None or pixels[label] < max(least, 1):
            alone &= labels != label
            continue
        rows, columns = box
        share = float(pixels[label] / ink.sum())
        region = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
        found.append(Region(*region, share))
    return tuple(sorted(found, key=lambda r: (-r.ink, r.top, r.left))), alone


def _within(ink: Mask, distance: float) -> Mask:
    """(H, W) which pixels are within a distance of ink."""
    if not ink.any():
        return np.zeros(ink.shape, bool)
    height, width = ink.shape
    reach = math.floor(distance)
    sums = np.zeros((height, width + 2 * reach + 1), np.int32)  # of the ink left of each place, in its row
    sums[:, reach + 1 : reach + 1 + width] = ink.cumsum(1)
    sums[:, reach + 1 + width :] = sums[:, reach + width, None]
    found = np.zeros(ink.shape, bool)
    down = min(reach, height - 1)
    for rows in range(-down, down + 1):  # a disk, row by row
        half = math.floor(math.sqrt(distance * distance - rows * rows))
        ends, begins = sums[:, reach + 1 + half :][:, :width], sums[:, reach - half :][:, :width]
        into, out_of = slice(max(0, -rows), height - max(0, rows)), slice(max(0, rows), height - max(0, -rows))
        found[into] |= (ends > begins)[out_of]
    return found
