"""Whether commands lie apart well enough that each can be told from what the others draw.

What is looked at is where they lie, not what they draw: commands with two points of which one must be the greater, or
with a width and height, are taken for boxes, others with two points for lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd

from i2c_core.loops.declaring import HEIGHT, WIDTH, Layout
from i2c_core.loops.statements import Command, X, Y

Segment = tuple[int, int, int, int]
Along = tuple[tuple[int, int, int], int, int, bool]  # a straight line, from and to along it, and whether it is a side


def is_tidy(commands: Sequence[Command], layout: Layout) -> bool:
    """Whether no two are equal, no two lines or sides share a stretch, and no line goes on where another ends."""
    if len(set(commands)) < len(commands):
        return False
    straight: dict[tuple[int, int, int], list[tuple[int, int, bool, int]]] = {}
    for number, command in enumerate(commands):
        for line, low, high, side in _stretches(command, layout):
            for a, b, other, owner in straight.get(line, ()):
                if owner != number and ((low < b and a < high) or (not side and not other and (a == high or b == low))):
                    return False
            straight.setdefault(line, []).append((low, high, side, number))
    return True


def _stretches(command: Command, layout: Layout) -> Iterator[Along]:
    places = layout.places[command.symbol]
    numbers: dict[str, list[int]] = {X: [], Y: [], WIDTH: [], HEIGHT: []}
    for arg, place in zip(command.args, places, strict=True):
        if place.role in numbers:
            numbers[place.role].append(int(arg))
    x, y = numbers[X], numbers[Y]
    if not x or not y:
        return
    box = any(p.partner is not None for p in places)
    if numbers[WIDTH] and numbers[HEIGHT]:
        x, y, box = [x[0], x[0] + numbers[WIDTH][0]], [y[0], y[0] + numbers[HEIGHT][0]], True
    if len(x) < 2 or len(y) < 2:
        return
    if not box:
        yield _along((x[0], y[0], x[1], y[1]), False)
        return
    (x1, x2), (y1, y2) = x[:2], y[:2]
    for side in ((x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2)):
        yield _along(side, True)


def _along(segment: Segment, side: bool) -> Along:
    """Where a segment lies: the straight line by its direction and offset, and from where to where along it."""
    x1, y1, x2, y2 = segment
    dx, dy = x2 - x1, y2 - y1
    share = gcd(dx, dy) or 1
    if dx < 0 or (dx == 0 and dy < 0):
        share = -share
    ux, uy = dx // share, dy // share
    ends = (x1, x2) if ux else (y1, y2)
    return (ux, uy, ux * y1 - uy * x1), min(ends), max(ends), side


__all__ = ["is_tidy"]
