"""Ink on paper: short pieces of strokes become anti-aliased pixels.

Legend: N figures, M pieces, K pixels a side of the neighbourhood of a piece, H W pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

PIECE = 1.0  # pixels, the longest piece that strokes are cut into
CELLS = 1 << 22  # pixels of neighbourhoods that are worked on at once


@dataclass(frozen=True, eq=False)
class Pieces:
    """Straight pieces of at most PIECE pixels.

    Attributes:
        begin, end: (M, 2) x and y in pixels from the top left corner of the picture.
        half: (M,) half the width in pixels.
        dark: (M,) how dark the ink is, 1 for black.
        figure: (M,) int64, the figure that a piece is part of.
    """

    begin: Tensor
    end: Tensor
    half: Tensor
    dark: Tensor
    figure: Tensor

    def select(self, index: Tensor | slice) -> Pieces:
        return Pieces(self.begin[index], self.end[index], self.half[index], self.dark[index], self.figure[index])


def ink(pieces: Pieces, n: int, size: tuple[int, int], longest: float = PIECE) -> Tensor:
    """(N, H, W) float32 ink from 0 to the darkest piece's.

    A pixel takes the darkest of what the pieces near it give: `dark` times the share clamp(half + 1/2 - d, 0, 1), with
    d the distance from its centre to the piece. Where pieces cross, nothing adds up. The result does not depend on the
    order of the pieces, nor on what else is in the batch. Pieces are at most `longest` pixels long: longer ones are
    fewer, each with more pixels around it.
    """
    height, width = size
    canvas = torch.zeros(n * height * width + 1, device=pieces.begin.device)  # the last takes what is outside
    if not len(pieces.begin):
        return canvas[:-1].view(n, height, width)
    reach = float(pieces.half.max()) + 0.5 + longest / 2  # from the middle of a piece to what it inks
    side = 2 * max(1, math.ceil(reach - 0.5)) + 1
    around = torch.arange(side, device=canvas.device) - side // 2  # (K,)
    step = max(1, CELLS // side**2)
    for first in range(0, len(pieces.begin), step):
        part = pieces.select(slice(first, first + step))
        _ink(canvas, part, around, size)
    return canvas[:-1].view(n, height, width)


def _ink(canvas: Tensor, pieces: Pieces, around: Tensor, size: tuple[int, int]) -> None:
    height, width = size
    middle = ((pieces.begin + pieces.end) / 2).floor().long()  # (M, 2)
    column = middle[:, :1] + around  # (M, K)
    row = middle[:, 1:] + around  # (M, K)
    along = pieces.end - pieces.begin  # (M, 2)
    squared = (along * along).sum(1).clamp(min=1e-12)  # (M,)
    x = column + 0.5 - pieces.begin[:, :1]  # (M, K), of pixel centres from the piece's begin
    y = row + 0.5 - pieces.begin[:, 1:]
    ax, ay = (along[:, 0] / squared)[:, None], (along[:, 1] / squared)[:, None]
    t = ((x * ax)[:, None, :] + (y * ay)[:, :, None]).clamp(0, 1)  # (M, K, K)
    dx = torch.addcmul(x[:, None, :], t, along[:, :1, None], value=-1)
    dy = torch.addcmul(y[:, :, None], t, along[:, 1:, None], value=-1)
    share = ((pieces.half + 0.5)[:, None, None] - torch.sqrt(dx * dx + dy * dy)).clamp(0, 1)
    share *= pieces.dark[:, None, None]
    inside_x = (column >= 0) & (column < width)
    inside_y = (row >= 0) & (row < height)
    cell = (pieces.figure[:, None] * height + row)[:, :, None] * width + column[:, None, :]
    cell = torch.where(inside_y[:, :, None] & inside_x[:, None, :], cell, len(canvas) - 1)
    canvas.scatter_reduce_(0, cell.reshape(-1), share.reshape(-1), "amax")
