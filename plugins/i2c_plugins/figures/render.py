"""The renderer of figures: their strokes in black ink on white paper.

Legend: N programs, T tokens, H W pixels.
"""

from __future__ import annotations

import torch

from i2c_core.raster import Array, TokenBatch, is_tensor
from i2c_core.strokes import Strokes, draw
from i2c_plugins.figures.geometry import strokes

PIXELS = 1 << 24  # drawn at once


def render(batch: TokenBatch, size: tuple[int, int]) -> Array:
    """Draw programs of figures.

    Args:
        batch: ids (N, T), NumPy or torch.
        size: height and width, 1 or more; the grid is stretched over it.

    Returns:
        (N, 1, H, W) uint8, 0 for ink and 255 for paper, in the library and on the device of `batch.ids`.
    """
    found = strokes(batch)
    chunk = max(1, PIXELS // (size[0] * size[1]))
    parts = [_paper(found.select(slice(n, n + chunk)), size) for n in range(0, max(1, len(found)), chunk)]
    pixels = parts[0] if len(parts) == 1 else torch.cat(parts)
    return pixels if is_tensor(batch.ids) else pixels.numpy()


def _paper(found: Strokes, size: tuple[int, int]) -> torch.Tensor:
    ink = draw(found, size)  # (N, H, W)
    return (255 - (255 * ink).round()).to(torch.uint8).unsqueeze(1)
