r"""TikZ out: a picture whose look is the renderer's, with nothing but TikZ itself; a document needs no more than LaTeX.

A cell is 5 mm. Line width, dashes and arrow heads are those of `i2c_core.strokes`, said in millimetres: TikZ's own
dashes and heads go with the line width, and would not match. An arrow head is declared beside the picture's other
settings, so that a fragment draws the same wherever it is pasted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.strokes.drawing import OFF, ON, WIDTH
from i2c_plugins.figures.canonical import straight
from i2c_plugins.figures.commands import TIP, X1, X2, Y1, Y2, Command, Language, commands_of
from i2c_plugins.figures.geometry import BARB, SPREAD
from i2c_plugins.figures.remarks import remarks

if TYPE_CHECKING:
    from i2c_core.leftovers import Region

CELL = 5.0  # millimetres
DOCUMENT = r"""
\documentclass{{article}}
\usepackage[paperwidth={width}mm, paperheight={height}mm, margin=0mm]{{geometry}}
\usepackage{{tikz}}
\pagestyle{{empty}}
\parindent0mm
\topskip0mm
\begin{{document}}
{picture}
\end{{document}}
"""
# Two straight barbs whose point is the line's end; they are never dashed.
HEAD = r"""
  \pgfdeclarearrow{{name=barbs, setup code={{
      \pgfarrowssettipend{{0mm}} \pgfarrowssetlineend{{0mm}} \pgfarrowssetbackend{{-{back}mm}}
    }}, drawing code={{
      \pgfsetdash{{}}{{0mm}} \pgfsetroundcap \pgfsetroundjoin
      \pgfpathmoveto{{\pgfpoint{{-{back}mm}}{{{aside}mm}}}}
      \pgfpathlineto{{\pgfpointorigin}}
      \pgfpathlineto{{\pgfpoint{{-{back}mm}}{{-{aside}mm}}}}
      \pgfusepathqstroke
    }}}}
  \tikzset{{>=barbs}}
"""


def write(family: Family, program: Program, unexplained: Sequence[Region] = ()) -> str:
    """A whole document of one page that is the canvas."""
    return document(fragment(family, program, unexplained), Language.of(family.gamma))


def fragment(family: Family, program: Program, unexplained: Sequence[Region] = ()) -> str:
    """The picture alone, to paste into a document that uses TikZ."""
    language, commands = Language.of(family.gamma), commands_of(program)
    return picture([said(c, language) for c in commands], commands, language, unexplained)


def document(fragment: str, language: Language) -> str:
    """A document of one page around a picture."""
    width, height = (_number(CELL * g) for g in language.grid)
    return DOCUMENT.lstrip("\n").format(width=width, height=height, picture=fragment)


def picture(
    body: Sequence[str], commands: Sequence[Command], language: Language, unexplained: Sequence[Region] = ()
) -> str:
    """A picture of some lines of TikZ.

    Args:
        body: the lines.
        commands: what they draw, which settles the settings.
        language: of the commands.
        unexplained: told in remarks.
    """
    options = [
        f"x={_number(CELL)}mm, y={_number(CELL)}mm",
        f"line width={_number(CELL * WIDTH)}mm, line cap=round, line join=round",
    ]
    if any(c.dashed or c.kind == "label" for c in commands):
        options.append(f"dashed/.style={{dash pattern=on {_number(CELL * ON)}mm off {_number(CELL * OFF)}mm}}")
    lines = []
    if any(c.arrow for c in commands):
        back, aside = (_number(CELL * BARB * f(SPREAD)) for f in (math.cos, math.sin))
        lines.append(HEAD.strip("\n").format(back=back, aside=aside))
    lines.append("  \\useasboundingbox (0,0) rectangle ({},{});".format(*language.grid))
    lines += [f"  {line}" for line in body]
    lines += [f"  % {remark}" for remark in remarks(unexplained, language.grid)]
    settings, inner = ",\n    ".join(options), "\n".join(lines)
    return f"\\begin{{tikzpicture}}[{settings}]\n{inner}\n\\end{{tikzpicture}}"


def said(command: Command, language: Language) -> str:
    r"""A command as TikZ says it: `\draw[->, dashed] (4,13) -- (6,11);`."""
    a = straight(command).args if command.dashed else command.args  # dashes begin where the renderer's do
    match command.kind:
        case "circle":
            return f"\\draw ({a[0]},{a[1]}) circle [radius={command.radius}];"
        case "rectangle":
            return f"\\draw ({a[X1]},{a[Y1]}) rectangle ({a[X2]},{a[Y2]});"
        case "label":
            return f"\\draw[dashed] ({a[0]},{a[1]}) rectangle node {{?}} ({a[0] + a[2]},{a[1] + a[3]});"
        case _:
            words = ["->"] * command.arrow + ["dashed"] * command.dashed
            options = f"[{', '.join(words)}]" if words else ""
            return f"\\draw{options} ({a[X1]},{a[Y1]}) -- ({','.join(map(str, a[X2:TIP]))});"


def _number(value: float) -> str:
    """At most four decimals, none where the number is whole."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
