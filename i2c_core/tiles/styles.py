"""How each sheet is drawn: what one designer does alike all over a sheet, drawn by chance.

Legend: N sheets, K kinds of tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from i2c_core.strokes.chance import Chance
from i2c_core.tiles.hatching import STYLES

# Of a fill that may be "any": how often each of STYLES, and then none.
ANY = {
    "solid": 3.2,
    "hatch": 4.0,
    "cross": 2.6,
    "zigzag": 1.4,
    "dots": 0.5,
    "dashes": 0.8,
    "waves": 0.6,
    "scribble": 0.9,
    "rays": 0.25,
}
NONE = len(STYLES)
ALONE, RECTANGLES, UNION = range(3)  # tile by tile, as rectangles, as the outline of all neighbouring tiles
BLOCKS = (0.5, 0.3, 0.2)  # how often each
GRIDS = 0.3  # the share of sheets with grid lines


@dataclass(frozen=True, eq=False)
class Styles:
    """Of N sheets (N,) and their kinds of tiles (N, K).

    Attributes:
        rough: 0 for a ruler to 1 for a wild hand.
        half: cells, half the width of the pen.
        dark: (N, K) ink of a kind's outlines.
        fill_dark: (N, K) ink of a kind's fills.
        fill_half: (N, K) cells, half the width of the pen that fills.
        fill: (N, K) a place in STYLES, or NONE: what "any" is.
        sure: (N, K) the same, where there must be a fill.
        angle, gap: (N, K) radians and cells of hatching.
        even: (N,) whether hatching goes on from tile to tile.
        blocks: (N, K) ALONE, RECTANGLES or UNION.
        upright: (N,) whether rectangles go downwards first.
        twice: (N,) whether outlines are drawn twice.
        fill_twice: (N,) whether fills are.
        scale: (N, K) from 0 to 1, a place between the ends of a way's scale.
        uneven: (N, K) the spread of tiles' scales.
        shift: (N,) cells, the spread of tiles' places.
        loose: (N,) how far hatching ends from where it should, beside what `rough` does to it.
        round: (N,) cells, the radius of the corners of rectangles.
        dry: (N,) how much of the ink is missing here and there, from 0 to 1.
        grid: (N,) whether there are grid lines.
        warp: (N, 2, 2, 4) see `ink_lines`.
    """

    rough: Tensor
    half: Tensor
    dark: Tensor
    fill_dark: Tensor
    fill_half: Tensor
    fill: Tensor
    sure: Tensor
    angle: Tensor
    gap: Tensor
    even: Tensor
    blocks: Tensor
    upright: Tensor
    twice: Tensor
    fill_twice: Tensor
    scale: Tensor
    uneven: Tensor
    shift: Tensor
    loose: Tensor
    round: Tensor
    dry: Tensor
    grid: Tensor
    warp: Tensor


def draw_styles(n: int, kinds: int, chance: Chance) -> Styles:
    """The styles of N sheets."""
    rough = torch.where(chance.happens(0.2, n), 0.15, 1.0) * chance.uniform(n) ** 1.2
    half = chance.between(0.018, 0.078, n)
    coloured = chance.happens(0.35, n)[:, None]
    dark = torch.where(coloured, chance.uniform(n, kinds, low=0.4), 1.0)
    pale = chance.happens(0.4, n)[:, None] & chance.happens(0.8, n, kinds)
    fill_dark = dark * torch.where(pale, chance.uniform(n, kinds, low=0.15), 1.0)
    ratio = torch.where(chance.happens(0.4, n), 1.0, chance.uniform(n, low=0.4, high=1.2))
    fill_half = (half * ratio).clamp(min=0.014)[:, None].expand(n, kinds) * chance.uniform(
        n, kinds, low=0.85, high=1.15
    )
    grid = chance.happens(GRIDS, n)
    sure = chance.choice([ANY[s] for s in STYLES], n, kinds)
    fill = torch.where(chance.happens(0.2, n, kinds) & ~grid[:, None], NONE, sure)
    base = torch.where(chance.happens(0.55, n), -0.72 + 0.15 * chance.normal(n), chance.uniform(n, high=math.pi))
    base = torch.where(chance.happens(0.12, n), (base / (math.pi / 2)).round() * (math.pi / 2), base)
    turned = chance.happens(0.3, n, kinds) * chance.uniform(n, kinds, high=math.pi)
    gap = chance.between(0.13, 0.40, n)[:, None] * chance.between(0.8, 1.25, n * kinds).view(n, kinds)
    gap = torch.maximum(gap, 3.2 * fill_half)  # or hatching would be solid
    twice = chance.happens(0.45, n)
    shape = (n, 2, 2)
    far = 0.14 * rough[:, None, None] * chance.happens(0.5, n, 1, 1)
    warp = torch.stack(
        (
            far * chance.normal(*shape) * 0.6,
            chance.uniform(*shape, high=2 * math.pi),
            chance.uniform(*shape, low=-0.9, high=0.9),
            chance.uniform(*shape, low=-0.9, high=0.9),
        ),
        -1,
    )
    return Styles(
        rough=rough,
        half=half,
        dark=dark,
        fill_dark=fill_dark,
        fill_half=fill_half,
        fill=fill,
        sure=sure,
        angle=base[:, None] + turned,
        gap=gap,
        even=chance.happens(0.15, n),
        blocks=chance.choice(BLOCKS, n, kinds),
        upright=chance.happens(0.4, n),
        twice=twice,
        fill_twice=twice & chance.happens(0.4, n),
        scale=chance.uniform(n, kinds),
        uneven=(0.02 + 0.09 * chance.uniform(n, kinds) ** 2) * (0.3 + rough[:, None]),
        shift=0.055 * rough * chance.uniform(n, low=0.3),
        loose=chance.uniform(n, low=0.2) * torch.where(chance.happens(0.3, n), 3.0, 1.0),
        round=chance.happens(0.25, n) * chance.uniform(n, low=0.08, high=0.5),
        dry=chance.happens(0.22, n) * chance.uniform(n, low=0.1, high=0.65),
        grid=grid,
        warp=warp,
    )
