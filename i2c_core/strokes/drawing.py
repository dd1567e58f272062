"""Clean drawings of strokes, as a typesetter would set them.

Legend: N figures, S strokes of a figure, R strokes of the batch, M pieces, H W pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from i2c_core.strokes.inking import PIECE, Pieces, ink
from i2c_core.strokes.strokes import Strokes, locate

WIDTH = 0.10  # cells, of a line
ON, OFF = 0.30, 0.30  # cells of a dash and of the gap behind it


def draw(strokes: Strokes, size: tuple[int, int], width: float = WIDTH) -> Tensor:
    """(N, H, W) ink from 0 to 1: round ends, one width, dashes that begin at a stroke's first point.

    Args:
        strokes: of N figures.
        size: H and W in pixels; the grid is stretched over them.
        width: of the lines, in cells.
    """
    scale = scale_of(strokes, size)  # (2,)
    cell = float(scale.mean())
    figure, number = (strokes.item >= 0).nonzero(as_tuple=True)  # (R,)
    shape, arc = strokes.shape[figure, number], strokes.arc[figure, number]
    dashed, length = strokes.dashed[figure, number], strokes.length()[figure, number]
    # Dashes are strokes of their own: a piece ends where its dash does.
    dashes = torch.where(dashed, (length / (ON + OFF)).ceil(), 1.0).long().clamp(min=1)  # (R,)
    stroke = torch.arange(len(shape), device=shape.device).repeat_interleave(dashes)  # (D,) dashes
    place = rank_within(dashes)  # (D,)
    length, dashed = length[stroke], dashed[stroke]
    first = torch.where(dashed, place * (ON + OFF) / length.clamp(min=1e-9), 0.0)  # (D,) shares of the way
    last = torch.where(dashed, first + ON / length.clamp(min=1e-9), 1.0).clamp(max=1)
    counts = ((last - first) * length * cell / PIECE).ceil().long().clamp(min=1)  # (D,)
    dash, low, high = cut(counts)
    t0, t1 = (first[dash] + (last - first)[dash] * t for t in (low, high))  # (M,)
    stroke = stroke[dash]
    begin, end = (locate(shape[stroke], arc[stroke], t) * scale for t in (t0, t1))
    half = torch.full_like(t0, width * cell / 2)
    return ink(Pieces(begin, end, half, torch.ones_like(half), figure[stroke]), len(strokes), size)


def scale_of(strokes: Strokes, size: tuple[int, int]) -> Tensor:
    """(2,) pixels of a cell in x and y."""
    return torch.tensor([size[1] / strokes.extent[0], size[0] / strokes.extent[1]], device=strokes.device)


def rank_within(counts: Tensor) -> Tensor:
    """0, 1, 2, ... within each of the groups of `counts` members.

    >>> rank_within(torch.tensor([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends = counts.cumsum(0)
    return torch.arange(int(ends[-1]) if len(ends) else 0, device=counts.device) - (ends - counts).repeat_interleave(
        counts
    )


def cut(counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each group cut into `counts` pieces: of every piece the group, and the shares at which it begins and ends."""
    group = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)  # (M,)
    place, of = rank_within(counts), counts[group].float()
    return group, place / of, (place + 1) / of
