"""What else is on a sheet: grid lines, and marks and writing beside the level.

Legend: N sheets, R C rows and columns, L lines.
"""

from __future__ import annotations

import torch
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.strokes.drawing import rank_within
from i2c_core.tiles.lines import Lines
from i2c_core.tiles.styles import Styles

LETTERS = 6  # of a word, at most
MARKS = 3  # lines of a letter


def grid_lines(levels: Tensor, outside: int, styles: Styles, chance: Chance) -> Lines:
    """Lines between the tiles, on the sheets that have them; on some they go on beyond the level."""
    n, rows, columns = levels.shape
    inside = levels != outside
    wide, high = _extent(inside.any(1)), _extent(inside.any(2))  # (N, 2) first and last column, and row
    beyond = torch.where(chance.happens(0.3, n), chance.uniform(n, high=3.0), 0.0)
    whole = chance.happens(0.1, n)[:, None]  # squared paper
    limits = torch.tensor([[-1.0, columns + 1.0], [-1.0, rows + 1.0]], device=levels.device)
    wide, high = torch.where(whole, limits[0], wide.float()), torch.where(whole, limits[1], high.float())
    dark, ratio = chance.uniform(n, low=0.15, high=0.8) ** 1.3, chance.uniform(n, low=0.4, high=1.0)
    dashed = chance.happens(0.2, n)
    sheets = (styles.grid & inside.any(2).any(1)).nonzero()[:, 0]
    found = []
    for flip in (False, True):
        across, along = (high, wide) if flip else (wide, high)
        counts = (across[sheets, 1] - across[sheets, 0]).long() + 1
        sheet = sheets.repeat_interleave(counts)
        at = across[sheet, 0] + rank_within(counts)
        jitter = chance.normal(3, len(sheet)) * 0.03 * styles.rough[sheet]
        low = along[sheet, 0] - beyond[sheet] + 3 * jitter[0]
        high_end = along[sheet, 1] + beyond[sheet] + 3 * jitter[1]
        begin, end = torch.stack((at + jitter[2], low), 1), torch.stack((at + jitter[0], high_end), 1)
        if flip:
            begin, end = begin.flip(1), end.flip(1)
        half = (styles.half[sheet] * ratio[sheet]).clamp(min=0.014, max=0.05)
        lines = Lines(begin, end, sheet, half, dark[sheet], 0.012 * styles.rough[sheet])
        found.append(_dashes(lines, dashed[sheet]))
    return Lines.join(found)


def _dashes(lines: Lines, dashed: Tensor) -> Lines:
    """Some of the lines as three dashes a cell."""
    length = (lines.end - lines.begin).norm(dim=1)
    counts = torch.where(dashed, (length * 3).ceil(), 1.0).long().clamp(min=1)
    line = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)
    rank = rank_within(counts)
    share = torch.where(dashed[line], 0.55, 1.0)
    part, way = lines.select(line), (lines.end - lines.begin)[line]
    first, last = rank / counts[line], (rank + share) / counts[line]
    begin = part.begin + way * first[:, None]
    return Lines(begin, part.begin + way * last[:, None], part.sheet, part.half, part.dark, part.sway)


