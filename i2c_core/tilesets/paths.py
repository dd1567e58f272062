"""SVG path data as contours: straight pieces, and arcs of ellipses that stay arcs, so that a hand can draw them round.

Lengths are in tiles, from a tile's upper left corner: x to the right, y downwards. Angles are in radians, clockwise as
seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from i2c_core.errors import I2cError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TURN = 2 * math.pi
BEZIER_PIECES = 8  # straight pieces that stand for one Bezier curve
TOLERANCE = 0.004  # tiles: how far a flattened arc may lie beside it, half a pixel at 128 pixels a tile
FAR = 1e6  # tiles: what is farther away is no part of a tile
_NEAR = 1e-7  # tiles: points nearer than this are one
_TOKEN = re.compile(r"\s*,?\s*(?:([A-Za-z])|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))")
_NUMBERS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "A": 7, "Z": 0}

Point = tuple[float, float]


class PathError(I2cError):
    """A text that is no path data."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A straight piece, or an arc of an ellipse whose axes are upright.

    Attributes:
        arc: whether it is an arc.
        shape: x1, y1, x2, y2, 0, 0 of a straight piece; cx, cy, rx, ry, start, sweep of an arc.
    """

    arc: bool
    shape: tuple[float, float, float, float, float, float]

    def at(self, share: float) -> Point:
        """The point after a share of the way, 0 to 1."""
        x1, y1, x2, y2, start, sweep = self.shape
        if self.arc:
            angle = start + sweep * share
            return x1 + x2 * math.cos(angle), y1 + y2 * math.sin(angle)
        return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share


@dataclass(frozen=True, slots=True)
class Curve:
    """One contour: pieces that follow one another; `closed` where the path closes it with Z or ends where it began."""

    pieces: tuple[Piece, ...]
    closed: bool


@lru_cache(maxsize=512)
def read_path(text: str) -> tuple[Curve, ...]:
    """The contours of SVG path data: M L H V C Q A Z, absolute and relative.

    Bezier curves and arcs of turned ellipses become straight pieces; other arcs stay arcs, and two that go on round the
    same ellipse are one.

    Raises:
        PathError: names the command, or the place of what cannot be read.
    """
    found: list[Curve] = []
    pieces: list[Piece] = []
    here: Point = (0.0, 0.0)
    begin: Point = (0.0, 0.0)

    def finish(closed: bool) -> None:
        nonlocal pieces
        if closed and _apart(here, begin):
            pieces.append(_segment(here, begin))
        if pieces:
            joined = _joined(pieces)
            found.append(Curve(joined, closed or not _apart(joined[0].at(0.0), joined[-1].at(1.0))))
        pieces = []

    for command, numbers in _commands(text):
        kind = command.upper()
        x, y = here if command.islower() else (0.0, 0.0)
        if kind == "Z":
            finish(True)
            here = begin
        elif kind == "M":
            finish(False)
            here = begin = (x + numbers[0], y + numbers[1])
        elif kind == "A":
            end = (x + numbers[5], y + numbers[6])
            pieces += _arc(here, end, numbers)
            here = end
        else:
            points = _points(kind, command.islower(), numbers, here)
            for a, b in zip([here, *points], points, strict=False):
                if _apart(a, b):
                    pieces.append(_segment(a, b))
            here = points[-1]
    finish(False)
    if not found:
        raise PathError(f"the path {text!r} draws nothing", 'write it as SVG path data, for example "M 0 0 L 1 1"')
    return tuple(found)


def flatten(curve: Curve, tolerance: float = TOLERANCE) -> NDArray[np.float64]:
    """The points (P, 2) of a polygon along a contour; where it is closed, the last is not the first again.

    Args:
        curve: the contour.
        tolerance: how far an arc may lie beside the polygon, in the path's unit.
    """
    points = [curve.pieces[0].at(0.0)]
    for piece in curve.pieces:
        steps = 1
        if piece.arc:
            radius, sweep = max(piece.shape[2:4]), abs(piece.shape[5])
            bend = 2 * math.acos(max(0.0, 1 - tolerance / radius)) if radius > tolerance else math.pi / 2
            steps = max(1, math.ceil(sweep / bend))
        points += [piece.at(n / steps) for n in range(1, steps + 1)]
    if curve.closed and not _apart(points[0], points[-1]):
        points.pop()
    import numpy as np  # listing families reads paths, and flattens none

    return np.array(points)


def _commands(text: str) -> list[tuple[str, list[float]]]:
    """Each command with its numbers; a command that is repeated without its letter stands alone."""
    hint = f"use the commands {' '.join(_NUMBERS)}, absolute or relative"
    found: list[tuple[str, list[float]]] = []
    command, numbers, place = "", list[float](), 0
    text = text.rstrip()
    while place < len(text):
        count = len(numbers)
        token = _TOKEN.match(text, place)
        # The flags of an arc are one digit each, and may stand without anything between them.
        if command in ("A", "a") and count in (3, 4):
            flag = re.compile(r"\s*,?\s*([01])").match(text, place)
            if flag is None:
                raise PathError(f"the path {text!r} has no flag 0 or 1 at character {place + 1}", hint)
            numbers.append(float(flag[1]))
            place = flag.end()
            continue
        if token is None:
            raise PathError(f"the path {text!r} cannot be read at character {place + 1}", hint)
        place = token.end()
        if token[1]:
            if numbers:
                raise PathError(f"the path {text!r} has too few numbers before {token[1]!r}", hint)
            command = token[1]
            if command.upper() not in _NUMBERS:
                raise PathError(f"the path {text!r} has the command {command!r}", hint)
            if not found and command.upper() != "M":
                raise PathError(f"the path {text!r} begins with {command!r}", "begin with M and a point")
            if command.upper() == "Z":
                found.append((command, []))
                command = "l" if command == "z" else "L"
            continue
        if not command:
            raise PathError(f"the path {text!r} begins with a number", "begin with M and a point")
        number = float(token[2])
        if not abs(number) <= FAR:
            raise PathError(f"the path {text[:60]!r} has the number {token[2][:20]}", "draw in a tile of 1 x 1")
        numbers.append(number)
        if len(numbers) == _NUMBERS[command.upper()]:
            found.append((command, numbers))
            numbers = []
            command = {"M": "L", "m": "l"}.get(command, command)
    if numbers:
        raise PathError(f"the path {text!r} has too few numbers at its end", hint)
    return found


def _points(kind: str, relative: bool, numbers: Sequence[float], here: Point) -> list[Point]:
    """The points that a straight command or a Bezier curve leads to."""
    x, y = here if relative else (0.0, 0.0)
    if kind == "H":
        return [(x + numbers[0], here[1])]
    if kind == "V":
        return [(here[0], y + numbers[0])]
    controls = [here, *((x + numbers[i], y + numbers[i + 1]) for i in range(0, len(numbers), 2))]
    if kind == "L":
        return controls[1:]
    return [_bezier(controls, n / BEZIER_PIECES) for n in range(1, BEZIER_PIECES + 1)]


def _bezier(points: Sequence[Point], t: float) -> Point:
    """The point at t of a Bezier curve (de Casteljau)."""
    while len(points) > 1:
        pairs = pairwise(points)
        points = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairs]
    return points[0]


def _arc(begin: Point, end: Point, numbers: Sequence[float]) -> list[Piece]:
    """An arc from its end points; see SVG 2, appendix B.2.4."""
    rx, ry, turn, large, clockwise = abs(numbers[0]), abs(numbers[1]), math.radians(numbers[2]), *numbers[3:5]
    if not _apart(begin, end):
        return []
    if min(rx, ry) < _NEAR:
        return [_segment(begin, end)]
    cos, sin = math.cos(turn), math.sin(turn)
    dx, dy = (begin[0] - end[0]) / 2, (begin[1] - end[1]) / 2
    x, y = cos * dx + sin * dy, -sin * dx + cos * dy
    grow = math.sqrt(max(1.0, (x / rx) ** 2 + (y / ry) ** 2))
    rx, ry = rx * grow, ry * grow
    rest = (rx * ry) ** 2 - (rx * y) ** 2 - (ry * x) ** 2
    factor = math.sqrt(max(0.0, rest / ((rx * y) ** 2 + (ry * x) ** 2)))
    factor = -factor if large == clockwise else factor
    cx, cy = factor * rx * y / ry, -factor * ry * x / rx
    start = math.atan2((y - cy) / ry, (x - cx) / rx)
    sweep = (math.atan2((-y - cy) / ry, (-x - cx) / rx) - start) % TURN
    if not clockwise:
        sweep -= TURN
    middle = cos * cx - sin * cy + (begin[0] + end[0]) / 2, sin * cx + cos * cy + (begin[1] + end[1]) / 2
    if abs(rx - ry) < _NEAR:  # of a circle, the turn only moves the beginning
        return [Piece(True, (*middle, rx, ry, start + turn, sweep))]
    if abs(sin) < _NEAR:
        return [Piece(True, (*middle, rx, ry, start + (math.pi if cos < 0 else 0.0), sweep))]
    steps = max(2, math.ceil(abs(sweep) / TURN * 4 * BEZIER_PIECES))
    points = []
    for n in range(steps + 1):
        u, v = rx * math.cos(start + sweep * n / steps), ry * math.sin(start + sweep * n / steps)
        points.append((middle[0] + cos * u - sin * v, middle[1] + sin * u + cos * v))
    return [_segment(a, b) for a, b in pairwise(points)]


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Arcs that go on round the same ellipse as one."""
    out: list[Piece] = []
    for piece in pieces:
        if out and piece.arc and out[-1].arc:
            before, own = out[-1].shape, piece.shape
            same = all(abs(a - b) < 1e-6 for a, b in zip(before[:4], own[:4], strict=True))
            sweep = before[5] + own[5]
            if same and before[5] * own[5] > 0 and abs(sweep) < TURN + 1e-6:
                out[-1] = Piece(True, (*before[:5], math.copysign(min(abs(sweep), TURN), sweep)))
                continue
        out.append(piece)
    return tuple(out)


def _segment(a: Point, b: Point) -> Piece:
    return Piece(False, (*a, *b, 0.0, 0.0))


def _apart(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) > _NEAR or abs(a[1] - b[1]) > _NEAR
