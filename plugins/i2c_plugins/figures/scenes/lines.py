"""Drawings of lines alone, or nearly."""

from __future__ import annotations

from random import Random

from i2c_plugins.figures.scenes.looks import RINGS, Look, box, copies, pick, shuffled, span
from i2c_plugins.figures.scenes.tidy import Command


def lone_line(r: Random, look: Look, n: int) -> list[Command]:
    u = r.random()
    long = span(r, 1, 13)
    i, j = (long, 0) if u < 0.35 else (0, long) if u < 0.6 else (span(r, 1, 8), span(r, 1, 8))
    return [look.line(r, (0, 0), (i, j))]


def fan(r: Random, look: Look, n: int) -> list[Command]:
    """Lines from one point to points on a row, or to points around."""
    count = span(r, 2, max(2, min(6, n)))
    if r.random() < 0.6:
        step, far = span(r, 1, 4), span(r, 2, 8)
        x = (count - 1) * step // 2
        inwards = r.random() < 0.3
        ends = [((x, 0), (i * step, -far)) for i in range(count)]
        return [look.line(r, b, a) if inwards else look.line(r, a, b) for a, b in ends]
    long = span(r, 1, 5)
    ways = shuffled(r, [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)])[:count]
    return [look.line(r, (0, 0), (i * long, j * long)) for i, j in ways]


def parallels(r: Random, look: Look, n: int) -> list[Command]:
    """Lines side by side: equal, growing, shifted, or in turn to the left and to the right."""
    count, gap = span(r, 2, max(2, min(7, n))), pick(r, (1, 1, 1, 2, 2, 3))
    long, mode = span(r, 1, 9), r.random()
    slant = 0 if r.random() < 0.75 else span(r, -3, 3)
    grow = pick(r, (1, 1, 2))
    shift = pick(r, (1, 2)) if r.random() < 0.3 else 0
    if mode > 0.8:
        look.arrow = 1.0
    both = r.random() < 0.5
    out: list[Command] = []
    for i in range(count):
        y, low, high = -i * gap, i * shift, i * shift + long
        if 0.4 < mode <= 0.8:
            low, high = (i * grow if both else 0), long + count * grow - i * grow
        elif 0.2 < mode <= 0.4:
            high = low + span(r, 1, 8)
        a, b = (low, y), (high, y + slant)
        if mode > 0.8 and i % 2:
            a, b = b, a
        out.append(look.line(r, a, b))
    return out


def zigzag(r: Random, look: Look, n: int) -> list[Command]:
    """Lines that each begin where the last ended: teeth, stairs, or any way."""
    count, mode = span(r, 2, max(2, min(9, n))), r.random()
    i, j = span(r, 1, 4), span(r, 1, 5)
    x = y = 0
    out: list[Command] = []
    for k in range(count):
        if mode < 0.4:
            dx, dy = i, (j if k % 2 else -j)
        elif mode < 0.7:
            dx, dy = (i, 0) if k % 2 else (0, -j)
        elif mode < 0.85:
            long = span(r, 1, 5) * pick(r, (-1, 1))
            dx, dy = (long, 0) if k % 2 else (0, long)
        else:
            dx, dy = span(r, -4, 4), span(r, -4, 4)
        out.append(look.line(r, (x, y), (x + dx, y + dy)))
        x, y = x + dx, y + dy
    return out


def polygon(r: Random, look: Look, n: int) -> list[Command]:
    """A closed outline of lines: a triangle, a diamond, an arrow-shaped or a hexagonal one."""
    shape = pick(r, [s for s in RINGS if len(s) <= max(3, n)])
    across, upwards = span(r, 1, 4), span(r, 1, 4)
    if r.random() < 0.6:
        upwards = across
    points = [(x * across, y * upwards) for x, y in shape]
    return [look.line(r, a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)]


