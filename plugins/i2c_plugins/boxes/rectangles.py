"""All rectangles of a grid as tables: what lies within what, and what may follow what in a list.

Legend: R rectangles, G cells a side. Cells are bits of an int64, bit y * G + x.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from i2c_plugins.boxes.canonical import FEWEST_BELOW
from i2c_plugins.boxes.painting import bits


@dataclass(frozen=True, eq=False)
class Rectangles:
    """All rectangles of the grid, by number, as tables.

    Attributes:
        cells: (R + 1,) int64; the last is the whole grid.
        sides: (R + 1, 4) int64, left, upper, right and lower; the last row is the whole grid four times.
        corner: (R + 1, 2) left and upper edge.
        bears: (R,) bool, whether there may be boxes on it.
        within: (R + 1, R) bool, whether the second lies within the first.
        refused: (R, R) bool, whether behind a sibling with the first rectangle the second breaks a rule.
        cleared: (R, R) bool, whether it keeps them whatever stood before that sibling.
        written: (4, R) x, y, w, h.
        begins: (4, R, G) float, 1 where a rectangle has that x, y, w - 1 or h - 1.
        number: (G, G, G, G) the rectangle of x, y, w - 1, h - 1; R where that does not fit.
    """

    cells: Tensor
    sides: Tensor
    corner: Tensor
    bears: Tensor
    within: Tensor
    refused: Tensor
    cleared: Tensor
    written: Tensor
    begins: Tensor
    number: Tensor

    def to(self, device: torch.device) -> Rectangles:
        return Rectangles(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


@lru_cache(maxsize=4)
def rectangles(cells: int) -> Rectangles:
    """The tables of a grid with `cells` a side."""
    spans = [(a, b) for a in range(cells) for b in range(a + 1, cells + 1)]
    edges = np.array([(left, upper, right, lower) for left, right in spans for upper, lower in spans])  # (R, 4)
    left, upper, right, lower = edges.T
    number = np.full((cells,) * 4, len(edges))
    number[left, upper, right - left - 1, lower - upper - 1] = np.arange(len(edges))
    whole = 0, 0, cells, cells
    covers = np.array([_signed(bits(*map(int, e), cells)) for e in (*edges, whole)])  # (R + 1,)
    sides = [
        [
            bits(a, b, a + 1, d, cells),
            bits(a, b, c, b + 1, cells),
            bits(c - 1, b, c, d, cells),
            bits(a, d - 1, c, d, cells),
        ]
        for a, b, c, d in edges.tolist()
    ]
    sides.append([bits(*whole, cells)] * 4)
    bears = (right - left) * (lower - upper) >= FEWEST_BELOW
    within = (covers[:-1] & ~covers[:, None]) == 0  # (R + 1, R)
    meets = (covers[:-1] & covers[:-1, None]) != 0  # (R, R)
    holds = within[:-1] & bears[:, None]
    key = left * cells + upper
    less = key < key[:, None]
    written = np.stack((left, upper, right - left, lower - upper))
    begins = (written - [[0], [0], [1], [1]])[:, :, None] == np.arange(cells)
    tables = (
        covers,
        np.array([[_signed(s) for s in row] for row in sides]),
        np.concatenate((edges[:, :2], [[0, 0]])),
        bears,
        within,
        np.where(meets, holds, less),
        meets & ~holds,
        written,
        begins.astype(np.float32),
        number,
    )
    return Rectangles(*map(torch.from_numpy, tables))


def _signed(cells: int) -> int:
    return cells - (1 << 64) if cells >> 63 else cells
