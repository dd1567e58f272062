"""From tokens to strokes, for whole batches: a command is found by its token, its arguments stand behind it.

A circle is an arc, a rectangle four segments, a line a segment with two barbs where it has an arrow; a place for
writing is a dashed box with a question mark in it, made of an arc and two segments.

Legend: N programs, T tokens, V tokens of the vocabulary, R commands of the batch, A most arguments of a command,
K strokes of a command, M strokes of the batch, S most strokes of a program.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from i2c_core.raster import TokenBatch, is_tensor
from i2c_core.strokes import Strokes
from i2c_core.vocabulary import Vocabulary
from i2c_plugins.figures.commands import (
    KINDS,
    RADIUS,
    STROKE,
    TIP,
    WORDS,
    X1,
    X2,
    Y1,
    Y2,
    Language,
    language_of,
)

BARB = 0.42  # cells, of a barb's length
SPREAD = math.pi / 6  # between the shaft and a barb
CIRCLE, RECTANGLE, LINE, LABEL = range(len(KINDS))
# A question mark in a square of height 1 around (0, 0), y down: an arc, a stem, a dot.
MARK_ARC = (0.0, -0.22, 0.22, 0.22, math.pi, 1.5 * math.pi)
MARK_STEM = (0.0, 0.0, 0.0, 0.2, 0.0, 0.0)
MARK_DOT = (0.0, 0.42, 0.0, 0.43, 0.0, 0.0)
MARK = (MARK_ARC, MARK_STEM, MARK_DOT)
MARK_HEIGHT = 0.8  # of the lesser side of its box


class _Tables(NamedTuple):
    """What tokens are, on one device."""

    kinds: Tensor  # (V + 1,) int64, place in KINDS, -1 for what begins no command
    values: Tensor  # (V + 1,) int64, numbers, and 0 or 1 for tip and stroke


@lru_cache(maxsize=16)
def _tables(vocabulary: Vocabulary, device: torch.device) -> _Tables:
    kinds = [KINDS.index(t) if t in KINDS else -1 for t in vocabulary.tokens]
    values = [WORDS.get(t, int(t) if t.isdigit() else 0) for t in vocabulary.tokens]
    return _Tables(torch.tensor([*kinds, -1], device=device), torch.tensor([*values, 0], device=device))


def strokes(batch: TokenBatch) -> Strokes:
    """What the programs of a batch draw; a line from a point to itself is nothing.

    A line without an arrow runs from its lesser end, as its canonical program says it.
    """
    ids = batch.ids if is_tensor(batch.ids) else torch.from_numpy(batch.ids)
    language, ids = language_of(batch.vocabulary), ids.long()
    tables = _tables(batch.vocabulary, ids.device)
    kinds = tables.kinds[ids]  # (N, T)
    program, position = (kinds >= 0).nonzero(as_tuple=True)  # (R,)
    kind = kinds[program, position]
    most = max(map(len, language.highest.values()))
    behind = position[:, None] + torch.arange(1, most + 1, device=ids.device)  # (R, A)
    args = tables.values[ids[program[:, None], behind.clamp(max=ids.shape[1] - 1)]]  # (R, A)
    shape, arc, dashed, tip, there = _draw(kind, args, language)
    number = (kinds >= 0).long().cumsum(1)[program, position] - 1  # (R,) of the command in its program
    return _gather(program, number, shape, arc, dashed, tip, there, len(ids), language.grid)


def _draw(kind: Tensor, args: Tensor, language: Language) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The strokes of commands, K each: shapes (R, K, 6), and (R, K) which are arcs, dashed, barbs, there at all."""
    pieces = 4 + len(MARK) if language.has_labels else 4  # K
    shape = torch.zeros(len(kind), pieces, 6, device=kind.device)
    arc, dashed, tip, there = (torch.zeros(len(kind), pieces, dtype=torch.bool, device=kind.device) for _ in range(4))
    rows = language.grid[1]
    a = args.float()

    which = kind == CIRCLE
    radius = a[:, 2] if language.writes_radius else torch.full_like(a[:, 0], RADIUS)
    whole = torch.stack((a[:, 0], rows - a[:, 1], radius, radius, 0 * radius, 0 * radius + 2 * math.pi), 1)
    shape[which, 0] = whole[which]
    arc[:, 0] |= which
    there[:, 0] |= which

    which = kind == RECTANGLE
    shape[which, :4] = _box(a[:, X1], rows - a[:, Y1], a[:, X2], rows - a[:, Y2])[which]
    there[:, :4] |= which[:, None]

    which = kind == LINE
    if bool(which.any()):
        shaft, barbs, arrow, long = _line(args[which], rows)
        shape[which, 0] = shaft
        shape[which, 1:3] = barbs
        dashed[which, 0] = args[which, STROKE] > 0
        tip[which, 1:3] = arrow[:, None]
        there[which, 0] = long
        there[which, 1:3] = (arrow & long)[:, None]

    which = kind == LABEL
    if language.has_labels and bool(which.any()):
        x, y, w, h = a[which, :4].unbind(1)
        shape[which, :4] = _box(x, rows - y, x + w, rows - y - h)
        dashed[which, :4] = True
        middle = torch.stack((x + w / 2, rows - y - h / 2), 1)[:, None]  # (R, 1, 2)
        scale = MARK_HEIGHT * torch.minimum(w, h)[:, None, None]
        mark = torch.tensor(MARK, device=kind.device)  # (3, 6)
        bent = torch.tensor([m[5] != 0 for m in MARK], device=kind.device)  # (3,)
        first = mark[:, :2] * scale + middle
        second = mark[:, 2:4] * scale + torch.where(bent[:, None], 0.0, middle)
        shape[which, 4:] = torch.cat((first, second, mark[:, 4:].expand(len(x), -1, -1)), 2)
        arc[which, 4:] = bent
        there[which] = True
    return shape, arc, dashed, tip, there