def beside(levels: Tensor, outside: int, styles: Styles, chance: Chance) -> Lines:
    """Words and marks in places where no level is, numbers along its sides, and a frame around some levels."""
    parts = [_words(levels, outside, share, styles, chance) for share in (0.3, 0.2)]
    wide, high = _extent((levels != outside).any(1)).float(), _extent((levels != outside).any(2)).float()  # (N, 2)
    some = (levels != outside).flatten(1).any(1)
    n = len(levels)
    framed = (chance.happens(0.05, n) & some).nonzero()[:, 0]
    off = chance.uniform(len(framed), low=0.12, high=0.4)
    x1, x2 = wide[framed, 0] - off, wide[framed, 1] + off
    y1, y2 = high[framed, 0] - off, high[framed, 1] + off
    corners = torch.stack((x1, y1, x2, y1, x2, y2, x1, y2), 1).view(-1, 4, 2)
    corners = corners + 0.05 * chance.normal(*corners.shape)
    ends = torch.stack((corners, corners.roll(-1, 1)), 2)  # (A, 4, 2, 2)
    parts.append(_by_pen(ends, framed[:, None].expand(-1, 4), styles, 1.0, 0.02))
    numbered = (chance.happens(0.08, n) & some).nonzero()[:, 0]
    for flip in (False, True):
        along, across = (high, wide) if flip else (wide, high)
        counts = (along[numbered, 1] - along[numbered, 0]).long()
        sheet = numbered.repeat_interleave(counts)
        place = along[sheet, 0] + rank_within(counts) + 0.5
        far = (across[sheet, 0] - chance.uniform(n, low=0.4, high=0.8)[sheet])[:, None]
        size = chance.uniform(n, low=0.2, high=0.45)[sheet][:, None, None, None]
        middle = torch.stack((far[:, 0], place) if flip else (place, far[:, 0]), 1)
        ends = middle[:, None, None] + (chance.uniform(len(sheet), MARKS, 2, 2) - 0.5) * size
        parts.append(_by_pen(ends, sheet[:, None].expand(-1, MARKS), styles, 0.8, 0.1))
    return Lines.join(parts)


def _words(levels: Tensor, outside: int, share: float, styles: Styles, chance: Chance) -> Lines:
    """A few short lines one after another, where no level is."""
    n, rows, columns = levels.shape
    sheet = chance.happens(share, n).nonzero()[:, 0]
    count = len(sheet)
    size = chance.uniform(count, 1, 1, low=0.25, high=1.1)
    corner = torch.stack((chance.uniform(count) * columns, chance.uniform(count) * rows), 1)  # (A, 2)
    letter = torch.arange(LETTERS, device=levels.device)[None, :, None] * size * 0.9
    begin = corner[:, None, None] + chance.uniform(count, LETTERS, MARKS, 2) * size[..., None]
    begin[..., 0] += letter
    end = begin + (chance.uniform(count, LETTERS, MARKS, 2) - 0.5) * size[..., None]
    drawn = chance.happens(0.75, count, LETTERS, MARKS) & chance.happens(0.7, count, 1, 1)
    drawn = drawn & _is_free(levels, outside, sheet, begin) & _is_free(levels, outside, sheet, end)
    owner = sheet[:, None, None].expand(count, LETTERS, MARKS)
    return _by_pen(torch.stack((begin, end), -2)[drawn], owner[drawn], styles, 0.8, 0.12)


def _by_pen(ends: Tensor, sheet: Tensor, styles: Styles, width: float, sway: float) -> Lines:
    """Lines (..., 2, 2) on sheets (...) with the pens of their sheets."""
    ends, owner = ends.reshape(-1, 2, 2), sheet.reshape(-1)
    dark = torch.full((len(owner),), 0.95, device=owner.device)
    return Lines(ends[:, 0], ends[:, 1], owner, styles.half[owner] * width, dark, torch.full_like(dark, sway))


def _extent(some: Tensor) -> Tensor:
    """(N, 2) of rows of flags (N, X), the first that is set, and one more than the last."""
    x = some.shape[1]
    first = some.int().argmax(1)
    return torch.stack((first, x - some.flip(1).int().argmax(1)), 1)


def _is_free(levels: Tensor, outside: int, sheet: Tensor, point: Tensor) -> Tensor:
    """Whether points (A, ..., 2) on sheets (A,) are where no level is, nor close to one."""
    _, rows, columns = levels.shape
    free = torch.ones(point.shape[:-1], dtype=torch.bool, device=levels.device)
    sheets = sheet.view(-1, *([1] * (point.dim() - 2))).expand(point.shape[:-1])
    for dx, dy in ((-0.25, 0.0), (0.25, 0.0), (0.0, -0.25), (0.0, 0.25)):
        x, y = (point[..., 0] + dx).floor().long(), (point[..., 1] + dy).floor().long()
        within = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        kind = levels[sheets, y.clamp(0, rows - 1), x.clamp(0, columns - 1)]
        free = free & (~within | (kind == outside))
    return free


__all__ = ["beside", "grid_lines"]
