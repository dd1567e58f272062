"""Tiles of one kind as long blocks: rectangles that cover them, and the outline of them all.

Legend: N sheets, R C rows and columns, B blocks, L lines.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rectangles(mask: Tensor, upright: Tensor) -> Tensor:
    """(B, 5) int64: sheet, left, top, right, bottom in cells of rectangles that cover the mask, each cell once.

    Runs of two and more cells go first one way, and what is left goes the other; equal runs beside one another are one.

    Args:
        mask: (N, R, C) bool.
        upright: (N,) bool, of which sheets runs go downwards first.
    """
    found = []
    for flip in (False, True):
        some = mask & (upright == flip)[:, None, None]
        if not some.any():
            continue
        some = some.transpose(1, 2) if flip else some
        first, rest = _runs(some, 2)
        second, _ = _runs(rest.transpose(1, 2), 1)
        second = second[:, [0, 2, 1, 4, 3]]
        both = torch.cat((first, second))
        found.append(both[:, [0, 2, 1, 4, 3]] if flip else both)
    return torch.cat(found) if found else torch.zeros(0, 5, dtype=torch.long, device=mask.device)


def _runs(mask: Tensor, least: int) -> tuple[Tensor, Tensor]:
    """Rectangles (B, 5) of runs along rows of at least `least` cells, and the mask (N, R, C) of what is left."""
    n, rows, columns = mask.shape
    place = torch.arange(columns, device=mask.device).expand(n, rows, columns)
    before = torch.zeros_like(mask)
    before[..., 1:] = mask[..., :-1]
    left = torch.where(mask & ~before, place, -1).cummax(2).values  # of the run that a cell is in
    after = torch.zeros_like(mask)
    after[..., :-1] = mask[..., 1:]
    right = torch.where(mask & ~after, place + 1, columns + 1).flip(2).cummin(2).values.flip(2)
    taken = mask & (right - left >= least)
    key = torch.where(taken, left * (columns + 2) + right, -1)  # (N, R, C)
    starts = taken & (place == left)
    above = torch.full_like(key, -2)
    above[:, 1:] = key[:, :-1]
    top = starts & (key != above)  # a rectangle's first run
    row = torch.arange(rows, device=mask.device)[None, :, None].expand(n, rows, columns)
    below = torch.full_like(key, -2)
    below[:, :-1] = key[:, 1:]
    last = torch.where(starts & (key != below), row + 1, rows + 1).flip(1).cummin(1).values.flip(1)
    sheet, y, x = top.nonzero(as_tuple=True)
    found = torch.stack((sheet, x, y, right[sheet, y, x], last[sheet, y, x]), 1)
    return found, mask & ~taken


def outlines(mask: Tensor, inset: Tensor) -> tuple[Tensor, Tensor]:
    """The straight lines around the cells of a mask: (L, 4) x1, y1, x2, y2 in cells, and their sheets (L,).

    Args:
        mask: (N, R, C) bool.
        inset: (N,) cells, how far inside of the outermost cells the lines are.
    """
    found, sheets = [], []
    for flip in (False, True):
        some = mask.transpose(1, 2) if flip else mask
        for side in (-1, 1):  # lines above runs of cells, and below
            beyond = torch.zeros_like(some)
            if side < 0:
                beyond[:, 1:] = some[:, :-1]
            else:
                beyond[:, :-1] = some[:, 1:]
            edge = some & ~beyond
            runs, _ = _single_runs(edge)
            sheet, left, row, right = runs.unbind(1)
            wide = torch.zeros(some.shape[0], some.shape[1], some.shape[2] + 2, dtype=torch.bool, device=mask.device)
            wide[..., 1:-1] = some
            off = inset[sheet]
            x1 = left + torch.where(wide[sheet, row, left], -off, off)  # a corner that stands in or out
            x2 = right + torch.where(wide[sheet, row, right + 1], off, -off)
            y = row + off if side < 0 else row + 1 - off
            line = torch.stack((x1, y, x2, y), 1)
            found.append(line[:, [1, 0, 3, 2]] if flip else line)
            sheets.append(sheet)
    return torch.cat(found), torch.cat(sheets)


def _single_runs(mask: Tensor) -> tuple[Tensor, Tensor]:
    """(B, 4) sheet, left, row, right of the runs along rows of a mask (N, R, C), and the mask."""
    n, rows, columns = mask.shape
    place = torch.arange(columns, device=mask.device).expand(n, rows, columns)
    before, after = torch.zeros_like(mask), torch.zeros_like(mask)
    before[..., 1:], after[..., :-1] = mask[..., :-1], mask[..., 1:]
    right = torch.where(mask & ~after, place + 1, columns + 1).flip(2).cummin(2).values.flip(2)
    sheet, row, left = (mask & ~before).nonzero(as_tuple=True)
    return torch.stack((sheet, left, row, right[sheet, row, left]), 1), mask
