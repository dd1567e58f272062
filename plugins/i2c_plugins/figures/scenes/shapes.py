"""Shapes: rows, frames, tables, piles, and small things that people draw."""

from __future__ import annotations

from random import Random

from i2c_plugins.figures.scenes.looks import (
    Look,
    bottom,
    box,
    copies,
    drawn,
    left,
    link,
    pick,
    pitch,
    right,
    shuffled,
    span,
    top,
)
from i2c_plugins.figures.scenes.tidy import Command


def row(r: Random, look: Look, n: int) -> list[Command]:
    """Equal shapes at a constant step: in a row, on a diagonal, or on a grid; at times touching or overlapping."""
    if r.random() < 0.45:
        made: list[Command] = [("circle", 0, 0)]
        wide = high = 2
    else:
        wide, high = (2, 2) if r.random() < 0.35 else (span(r, 1, 6), span(r, 1, 6))
        made = [box(0, 0, wide, high)]
    gap = pick(r, (0, 1, 1, 1, 2, 2, 3, -1))
    dx, dy = (wide + gap or 1), (high + gap or 1)
    mode = r.random()
    if mode < 0.3:
        columns, rows = span(r, 2, 4), span(r, 2, 3)
        return copies(made, [(i * dx, -j * dy) for j in range(rows) for i in range(columns)])
    count = span(r, 2, max(2, min(6, n)))
    if mode < 0.8:
        return copies(made, [(i * dx, 0) for i in range(count)])
    dy = pick(r, (1, high, high + gap or 1)) if mode < 0.95 else 1
    return copies(made, [(i * dx, -i * dy) for i in range(count)])


def nested(r: Random, look: Look, n: int) -> list[Command]:
    """Frames in frames, about one centre or from one corner, at times around a circle or a small box."""
    depth = span(r, 1, max(1, min(5, n - 1)))
    step = pick(r, (1, 1, 1, 2))
    core, wide, high = r.random(), span(r, 1, 4), span(r, 1, 4)
    out: list[Command] = []
    if core < 0.35:
        out.append(("circle", 1, 1))
        wide = high = 2
        if r.random() < 0.3:
            out.append(box(0, 0, 2, 2))
    elif core < 0.5 and n > 2:
        count = span(r, 2, 3)
        out += [("circle", 1 + 2 * i + i, 1) for i in range(count)]
        wide, high = 3 * count - 1, 2
    elif core < 0.9:
        out.append(box(0, 0, wide, high))
    mode = r.random()
    for i in range(1, depth + 1):
        d = i * step
        if mode < 0.8:
            out.append(box(-d, -d, wide + 2 * d, high + 2 * d))
        elif mode < 0.9:
            out.append(box(-d, 0, wide + 2 * d, high + d))
        else:
            out.append(box(0, 0, wide + d, high + d))
    return out


