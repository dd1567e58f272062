"""All shapes that a shortest program of a level may hold, and what each covers: the columns of a set cover.

Order never matters in a program of tiles, and the ground lies beneath everything. So a shape of a tile may lie on cells
of its own tile and of higher ones, never on the ground, and it settles the cells of its own tile. A program draws a
level exactly if each cell that is not ground is settled by a shape.

Legend: R rows, C columns of the level; N its cells, row · C + column; M columns, one a shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from i2c_core.tilesets.covering_shapes import Boxes, cells_of, outline_of, rectangles, runs

KINDS = ("put", "across", "down", "rectangle", "frame", "row")
PUT, ACROSS, DOWN, RECTANGLE, FRAME, ROW = range(len(KINDS))
PLAIN, LEFT_RIGHT, TOP_BOTTOM, BOTH = range(4)  # where a shape stands: in no mirror, or in one of three
CONTEXTS = ("", "left-right", "top-bottom", "both")
WIDE = 64  # columns of a level from which on not every length of a row is listed
MIRRORS = (LEFT_RIGHT, TOP_BOTTOM, BOTH)


@dataclass(frozen=True)
class Costs:
    """Symbols that each statement adds to a program.

    Attributes:
        ground: a program without statements.
        put, across, down, rectangle, frame: one shape each.
        row, cell: a row without tiles, and each tile of it.
        mirror: a mirror around nothing.
        within: what a shape costs more in a mirror than outside.
    """

    ground: int = 5
    put: int = 5
    across: int = 6
    down: int = 6
    rectangle: int = 7
    frame: int = 7
    row: int = 4
    cell: int = 1
    mirror: int = 4
    within: int = 0


@dataclass(frozen=True)
class Columns:
    """Shapes over a level of one ground.

    Attributes:
        covers: (M, N) sparse, 1 where a shape settles a cell.
        cost: (M,) symbols.
        least: (M,) symbols of the cheapest shape that this one stands for; `cost`, but for rows of a wide level, of
            which only some lengths are listed.
        context: (M,) PLAIN or the mirror that a shape stands in.
        kind: (M,) index into KINDS.
        tile: (M,) the tile; -1 of rows.
        box: (M, 4) top row, left column, height and width, from 0; a row is as wide as it has tiles.
    """

    covers: csr_matrix
    cost: NDArray[np.int64]
    least: NDArray[np.int64]
    context: NDArray[np.int64]
    kind: NDArray[np.int64]
    tile: NDArray[np.int64]
    box: Boxes

    def __len__(self) -> int:
        return len(self.cost)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Columns:
        """Some of the shapes."""
        fields = (self.covers, self.cost, self.least, self.context, self.kind, self.tile, self.box)
        return Columns(*(field[which] for field in fields))

    @staticmethod
    def joined(parts: list[Columns], cells: int) -> Columns:
        """The shapes of all parts, in this order, over as many cells."""
        if not parts:
            none = np.zeros(0, np.int64)
            return Columns(csr_matrix((0, cells)), none, none, none, none, none, np.zeros((0, 4), np.int64))
        fields = ("cost", "least", "context", "kind", "tile", "box")
        covers = vstack([p.covers for p in parts], format="csr")
        return Columns(covers, *(np.concatenate([getattr(p, f) for p in parts]) for f in fields))


@dataclass(frozen=True)
class Layers:
    """A level over one ground.

    Attributes:
        tiles: (R, C) the level, the ground as -1: the lowest of all.
        lowest: (4, R, C) by context, the lowest tile of a cell and its images, so what a shape there may be at most.
    """

    tiles: NDArray[np.int64]
    lowest: NDArray[np.int64]

    @staticmethod
    def of(level: NDArray[np.uint8], ground: int) -> Layers:
        tiles = np.where(level == ground, -1, level.astype(np.int64))
        return Layers(tiles, np.stack([np.min(images(tiles, context), axis=0) for context in range(4)]))

    @property
    def needed(self) -> NDArray[np.bool_]:
        """(N,) which cells have to be settled."""
        return self.tiles.ravel() >= 0

    @property
    def above(self) -> list[int]:
        """The tiles that have to be painted, from low to high."""
        found: list[int] = np.unique(self.tiles[self.tiles >= 0]).tolist()
        return found


def columns_of(layers: Layers, context: int, costs: Costs) -> Columns:
    """The shapes of one context but frames, the dearer of those that settle the same left out."""
    parts = []
    for tile in layers.above:
        allowed = layers.lowest[context] >= tile
        single = np.argwhere(allowed & (layers.tiles == tile))
        boxes = {
            PUT: np.concatenate([single, np.ones_like(single)], 1),
            ACROSS: runs(allowed),
            DOWN: runs(allowed.T)[:, [1, 0, 3, 2]],
            RECTANGLE: rectangles(allowed),
        }
        for kind, box in boxes.items():
            parts.append(columns_from(layers, context, tile, kind, first_of_images(box, layers, context), costs))
    parts.append(_rows(layers, context, costs))
    return cheapest(Columns.joined(parts, layers.tiles.size))


def first_of_images(box: Boxes, layers: Layers, context: int) -> Boxes:
    """Of a box and its images in a mirror, those whose middle is not right of, nor below, the level's."""
    rows, columns = layers.tiles.shape
    if context in (LEFT_RIGHT, BOTH):
        box = box[2 * box[:, 1] + box[:, 3] <= columns]
    if context in (TOP_BOTTOM, BOTH):
        box = box[2 * box[:, 0] + box[:, 2] <= rows]
    return box


