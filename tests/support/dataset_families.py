"""Small families with every kind of type, and the slow truth about them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family, box
from i2c_core.programs import Program
from i2c_core.raster import Undefined
from i2c_core.vocabulary import Vocabulary

BOXES = {"h": (box("0 0 1 1/2"), box("0 1/2 1 1")), "v": (box("0 0 1/2 1"), box("1/2 0 1 1"))}


def draw_marks(program: Program) -> NDArray[np.uint8]:
    """A row of pixels a mark, brighter for greater numbers; nothing at all for an empty list."""
    picture = np.zeros((8, 8), np.uint8)
    marks = []
    for node in program.nodes():
        if node.name in ("dot", "bar"):
            marks.append(node)
    if not marks:
        raise Undefined
    for row, mark in enumerate(marks[:8]):
        numbers = [int(n.name) for n in mark.nodes() if n.name.isdigit()]
        picture[row, : numbers[0] * (2 if mark.name == "bar" else 1)] = 40 * numbers[-1]
    return picture


MARKS = Family(
    "marks",
    root="Figure",
    signature="""
    figure  : (List[Mark, 0..3]) -> Figure
    dot     : (Number, Number) -> Mark
    bar     : (Number) -> Mark
    if      : (Bool, t, t) -> t
    Bool    = no | yes
    Number  = 1..2
    """,
    render=draw_marks,
    size=(8, 8),
)


def draw_framed(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Halves, with a grey line above a whole `h`: its arguments' pictures are not all there is."""
    picture = np.zeros(size, np.uint8)
    pending = [(program, 0, 0, size[0], size[1])]
    while pending:
        node, y0, x0, y1, x1 = pending.pop()
        if node.name in "BW":
            picture[y0:y1, x0:x1] = 255 * (node.name == "W")
        else:
            first, second = node.args
            if node.name == "h":
                middle = y0 + (y1 - y0) // 2
                pending += [(second, middle, x0, y1, x1), (first, y0, x0, middle, x1)]
            else:
                middle = x0 + (x1 - x0) // 2
                pending += [(second, y0, middle, y1, x1), (first, y0, x0, y1, middle)]
    if program.name == "h":
        picture[0] = 77
    return picture


FRAMED = Family(
    "framed",
    root="Image",
    signature="h, v : (Image, Image) -> Image\nB, W : Image",
    render=draw_framed,
    any_size=True,
    size=(6, 6),
    zooms=BOXES,
)


def draw_dial(program: Program) -> NDArray[np.uint8]:
    values = [n.value for n in program.nodes() if n.value is not None]
    picture = np.zeros((4, 4), np.uint8)
    picture.flat[: len(values)] = [round(v * 20) for v in values]
    return picture


DIALS = Family(
    "dials",
    root="Dial",
    signature="turn : (Angle, Dial) -> Dial\nstop : Dial\nAngle = 0.0..12.0 in 4 bins",
    render=draw_dial,
    size=(4, 4),
)


def swapped(program: Program) -> Program:
    """The canonical form of halves whose order does not matter: the smaller text first."""
    done: list[Program] = []
    for node in reversed(list(program.nodes())):
        args = [done.pop() for _ in node.args]
        if args and repr_of(args[1]) < repr_of(args[0]):
            args.reverse()
        done.append(Program(node.signature, node.name, tuple(args)))
    return done[0]


def repr_of(program: Program) -> str:
    return " ".join(n.name for n in program.nodes())


SWAPPED = Family(
    "swapped",
    root="Image",
    signature="h : (Image, Image) -> Image\nB, W : Image",
    render=draw_framed,
    any_size=True,
    size=(6, 6),
    normalise=swapped,
)


def draw_shades(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Halves whose leaves are black, or grey as their value says."""
    picture = np.zeros(size, np.uint8)
    pending = [(program, picture)]
    while pending:
        node, part = pending.pop()
        if node.args:
            axis = 0 if node.name == "h" else 1
            pending += zip(node.args, np.split(part, [part.shape[axis] // 2], axis), strict=True)
        elif node.value is not None:
            part[:] = round(node.value)
    return picture


SHADES = Family(
    "shades",
    root="Image",
    signature="h, v : (Image, Image) -> Image\nB : Image\nShade = 0.0..255.0 in 3 bins\nImage > Shade",
    render=draw_shades,
    any_size=True,
    size=(8, 8),
    zooms=BOXES,
)
FAMILIES = (MARKS, FRAMED, DIALS, SWAPPED, SHADES)


@cache
def all_rows(vocabulary: Vocabulary, size: int, type_: int = 0) -> list[tuple[int, ...]]:
    """Every program of a size, as token rows, by plain recursion over types: the slow truth."""
    rows: list[tuple[int, ...]] = []
    for token in range(vocabulary.size):
        production = vocabulary.production[type_, token]
        if production >= 0:
            args = vocabulary.productions[production].args
            rows += [(token, *rest) for rest in _sequences(vocabulary, args, size - 1)]
    return sorted(rows)


def _sequences(vocabulary: Vocabulary, args: tuple[int, ...], size: int) -> list[tuple[int, ...]]:
    if not args:
        return [()] if size == 0 else []
    return [
        (*first, *rest)
        for own in range(1, size - len(args) + 2)
        for first in all_rows(vocabulary, own, args[0])
        for rest in _sequences(vocabulary, args[1:], size - own)
    ]
