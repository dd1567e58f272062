"""What programs of levels say: statements as plain numbers, and the level that they draw, the slow and certain way.

A level is an array (rows, columns) of uint8, tiles by their place in the tile set, row 0 at the top. Statements count
columns from 1 at the left and rows from 1 at the top.

The order of statements means nothing: where they overlap the higher tile shows. The ground's tile is the lowest of
all, whatever its place in the set, so that a statement of it changes nothing. What lies outside the level is cut off. A
mirror also paints the images of what is in it about the level's middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from i2c_core.programs import Program, text_of, text_program
from i2c_core.tilesets.tileset import SPACE, TileSet, tileset_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from i2c_core.families import Family
    from i2c_core.symbols import Signature
    from i2c_core.tilesets.level import Level

KINDS = ("rectangle", "frame", "across", "down", "put", "row")  # in the order of the signature
AXES = ("left-right", "top-bottom", "both")
_LISTS = {"cons", "nil"}, {"also", "stop"}


@dataclass(frozen=True, slots=True)
class Shape:
    """One statement that paints.

    Attributes:
        kind: one of KINDS.
        tile: index of the tile; -1 for a row, which has many.
        args: the numbers as they are written; of a row its number, then the index of each tile.
    """

    kind: str
    tile: int
    args: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mirror:
    """Shapes with their images about the level's middle; `axis` is one of AXES."""

    axis: str
    parts: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A program of levels: `ground` is the index of the tile beneath all statements."""

    columns: int
    rows: int
    ground: int
    body: tuple[Shape | Mirror, ...]


def plan_of(family: Family, program: Program) -> Plan:
    """What a program says, statements as they are written."""
    tiles = tileset_of(family)
    places = {c.replace(" ", SPACE): n for n, c in enumerate(tiles.chars)}

    def shape(node: Program) -> Shape:
        if node.name == "row":
            kinds = (places[c] for c in text_of(node.args[1]))
            return Shape("row", -1, (int(node.args[0].name), *kinds))
        tile, *numbers = node.args
        return Shape(node.name, tiles.index(tile.name), tuple(int(n.name) for n in numbers))

    columns, rows, ground, body = program.args
    statements: list[Shape | Mirror] = []
    for node in _elements(body):
        if node.name == "mirror":
            statements.append(Mirror(node.args[0].name, tuple(map(shape, _elements(node.args[1])))))
        else:
            statements.append(shape(node))
    return Plan(int(columns.name), int(rows.name), tiles.index(ground.name), tuple(statements))


def program_of(family: Family, plan: Plan) -> Program:
    """The program that says these statements in this order.

    Raises:
        ProgramError: a number outside what the language can say, or corners the wrong way round.
    """
    tiles, signature = tileset_of(family), family.gamma
    names, chars = tiles.names, tiles.chars.replace(" ", SPACE)
    leaves: dict[str, Program] = {}

    def leaf(name: str | int) -> Program:
        text = str(name)
        if text not in leaves:
            leaves[text] = Program(signature, text)
        return leaves[text]

    def made(shape: Shape) -> Program:
        if shape.kind == "row":
            text = text_program(signature, "".join(chars[k] for k in shape.args[1:]))
            return Program(signature, "row", (leaf(shape.args[0]), text))
        return Program(signature, shape.kind, (leaf(names[shape.tile]), *map(leaf, shape.args)))

    def statement(part: Shape | Mirror) -> Program:
        if isinstance(part, Shape):
            return made(part)
        inner = _listed(signature, "also", "stop", [made(s) for s in part.parts])
        return Program(signature, "mirror", (leaf(part.axis), inner))

    body = _listed(signature, "cons", "nil", [statement(s) for s in plan.body])
    return Program(signature, "level", (leaf(plan.columns), leaf(plan.rows), leaf(names[plan.ground]), body))


def draw(plan: Plan) -> Level:
    """The level (rows, columns) that a plan draws: cell by cell, the highest tile that a statement puts there."""
    import numpy as np  # listing families needs none

    highest = np.full((plan.rows, plan.columns), -1, np.int64)
    for statement in plan.body:
        axis = statement.axis if isinstance(statement, Mirror) else ""
        for shape in statement.parts if isinstance(statement, Mirror) else (statement,):
            for x, y, kind in cells(shape, plan.columns, plan.rows):
                if kind == plan.ground:
                    continue
                for column, row in images(x, y, axis, plan.columns, plan.rows):
                    highest[row - 1, column - 1] = max(highest[row - 1, column - 1], kind)
    return np.where(highest < 0, plan.ground, highest).astype(np.uint8)


def cells(shape: Shape, columns: int, rows: int) -> Iterator[tuple[int, int, int]]:
    """Column, row and tile of each cell inside the level that a shape paints; a cell may come twice."""
    args = shape.args
    if shape.kind == "row":
        spots = [(x, args[0], kind) for x, kind in enumerate(args[1:], 1)]
    else:
        spots = [(x, y, shape.tile) for x, y in _spots(shape.kind, args)]
    return ((x, y, kind) for x, y, kind in spots if 1 <= x <= columns and 1 <= y <= rows)


def images(x: int, y: int, axis: str, columns: int, rows: int) -> Iterator[tuple[int, int]]:
    """A cell and its images in a mirror; `axis` is empty where there is none. An image may be the cell itself."""
    across, down = columns + 1 - x, rows + 1 - y
    yield x, y
    if axis in ("left-right", "both"):
        yield across, y
    if axis in ("top-bottom", "both"):
        yield x, down
    if axis == "both":
        yield across, down


def level_of(family: Family, program: Program) -> Level:
    """The level (rows, columns) that a program draws."""
    return draw(plan_of(family, program))


def plain(family: Family, level: NDArray[np.integer]) -> Program:
    """The program that says a level tile by tile: a row a statement, on a ground of the set's default tile.

    What a row ends with of the default tile is left out, and so is a row of nothing else.

    Args:
        family: of levels.
        level: (rows, columns) tiles by their place in the set.
    """
    return program_of(family, plain_plan(tileset_of(family), level))


def plain_plan(tiles: TileSet, level: NDArray[np.integer]) -> Plan:
    """As `plain`, before it is a program."""
    body = []
    for y, row in enumerate(level.tolist(), 1):
        while row and row[-1] == tiles.default:
            row.pop()
        if row:
            body.append(Shape("row", -1, (y, *row)))
    return Plan(level.shape[1], level.shape[0], tiles.default, tuple(body))


def _spots(kind: str, args: tuple[int, ...]) -> list[tuple[int, int]]:
    """The cells of a shape of one tile, on a board without end."""
    x, y, *rest = args
    if kind == "put":
        return [(x, y)]
    if kind == "across":
        return [(x + n, y) for n in range(rest[0])]
    if kind == "down":
        return [(x, y + n) for n in range(rest[0])]
    spots = [(u, v) for v in range(y, rest[1] + 1) for u in range(x, rest[0] + 1)]
    if kind == "rectangle":
        return spots
    return [(u, v) for u, v in spots if u in (x, rest[0]) or v in (y, rest[1])]


def _elements(node: Program) -> Iterator[Program]:
    while node.args:
        first, node = node.args
        yield first


def _listed(signature: Signature, more: str, end: str, elements: list[Program]) -> Program:
    found = Program(signature, end)
    for element in reversed(elements):
        found = Program(signature, more, (element, found))
    return found
