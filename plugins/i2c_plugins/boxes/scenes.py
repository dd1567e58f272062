"""Random boxes: free ones, boxes on boxes, and boxes that lie partly on another."""

from __future__ import annotations

from random import Random

import numpy as np

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_plugins.boxes.canonical import nested, to_program
from i2c_plugins.boxes.painting import Painted, cells_of, edges, seen
from i2c_plugins.boxes.tokens import COLOURS

SHORTEST = 7  # tokens of a box in a list
NESTED, OVERLAPPING = 0.35, 0.3  # shares of the boxes behind the first
FEWER = 0.1  # share of the programs with any number of boxes
TRIES = 40  # rectangles that are tried for one box


def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
    """A random canonical program of about `size` tokens and no more; at times of any number of boxes up to that.

    Every box is painted where all boxes before it stay seen up to their edges.
    """
    r = Random(int(rng.integers(1 << 62)))
    signature = family.gamma
    cells = cells_of(signature)
    colours = [Program(signature, name) for name in COLOURS]
    most = max(0, (size - 3) // SHORTEST)
    if r.random() < FEWER:
        most = r.randrange(most + 1)
    while True:
        ground = r.choice(colours)
        boxes: list[Painted] = []
        for _ in range(most):
            box = _next(r, colours, ground, boxes, cells)
            if box is None:
                break
            boxes.append(box)
        found = nested(boxes)
        program = to_program(signature, ground, found)
        if program.size <= size or not boxes:
            return program
        most -= r.random() < 0.5


def _next(r: Random, colours: list[Program], ground: Program, boxes: list[Painted], cells: int) -> Painted | None:
    """One more box, or None where none was found."""
    for _ in range(TRIES):
        box = Painted(*_place(r, boxes, cells), r.choice(colours))
        found = seen(ground, [*boxes, box], cells)
        if found[0] and all(
            own and edges(own, cells) == (b.left, b.upper, b.right, b.lower)
            for b, own in zip([*boxes, box], found[1:], strict=True)
        ):
            return box
    return None


def _place(r: Random, boxes: list[Painted], cells: int) -> tuple[int, int, int, int]:
    """Edges of a box: anywhere, within another box, or across an edge of one."""
    u = r.random()
    if boxes and u < NESTED:
        on = r.choice(boxes)
        left, right = _span(r, on.left, on.right)
        upper, lower = _span(r, on.upper, on.lower)
        return left, upper, right, lower
    left, right = _span(r, 0, cells)
    upper, lower = _span(r, 0, cells)
    if boxes and u < NESTED + OVERLAPPING:
        for _ in range(TRIES):
            here = Painted(left, upper, right, lower, boxes[0].fill)
            if any(here.meets(b) and not b.holds(here) for b in boxes):
                break
            left, right = _span(r, 0, cells)
            upper, lower = _span(r, 0, cells)
    return left, upper, right, lower


def _span(r: Random, low: int, high: int) -> tuple[int, int]:
    """A part of [low, high), all equally likely."""
    count = high - low
    n = int(r.random() * (count * (count + 1) // 2))
    for length in range(1, count + 1):
        if n < count - length + 1:
            return low + n, low + n + length
        n -= count - length + 1
    raise AssertionError
