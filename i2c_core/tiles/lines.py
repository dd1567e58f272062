"""Straight lines by hand: how they waver on their way, and their ink.

Legend: N sheets, L lines, M pieces, H W pixels. A cell is a tile of the level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.strokes.drawing import cut
from i2c_core.strokes.inking import Pieces, ink

STEP = 4.2  # pixels, the longest piece that lines are cut into
PENS = (0.85, 1.85, 2.85, math.inf)  # pixels of half a line's width: lines up to each of them are inked together


@dataclass(frozen=True, eq=False)
class Lines:
    """L straight lines of N sheets.

    Attributes:
        begin, end: (L, 2) x and y in cells from the top left corner of the sheet.
        sheet: (L,) int64.
        half: (L,) half the width, in cells.
        dark: (L,) ink from 0 to 1.
        sway: (L,) how far a line wavers to its sides, in cells.
    """

    begin: Tensor
    end: Tensor
    sheet: Tensor
    half: Tensor
    dark: Tensor
    sway: Tensor

    def select(self, index: Tensor | slice) -> Lines:
        """Those of the lines at `index`."""
        return Lines(*(getattr(self, f.name)[index] for f in fields(self)))

    @staticmethod
    def join(parts: Sequence[Lines]) -> Lines:
        """All lines of several."""
        return Lines(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Lines)))


def ink_lines(lines: Lines, n: int, size: tuple[int, int], pitch: int, warp: Tensor, chance: Chance) -> Tensor:
    """(N, H, W) ink from 0 to 1.

    Args:
        lines: of N sheets.
        size: H and W in pixels.
        pitch: pixels of a cell.
        warp: (N, 2, 2, 4) two waves of x and of y that bend the whole sheet: amplitude, phase, and the wave's numbers
            along x and y, in cells.
        chance: of how lines waver.
    """
    way = lines.end - lines.begin
    length = way.norm(dim=1)  # (L,) cells
    line, t0, t1 = cut((length * (pitch / STEP)).ceil().long().clamp(min=1))  # (M,)
    count = len(length)
    side = torch.stack((-way[:, 1], way[:, 0]), 1) / length.clamp(min=1e-6)[:, None]  # (L, 2)
    bow = chance.normal(count) * lines.sway * length.clamp(max=3)  # (L,)
    height = chance.normal(count, 2) * lines.sway[:, None] * length.clamp(max=1)[:, None]
    rate, phase = chance.uniform(count, 2, low=1.5, high=7.0), chance.uniform(count, 2, high=2 * math.pi)
    high, fast, begins, long = height[line], rate[line], phase[line], length[line]
    base, along, across, bows = lines.begin[line], way[line], side[line], bow[line]
    sheet = lines.sheet[line]
    waves = warp[sheet]  # (M, 2, 2, 4)

    def place(t: Tensor) -> Tensor:
        off = bows * 4 * t * (1 - t) + (high * torch.sin(fast * (t * long)[:, None] + begins)).sum(1)
        point = base + along * t[:, None] + across * off[:, None]
        angle = (waves[..., 2:] * point[:, None, None]).sum(-1) + waves[..., 1]  # (M, 2, 2)
        bent: Tensor = (point + (waves[..., 0] * torch.sin(angle)).sum(-1)) * pitch
        return bent

    begin, end = place(t0), place(t1)
    pressure = 1 + 0.12 * torch.sin(3 * (t0 * long) + begins[:, 0])
    half = (lines.half[line] * pressure * pitch).clamp(min=0.25)
    pieces = Pieces(begin, end, half, lines.dark[line], sheet)
    canvas = torch.zeros(n, *size, device=half.device)
    longest = float((end - begin).norm(dim=1).max()) if len(begin) else STEP
    low = 0.0
    for most in PENS:
        some = ((half > low) & (half <= most)).nonzero()[:, 0]
        low = most
        if len(some):
            canvas = torch.maximum(canvas, ink(pieces.select(some), n, size, longest=longest))
    return canvas


__all__ = ["Lines", "ink_lines"]
