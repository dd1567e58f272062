"""Levels as designers sketch them: every tile in one of its ways, alike all over a sheet, and never twice the same.

What one tile looks like, its ways in the tile set say. What tile sets have in common is here: pens and fills, long
blocks of tiles, hands that shake, grid lines, and what else is on a sheet of paper.

Legend: N sheets, R C rows and columns, K kinds of tiles, M tiles of a way, V points and E edges of a part, L lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.tiles.blocks import outlines, rectangles
from i2c_core.tiles.contours import Contours, contours
from i2c_core.tiles.hatching import DOTS, HATCH, SOLID, STYLES, Fill, fill
from i2c_core.tiles.lines import Lines, ink_lines
from i2c_core.tiles.paper import beside, grid_lines
from i2c_core.tiles.styles import ALONE, NONE, RECTANGLES, UNION, Styles, draw_styles
from i2c_core.tilesets import TileSet
from i2c_core.tilesets.tileset import Part, Way

SMALL = 0.4  # tiles, of a part


def sketch_levels(tiles: TileSet, levels: Tensor, pitch: int, generator: torch.Generator) -> Tensor:
    """(N, R * pitch, C * pitch) float32 ink from 0 to 1 of levels, each sketched in a style of its own.

    Args:
        tiles: the tile set.
        levels: (N, R, C) int64 kinds of tiles, K for what is outside of a level. The tile of row r and column c is
            at pixels r * pitch to (r + 1) * pitch and c * pitch to (c + 1) * pitch.
        pitch: pixels of a tile.
        generator: all chance comes from it; it is on the levels' device.
    """
    n, rows, columns = levels.shape
    chance = Chance(generator)
    styles = draw_styles(n, len(tiles.tiles), chance)
    parts = [grid_lines(levels, len(tiles.tiles), styles, chance), beside(levels, len(tiles.tiles), styles, chance)]
    for kind, tile in enumerate(tiles.tiles):
        if not tile.sketch:
            continue
        way_of = chance.choice([way.weight for way in tile.sketch], n)  # (N,)
        for number, way in enumerate(tile.sketch):
            chosen = way_of == number
            if bool(chosen.any()):
                mask = (levels == kind) & chosen[:, None, None]
                parts += _way(way, kind, mask, styles, chance)
    ink = ink_lines(Lines.join(parts), n, (rows * pitch, columns * pitch), pitch, styles.warp, chance)
    return _textured(ink, styles, chance)


def _textured(ink: Tensor, styles: Styles, chance: Chance) -> Tensor:
    """Ink as soft or dry pens leave it on rough paper."""
    index = (styles.dry > 0).nonzero()[:, 0]
    if len(index):
        some = ink[index]
        fine, coarse = chance.uniform(*some.shape), chance.uniform(len(some), 1, *(-(-v // 3) for v in some.shape[1:]))
        wide = F.interpolate(coarse, some.shape[1:], mode="bilinear", align_corners=False)[:, 0]
        ink[index] = some * (1 - styles.dry[index][:, None, None] * (0.5 * fine + 0.9 * wide).clamp(max=1))
    return ink


def _way(way: Way, kind: int, mask: Tensor, styles: Styles, chance: Chance) -> list[Lines]:
    """The lines of all tiles of a mask (N, R, C), drawn in a way."""
    n = len(mask)
    low, high = way.scale
    scale = low + (high - low) * styles.scale[:, kind]  # (N,)
    found: list[Lines] = []
    alone = torch.ones(n, dtype=torch.bool, device=mask.device)
    if way.block:
        blocks = styles.blocks[:, kind]
        alone = blocks == ALONE
        for part in way.parts:
            found += _rectangles(part, kind, mask & (blocks == RECTANGLES)[:, None, None], scale, styles, chance)
            found += _union(part, kind, mask & (blocks == UNION)[:, None, None], scale, styles, chance)
    sheet, row, column = (mask & alone[:, None, None]).nonzero(as_tuple=True)  # (M,)
    if not len(sheet):
        return found
    count = len(sheet)
    size = scale[sheet] * torch.exp(styles.uneven[sheet, kind] * chance.normal(count))
    if way.block:
        size = torch.minimum(size, torch.ones_like(size) * 1.02)
    angles = torch.tensor([math.radians(a) for a in way.turn], device=mask.device)
    turn = angles[chance.choice([1.0] * len(angles), count)]
    turn = turn + 0.07 * styles.rough[sheet] * chance.normal(count)
    there = torch.stack((column, row), 1) + 0.5 + styles.shift[sheet][:, None] * chance.normal(count, 2)
    hand = _Placed(sheet, there, size, turn)
    for part in way.parts:
        found += _part(part, kind, hand, styles, chance)
    for part in way.optional:
        some = chance.happens(0.5, n)[sheet].nonzero()[:, 0]
        if len(some):
            found += _part(part, kind, hand.select(some), styles, chance)
    return found


@dataclass(frozen=True, eq=False)
class _Placed:
    """M tiles: their sheets (M,), middles (M, 2) in cells, sizes (M,) and turns (M,) in radians."""

    sheet: Tensor
    middle: Tensor
    size: Tensor
    turn: Tensor

    def select(self, index: Tensor) -> _Placed:
        return _Placed(self.sheet[index], self.middle[index], self.size[index], self.turn[index])


def _part(part: Part, kind: int, hand: _Placed, styles: Styles, chance: Chance) -> list[Lines]:
    """A part of all tiles."""
    shape = contours(part.path)
    found: list[Lines] = []
    sheet = hand.sheet
    rough = styles.rough[sheet]
    device = sheet.device
    vertices = torch.from_numpy(shape.points).to(device) - 0.5  # (V, 2)
    lobes = torch.from_numpy(shape.lobes).to(device)  # (V, 3)
    if part.stroke is not None or part.fill is not None:
        extent = shape.extent * hand.size  # (M,)
        fills = _fill_of(part, kind, hand.sheet, styles)
        edges = torch.from_numpy(shape.edges).to(device)  # (E, 2)
        if edges.numel() and part.fill is not None:
            points = _placed(vertices, lobes, hand, rough, extent, chance)
            filled = (fills != NONE).nonzero()[:, 0]
            if len(filled):
                corners = points[filled][:, edges].flatten(2)  # (M, E, 4)
                how = _fill(fills[filled], kind, sheet[filled], extent[filled], styles, chance, part.stroke is not None)
                found += _filled(corners, how, styles, chance)
    if part.stroke is not None:
        repeated = styles.twice[sheet].nonzero()[:, 0]
        for again in (hand, hand.select(repeated)):
            if not len(again.sheet):
                continue
            rough = styles.rough[again.sheet]
            extent = shape.extent * again.size
            points = _placed(vertices, lobes, again, rough, extent, chance)
            found.append(_outline(shape, points, kind, again.sheet, extent, styles, chance))
    return found


def _placed(vertices: Tensor, lobes: Tensor, hand: _Placed, rough: Tensor, extent: Tensor, chance: Chance) -> Tensor:
    """(M, V, 2) the points of a part of each tile, out of shape as a hand draws it."""
    count = len(hand.sheet)
    grow = hand.size[:, None] * torch.exp(0.05 * rough[:, None] * chance.normal(count, 2))
    points = vertices * grow[:, None]
    wave = chance.normal(count, 2, lobes.shape[1])  # uneven, yet smooth along the way
    points = points + (0.035 * rough * extent)[:, None, None] * torch.einsum("vf,mcf->mvc", lobes, wave)
    points = points + (0.022 * rough * extent)[:, None, None] * chance.normal(count, len(vertices), 2)
    cosine, sine = hand.turn.cos()[:, None], hand.turn.sin()[:, None]
    x, y = points.unbind(-1)
    return torch.stack((x * cosine - y * sine, x * sine + y * cosine), -1) + hand.middle[:, None]


def _outline(
    shape: Contours, points: Tensor, kind: int, sheet: Tensor, extent: Tensor, styles: Styles, chance: Chance
) -> Lines:
    """Lines along a part of each tile; at corners and where a curve closes, ends go their own ways."""
    count, device = len(points), points.device
    pairs = torch.from_numpy(shape.lines).to(device)  # (L, 2)
    free = torch.from_numpy(shape.free).to(device)[..., None]  # (L, 2, 1)
    loose = (0.045 * styles.rough[sheet] * extent.clamp(min=0.3))[:, None, None, None]
    ends = points[:, pairs] + free * loose * chance.normal(count, len(pairs), 2, 2)  # (M, L, 2, 2)
    total = count * len(pairs)
    owner = sheet[:, None].expand(count, len(pairs)).reshape(-1)
    ends = ends.reshape(total, 2, 2)
    return Lines(
        ends[:, 0], ends[:, 1], owner, styles.half[owner], styles.dark[owner, kind], 0.02 * styles.rough[owner]
    )


def _rectangles(part: Part, kind: int, mask: Tensor, scale: Tensor, styles: Styles, chance: Chance) -> list[Lines]:
    """A part of a way around and inside of rectangles of tiles."""
    found: list[Lines] = []
    blocks = rectangles(mask, styles.upright)  # (B, 5)
    if not len(blocks):
        return found
    sheet, rough = blocks[:, 0], styles.rough[blocks[:, 0]]
    inset = ((1 - scale[sheet]) / 2 + contours(part.path).margin)[:, None]
    low, high = blocks[:, 1:3] + inset, blocks[:, 3:5] - inset
    count = len(blocks)
    low, high = (v + (0.4 * styles.shift[sheet])[:, None] * chance.normal(count, 2) for v in (low, high))
    fills = _fill_of(part, kind, sheet, styles)
    radius = torch.minimum(styles.round[sheet], 0.45 * (high - low).amin(1))  # (B,)
    for rounded in ((radius <= 0).nonzero()[:, 0], (radius > 0).nonzero()[:, 0]):
        if not len(rounded):
            continue
        sharp = bool(radius[rounded[0]] <= 0)
        filled = rounded[fills[rounded] != NONE]
        if len(filled):
            corners = _corners(low[filled], high[filled], None if sharp else radius[filled])
            extent = torch.ones(len(filled), device=mask.device)
            how = _fill(fills[filled], kind, sheet[filled], extent, styles, chance, part.stroke is not None)
            found += _filled(_edges(corners), how, styles, chance)
        if part.stroke is None:
            continue
        for some in (rounded, rounded[styles.twice[sheet[rounded]]]):
            corners = _corners(low[some], high[some], None if sharp else radius[some])  # (B, V, 2)
            loose = (0.045 * rough[some])[:, None, None]
            if not sharp:
                corners = corners + 0.5 * loose * chance.normal(*corners.shape)
            ends = torch.stack((corners, corners.roll(-1, 1)), 2)  # (B, V, 2, 2)
            ends = ends + (loose[..., None] if sharp else 0.0) * chance.normal(*ends.shape)
            owner = sheet[some].repeat_interleave(corners.shape[1])
            found.append(_drawn(ends.reshape(-1, 2, 2), owner, kind, styles))
    return found


def _union(part: Part, kind: int, mask: Tensor, scale: Tensor, styles: Styles, chance: Chance) -> list[Lines]:
    """A part of a way around all tiles that touch, and inside of them."""
    found: list[Lines] = []
    sheet, row, column = mask.nonzero(as_tuple=True)  # (M,)
    if not len(sheet):
        return found
    inset = (1 - scale) / 2 + contours(part.path).margin  # (N,)
    if part.fill is None or part.fill == "any":  # on which side of a line a tile is shows where it is off the middle
        inset = torch.where(styles.fill[:, kind] == NONE, inset.clamp(min=0.08), inset)
    fills = _fill_of(part, kind, sheet, styles)
    filled = (fills != NONE).nonzero()[:, 0]
    if part.fill is not None and len(filled):
        n, rows, columns = mask.shape
        wide = torch.zeros(n, rows + 2, columns + 2, dtype=torch.bool, device=mask.device)
        wide[:, 1:-1, 1:-1] = mask
        sheet, row, column = sheet[filled], row[filled], column[filled]
        off, reach = inset[sheet], torch.where(fills[filled] == SOLID, -0.1, 0.0)
        sides = [
            torch.where(wide[sheet, row + 1 + dy, column + 1 + dx], reach, off)
            for dx, dy in ((-1, 0), (0, -1), (1, 0), (0, 1))
        ]
        low = torch.stack((column + sides[0], row + sides[1]), 1)
        high = torch.stack((column + 1 - sides[2], row + 1 - sides[3]), 1)
        extent = torch.ones(len(filled), device=mask.device)
        how = _fill(fills[filled], kind, sheet, extent, styles, chance, part.stroke is not None, shared=True)
        found += _filled(_edges(_corners(low, high)), how, styles, chance)
    if part.stroke is not None:
        lines, owner = outlines(mask, inset)
        for again in (torch.arange(len(lines), device=mask.device), styles.twice[owner].nonzero()[:, 0]):
            ends = lines[again].view(-1, 2, 2)
            ends = ends + (0.04 * styles.rough[owner[again]])[:, None, None] * chance.normal(*ends.shape)
            found.append(_drawn(ends, owner[again], kind, styles))
    return found


def _drawn(ends: Tensor, owner: Tensor, kind: int, styles: Styles) -> Lines:
    """Lines (L, 2, 2) with the pen of their sheets (L,)."""
    half, dark, sway = styles.half[owner], styles.dark[owner, kind], 0.02 * styles.rough[owner]
    return Lines(ends[:, 0], ends[:, 1], owner, half, dark, sway)


def _corners(low: Tensor, high: Tensor, radius: Tensor | None = None) -> Tensor:
    """(B, 4, 2) the corners of rectangles, around them; (B, 16, 2) where they are round."""
    x1, y1, x2, y2 = low[:, 0], low[:, 1], high[:, 0], high[:, 1]
    corners = torch.stack((x1, y1, x2, y1, x2, y2, x1, y2), 1).view(-1, 4, 2)
    if radius is None:
        return corners
    inward = torch.tensor([[1.0, 1], [-1, 1], [-1, -1], [1, -1]], device=low.device)
    angle = torch.arange(4, device=low.device)[:, None] * (math.pi / 2) + torch.linspace(
        math.pi, 1.5 * math.pi, 4, device=low.device
    )  # (4, 4)
    arcs = torch.stack((angle.cos(), angle.sin()), -1) + inward[:, None]  # (4, 4, 2)
    return (corners[:, :, None] + radius[:, None, None, None] * arcs).reshape(len(low), 16, 2)


def _edges(corners: Tensor) -> Tensor:
    """(B, 4, 4) the edges between corners (B, 4, 2)."""
    return torch.cat((corners, corners.roll(-1, 1)), 2)


def _fill_of(part: Part, kind: int, sheet: Tensor, styles: Styles) -> Tensor:
    """(M,) how a part of each tile is filled: a place in STYLES, or NONE."""
    if part.fill is None:
        return torch.full_like(sheet, NONE)
    if part.fill == "any" and part.stroke is not None:
        return styles.fill[sheet, kind]
    if part.fill == "any":
        sure = styles.sure[sheet, kind]
        return torch.where(sure == DOTS, HATCH, sure)  # nobody would see where they end
    return torch.full_like(sheet, STYLES.index(part.fill))


def _fill(
    style: Tensor,
    kind: int,
    sheet: Tensor,
    extent: Tensor,
    styles: Styles,
    chance: Chance,
    outlined: bool,
    shared: bool = False,
) -> Fill:
    """How M polygons of a kind are filled; `shared`: lines go on from one to the next."""
    count = len(sheet)
    rough, gap = styles.rough[sheet], styles.gap[sheet, kind]
    angle = styles.angle[sheet, kind]
    phase = torch.zeros(count, device=sheet.device)
    loose = torch.zeros_like(rough)
    if not shared:
        own = ~styles.even[sheet]
        phase = torch.where(own, torch.nan, phase)
        angle = angle + 0.09 * rough * own * chance.normal(count)
        gap = torch.minimum(gap, (0.4 if outlined else 0.24) * extent)
        loose = 0.05 * rough * styles.loose[sheet] * extent.clamp(max=1)
    half = torch.minimum(styles.fill_half[sheet, kind], gap / 3)
    dark = styles.fill_dark[sheet, kind]
    # What is small, or thin and far apart, or has no outline, would not be seen in a pale colour.
    dark = torch.where(style == SOLID, dark, dark.clamp(min=0.45)).clamp(min=0.0 if outlined else 0.4)
    dark = torch.where(extent < SMALL, dark.clamp(min=0.6), dark)
    return Fill(style, angle, gap, phase, loose, half, dark, 0.012 * rough, sheet)


def _filled(edges: Tensor, how: Fill, styles: Styles, chance: Chance) -> list[Lines]:
    found = fill(edges, how, chance)
    again = (styles.fill_twice[how.sheet] & (how.style != SOLID)).nonzero()[:, 0]
    if len(again):
        lines = fill(edges[again], how.select(again), chance)
        found += lines
    return found


__all__ = ["sketch_levels"]
