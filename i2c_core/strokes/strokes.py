"""The strokes of a batch of figures. Legend: N figures, S strokes of a figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Strokes:
    """N figures of at most S strokes each, in cells of their grid, from its top left corner: x right, y down.

    Attributes:
        shape: (N, S, 6) float32. A segment is x1, y1, x2, y2, 0, 0. An arc is cx, cy, rx, ry, start, sweep, in radians,
            clockwise as seen; a whole ellipse sweeps 2 pi.
        arc: (N, S) bool, which are arcs.
        dashed: (N, S) bool.
        tip: (N, S) bool, which are barbs of an arrow head: segments that begin at the head's point.
        item: (N, S) int64, the number of the command that a stroke is part of; -1 where there is no stroke.
        extent: columns and rows of the grid.
    """

    shape: Tensor
    arc: Tensor
    dashed: Tensor
    tip: Tensor
    item: Tensor
    extent: tuple[int, int]

    def __len__(self) -> int:
        return len(self.shape)

    @property
    def device(self) -> torch.device:
        return self.shape.device

    def to(self, device: torch.device | str) -> Strokes:
        """The same on a device."""
        return self._map(lambda t: t.to(device))

    def select(self, index: slice | Tensor) -> Strokes:
        """Those of the figures at `index`."""
        return self._map(lambda t: t[index])

    def length(self) -> Tensor:
        """(N, S) lengths in cells, 0 where there is no stroke; of an arc, with the mean of its radii."""
        x1, y1, x2, y2, _, sweep = self.shape.unbind(-1)
        length = torch.where(self.arc, (x2 + y2) / 2 * sweep.abs(), torch.hypot(x2 - x1, y2 - y1))
        return torch.where(self.item >= 0, length, 0.0)

    def _map(self, function: Callable[[Tensor], Tensor]) -> Strokes:
        tensors = {f.name: function(getattr(self, f.name)) for f in fields(self) if f.name != "extent"}
        return Strokes(**tensors, extent=self.extent)


def locate(shape: Tensor, arc: Tensor, t: Tensor) -> Tensor:
    """(..., 2) the points of strokes (..., 6) at shares t of their way, 0 to 1; beyond, they go on as they went."""
    x1, y1, x2, y2, start, sweep = shape.unbind(-1)
    angle = start + sweep * t
    x = torch.where(arc, x1 + x2 * angle.cos(), x1 + (x2 - x1) * t)
    y = torch.where(arc, y1 + y2 * angle.sin(), y1 + (y2 - y1) * t)
    return torch.stack((x, y), -1)


TURN = 2 * math.pi
