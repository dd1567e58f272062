"""Figures: circles, rectangles, lines and arrows on a grid, the commands of Ellis et al. (NeurIPS 2018).

One language with other numbers is another family: `language` declares both `figures` and `diagrams`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from i2c_core.families import Family
from i2c_core.formats import Format
from i2c_core.hookspecs import hookimpl
from i2c_core.loops import Loops

SIGNATURE = """
cons      : (first: Command, rest: Figure) -> Figure order first < rest.first
nil       : Figure
circle    : (x: {x}, y: {y}{r}) -> Command
rectangle : (x1: {x}, y1: {y}, x2: {x} > x1, y2: {y} > y1) -> Command
line      : (x1: {x}, y1: {y}, x2: {x}, y2: {y}, tip: Tip, stroke: Stroke) -> Command
{label}
Tip       = plain | arrow
Stroke    = solid | dashed
{kinds}
"""

TIKZ = Format(
    "tikz",
    ".tex",
    "i2c_plugins.figures.tikz:write",
    "i2c_plugins.figures.tikz_reading:read",
    fragment="i2c_plugins.figures.tikz:fragment",
    exact=False,  # a dashed line without an arrow is turned if it runs backwards, as its dashes are drawn
    annotated=True,
    doc="a LaTeX document with a TikZ picture",
)
LOOPED_TIKZ = Format(
    "tikz",
    ".tex",
    "i2c_plugins.figures.tikz_loops:write",
    fragment="i2c_plugins.figures.tikz_loops:fragment",
    annotated=True,
    doc=r"a LaTeX document with a TikZ picture, loops as \foreach",
)
SVG = Format("svg", ".svg", "i2c_plugins.figures.svg:write", annotated=True, doc="a picture in SVG")
JSON = Format(
    "json",
    ".json",
    "i2c_plugins.figures.commands_json:write",
    "i2c_plugins.figures.commands_json:read",
    key="commands",
    doc="a list of commands",
)

# A grid of circles joined by lines, and a mirrored half; {r} writes a radius where the language has one.
LOOPED = (
    """for (i < 3) {
  for (j < 3) {
    if (j > 0) {
      line 4*j - 1, 4*i + 3 to 4*j + 1, 4*i + 3
    }
    circle 4*j + 2, 4*i + 3{r}
  }
}""",
    """reflect (x = 15) {
  line 5, 12 to 2, 9 arrow dashed
  for (i < 2) {
    rectangle 1, 3*i + 2 to 2*i + 4, 3*i + 4
  }
}""",
)

POSITIONS = {"circle": "x y", "rectangle": "x y x y", "line": "x y x y - -"}
LABELS = {"label": "x y w h"}

# Drawings of up to 12 commands: a line takes 8 tokens. Two cores see some 70 sketches a second in bfloat16.
RECIPE = {
    "model": {"channels": 32, "blocks": 2, "width": 96},
    "data": {"min_size": 5, "max_size": 97, "height": 256, "width": 256},
    "optim": {"lr": 2e-3, "weight_decay": 0.02, "clip": 5.0},
    "run": {"steps": 10_000, "batch_size": 32, "precision": "bf16", "calibration_samples": 256},
}


def language(
    name: str,
    width: int,
    height: int,
    *,
    pixels: int,
    most_radius: int = 1,
    labels: bool = False,
    grammar: str = "i2c_grammars:figures.lark",
    correction: str | None = None,
    **more: Any,
) -> Family:
    """A family of figures.

    Args:
        name: of the family.
        width, height: columns and rows of the grid, 3 or more; coordinates go from 1 to one less.
        pixels: of a cell's side in the reference picture.
        most_radius: circles have radii from 1 to this; where it is 1, none is written.
        labels: whether places for writing are part of the language.
        grammar: that writes such figures.
        correction: by which a reader's candidates are weighed together with their shortest programs, if fitted.
        more: what else `Family` takes.
    """
    square = width == height
    kinds = [f"Coord = 1..{width - 1}"] if square else [f"Column = 1..{width - 1}", f"Row = 1..{height - 1}"]
    x, y = ("Coord", "Coord") if square else ("Column", "Row")
    signature = SIGNATURE.format(
        x=x,
        y=y,
        r="" if most_radius == 1 else ", r: Radius",
        label=f"label : (x: {x}, y: {y}, w: {x}, h: {y}) -> Command" if labels else "",
        kinds="\n".join(kinds + ([f"Radius = 1..{most_radius}"] if most_radius > 1 else [])),
    )
    return Family(
        name,
        root="Figure",
        signature=signature,
        grammar=grammar,
        render="i2c_plugins.figures.render:render",
        batched=True,
        size=(height * pixels, width * pixels),
        any_size=True,
        normalise="i2c_plugins.figures.canonical:normalise",
        sample="i2c_plugins.figures.scenes:sample",
        constraint="i2c_plugins.figures.canonical:Canonical",
        strokes="i2c_plugins.figures.geometry:strokes",
        framing="i2c_core.framing:paper",
        canvas=(width, height),
        crops="i2c_plugins.figures.commands:writing" if labels else None,
        learner="items",
        loops=Loops(
            POSITIONS | ({"circle": "x y n"} if most_radius > 1 else {}) | (LABELS if labels else {}),
            examples=tuple(t.replace("{r}", " radius 1" if most_radius > 1 else "") for t in LOOPED),
            formats=(LOOPED_TIKZ,),
            grown="i2c_plugins.figures.growing:grown",
            correction=correction,
        ),
        recipe=RECIPE,
        formats=(TIKZ, SVG, JSON),
        **more,
    )


FAMILY = language(
    "figures",
    16,
    16,
    pixels=8,
    budget=200,
    weights="i2c_plugins.figures:figures.safetensors",
    correction="i2c_plugins.figures:correction.json",
    doc="drawing commands on a 16x16 grid: circles, rectangles, lines and arrows",
    examples=(
        "circle 4, 10\nrectangle 1, 5 to 13, 15\nline 4, 9 to 4, 2 arrow",
        "circle 3, 3\ncircle 12, 3\nline 4, 3 to 11, 3 arrow dashed",
        "rectangle 2, 2 to 14, 8\nline 2, 5 to 14, 5",
        "",
    ),
)

DIAGRAMS = language(
    "diagrams",
    32,
    32,
    pixels=6,
    most_radius=4,
    labels=True,
    grammar="i2c_grammars:diagrams.lark",
    budget=300,
    doc="drawing commands on a 32x32 grid, with circles of four sizes and places for writing",
    examples=(
        "circle 6, 20 radius 3\nline 9, 20 to 20, 20 arrow\nrectangle 20, 17 to 29, 23\nlabel 21, 18 size 7 by 4",
        "circle 5, 5 radius 1\nlabel 8, 4 size 9 by 2",
    ),
)


@hookimpl
def i2c_families(register: Callable[[Family], None]) -> None:
    register(FAMILY)
    register(DIAGRAMS)