def inscribed(r: Random, look: Look, n: int) -> list[Command]:
    """Circles inside boxes that they touch: one in a square, two in 2 by 4, or in a wider box with room."""
    count = span(r, 1, 3)
    out: list[Command] = [("circle", 1 + 2 * i, 1) for i in range(count)]
    margin = pick(r, (0, 0, 1))
    made = [box(-margin, -margin, 2 * count + 2 * margin, 2 + 2 * margin), *out]
    if r.random() < 0.5 and n >= 2 * len(made):
        step = 2 * count + 2 * margin + span(r, 0, 3)
        made = copies(made, [(i * step, 0) for i in range(span(r, 2, max(2, n // len(made))))])
    return made


def touching(r: Random, look: Look, n: int) -> list[Command]:
    """Circles that touch or overlap, in a row, a pile or on a diagonal; or boxes that overlap."""
    count = span(r, 2, max(2, min(6, n)))
    mode = r.random()
    if mode < 0.35:
        step = pick(r, (1, 2, 2))
        return [("circle", i * step, 0) for i in range(count)]
    if mode < 0.5:
        return [("circle", i, -i * pick(r, (1, 1, 2))) for i in range(count)]
    if mode < 0.7:
        base = 3 if n >= 6 else 2
        return [("circle", 2 * i + j, 2 * j) for j in range(base) for i in range(base - j)]
    wide, high = span(r, 2, 5), span(r, 2, 5)
    dx, dy = span(r, 1, wide), span(r, 1, high)
    return [box(i * dx, -i * dy, wide, high) for i in range(min(count, 4))]


def table(r: Random, look: Look, n: int) -> list[Command]:
    """Boxes side by side with common borders: a row, a staircase, bars on one base, bricks."""
    count = span(r, 2, max(2, min(6, n)))
    wide, high = span(r, 1, 3), span(r, 1, 4)
    mode = r.random()
    if mode < 0.3:
        return [box(i * wide, 0, wide, high) for i in range(count)]
    if mode < 0.5:
        return [box(i * wide, 0, wide, high + i) for i in range(count)]
    if mode < 0.75:
        gap = pick(r, (0, 1))
        return [box(i * (wide + gap), 0, wide, span(r, 1, 8)) for i in range(count)]
    if mode < 0.88:
        return [box(-(j % 2), j * high, 2 + wide, high) for j in range(min(count, 4))]
    return [box(2 * wide * i + (wide if j % 2 else 0), j * high, 2 * wide, high) for j in range(2) for i in range(2)]


def scattered(r: Random, look: Look, n: int) -> list[Command]:
    """A few shapes anywhere, with arrows that point at them or lines that pass through."""
    count = span(r, 1, max(1, min(4, n)))
    out: list[Command] = []
    for _ in range(count):
        node = look.node(r, span(r, 0, 10), span(r, 0, 10))
        out.append(drawn(node))
        u = r.random()
        if u < 0.45:
            side = pick(r, (top, bottom, left, right))
            x, y = side(node)
            dx, dy = {top: (0, 1), bottom: (0, -1), left: (-1, 0), right: (1, 0)}[side]
            far = span(r, 1, 4)
            slant = span(r, -2, 2) if r.random() < 0.4 else 0
            start = (x + dx * far + dy * slant, y + dy * far + dx * slant)
            ends = (start, (x, y)) if r.random() < 0.7 else ((x, y), start)
            out.append(look.line(r, *ends))
        elif u < 0.6:
            x, y = (node[0] + node[2]) // 2, (node[1] + node[3]) // 2
            i, j = pick(r, ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1)))
            far = span(r, 1, 3)
            back = pick(r, (far, far, 0))
            out.append(look.line(r, (x - i * back, y - j * back), (x + i * far, y + j * far)))
    return out


def house(r: Random, look: Look, n: int) -> list[Command]:
    wide = 2 * span(r, 1, 3)
    high, roof = span(r, 1, 4), span(r, 1, 3)
    out = [
        box(0, 0, wide, high),
        ("line", 0, high, wide // 2, high + roof, False, False),
        ("line", wide // 2, high + roof, wide, high, False, False),
    ]
    if n > 3 and high > 1 and wide > 2:
        out.append(box(wide // 2, 0, 1, high - 1))
    return out


def person(r: Random, look: Look, n: int) -> list[Command]:
    body = span(r, 2, 3)
    arms = span(r, -1, 1)
    plain = (False, False)
    return [
        ("circle", 0, body + 1),
        ("line", 0, 0, 0, body, *plain),
        ("line", -1, -2, 0, 0, *plain),
        ("line", 0, 0, 1, -2, *plain),
        ("line", -1, body - 1 + arms, 0, body - 1, *plain),
        ("line", 0, body - 1, 1, body - 1 + arms, *plain),
    ]


def cart(r: Random, look: Look, n: int) -> list[Command]:
    wide = span(r, 4, 8)
    out: list[Command] = [box(0, 2, wide, span(r, 1, 3)), ("circle", 1, 1), ("circle", wide - 1, 1)]
    if r.random() < 0.3:
        out.append(box(1, out[0][4], wide - 2, span(r, 1, 2)))
    if r.random() < 0.3:
        out.append(look.line(r, (wide, 2), (wide + span(r, 1, 3), 2)))
    return out


def envelope(r: Random, look: Look, n: int) -> list[Command]:
    wide, high = 2 * span(r, 1, 4), span(r, 2, 5)
    plain = (False, False)
    if r.random() < 0.5:
        down = span(r, 1, high - 1)
        return [
            box(0, 0, wide, high),
            ("line", 0, high, wide // 2, high - down, *plain),
            ("line", wide // 2, high - down, wide, high, *plain),
        ]
    return [box(0, 0, wide, high), ("line", 0, 0, wide, high, *plain), ("line", 0, high, wide, 0, *plain)]


def ball_on_stick(r: Random, look: Look, n: int) -> list[Command]:
    long = span(r, 1, 5)
    node = look.node(r, 0, 0)
    x, y = bottom(node)
    out = [drawn(node), look.line(r, (x, y), (x, y - long))]
    if n > 2 and r.random() < 0.5:
        out.append(box(x - span(r, 1, 2), y - long - 2, span(r, 2, 3), 2))
    return out


def crossed(r: Random, look: Look, n: int) -> list[Command]:
    """A shape with one or two lines through it, to its corners or beyond."""
    node = look.node(r, 0, 0)
    over = span(r, 0, 2)
    x1, y1, x2, y2, _ = node
    lines = [
        look.line(r, (x1 - over, y1 - over), (x2 + over, y2 + over)),
        look.line(r, (x1 - over, y2 + over), (x2 + over, y1 - over)),
        look.line(r, (x1 - over, (y1 + y2) // 2), (x2 + over, (y1 + y2) // 2)),
    ]
    return [drawn(node), *shuffled(r, lines)[: span(r, 1, 2)]]


def pair(r: Random, look: Look, n: int) -> list[Command]:
    """Two nodes and what joins them."""
    across, upwards = pitch(r, look)
    i, j = pick(r, ((1, 0), (1, 0), (0, -1), (1, -1), (2, -1)))
    a, b = look.node(r, 0, 0), look.node(r, i * across, j * upwards)
    return [drawn(a), *link(r, look, a, b, span(r, 0, 2)), drawn(b)]


def lone_shape(r: Random, look: Look, n: int) -> list[Command]:
    return [drawn(look.node(r, 0, 0))] if r.random() < 0.6 else [box(0, 0, span(r, 1, 10), span(r, 1, 10))]
