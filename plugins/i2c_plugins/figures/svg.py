"""SVG out: a cell is a unit, y downwards; line width, dashes and arrow heads are the renderer's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.strokes.drawing import OFF, ON, WIDTH
from i2c_plugins.figures.canonical import is_empty, straight
from i2c_plugins.figures.commands import X1, X2, Y1, Y2, Command, Language, commands_of
from i2c_plugins.figures.geometry import BARB, MARK_ARC, MARK_DOT, MARK_HEIGHT, MARK_STEM, SPREAD
from i2c_plugins.figures.remarks import remarks

if TYPE_CHECKING:
    from i2c_core.leftovers import Region

PIXELS = 32  # of a cell's side where nothing says how large the picture is
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{pixels[0]}" height="{pixels[1]}" viewBox="0 0 {grid[0]} {grid[1]}"
     fill="none" stroke="black" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round">
  <rect width="{grid[0]}" height="{grid[1]}" fill="white" stroke="none"/>
"""


def write(family: Family, program: Program, unexplained: Sequence[Region] = ()) -> str:
    """The picture, white paper and all."""
    grid = Language.of(family.gamma).grid
    head = HEAD.format(pixels=[PIXELS * g for g in grid], grid=grid, width=_number(WIDTH))
    lines = [f"  {line}\n" for c in commands_of(program) if not is_empty(c) for line in said(c, grid[1])]
    lines += [f"  <!-- {remark} -->\n" for remark in remarks(unexplained, grid)]
    return f"{head}{''.join(lines)}</svg>\n"


def said(command: Command, rows: int) -> list[str]:
    """The elements that draw a command."""
    a = straight(command).args
    dashes = f' stroke-dasharray="{_number(ON)} {_number(OFF)}"'
    match command.kind:
        case "circle":
            return [f'<circle cx="{a[0]}" cy="{rows - a[1]}" r="{command.radius}"/>']
        case "rectangle":
            width, height = a[X2] - a[X1], a[Y2] - a[Y1]
            return [f'<rect x="{a[X1]}" y="{rows - a[Y2]}" width="{width}" height="{height}"/>']
        case "label":
            x1, y1, x2, y2 = a[0], rows - a[1], a[0] + a[2], rows - a[1] - a[3]
            sides = f"M {x1} {y1} H {x2} M {x2} {y1} V {y2} M {x2} {y2} H {x1} M {x1} {y2} V {y1}"
            return [f'<path d="{sides}"{dashes}/>', f'<path d="{_mark((x1 + x2) / 2, (y1 + y2) / 2, a)}"/>']
        case _:
            x1, y1, x2, y2 = a[X1], rows - a[Y1], a[X2], rows - a[Y2]
            shaft = f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"{dashes if command.dashed else ""}/>'
            if not command.arrow:
                return [shaft]
            back = math.atan2(y1 - y2, x1 - x2)
            ends = [(x2 + BARB * math.cos(back + s), y2 + BARB * math.sin(back + s)) for s in (SPREAD, -SPREAD)]
            (ax, ay), (bx, by) = ((_number(x), _number(y)) for x, y in ends)
            return [shaft, f'<path d="M {ax} {ay} L {x2} {y2} L {bx} {by}"/>']


def _mark(x: float, y: float, args: tuple[int, ...]) -> str:
    """The path of a question mark around a point."""
    scale = MARK_HEIGHT * min(args[2:4])

    def at(dx: float, dy: float) -> str:
        return f"{_number(x + scale * dx)} {_number(y + scale * dy)}"

    cx, cy, radius, _, start, sweep = MARK_ARC
    begin = at(cx + radius * math.cos(start), cy + radius * math.sin(start))
    end = at(cx + radius * math.cos(start + sweep), cy + radius * math.sin(start + sweep))
    bow = f"M {begin} A {_number(scale * radius)} {_number(scale * radius)} 0 1 1 {end}"
    strokes = (f"M {at(*s[:2])} L {at(*s[2:4])}" for s in (MARK_STEM, MARK_DOT))
    return " ".join([bow, *strokes])


def _number(value: float) -> str:
    """At most four decimals, none where the number is whole."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
