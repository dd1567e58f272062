"""How a scene looks: its usual nodes and lines, and what holds for nodes and commands anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from i2c_plugins.figures.scenes.tidy import Command

Point = tuple[int, int]
Node = tuple[int, int, int, int, bool]  # left, bottom, right, top, whether it is a circle
T = TypeVar("T")

# Outlines that close, in steps: triangles, squares, a hexagon, a pentagon, an octagon.
RINGS: tuple[tuple[Point, ...], ...] = (
    ((0, 0), (2, 0), (1, 2)),
    ((0, 0), (2, 0), (1, 1)),
    ((0, 0), (1, 0), (1, 1), (0, 1)),
    ((1, 0), (2, 1), (1, 2), (0, 1)),
    ((0, 0), (1, 0), (2, 1), (1, 2), (0, 2), (-1, 1)),
    ((0, 0), (2, 0), (3, 2), (1, 3), (-1, 2)),
    ((1, 0), (2, 0), (3, 1), (3, 2), (2, 3), (1, 3), (0, 2), (0, 1)),
)


def span(r: Random, low: int, high: int) -> int:
    """An integer from low to high, both included, all equally likely; low where high is smaller."""
    return low + int(r.random() * (high - low + 1)) if high > low else low


def pick(r: Random, options: Sequence[T]) -> T:
    """One of several, all equally likely."""
    return options[int(r.random() * len(options))]


def shuffled(r: Random, items: list[T]) -> list[T]:
    r.shuffle(items)
    return items


class Look:
    """The habits of one scene: how nodes look, how lines look, how far apart things stand.

    Attributes:
        arrow, dashed: the chance that a line has a head, or is dashed.
        round: whether a usual node is a circle.
        wide, high: of a usual node that is a rectangle.
        mixed: the chance that a node is of the other shape.
        anywhere: whether lines meet rectangles anywhere on a side, not only at its middle.
    """

    __slots__ = ("anywhere", "arrow", "dashed", "high", "mixed", "round", "wide")

    def __init__(self, r: Random) -> None:
        u = r.random()
        self.arrow = 0.0 if u < 0.42 else 1.0 if u < 0.84 else 0.5
        u = r.random()
        self.dashed = 0.01 if u < 0.78 else 1.0 if u < 0.84 else 0.4
        u = r.random()
        self.round = u < 0.5
        self.wide = self.high = 2
        if u > 0.76:
            self.wide, self.high = span(r, 1, 5), span(r, 1, 4)
        self.mixed = 0.0 if r.random() < 0.8 else 0.4
        self.anywhere = r.random() < 0.12

    def node(self, r: Random, x: int, y: int) -> Node:
        """A usual node centred on a point, or as near as its size lets it."""
        is_round = self.round if not self.mixed or r.random() > self.mixed else not self.round
        if is_round:
            return x - 1, y - 1, x + 1, y + 1, True
        left, bottom = x - self.wide // 2, y - self.high // 2
        return left, bottom, left + self.wide, bottom + self.high, False

    def span_of_node(self) -> Point:
        """Width and height that a node takes at most."""
        if self.mixed:
            return max(2, self.wide), max(2, self.high)
        return (2, 2) if self.round else (self.wide, self.high)

    def line(self, r: Random, a: Point, b: Point, arrow: float | None = None) -> Command:
        """A line as the scene draws them; `arrow` in place of the scene's own chance of a head."""
        head = self.arrow if arrow is None else arrow
        return ("line", *a, *b, r.random() < head, r.random() < self.dashed)


def drawn(node: Node) -> Command:
    """The command that draws a node."""
    x1, y1, x2, y2, is_round = node
    return ("circle", x1 + 1, y1 + 1) if is_round else ("rectangle", x1, y1, x2, y2)


def box(left: int, bottom: int, wide: int, high: int) -> Command:
    """A rectangle by its lower left corner and its size."""
    return ("rectangle", left, bottom, left + wide, bottom + high)


def top(n: Node) -> Point:
    return (n[0] + n[2]) // 2, n[3]


