"""Boxes on boxes, the second family of the i2c notes: rectangles on a grid, each painted over what is below it.

One language with another grid is another family: `language` declares it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from i2c_core.families import Family
from i2c_core.hookspecs import hookimpl

SIGNATURE = """
paint  : (ground: Fill, boxes: List[Box]) -> Image
box    : (x: Place, y: Place, w: Side, h: Side, fill: Fill) -> Box
pile   : (x: Place, y: Place, w: Side, h: Side, fill: Fill, boxes: List[Box, 1..]) -> Box
Fill   > Colour
Colour = white | black | red | green | blue | yellow
Place  = 0..{last}
Side   = 1..{cells}
"""

# Five boxes, up to four of them piles, take 3 + 5 * 7 + 4 tokens; one or two boxes are learned from larger programs.
RECIPE = {
    "model": {"layers": 3, "width": 96, "channels": 16},
    "data": {"min_size": 17, "max_size": 42},
    "optim": {"lr": 1.5e-3, "weight_decay": 0.05, "beta2": 0.98},
    "run": {"steps": 6000},
}


def language(name: str, cells: int, **more: Any) -> Family:
    """A family of boxes on a grid of `cells` by `cells`, 8 at most; `more` is what else `Family` takes."""
    return Family(
        name,
        root="Image",
        signature=SIGNATURE.format(last=cells - 1, cells=cells),
        render="i2c_plugins.boxes.render:render",
        batched=True,
        channels=3,
        any_size=True,
        normalise="i2c_plugins.boxes.canonical:normalise",
        constraint="i2c_plugins.boxes.constraint:Canonical",
        sample="i2c_plugins.boxes.scenes:sample",
        material="Fill",
        recipe=RECIPE,
        **more,
    )


FAMILY = language(
    "boxes",
    8,
    grammar="i2c_grammars:boxes.lark",
    weights="i2c_plugins.boxes:boxes.safetensors",
    budget=64,
    doc="boxes on boxes: rectangles on an 8x8 grid in six colours, each painted over what is below it",
    examples=(
        "white box 0, 6 size 8 by 1 green box 1, 1 size 6 by 4 red { box 1, 1 size 2 by 2 blue }",
        "black box 0, 0 size 4 by 8 yellow box 2, 2 size 4 by 4 red",
        "blue",
    ),
)


@hookimpl
def i2c_families(register: Callable[[Family], None]) -> None:
    register(FAMILY)