def broken_frame(r: Random, look: Look, n: int) -> list[Command]:
    """A box of separate lines: with gaps at its corners, dashed, with one side missing, or with arrows around."""
    wide, high = span(r, 3, 10), span(r, 3, 8)
    mode = r.random()
    gap = 1 if mode < 0.4 else 0
    dashed = mode >= 0.4 and r.random() < 0.6
    head = mode > 0.9
    corners = [(0, 0), (wide, 0), (wide, high), (0, high)]
    out: list[Command] = []
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        i, j = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
        a, b = (x1 + gap * i, y1 + gap * j), (x2 - gap * i, y2 - gap * j)
        out.append(("line", *a, *b, head, dashed))
    if mode > 0.65 or (not gap and not dashed):
        out = out[1:]
    return out


def corners(r: Random, look: Look, n: int) -> list[Command]:
    """Pairs of lines that share an end, at a constant step or mirrored."""
    i, j = span(r, 1, 4), span(r, 1, 4)
    ends = pick(r, (((0, j), (i, 0)), ((-i, -j), (i, -j)), ((0, -j), (i, j))))
    made = [look.line(r, (0, 0), e) for e in ends]
    count = span(r, 1, max(1, min(5, n // 2)))
    dx, dy = pick(r, ((1, -1), (i + 1, 0), (2, 0), (i + 1, -j - 1), (0, -j - 1)))
    return copies(made, [(k * dx, k * dy) for k in range(count)])


def crossing(r: Random, look: Look, n: int) -> list[Command]:
    """Long lines that cross: level and upright ones, or through one point, or at any angle."""
    count, mode = span(r, 2, max(2, min(7, n))), r.random()
    if mode < 0.4:
        gap, across = span(r, 1, 3), span(r, 1, count - 1)
        long, tall = gap * (count - across) + 1, gap * across + 1
        over = span(r, 0, 2)
        level = [look.line(r, (-over, k * gap), (long + over, k * gap)) for k in range(across)]
        upright = [look.line(r, (k * gap + 1, -1 - over), (k * gap + 1, tall + over)) for k in range(count - across)]
        return level + upright
    if mode < 0.6:
        far = span(r, 1, 5)
        ways = shuffled(r, [(1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2)])[: min(count, 4)]
        return [look.line(r, (-i * far, -j * far), (i * far, j * far)) for i, j in ways]
    return [look.line(r, (span(r, 0, 10), span(r, 0, 10)), (span(r, 0, 10), span(r, 0, 10))) for _ in range(count)]


def axes(r: Random, look: Look, n: int) -> list[Command]:
    """Two arrows from one origin, and what is plotted between them."""
    wide, high, back = span(r, 4, 12), span(r, 4, 12), pick(r, (0, 0, 1))
    out: list[Command] = [
        ("line", -back, 0, wide, 0, True, False),
        ("line", 0, -back, 0, high, True, False),
    ]
    u = r.random()
    if u < 0.3:
        out += zigzag(r, look, max(2, n - 2))[: max(0, n - 2)]
    elif u < 0.6:
        step = span(r, 1, 2)
        out += [box(1 + i * (step + 1), 0, step, span(r, 1, high - 1)) for i in range(min(n - 2, wide // (step + 1)))]
    elif u < 0.8:
        out += [("circle", span(r, 1, wide), span(r, 1, high)) for _ in range(span(r, 1, 3))]
    else:
        out.append(look.line(r, (0, 0), (span(r, 1, wide), span(r, 1, high))))
    return out


def steps_of_arrows(r: Random, look: Look, n: int) -> list[Command]:
    """Two staircases of short arrows, one each way, as in a protocol's diagram."""
    count = span(r, 1, max(1, min(5, n // 2)))
    long, down = span(r, 2, 8), span(r, 1, 3)
    slant = pick(r, (0, 0, 1))
    shift = pick(r, (0, 0, 1, 2))
    out: list[Command] = []
    if r.random() < 0.4:
        tall = 2 * count * down
        out = [("line", 0, -tall, 0, 1, False, r.random() < 0.3), ("line", long, -tall, long, 1, False, False)]
        shift = 0
    for k in range(count):
        y, x = -2 * k * down, k * shift
        out.append(look.line(r, (x, y), (x + long, y - slant), 1))
        out.append(look.line(r, (x + long, y - down), (x, y - down - slant), 1))
    return out
