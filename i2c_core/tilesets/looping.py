"""Levels as lists of drawing commands, which loops and reflections can move: no rows of tiles, and no mirrors.

A mirror becomes its images, a row of tiles its runs. What lies outside the level or is of the ground's tile draws
nothing, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.tilesets.statements import Mirror, Plan, Shape, plan_of, program_of

POSITIONS = {
    "rectangle": "- x y x y",
    "frame": "- x y x y",
    "across": "- x y c",
    "down": "- x y r",
    "put": "- x y",
}


def commands(family: Family, program: Program) -> Program:
    """The level that draws the same, each statement once, all of them inside it."""
    plan = plan_of(family, program)
    found: dict[Shape, None] = {}
    for statement in plan.body:
        axis = statement.axis if isinstance(statement, Mirror) else ""
        for shape in statement.parts if isinstance(statement, Mirror) else (statement,):
            for inside in _inside(shape, plan):
                if inside.tile != plan.ground:
                    found |= dict.fromkeys(_images(inside, axis, plan))
    return program_of(family, Plan(plan.columns, plan.rows, plan.ground, tuple(found)))


def _inside(shape: Shape, plan: Plan) -> Iterator[Shape]:
    """What of a shape lies inside the level, as shapes that do."""
    columns, rows, tile, args = plan.columns, plan.rows, shape.tile, shape.args
    match shape.kind:
        case "row":
            yield from _runs(args[0], args[1 : columns + 1], rows)
        case "put":
            if args[0] <= columns and args[1] <= rows:
                yield shape
        case "across":
            x, y, n = args
            if x <= columns and y <= rows:
                yield Shape("across", tile, (x, y, min(n, columns + 1 - x)))
        case "down":
            x, y, n = args
            if x <= columns and y <= rows:
                yield Shape("down", tile, (x, y, min(n, rows + 1 - y)))
        case "rectangle":
            x1, y1, x2, y2 = args
            if x1 <= columns and y1 <= rows:
                yield Shape("rectangle", tile, (x1, y1, min(x2, columns), min(y2, rows)))
        case _:
            x1, y1, x2, y2 = args
            if x2 <= columns and y2 <= rows:
                yield shape
                return
            sides = (("across", (x1, y1, x2 + 1 - x1)), ("down", (x1, y1, y2 + 1 - y1)))
            far = (("across", (x1, y2, x2 + 1 - x1)), ("down", (x2, y1, y2 + 1 - y1)))
            for kind, numbers in (*sides, *far):
                yield from _inside(Shape(kind, tile, numbers), plan)


def _runs(y: int, tiles: tuple[int, ...], rows: int) -> Iterator[Shape]:
    """A row of tiles as its runs of one tile each."""
    if y > rows:
        return
    x = 1
    for tile, run in groupby(tiles):
        length = len(list(run))
        yield Shape("put", tile, (x, y)) if length == 1 else Shape("across", tile, (x, y, length))
        x += length


def _images(shape: Shape, axis: str, plan: Plan) -> Iterator[Shape]:
    """A shape inside the level and its images in a mirror."""
    yield shape
    across, down = axis in ("left-right", "both"), axis in ("top-bottom", "both")
    if across:
        yield _image(shape, plan, across=True, down=False)
    if down:
        yield _image(shape, plan, across=False, down=True)
    if across and down:
        yield _image(shape, plan, across=True, down=True)


def _image(shape: Shape, plan: Plan, across: bool, down: bool) -> Shape:
    x1, y1, *rest = shape.args
    if shape.kind in ("rectangle", "frame"):
        x2, y2 = rest
    else:
        x2 = x1 + rest[0] - 1 if shape.kind == "across" else x1
        y2 = y1 + rest[0] - 1 if shape.kind == "down" else y1
    if across:
        x1, x2 = plan.columns + 1 - x2, plan.columns + 1 - x1
    if down:
        y1, y2 = plan.rows + 1 - y2, plan.rows + 1 - y1
    return Shape(shape.kind, shape.tile, (x1, y1, x2, y2) if len(rest) == 2 else (x1, y1, *rest))


__all__ = ["POSITIONS", "commands"]
