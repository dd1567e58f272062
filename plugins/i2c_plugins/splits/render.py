"""The renderer of image splits: every leaf fills the rectangle that the splits above it leave to it.

Leaves of other families are black at first; then these draw them at their rectangles.

Legend: N programs, T tokens, V tokens of the vocabulary, M leaves, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster import Array, TokenBatch, Zooms, draw_foreign, is_tensor, paint, rectangles
from i2c_core.vocabulary import Vocabulary
from i2c_plugins.splits import ZOOMS

PALETTE = {"B": 0x000000, "W": 0xFFFFFF, "G": 0x808080, "r": 0xFF0000, "g": 0x00FF00, "b": 0x0000FF}
# Pixels painted at once. On a CPU working arrays should stay in its cache; on a device, in its memory.
CELLS, DEVICE_CELLS = 1 << 20, 1 << 27


@dataclass(frozen=True, eq=False)
class _Tables:
    """What a vocabulary's tokens mean: zooms, and the colour of each leaf (V + 1, C), on each device met."""

    zooms: Zooms
    colours: NDArray[np.uint8]
    placed: dict[Any, Array] = field(default_factory=dict)

    def colours_like(self, ids: Array) -> Array:
        if not is_tensor(ids):
            return self.colours
        if ids.device not in self.placed:
            import torch

            self.placed[ids.device] = torch.from_numpy(self.colours).to(ids.device)
        return self.placed[ids.device]


@lru_cache(maxsize=8)
def _tables(vocabulary: Vocabulary) -> _Tables:
    colours = np.zeros((vocabulary.size + 1, 3), np.uint8)
    for row, token in enumerate(vocabulary.tokens):
        if token in PALETTE:
            colours[row] = list(PALETTE[token].to_bytes(3, "big"))
    coloured = bool((colours != colours[:, :1]).any())
    return _Tables(Zooms.of(vocabulary, ZOOMS), colours if coloured else colours[:, :1])


def render(batch: TokenBatch, size: tuple[int, int]) -> Array:
    """Draw programs of splits.

    Args:
        batch: ids (N, T), NumPy or torch.
        size: height and width, 1 or more.

    Returns:
        (N, C, H, W) uint8, in the library and on the device of `batch.ids`; C is 1, or 3 with a coloured palette.
    """
    tables = _tables(batch.vocabulary)
    cells = DEVICE_CELLS if is_tensor(batch.ids) and batch.ids.device.type != "cpu" else CELLS
    chunk = max(1, cells // (size[0] * size[1] * tables.colours.shape[1]))  # programs
    parts = [_draw(batch, n, n + chunk, tables, size) for n in range(0, max(1, len(batch.ids)), chunk)]
    if len(parts) == 1:
        return parts[0]
    if is_tensor(batch.ids):
        import torch

        return torch.cat(parts)
    return np.concatenate(parts)


def _draw(batch: TokenBatch, begin: int, end: int, tables: _Tables, size: tuple[int, int]) -> Array:
    ids = batch.ids[begin:end]
    colours = tables.colours_like(ids)
    where = rectangles(tables.zooms, ids, size)  # (N, T, 4)
    if is_tensor(ids):
        import torch

        # Splits and padding are painted too, in black: picking the leaves out would stop a device to count them.
        picture = torch.arange(len(ids), device=ids.device).repeat_interleave(ids.shape[1])  # (N * T,)
        drawn = paint(picture, where.reshape(-1, 4), colours[ids.reshape(-1).long()], len(ids), size)
    else:
        program, position = np.nonzero((colours != 0).any(1)[ids])  # (M,) leaves that are not black
        drawn = paint(program, where[program, position], colours[ids[program, position]], len(ids), size)
    draw_foreign(batch, where, drawn, begin)
    return drawn
