"""What is seen of rectangles of pictures: the mean and the spread of each cell of a grid laid over them.

From sums over all rectangles that begin in the corner (Crow 1984, "Summed-area tables for texture mapping"), so that
a cell costs the same however large it is, and the mean is exact also where a cell ends inside a pixel. The spread tells
whether a cell has pixels that differ, however few: a speck that hardly moves a mean is plain to see in it.

Legend: N pictures, C channels, H W pixels, M rectangles, P cells a side.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

FLAT = 5e-4  # standard deviations below it are rounding; one white pixel in a million black ones has 1e-3
HALF = 1e-3  # the standard deviation of a spread of one half


class Areas:
    """The sums of N pictures (N, C, H, W) of uint8, of their pixels and of their squares."""

    def __init__(self, pixels: Tensor) -> None:
        whole = pixels.to(torch.int64)
        both = torch.cat([whole, whole * whole], 1).cumsum(2).cumsum(3)  # (N, 2C, H, W), exact
        self.sums = F.pad(both, (1, 0, 1, 0)).to(torch.float64).movedim(1, 3).contiguous()  # (N, H + 1, W + 1, 2C)
        self.size = int(pixels.shape[2]), int(pixels.shape[3])
        self._whole: dict[int, Tensor] = {}

    def whole(self, cells: int) -> Tensor:
        """(N, 2C, Q, Q) the `moments` of all of each picture, in `cells` a side."""
        if cells not in self._whole:
            device, (height, width) = self.sums.device, self.size
            every = torch.arange(len(self.sums), device=device)
            where = torch.tensor([[0, 0, width, height]], device=device).expand(len(every), 4)
            self._whole[cells] = self.moments(every, where, cells)
        return self._whole[cells]

    def colours(self, picture: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """(M,) whether all pixels of a rectangle are equal, exactly, and (M, C) int64 the colour that they then have.

        An empty rectangle is not flat. Args are those of `moments`.
        """
        height, width = self.size
        row = picture * (height + 1)
        at = ((row[:, None] + where[:, [1, 1, 3, 3]]) * (width + 1)) + where[:, [0, 2, 0, 2]]  # (M, 4)
        corner = self.sums.flatten(0, 2)[at]  # (M, 4, 2C)
        total = corner[:, 3] - corner[:, 2] - corner[:, 1] + corner[:, 0]  # (M, 2C)
        area = (where[:, 2:] - where[:, :2]).prod(1, keepdim=True).to(torch.float64)  # (M, 1)
        one, square = total.chunk(2, 1)
        colour = (one / area.clamp(min=1)).round()  # (M, C)
        flat = ((one == colour * area) & (square == colour * colour * area) & (area > 0)).all(1)
        return flat, colour.long()

    def moments(self, picture: Tensor, where: Tensor, cells: int) -> Tensor:
        """(M, 2C, P, P) float64, the means of each cell's pixels, from 0 to 1, and of their squares.

        Args:
            picture: (M,) which picture.
            where: (M, 4) x0, y0, x1, y1 in whole pixels; zeros are found in an empty rectangle.
            cells: P.
        """
        height, width = self.size
        step = torch.arange(cells + 1, device=where.device, dtype=torch.float64) / cells  # (P + 1,)
        side = (where[:, 2:] - where[:, :2]).to(torch.float64)  # (M, 2)
        edge = where[:, :2, None] + side[:, :, None] * step  # (M, 2, P + 1)
        flat = self.sums.flatten(0, 2)  # (N * (H + 1) * (W + 1), 2C)
        x, y = edge[:, 0], edge[:, 1]  # (M, P + 1)
        x0, y0 = x.long().clamp(0, width - 1), y.long().clamp(0, height - 1)
        column, row = (x - x0)[:, None, :, None], (y - y0)[:, :, None, None]
        at = ((picture[:, None] * (height + 1) + y0) * (width + 1))[:, :, None] + x0[:, None]  # (M, P + 1, P + 1)
        upper = torch.lerp(F.embedding(at, flat), F.embedding(at + 1, flat), column)
        lower = torch.lerp(F.embedding(at + width + 1, flat), F.embedding(at + width + 2, flat), column)
        corner = torch.lerp(upper, lower, row)  # (M, P + 1, P + 1, 2C)
        total = corner.diff(dim=1).diff(dim=2)  # (M, P, P, 2C)
        area = side.prod(1).clamp(min=1)[:, None, None, None] / cells**2
        total[..., : total.shape[3] // 2] /= 255.0
        total[..., total.shape[3] // 2 :] /= 255.0**2
        return (total / area).movedim(3, 1)


def mean_and_spread(moments: Tensor) -> Tensor:
    """(M, 2C, P, P) float32, the mean and the spread of each cell, from its `moments` (M, 2C, P, P).

    The spread is s / (s + HALF) of a standard deviation s: 0 for a flat cell, and nearly 1 for most others.
    """
    mean, square = moments.chunk(2, 1)
    deviation = (square - mean * mean).clamp(min=0).sqrt()
    deviation = deviation * (deviation > FLAT)
    return torch.cat([mean, deviation / (deviation + HALF)], 1).float()


def coarser(moments: Tensor, cells: int) -> Tensor:
    """The moments (M, 2C, Q, Q) of fewer cells Q, which divide those of `moments` (M, 2C, P, P)."""
    return F.avg_pool2d(moments, moments.shape[2] // cells)


def place_map(where: Tensor, size: tuple[int, int], cells: int) -> Tensor:
    """(M, 1, Q, Q) the share of each cell of a picture's grid that a rectangle covers.

    Args:
        where: (M, 4) x0, y0, x1, y1 in pixels.
        size: height and width of the picture.
        cells: Q.
    """
    cell = torch.arange(cells, device=where.device)
    ends = where.float() / torch.tensor([size[1], size[0], size[1], size[0]], device=where.device) * cells  # (M, 4)
    low, high = ends[:, :2, None], ends[:, 2:, None]  # (M, 2, 1)
    share = (torch.minimum(high, cell + 1) - torch.maximum(low, cell)).clamp(min=0)  # (M, 2, Q)
    return (share[:, 1, :, None] * share[:, 0, None]).unsqueeze(1)