def bottom(n: Node) -> Point:
    return (n[0] + n[2]) // 2, n[1]


def left(n: Node) -> Point:
    return n[0], (n[1] + n[3]) // 2


def right(n: Node) -> Point:
    return n[2], (n[1] + n[3]) // 2


def _level(look: Look, r: Random, a: Node, b: Node, axis: int) -> int:
    """The coordinate at which a straight line meets both nodes, which face each other."""
    for n in (a, b):
        if n[4]:
            return n[axis] + 1
    low, high = max(a[axis], b[axis]), min(a[axis + 2], b[axis + 2])
    if look.anywhere and high - low >= 2:
        return span(r, low + 1, high - 1)
    for n in (a, b):
        middle = (n[axis] + n[axis + 2]) // 2
        if low <= middle <= high:
            return middle
    return low


def link(r: Random, look: Look, a: Node, b: Node, turn: int = 0, arrow: float | None = None) -> list[Command]:
    """The line from one node's border to another's; none where they touch.

    Args:
        turn: how a slanting line leaves: 0 through the sides that face most, 1 upright at `a` and level at `b`, 2 the
            reverse.
    """
    gap_x = b[0] - a[2] if b[0] >= a[2] else a[0] - b[2] if a[0] >= b[2] else -1
    gap_y = b[1] - a[3] if b[1] >= a[3] else a[1] - b[3] if a[1] >= b[3] else -1
    across = right(a) if b[0] >= a[2] else left(a)
    level = left(b) if b[0] >= a[2] else right(b)
    upright = top(a) if b[1] >= a[3] else bottom(a)
    facing = bottom(b) if b[1] >= a[3] else top(b)
    if gap_x < 0 and gap_y < 0:
        return []
    if gap_y < 0:
        y = _level(look, r, a, b, 1)
        start, end = (across[0], y), (level[0], y)
        if a[4] and b[4]:
            start, end = across, level
    elif gap_x < 0:
        x = _level(look, r, a, b, 0)
        start, end = (x, upright[1]), (x, facing[1])
        if a[4] and b[4]:
            start, end = upright, facing
    elif turn == 1:
        start, end = upright, level
    elif turn == 2:
        start, end = across, facing
    elif gap_x > gap_y:
        start, end = across, level
    else:
        start, end = upright, facing
    return [look.line(r, start, end, arrow)] if start != end else []


def pitch(r: Random, look: Look, least: int = 1) -> Point:
    """Steps between nodes to the right and upwards, with room for a line."""
    wide, high = look.span_of_node()
    if r.random() < 0.6:
        gap = span(r, least, 3)
        return wide + gap, high + gap
    return wide + span(r, least, 4), high + span(r, least, 4)


def copies(made: list[Command], shifts: Sequence[Point]) -> list[Command]:
    """Commands once for each shift."""
    return [moved(c, dx, dy) for dx, dy in shifts for c in made]


def moved(command: Command, dx: int, dy: int) -> Command:
    """A command at another place."""
    if command[0] == "circle":
        return "circle", command[1] + dx, command[2] + dy
    name, x1, y1, x2, y2, *rest = command
    return (name, x1 + dx, y1 + dy, x2 + dx, y2 + dy, *rest)


def flipped(command: Command, twice: int) -> Command:
    """A command mirrored at the upright line x = twice / 2."""
    if command[0] == "circle":
        return "circle", twice - command[1], command[2]
    if command[0] == "rectangle":
        return "rectangle", twice - command[3], command[2], twice - command[1], command[4]
    name, x1, y1, x2, y2, *rest = command
    return (name, twice - x1, y1, twice - x2, y2, *rest)


def bounds(commands: Sequence[Command]) -> tuple[int, int, int, int]:
    """Left, bottom, right and top of what commands draw; 0 where there are none."""
    xs: list[int] = []
    ys: list[int] = []
    for c in commands:
        if c[0] == "circle":
            xs += (c[1] - 1, c[1] + 1)
            ys += (c[2] - 1, c[2] + 1)
        else:
            xs += (c[1], c[3])
            ys += (c[2], c[4])
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0, 0, 0, 0)
