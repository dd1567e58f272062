"""Graphs: nodes on grids, in chains, trees, rings and layers, and the lines between them."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from i2c_plugins.figures.scenes.looks import (
    RINGS,
    Look,
    Node,
    Point,
    bottom,
    box,
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


def grid_graph(r: Random, look: Look, n: int) -> list[Command]:
    """Nodes on a grid, with lines between neighbours: all, or some."""
    across, upwards = pitch(r, look)
    while True:
        columns, rows = span(r, 1, 4), span(r, 1, 4)
        if 1 < columns * rows <= max(2, min(n, 9)):
            break
    keep = 1.0 if r.random() < 0.7 else 0.75
    nodes = {
        (i, j): look.node(r, i * across, -j * upwards)
        for j in range(rows)
        for i in range(columns)
        if i == j == 0 or r.random() < keep
    }
    steps: tuple[Point, ...] = pick(r, (((1, 0), (0, 1)), ((1, 0), (0, 1)), ((1, 0),), ((0, 1),), ((1, 1), (1, -1)),
                                  ((1, 0), (0, 1), (1, 1))))  # fmt: skip
    share, turn = pick(r, (1.0, 1.0, 1.0, 0.7, 0.5)), span(r, 0, 2)
    edges = [
        line
        for (i, j), node in nodes.items()
        for di, dj in steps
        if (i + di, j + dj) in nodes and r.random() < share
        for line in link(r, look, node, nodes[i + di, j + dj], turn)
    ]
    return [*map(drawn, nodes.values()), *edges]


def chain(r: Random, look: Look, n: int) -> list[Command]:
    """Nodes in a row, each joined to the next; at times a loop back over three lines."""
    count = span(r, 2, max(2, min(6, (n + 1) // 2)))
    step = pitch(r, look)[0]
    nodes = [look.node(r, i * step, 0) for i in range(count)]
    out = [*map(drawn, nodes)]
    for a, b in pairwise(nodes):
        out += link(r, look, a, b)
    if r.random() < 0.12 and count > 2:
        drop = span(r, 1, 2)
        (x1, y1), (x2, y2) = bottom(nodes[-1]), bottom(nodes[0])
        low = min(y1, y2) - drop
        out += [
            look.line(r, (x1, y1), (x1, low), 0),
            look.line(r, (x1, low), (x2, low), 0),
            look.line(r, (x2, low), (x2, y2), 1),
        ]
    return out


def comb(r: Random, look: Look, n: int) -> list[Command]:
    """A chain with a node, or a chain of two, that hangs from each of its nodes."""
    count = span(r, 2, max(2, min(4, (n + 1) // 4)))
    across, upwards = pitch(r, look)
    spine = [look.node(r, i * across, 0) for i in range(count)]
    out = [*map(drawn, spine)]
    for a, b in pairwise(spine):
        out += link(r, look, a, b)
    depth = 2 if count < 3 and r.random() < 0.3 else 1
    skip = r.random() < 0.2
    for i, node in enumerate(spine):
        if skip and i % 2:
            continue
        for k in range(depth):
            hung = look.node(r, i * across, -(k + 1) * upwards)
            out += [drawn(hung), *link(r, look, node, hung)]
            node = hung
    return out


def tree(r: Random, look: Look, n: int) -> list[Command]:
    """A root and its children, at times theirs, by lines that fan out from one point or from the sides."""
    wide, high = look.span_of_node()
    children = span(r, 2, max(2, min(4, n // 2)))
    step = wide + span(r, 1, 3 if children < 4 else 1)
    drop = high + span(r, 1, 4)
    if children == 2 and step % 2:
        step += 1
    root = look.node(r, (children - 1) * step // 2, 0)
    kids = [look.node(r, i * step, -drop) for i in range(children)]
    mode = r.random()
    out = [drawn(root), *map(drawn, kids)]
    for i, kid in enumerate(kids):
        if mode < 0.6 or (mode >= 0.8 and 0 < i < children - 1):
            ends = bottom(root), top(kid)
        elif mode < 0.8:
            out += link(r, look, root, kid, 0)
            continue
        else:
            ends = (left(root) if i == 0 else right(root)), top(kid)
        out.append(look.line(r, *ends))
    if n >= 2 * len(out) - 1 and r.random() < 0.6:
        for i, kid in enumerate(kids):
            if children == 2 and step >= 2 * wide:
                below = [look.node(r, i * step - step // 4, -2 * drop), look.node(r, i * step + step // 4, -2 * drop)]
            else:
                below = [look.node(r, i * step, -2 * drop)]
            for leaf in below:
                out += [drawn(leaf), look.line(r, bottom(kid), top(leaf))]
    return out


def org_chart(r: Random, look: Look, n: int) -> list[Command]:
    """A root over its children, joined by upright lines and one level one."""
    wide, high = look.span_of_node()
    children = span(r, 2, max(2, min(4, (n - 2) // 2)))
    step = wide + span(r, 1, 2)
    if children == 2 and step % 2:
        step += 1
    drop = high + span(r, 2, 4)
    root = look.node(r, (children - 1) * step // 2, 0)
    kids = [look.node(r, i * step, -drop) for i in range(children)]
    x, y = bottom(root)
    bar = y - (y - kids[0][3] + 1) // 2
    out = [drawn(root), *map(drawn, kids), look.line(r, (x, y), (x, bar), 0)]
    out.append(look.line(r, (top(kids[0])[0], bar), (top(kids[-1])[0], bar), 0))
    out += [look.line(r, (top(kid)[0], bar), top(kid)) for kid in kids]
    return out


def bipartite(r: Random, look: Look, n: int) -> list[Command]:
    """Two columns of nodes, and lines between them that cross."""
    count = 2 if n < 9 else span(r, 2, 3)
    other = count if r.random() < 0.75 else count + pick(r, (-1, 1))
    step, far = pitch(r, look, 0 if r.random() < 0.2 else 1)[1], look.span_of_node()[0] + span(r, 2, 6)
    shift = (count - other) * step // 2
    here = [look.node(r, 0, -i * step) for i in range(count)]
    there = [look.node(r, far, -i * step - shift) for i in range(max(1, other))]
    pairs = [(a, b) for a in here for b in there]
    mode = r.random()
    if mode < 0.35 and count == other:
        pairs = list(zip(here, shuffled(r, there[:]), strict=True))
    elif mode < 0.6 and len(pairs) > 2:
        pairs = shuffled(r, pairs)[: span(r, 2, len(pairs))]
    return [*map(drawn, here), *map(drawn, there), *(look.line(r, right(a), left(b)) for a, b in pairs)]


def layers(r: Random, look: Look, n: int) -> list[Command]:
    """Wide boxes above each other, as layers of a network, with one or more arrows from each to the next."""
    count = span(r, 2, 4)
    wide, high = span(r, 4, 9), span(r, 1, 2)
    gap = span(r, 1, 3)
    shrink = pick(r, (0, 0, 1, 2)) if wide - 2 * (count - 1) > 2 else 0
    boxes: list[Node] = []
    for i in range(count):
        cut = i * shrink if wide - 2 * i * shrink >= 2 else 0
        boxes.append((cut, i * (high + gap), wide - cut, i * (high + gap) + high, False))
    out = [*map(drawn, boxes)]
    several = span(r, 1, 3)
    up = r.random() < 0.6
    for a, b in pairwise(boxes):
        low, full = b[0], b[2]
        for k in range(several):
            x = low + (full - low) * (2 * k + 1) // (2 * several)
            ends = ((x, a[3]), (x, b[1])) if up else ((x, b[1]), (x, a[3]))
            out.append(look.line(r, *ends))
    if r.random() < 0.3:
        x = wide // 2
        out.append(look.line(r, (x, -gap - 1), (x, 0)))
    return out


def ring(r: Random, look: Look, n: int) -> list[Command]:
    """Nodes around a centre, each joined to the next; at times to a node in the centre instead, or as well."""
    shape = pick(r, [s for s in RINGS if len(s) <= max(3, n // 2 + 1)])
    tall = max(y for _, y in shape)
    most = 10 // max(1, tall)
    wide, high = look.span_of_node()
    step = min(max(max(wide, high) + span(r, 1, 3) if len(shape) < 5 else span(r, 3, 4), 2), max(most, 3))
    nodes = [look.node(r, x * step, y * step) for x, y in shape]
    turn = span(r, 0, 2)
    around = [x for a, b in zip(nodes, nodes[1:] + nodes[:1], strict=True) for x in link(r, look, a, b, turn)]
    out = [*map(drawn, nodes)]
    mode = r.random()
    if mode < 0.75:
        if r.random() < 0.3:
            around = around[:-1]
        return out + around
    xs, ys = [x for x, _ in shape], [y for _, y in shape]
    centre = look.node(r, (min(xs) + max(xs)) * step // 2, (min(ys) + max(ys)) * step // 2)
    out.append(drawn(centre))
    for node in nodes:
        out += link(r, look, centre, node)
    return out + (around if mode > 0.9 else [])


def star(r: Random, look: Look, n: int) -> list[Command]:
    """One node in the middle, joined to some of the eight around it."""
    across, upwards = pitch(r, look)
    corners = [(1, 1), (-1, 1), (1, -1), (-1, -1)]
    sides = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    places = pick(r, (sides, corners, sides + corners, sides[:2] + corners[:2]))
    if len(places) * 2 + 1 > n:
        places = shuffled(r, places)[: max(2, (n - 1) // 2)]
    middle = look.node(r, 0, 0)
    out, inwards, turn = [drawn(middle)], r.random() < 0.4, span(r, 0, 2)
    for i, j in places:
        other = look.node(r, i * across, j * upwards)
        out += [drawn(other), *(link(r, look, other, middle, turn) if inwards else link(r, look, middle, other, turn))]
    return out


def loose_graph(r: Random, look: Look, n: int) -> list[Command]:
    """Nodes here and there on a coarse grid, joined in pairs that leave from any side."""
    count = span(r, 2, max(2, min(6, n // 2 + 1)))
    across, upwards = pitch(r, look)
    places = shuffled(r, [(i, j) for i in range(4) for j in range(3)])[:count]
    nodes = [look.node(r, i * across, j * upwards) for i, j in places]
    out = [*map(drawn, nodes)]
    for i in range(1, count):
        out += link(r, look, nodes[span(r, 0, i - 1)], nodes[i], span(r, 0, 2))
    for _ in range(span(r, 0, 2)):
        a, b = pick(r, nodes), pick(r, nodes)
        if a != b:
            out += link(r, look, a, b, span(r, 0, 2))
    return out


def there_and_back(r: Random, look: Look, n: int) -> list[Command]:
    """Boxes joined by two arrows of opposite directions, one cell apart."""
    count = 2 if n < 8 else span(r, 2, 3)
    high, wide, gap = span(r, 3, 5), span(r, 2, 4), span(r, 2, 4)
    out: list[Command] = []
    y = high // 2
    for i in range(count):
        out.append(box(i * (wide + gap), 0, wide, high))
    for i in range(count - 1):
        a, b = i * (wide + gap) + wide, (i + 1) * (wide + gap)
        out += [look.line(r, (a, y), (b, y), 1), look.line(r, (b, y + 1), (a, y + 1), 1)]
    return out


def flow(r: Random, look: Look, n: int) -> list[Command]:
    """A flow chart: boxes below each other with arrows, the last of which may part in two."""
    wide, high, gap = pick(r, (2, 4, 4, 6)), span(r, 1, 3), span(r, 1, 3)
    count = span(r, 2, max(2, min(4, n // 2)))
    nodes: list[Node] = [(0, -i * (high + gap), wide, -i * (high + gap) + high, False) for i in range(count)]
    if r.random() < 0.4:
        x, y = wide // 2, high + gap + 1
        nodes.insert(0, (x - 1, y - 1, x + 1, y + 1, True))
    out = [*map(drawn, nodes)]
    for a, b in pairwise(nodes):
        out += link(r, look, a, b, 0, 1)
    if r.random() < 0.5:
        last = nodes[-1]
        x, y = right(last)
        aside: Node = (x + gap, last[1] - high - gap, x + gap + wide, last[1] - gap, False)
        out += [
            drawn(aside),
            look.line(r, (x, y), (top(aside)[0], y), 0),
            look.line(r, (top(aside)[0], y), top(aside), 1),
        ]
    elif r.random() < 0.4:
        a, b = nodes[-1], nodes[0]
        far = max(a[2], b[2]) + span(r, 1, 2)
        out += [
            look.line(r, right(a), (far, right(a)[1]), 0),
            look.line(r, (far, right(a)[1]), (far, right(b)[1]), 0),
            look.line(r, (far, right(b)[1]), right(b), 1),
        ]
    return out
