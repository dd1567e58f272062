"""Shorter programs for levels: the hook `Family.synthesize` of every language of tiles.

Here a program becomes a level, the level a set cover, and its shapes a program again. What statements cost is measured
on programs of the family, not assumed.

Legend: R rows, C columns of the level.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from i2c_core.programs import Program
from i2c_core.tilesets.covering_columns import CONTEXTS, FRAME, KINDS, PLAIN, ROW, Columns, Costs, Layers, images
from i2c_core.tilesets.covering_search import Cover, Search
from i2c_core.tilesets.statements import Mirror, Plan, Shape, level_of, program_of
from i2c_core.tilesets.tileset import tileset_of

if TYPE_CHECKING:
    from i2c_core.families import Family

LAST = 256  # where rows stand among shapes, whose tiles are bytes


@dataclass(frozen=True)
class Shortened:
    """A program with the same level.

    Attributes:
        program: the shortest so far.
        cost: its symbols.
        bound: no program of this level has fewer symbols.
    """

    program: Program
    cost: int
    bound: int


def synthesize(family: Family, program: Program, deadline: float | None = None) -> Iterator[Shortened]:
    """Shorter and shorter programs that draw the same level.

    Args:
        family: of levels.
        program: of the family; it is the first answer, so that nothing longer comes after it.
        deadline: when to end, in seconds of `time.monotonic`; None searches until nothing shorter can exist.

    Yields:
        The best so far, whenever it or the bound is better than before. The search is over where cost and bound meet.
    """
    level = level_of(family, program)
    stop = math.inf if deadline is None else deadline
    best, told = program, None
    for cover in Search(level, costs_of(family), program.size, stop).run():
        if cover.shapes is not None and cover.shapes is not told:
            best, told = program_of(family, plan_from(cover)), cover.shapes
        yield Shortened(best, best.size, cover.bound)


@lru_cache(maxsize=16)
def costs_of(family: Family) -> Costs:
    """What statements cost in symbols, measured on the smallest level."""
    tiles = tileset_of(family)
    columns, rows = tiles.smallest

    def size(*body: Shape | Mirror) -> int:
        return program_of(family, Plan(columns, rows, 0, body)).size

    arguments = {"put": (1, 1), "across": (1, 1, 1), "down": (1, 1, 1)}
    shapes = {kind: Shape(kind, 0, arguments.get(kind, (1, 1, 1, 1))) for kind in KINDS[:ROW]}
    ground = size()
    row, longer = size(Shape("row", -1, (1, 0))), size(Shape("row", -1, (1, 0, 0)))
    one, two = (size(Mirror(CONTEXTS[1], (shapes["put"],) * n)) for n in (1, 2))
    costs = {kind: size(shape) - ground for kind, shape in shapes.items()}
    return Costs(
        ground=ground,
        row=row - ground - (longer - row),
        cell=longer - row,
        mirror=one - ground - (two - one),
        within=two - one - costs["put"],
        **costs,
    )


def plan_from(cover: Cover) -> Plan:
    """The statements of a cover: low tiles first, each kind by itself from top to bottom, mirrors at the end."""
    shapes, layers = cover.shapes, cover.layers
    assert shapes is not None
    assert layers is not None
    found: dict[int, list[tuple[tuple[int, ...], Shape]]] = {}
    for n in range(len(shapes)):
        context, kind, tile = int(shapes.context[n]), int(shapes.kind[n]), int(shapes.tile[n])
        shape = _shape(cover, shapes, layers, n)
        layer = LAST if kind == ROW else tile
        order = (layer, -kind, *shape.args[1::-1])
        found.setdefault(context, []).append((order, shape))
    parts = {c: tuple(s for _, s in sorted(listed, key=lambda p: p[0])) for c, listed in sorted(found.items())}
    plain = parts.pop(PLAIN, ())
    rows, columns = layers.tiles.shape
    return Plan(columns, rows, cover.ground, (*plain, *(Mirror(CONTEXTS[c], p) for c, p in parts.items())))


def _shape(cover: Cover, shapes: Columns, layers: Layers, number: int) -> Shape:
    """One shape of a cover as a statement, without the sides of a box on which there is nothing of its tile to see."""
    context, kind, tile = (int(field[number]) for field in (shapes.context, shapes.kind, shapes.tile))
    top, left, height, width = shapes.box[number].tolist()
    if kind == ROW:
        tiles = layers.lowest[context][top, :width]
        return Shape("row", -1, (top + 1, *np.where(tiles < 0, cover.ground, tiles).tolist()))
    bottom, right = top + height, left + width
    if kind != FRAME:
        own = np.max(images(layers.tiles == tile, context), axis=0)
        rows, columns = np.nonzero(own[top:bottom, left:right])
        top, bottom, left, right = (
            top + rows.min(),
            top + rows.max() + 1,
            left + columns.min(),
            left + columns.max() + 1,
        )
    corner = (int(left) + 1, int(top) + 1)
    more = {
        "put": (),
        "across": (int(right - left),),
        "down": (int(bottom - top),),
    }
    return Shape(KINDS[kind], tile, (*corner, *more.get(KINDS[kind], (int(right), int(bottom)))))