def _box(x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor) -> Tensor:
    """(R, 4, 6) the sides of boxes, one behind the other."""
    nothing = torch.zeros_like(x1)
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    sides = [torch.stack((*corners[i], *corners[(i + 1) % 4], nothing, nothing), 1) for i in range(4)]
    return torch.stack(sides, 1)


def _line(args: Tensor, rows: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of lines (R, A): shafts (R, 6), barbs (R, 2, 6), which have an arrow (R,), which have a length (R,)."""
    arrow = args[:, TIP] > 0
    begin, end = args[:, :X2], args[:, X2:TIP]
    back = (end[:, 0] < begin[:, 0]) | ((end[:, 0] == begin[:, 0]) & (end[:, 1] < begin[:, 1]))
    turn = (back & ~arrow)[:, None]
    begin, end = torch.where(turn, end, begin).float(), torch.where(turn, begin, end).float()
    up = torch.tensor([0.0, rows], device=args.device)
    down = torch.tensor([1.0, -1.0], device=args.device)
    begin, end = up + down * begin, up + down * end  # (R, 2)
    nothing = torch.zeros_like(begin)
    shaft = torch.cat((begin, end, nothing), 1)
    along = begin - end
    length = along.square().sum(1).sqrt()
    along = BARB * along / length.clamp(min=1e-9)[:, None]  # from the head's point back
    cos, sin = math.cos(SPREAD), math.sin(SPREAD)
    x, y = along.unbind(1)
    barbs = [end + torch.stack((cos * x - s * y, s * x + cos * y), 1) for s in (sin, -sin)]
    return shaft, torch.stack([torch.cat((end, b, nothing), 1) for b in barbs], 1), arrow, length > 0


def _gather(
    program: Tensor,
    number: Tensor,
    shape: Tensor,
    arc: Tensor,
    dashed: Tensor,
    tip: Tensor,
    there: Tensor,
    programs: int,
    grid: tuple[int, int],
) -> Strokes:
    """The strokes that are there, side by side, a row a program."""
    command, piece = there.nonzero(as_tuple=True)  # (M,), program after program
    row = program[command]
    counts = torch.bincount(row, minlength=programs)  # (N,)
    place = torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[row]  # (M,)
    most = max(1, int(counts.max())) if programs else 1  # S
    item = torch.full((programs, most), -1, device=row.device)
    item[row, place] = number[command]
    shapes = shape.new_zeros(programs, most, 6)
    shapes[row, place] = shape[command, piece]
    marks = []
    for mark in (arc, dashed, tip):
        marks.append(mark.new_zeros(programs, most))
        marks[-1][row, place] = mark[command, piece]
    arcs, dashes, tips = marks
    return Strokes(shapes, arcs, dashes, tips, item, grid)
