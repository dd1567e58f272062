"""Small families to be composed: one with every rule of a signature, one that is a grammar alone, frames, and stripes.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core import Family, Program
from i2c_core.raster import TokenBatch

Size = tuple[int, int]
Picture = NDArray[np.uint8]


def flat(program: Program, size: Size) -> Picture:
    """A grey in which every token counts, and every value."""
    level = sum((i + 1) * sum(map(ord, n.name)) + int(100 * (n.value or 0)) for i, n in enumerate(program.nodes()))
    return np.full((1, *size), level % 251, np.uint8)


def framed(program: Program, size: Size, picture: Any) -> Picture:
    """A grey frame around whatever is inside."""
    if program.name != "frame":
        return flat(program, size)
    inside, room = program.args[0], (size[0] - 2, size[1] - 2)
    pixels = np.full((1, *size), 128, np.uint8)
    pixels[:, 1:-1, 1:-1] = picture(inside, room) if "." in inside.name else flat(inside, room)
    return pixels


def stripes(batch: TokenBatch, size: Size) -> Any:
    """Columns of a colour between black ones; `none` has no picture."""
    names = [batch.vocabulary.tokens[t] for t in batch.ids[:, 0].tolist()]
    level = np.array([[255, 0, 0] if n == "red" else [0, 0, 255] for n in names], np.uint8).reshape(-1, 3, 1, 1)
    pixels = level * (np.arange(size[1]) % 2).astype(np.uint8) * np.ones((size[0], 1), np.uint8)
    defined = np.array([n != "none" for n in names])
    if isinstance(batch.ids, np.ndarray):
        return pixels, defined
    import torch

    return torch.from_numpy(pixels), torch.from_numpy(defined)


EVERY_RULE = """
draw  : (all: List[Mark, 1..3, <]) -> Image
named : (n: Name) -> Image
block : (s: Stmt[0]) -> Image
dot   : (x: Coord, y: Coord > x) -> Mark
turn  : (a: Angle) -> Mark
eq    : (t, t) -> Bool for t in Coord, Shade
loop  : (n: Coord, body: Stmt[s+1]) -> Stmt[s]
use   : (k: Var[0..s-1]) -> Stmt[s]
stop  : Stmt[s]
tiny  : (c: Shade, b: Bool) -> Small
Image > Small
Coord = 0..3
Shade = dark | light
Bool  = no | yes
Angle = 0.0..10.0 in 5 bins
Name  = /[a-c]{1,2}/
s     = 0..2
"""
RULES = Family("every-rule", root="Image", signature=EVERY_RULE, render=flat, any_size=True, doc="every rule")

GRAMMAR = """
image: "dot" NUM NUM     -> dot
     | "[" image+ "]"    -> many
     | WORD              -> word
     | "(" image ")"
NUM: /[0-3]/
WORD: /[a-b]{1,2}/
%ignore " "
"""
BARE = Family("bare", root="Image", grammar=GRAMMAR, render=flat, any_size=True)

FRAMES_TABLE = """
frame : (Image) -> Frame
both  : (Frame, Frame) -> Frame
if    : (Bool, t, t) -> t
blank : Image
Bool  = no | yes
"""
FRAMES = Family(
    "frames",
    root="Frame",
    signature=FRAMES_TABLE,
    render=framed,
    any_size=True,
    size=(8, 8),
    semantics=3,
    budget=12,
    recipe={"data": {"max_size": 5}, "run": {"steps": 50}},
    doc="frames",
    examples=("frame(blank)",),
)
STRIPES = Family(
    "stripes",
    root="Image",
    signature="red, blue, none : Image",
    render=stripes,
    batched=True,
    channels=3,
    any_size=True,
    size=(8, 8),
    doc="stripes",
    examples=("red",),
)
