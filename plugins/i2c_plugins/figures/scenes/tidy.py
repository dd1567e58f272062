"""One set of commands for one drawing: leaves out what other commands draw too, as far as that is cheap to tell.

A scene whose ink two sets of commands would draw teaches nothing about which of them was meant. What is kept to:
no two commands are equal; a plain line has its smaller end first; a line shares no stretch with another line nor with
a side of a rectangle; plain lines that continue each other are one line, and none continues an arrow at its tail;
no two rectangles have two sides on the same two lines and overlap there; no plain line is part of a rectangle that
other ink completes. Crossings and ends on other strokes are fine.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import Any

Command = tuple[Any, ...]
# ("circle", x, y), ("rectangle", x1, y1, x2, y2) or ("line", x1, y1, x2, y2, arrow, dashed)

_ORDER = {"circle": 0, "rectangle": 1, "line": 2}


def order(command: Command) -> tuple[Any, ...]:
    """The key that sorts commands as a canonical program has them: circles, rectangles, lines; left to right."""
    return (_ORDER[command[0]], *command[1:])


def tidy(commands: Iterable[Command], most: int, width: int = 16, height: int = 16) -> list[Command]:
    """The commands that lie on the canvas and that no others draw too, at most `most`, in canonical order.

    Of two that are in each other's way, a shape goes before a line, and the earlier before the later.

    Args:
        commands: coordinates of any size; what does not fit in 1..width-1, 1..height-1 is left out.
        most: how many to keep, the first ones.
        width, height: of the canvas in cells.
    """
    kept: dict[Command, None] = {}
    lines: list[Command] = []
    right, top = width - 1, height - 1
    for command in commands:
        if command[0] == "line":
            _, x1, y1, x2, y2, arrow, dashed = command
            if not (0 < x1 <= right and 0 < x2 <= right and 0 < y1 <= top and 0 < y2 <= top) or (x1, y1) == (x2, y2):
                continue
            if not arrow and (x1, y1) > (x2, y2):
                command = ("line", x2, y2, x1, y1, False, dashed)
            lines.append(command)
        elif command[0] == "circle":
            if 0 < command[1] <= right and 0 < command[2] <= top:
                kept[command] = None
        else:
            _, x1, y1, x2, y2 = command
            if 0 < x1 < x2 <= right and 0 < y1 < y2 <= top and not _clashes(command, kept):
                kept[command] = None
    shapes = list(kept)[:most]
    if not lines or len(shapes) >= most:
        return sorted(shapes, key=order)
    straight = _without_overlaps(lines, shapes)
    straight = _without_rectangles(straight, shapes)
    return sorted(shapes + straight[: most - len(shapes)], key=order)


def _clashes(command: Command, kept: Iterable[Command]) -> bool:
    """Whether two sides lie on the same two lines as an earlier rectangle's, with a stretch in common."""
    _, x1, y1, x2, y2 = command
    for other in kept:
        if other[0] == "rectangle":
            _, a1, b1, a2, b2 = other
            if (a1 == x1 and a2 == x2 and b1 < y2 and y1 < b2) or (b1 == y1 and b2 == y2 and a1 < x2 and x1 < a2):
                return True
    return False


Placed = tuple[int, int, Command]  # from and to along a straight line, and what lies there
Straight = dict[tuple[int, int, int], list[Placed]]  # by the line that they lie on


def _without_overlaps(lines: list[Command], shapes: list[Command]) -> list[Command]:
    """Lines of which no two share a stretch; plain ones that continue each other as one."""
    straight: Straight = {}
    for shape in shapes:
        if shape[0] == "rectangle":
            _, x1, y1, x2, y2 = shape
            straight.setdefault((1, 0, y1), []).append((x1, x2, shape))
            straight.setdefault((1, 0, y2), []).append((x1, x2, shape))
            straight.setdefault((0, 1, -x1), []).append((y1, y2, shape))
            straight.setdefault((0, 1, -x2), []).append((y1, y2, shape))
    kept: dict[Command, None] = {}
    for line in lines:
        _add(line, straight, kept)
    return list(kept)


def _add(line: Command, straight: Straight, kept: dict[Command, None]) -> None:
    """Keep a line, or what it makes with a line that it continues, unless another is in its way."""
    _, x1, y1, x2, y2, arrow, dashed = line
    dx, dy = x2 - x1, y2 - y1
    share = gcd(dx, dy)
    if dx < 0 or (dx == 0 and dy < 0):
        share = -share
    ux, uy = dx // share, dy // share
    low, high = (x1, x2) if ux else (y1, y2)
    if share < 0:
        low, high = high, low
    there = straight.setdefault((ux, uy, ux * y1 - uy * x1), [])
    for a, b, _other in there:
        if low < b and a < high:
            return
    for place, (a, b, other) in enumerate(there):
        if (a == high or b == low) and other[0] == "line" and other[6] == dashed:
            if not arrow and not other[5]:
                ends = sorted(((x1, y1), (x2, y2), other[1:3], other[3:5]))
                del there[place], kept[other]
                _add(("line", *ends[0], *ends[-1], False, dashed), straight, kept)
                return
            if arrow != other[5]:
                pointer, plain = (line, other) if arrow else (other, line)
                if pointer[1:3] in (plain[1:3], plain[3:5]):  # one longer arrow would draw both
                    return
    there.append((low, high, line))
    kept[line] = None


def _without_rectangles(lines: list[Command], shapes: list[Command]) -> list[Command]:
    """Lines of which none is a part of a rectangle that the rest of the ink completes."""
    plain = [x for x in lines if not x[5] and not x[6] and (x[1] == x[3] or x[2] == x[4])]
    boxes = [x for x in shapes if x[0] == "rectangle"]
    if not plain or len(plain) + 3 * len(boxes) < 4:
        return lines
    for line in reversed(plain):
        rows, columns = _ink(boxes, plain)
        _, x1, y1, x2, y2, _, _ = line
        ends = (rows, columns, y1, x1, x2) if y1 == y2 else (columns, rows, x1, y1, y2)
        if _completed(*ends):
            plain.remove(line)
            lines.remove(line)
    return lines


def _ink(boxes: list[Command], plain: list[Command]) -> tuple[dict[int, int], dict[int, int]]:
    """By row and by column, the unit stretches that have ink, a bit each."""
    rows: dict[int, int] = {}
    columns: dict[int, int] = {}
    for _, x1, y1, x2, y2, *_rest in (*boxes, *plain):
        if x1 != x2:
            bits = (1 << x2) - (1 << x1)
            rows[y1] = rows.get(y1, 0) | bits
            rows[y2] = rows.get(y2, 0) | bits
        if y1 != y2:
            bits = (1 << y2) - (1 << y1)
            columns[x1] = columns.get(x1, 0) | bits
            columns[x2] = columns.get(x2, 0) | bits
    return rows, columns


def _completed(along: dict[int, int], across: dict[int, int], at: int, low: int, high: int) -> bool:
    """Whether the stretch low..high of line `at` is part of a rectangle's side, all of whose border has ink."""
    here = along[at]
    first = low
    while first and here >> (first - 1) & 1:
        first -= 1
    last = high
    while here >> last & 1:
        last += 1
    starts = [x for x in across if first <= x <= low]
    ends = [x for x in across if high <= x <= last]
    for other, ink in along.items():
        if other == at:
            continue
        below, above = (other, at) if other < at else (at, other)
        side = (1 << above) - (1 << below)
        for a in starts:
            if across[a] & side == side:
                for b in ends:
                    edge = (1 << b) - (1 << a)
                    if ink & edge == edge and across[b] & side == side:
                        return True
    return False