def columns_from(layers: Layers, context: int, tile: int, kind: int, box: Boxes, costs: Costs) -> Columns:
    """The columns of boxes (B, 4) of one kind, tile and context."""
    which, cell = (outline_of if kind == FRAME else cells_of)(box, layers.tiles.shape[1])
    cells = np.concatenate([n.ravel()[cell] for n in images(_numbers(layers), context)])
    which = np.tile(which, len(cells) // max(1, len(cell)))
    settled = layers.tiles.ravel()[cells] == tile
    covers = _matrix(which[settled], cells[settled], len(box), layers.tiles.size)
    each = getattr(costs, KINDS[kind]) + (costs.within if context else 0)
    same = np.ones(len(box), np.int64)
    return Columns(covers, each * same, each * same, context * same, kind * same, tile * same, box)


def images(array: NDArray[np.int64], context: int) -> list[NDArray[np.int64]]:
    """An array (R, C) and what it looks like in the mirror: 1, 2 or 4 arrays."""
    sideways, upright = array[:, ::-1], array[::-1]
    return {
        PLAIN: [array],
        LEFT_RIGHT: [array, sideways],
        TOP_BOTTOM: [array, upright],
        BOTH: [array, sideways, upright, array[::-1, ::-1]],
    }[context]


def _rows(layers: Layers, context: int, costs: Costs) -> Columns:
    """Rows, each tile the lowest of its images. Past the middle of a mirror nothing new is settled."""
    rows, columns = layers.tiles.shape
    lowest = layers.lowest[context]
    useful = lowest >= 0
    if context in (LEFT_RIGHT, BOTH):
        useful[:, (columns + 1) // 2 :] = False
    if context in (TOP_BOTTOM, BOTH):
        useful[(rows + 1) // 2 :] = False
    step = 1 + columns // WIDE
    ends = useful.copy()
    if step > 1:  # the last cell of each stretch of `step` cells stands for all ends in it
        ends = np.add.reduceat(useful, np.arange(0, columns, step), axis=1) > 0
    row, last = np.nonzero(ends)
    first = last * step
    last = np.minimum(first + step, columns) - 1
    same = np.ones_like(row)
    box = np.stack([row, 0 * same, same, last + 1], 1)
    which, cell = cells_of(box, columns)
    own = useful.ravel()[cell]
    which, cell = which[own], cell[own]
    found = []
    for number in images(_numbers(layers), context):
        image = number.ravel()[cell]
        settled = layers.tiles.ravel()[image] == lowest.ravel()[cell]
        found.append((which[settled], image[settled]))
    covers = _matrix(
        np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]), len(box), lowest.size
    )
    cost, least = (costs.row + costs.cell * (n + 1) + (costs.within if context else 0) for n in (last, first))
    return Columns(covers, cost, least, context * same, ROW * same, -same, box)


def _numbers(layers: Layers) -> NDArray[np.int64]:
    return np.arange(layers.tiles.size).reshape(layers.tiles.shape)


def _matrix(which: NDArray[np.int64], cell: NDArray[np.int64], count: int, size: int) -> csr_matrix:
    key = np.unique(which * size + cell)  # an image may fall on the shape itself
    which, cell = key // size, key % size
    start = np.searchsorted(which, np.arange(count + 1))
    return csr_matrix((np.ones(len(key)), cell, start), shape=(count, size))


def cheapest(columns: Columns) -> Columns:
    """Of shapes that settle the same cells the cheapest, and of these the first; without those that settle none."""
    mark = np.random.default_rng(0).integers(0, 2**63, columns.covers.shape[1], dtype=np.uint64)  # sums tell sets apart
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mark[columns.covers.indices], dtype=np.uint64)])
    start = columns.covers.indptr
    sums = total[start[1:]] - total[start[:-1]]  # (M,) modulo 2 ** 64
    order = np.lexsort((np.arange(len(columns)), columns.cost, sums))
    first = np.ones(len(order), bool)
    first[1:] = sums[order][1:] != sums[order][:-1]
    kept = order[first]
    return columns.take(np.sort(kept[np.diff(start)[kept] > 0]))
