"""Fills by hand: many ways to darken polygons with lines.

Legend: P polygons, E edges of a polygon, L lines, X crossings of a line with a polygon's edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.strokes.drawing import rank_within
from i2c_core.tiles.lines import Lines

STYLES = ("solid", "hatch", "cross", "zigzag", "dots", "dashes", "waves", "scribble", "rays")
SOLID, HATCH, CROSS, ZIGZAG, DOTS, DASHES, WAVES, SCRIBBLE, RAYS = range(len(STYLES))
PAIRS = 4  # the most stretches of one line inside a polygon
MOST = 900  # lines in one polygon
THICK = 0.065  # cells, half the width of the pen that fills a polygon
JOIN = 0.52  # of that pen's width, from line to line


@dataclass(frozen=True, eq=False)
class Fill:
    """How P polygons are filled.

    Attributes:
        style: (P,) int64, a place in STYLES.
        angle: (P,) radians of the lines.
        gap: (P,) cells from line to line.
        phase: (P,) cells; lines of polygons that share angle, gap and phase go on from one to the next. NaN for none.
        loose: (P,) cells, how far a line may end from the polygon's edge.
        half, dark, sway: (P,) of the lines.
        sheet: (P,) int64.
    """

    style: Tensor
    angle: Tensor
    gap: Tensor
    phase: Tensor
    loose: Tensor
    half: Tensor
    dark: Tensor
    sway: Tensor
    sheet: Tensor

    def select(self, index: Tensor) -> Fill:
        """That of the polygons at `index`."""
        return Fill(**{name: getattr(self, name)[index] for name in self.__dataclass_fields__})


def fill(edges: Tensor, how: Fill, chance: Chance) -> list[Lines]:
    """The lines that fill polygons.

    Args:
        edges: (P, E, 4) x1, y1, x2, y2 of each edge in cells; a point is inside where an odd number of edges is to one
            side of it. Edges that are too many are points outside.
        how: they are filled.
        chance: of how regular the lines are.
    """
    found = []
    style = how.style
    solid = (style == SOLID).nonzero()[:, 0]
    if len(solid):
        found.append(_solid(edges[solid], how.select(solid), chance))
    rays = (style == RAYS).nonzero()[:, 0]
    if len(rays):
        found.append(_rays(edges[rays], how.select(rays), chance))
    lined = ((style != SOLID) & (style != RAYS)).nonzero()[:, 0]
    if len(lined):
        some = how.select(lined)
        found += _lined(edges[lined], some, chance)
        cross = (some.style == CROSS).nonzero()[:, 0]
        if len(cross):
            other = some.select(cross)
            turn = torch.pi / 2 + 0.1 * chance.normal(len(cross)) * (other.loose > 0.02)
            found += _lined(edges[lined][cross], replace(other, angle=other.angle + turn), chance)
    return found


def _solid(edges: Tensor, how: Fill, chance: Chance) -> Lines:
    """Lines so close that no paper is left between them."""
    low, high = _span(edges, how.angle)
    half = torch.minimum(torch.full_like(low, THICK), (high - low) * 0.45)
    room = (high - low - 2 * half).clamp(min=0)
    counts = (room / (2 * half * JOIN).clamp(min=1e-3)).ceil().long() + 1
    polygon, rank = _ranks(counts)
    share = rank / (counts[polygon] - 1).clamp(min=1)
    offset = low[polygon] + half[polygon] + share * room[polygon]
    begin, end, line = _inside(edges, how.angle, polygon, offset)
    owner = polygon[line]
    way = end - begin
    length = way.norm(dim=1, keepdim=True).clamp(min=1e-6)
    trim = torch.minimum(half[owner][:, None], length / 2)  # round ends would stand out
    loose = chance.normal(2, len(owner)).abs() * how.loose[owner] * 0.25
    begin, end = begin + way / length * (trim - loose[0][:, None]), end - way / length * (trim - loose[1][:, None])
    return Lines(begin, end, how.sheet[owner], half[owner], how.dark[owner], torch.zeros_like(half[owner]))


def _lined(edges: Tensor, how: Fill, chance: Chance) -> list[Lines]:
    low, high = _span(edges, how.angle)
    own = how.phase.isnan()
    phase = torch.where(own, low + how.gap * chance.uniform(len(low), low=0.15, high=0.85), how.phase)
    first = ((low - phase) / how.gap).ceil()
    counts = (((high - phase) / how.gap).floor() - first + 1).clamp(min=0, max=MOST).long()
    polygon, rank = _ranks(counts)
    gap = how.gap[polygon]
    uneven = chance.normal(len(polygon)) * 1.5 * how.loose[polygon] * own[polygon]
    offset = phase[polygon] + (first[polygon] + rank) * gap + torch.minimum(uneven.abs(), gap / 3) * uneven.sign()
    begin, end, line = _inside(edges, how.angle, polygon, offset)
    owner = polygon[line]
    jitter = chance.normal(2, len(owner), 2) * how.loose[owner][:, None]
    begin, end = begin + jitter[0], end + jitter[1]
    lines = Lines(begin, end, how.sheet[owner], how.half[owner], how.dark[owner], how.sway[owner])
    style, gap = how.style[owner], how.gap[owner]
    found = [lines.select(((style == HATCH) | (style == CROSS) | (style == ZIGZAG)).nonzero()[:, 0])]
    for number, make in ((DOTS, _dotted), (DASHES, _dashed), (WAVES, _waved)):
        some = (style == number).nonzero()[:, 0]
        if len(some):
            found.append(make(lines.select(some), gap[some], chance))
    turning = ((style == ZIGZAG) | (style == SCRIBBLE)).nonzero()[:, 0]
    here, there = turning[:-1], turning[1:]
    joined = (owner[here] == owner[there]) & (rank[line[there]] == rank[line[here]] + 1)
    here, there = here[joined], there[joined]
    if len(here):
        # A zigzag is every line and the way back to the next; a scribble goes to and fro between their ends.
        forth = (style[here] == SCRIBBLE) & (rank[line[here]] % 2 == 0)
        begin = torch.where(forth[:, None], lines.begin[here], lines.end[here])
        end = torch.where(forth[:, None], lines.end[there], lines.begin[there])
        found.append(replace(lines.select(here), begin=begin, end=end))
    return found


def _rays(edges: Tensor, how: Fill, chance: Chance) -> Lines:
    """Lines through the middle."""
    counts = (1.3 / how.gap).round().long().clamp(min=2, max=9)
    owner, rank = _ranks(counts)
    angle = torch.pi * (rank / counts[owner] + 0.1 * chance.normal(len(owner)) / counts[owner])
    corners = edges[owner]
    middle = (corners.view(len(corners), -1, 2).amax(1) + corners.view(len(corners), -1, 2).amin(1)) / 2
    offset = middle[:, 1] * angle.cos() - middle[:, 0] * angle.sin()
    begin, end, line = _inside(corners, angle, torch.arange(len(owner), device=owner.device), offset)
    owner = owner[line]
    begin = begin + chance.normal(len(owner), 2) * how.loose[owner][:, None]
    return Lines(begin, end, how.sheet[owner], how.half[owner], how.dark[owner], how.sway[owner])


def _dotted(lines: Lines, gap: Tensor, chance: Chance) -> Lines:
    """Points along lines."""
    way = lines.end - lines.begin
    counts = (way.norm(dim=1) / gap.clamp(min=0.14)).round().long().clamp(min=1)
    line, rank = _ranks(counts)
    middle = lines.begin[line] + way[line] * ((rank + 0.5) / counts[line])[:, None]
    middle = middle + 0.02 * chance.normal(len(line), 2)
    size = chance.normal(len(line), 2) * 0.01
    half = (lines.half[line] * 1.3).clamp(min=0.02)
    return Lines(middle - size, middle + size, lines.sheet[line], half, lines.dark[line], torch.zeros_like(half))


def _dashed(lines: Lines, gap: Tensor, chance: Chance) -> Lines:
    way = lines.end - lines.begin
    counts = (way.norm(dim=1) / (1.6 * gap).clamp(min=0.22)).ceil().long().clamp(min=1)
    line, rank = _ranks(counts)
    share = chance.uniform(len(line), low=0.5, high=0.7)
    first, last = rank / counts[line], (rank + share) / counts[line]
    part = lines.select(line)
    begin, along = lines.begin[line], way[line]
    return replace(part, begin=begin + along * first[:, None], end=begin + along * last[:, None])


def _waved(lines: Lines, gap: Tensor, chance: Chance) -> Lines:
    """Lines that go up and down on their way."""
    way = lines.end - lines.begin
    length = way.norm(dim=1).clamp(min=1e-6)
    high = 0.35 * gap
    counts = (length / (0.6 * gap).clamp(min=0.08)).ceil().long().clamp(min=1)
    line, rank = _ranks(counts)
    side = torch.stack((-way[:, 1], way[:, 0]), 1) / length[:, None]
    points = []
    for step in (0, 1):
        at = lines.begin[line] + way[line] * ((rank + step) / counts[line])[:, None]
        sign = 1 - 2 * ((rank + step) % 2)
        points.append(at + side[line] * (sign * high[line])[:, None])
    return replace(lines.select(line), begin=points[0], end=points[1], sway=torch.zeros_like(lines.sway[line]))


def _span(edges: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """(P,) twice: where polygons begin and end, across lines of an angle."""
    across = -edges[..., 0::2] * angle.sin()[:, None, None] + edges[..., 1::2] * angle.cos()[:, None, None]
    return across.amin((1, 2)), across.amax((1, 2))


def _inside(edges: Tensor, angle: Tensor, polygon: Tensor, offset: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The stretches of lines inside their polygons: begin (X, 2), end (X, 2), and of which line (X,)."""
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    along = edges[..., 0::2] * cosine + edges[..., 1::2] * sine  # (P, E, 2)
    across = (edges[..., 1::2] * cosine - edges[..., 0::2] * sine)[polygon] - offset[:, None, None]  # (L, E, 2)
    cuts = (across[..., 0] < 0) != (across[..., 1] < 0)
    share = across[..., 0] / torch.where(cuts, across[..., 0] - across[..., 1], 1.0)
    ways = along[polygon]
    at = torch.where(cuts, torch.lerp(ways[..., 0], ways[..., 1], share), torch.inf)  # (L, E)
    at = at.sort(1).values[:, : 2 * PAIRS]
    at = at[:, : at.shape[1] // 2 * 2].reshape(len(at), -1, 2)
    line, pair = at.isfinite().all(2).nonzero(as_tuple=True)
    t0, t1 = at[line, pair].unbind(1)
    owner = polygon[line]
    cosine, sine = angle.cos()[owner], angle.sin()[owner]
    points = [torch.stack((t * cosine - offset[line] * sine, t * sine + offset[line] * cosine), 1) for t in (t0, t1)]
    return points[0], points[1], line


def _ranks(counts: Tensor) -> tuple[Tensor, Tensor]:
    """Of `counts` lines a polygon: the polygon of each line, and its number in it."""
    owner = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)
    return owner, rank_within(counts)
