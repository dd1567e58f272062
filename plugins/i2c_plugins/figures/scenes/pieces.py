"""All pieces of diagrams, with their weights; and those that hold another piece.

Each piece is a function `(r, look, n) -> list of commands`: `r` is the chance, `look` the habits that hold for a whole
scene, `n` about how many commands it may take. Coordinates are local, any integers, y upwards; what comes first is
kept where there is room for less.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from i2c_plugins.figures.scenes.graphs import (
    bipartite,
    chain,
    comb,
    flow,
    grid_graph,
    layers,
    loose_graph,
    org_chart,
    ring,
    star,
    there_and_back,
    tree,
)
from i2c_plugins.figures.scenes.lines import (
    axes,
    broken_frame,
    corners,
    crossing,
    fan,
    lone_line,
    parallels,
    polygon,
    steps_of_arrows,
    zigzag,
)
from i2c_plugins.figures.scenes.looks import Look, bounds, copies, flipped, pick, span
from i2c_plugins.figures.scenes.shapes import (
    ball_on_stick,
    cart,
    crossed,
    envelope,
    house,
    inscribed,
    lone_shape,
    nested,
    pair,
    person,
    row,
    scattered,
    table,
    touching,
)
from i2c_plugins.figures.scenes.tidy import Command

Piece = Callable[[Random, Look, int], list[Command]]


def motif(r: Random, look: Look, n: int) -> list[Command]:
    """A small drawing of one to four commands, copied in a row, on a grid, a diagonal or a cross, or mirrored."""
    each = span(r, 1, max(1, min(4, n // 2)))
    made = pick(r, SMALL)(r, look, each)[: max(1, each)]
    x1, y1, x2, y2 = bounds(made)
    wide, high = x2 - x1, y2 - y1
    gap = span(r, 0, 2)
    dx, dy = max(1, wide + gap), max(1, high + gap)
    most = max(2, min(6, n // max(1, len(made))))
    mode = r.random()
    if mode < 0.45:
        return copies(made, [(i * dx, 0) for i in range(span(r, 2, most))])
    if mode < 0.6:
        return copies(made, [(i * dx, -j * dy) for j in range(2) for i in range(span(r, 2, max(2, most // 2)))])
    if mode < 0.75:
        step = pick(r, ((dx, -dy), (dx, -1), (1, -dy), (-dx, -dy), (2, -2), (1, -1)))
        return copies(made, [(i * step[0], i * step[1]) for i in range(span(r, 2, most))])
    if mode < 0.82:
        return copies(made, [(0, 0), (dx, 0), (-dx, 0), (0, dy), (0, -dy)][: most + 1])
    far = x2 + span(r, 0, 2)
    return made + [flipped(c, 2 * far) for c in made]


def dashed_frame(r: Random, look: Look, n: int) -> list[Command]:
    """A dashed box of four lines around a small drawing."""
    inside = pick(r, SMALL)(r, look, max(1, n - 4))[: max(1, n - 4)]
    x1, y1, x2, y2 = bounds(inside)
    d = span(r, 1, 2)
    x1, y1, x2, y2 = x1 - d, y1 - d, x2 + d, y2 + d
    ends = ((x1, y1, x2, y1), (x1, y1, x1, y2), (x1, y2, x2, y2), (x2, y1, x2, y2))
    return inside + [("line", *e, False, True) for e in ends]


SMALL: tuple[Piece, ...] = (
    lone_shape, lone_shape, lone_line, ball_on_stick, ball_on_stick, crossed, pair, pair, house, corners, inscribed,
    envelope, fan, polygon, touching,
)  # fmt: skip

PIECES: tuple[tuple[int, Piece], ...] = (  # with their weights
    (9, grid_graph), (8, chain), (6, comb), (9, tree), (3, org_chart), (6, bipartite), (5, layers), (8, ring),
    (5, star), (7, loose_graph), (4, there_and_back), (5, flow),
    (9, row), (12, motif), (7, nested), (5, inscribed), (5, touching), (5, table), (6, scattered),
    (2, house), (2, person), (2, cart), (2, envelope), (3, ball_on_stick), (3, crossed), (4, pair), (3, lone_shape),
    (4, lone_line), (4, fan), (8, parallels), (6, zigzag), (4, polygon), (4, broken_frame), (3, dashed_frame),
    (5, corners), (5, crossing), (3, axes), (3, steps_of_arrows),
)  # fmt: skip
