"""How far a clean drawing and the ink of an image are from each other, in both directions.

Drawings by hand never match pixel for pixel, so each pixel counts by its distance to the nearest ink of the other.

Legend: K drawings, H W pixels.
"""

from __future__ import annotations

from torch import Tensor

from i2c_core.items.screening import DARK, squared_distance

NEAR = 0.4  # cells; ink farther away counts as this far
PIXEL = 6.0  # nats of a cell's length of stroke without ink, or of ink without stroke, both as wide as a clean line


class Astray:
    """One image, and what drawings leave of it.

    Attributes:
        ink: (H, W) bool, where there is ink.
        far: (H, W) squared distances to it, from 0 on ink to 1.

    Args:
        ink: (H, W) of the image, from 0 to 1.
        extent: columns and rows of its grid.
    """

    def __init__(self, ink: Tensor, extent: tuple[int, int]) -> None:
        self.cell = (ink.shape[1] / extent[0] + ink.shape[0] / extent[1]) / 2  # pixels
        self.reach = max(2, round(NEAR * self.cell))
        self.ink = ink > ink.max().clamp(min=0.05) * DARK
        self.far = self.from_ink(self.ink[None])[0]

    def from_ink(self, ink: Tensor) -> Tensor:
        """(K, H, W) squared distances to ink (K, H, W) bool, from 0 to 1 at NEAR and beyond."""
        return squared_distance(ink, self.reach).float() / self.reach**2

    def __call__(self, canvas: Tensor) -> Tensor:
        """(K,) nats by which clean drawings (K, H, W) and the image differ; 0 where each lies on the other."""
        astray = (canvas * self.far).sum((1, 2)) + (self.from_ink(canvas > 0.5) * self.ink).sum((1, 2))
        # A cell's length of a clean line holds about as many pixels of ink as a cell is pixels long.
        return PIXEL * astray.double() / self.cell
