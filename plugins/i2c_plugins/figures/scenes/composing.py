"""Scenes: pieces are turned, mirrored and put somewhere; or every command is random; then all is made tidy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random

import numpy as np

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_plugins.figures.commands import STROKE, TIP, Language, program_of
from i2c_plugins.figures.commands import Command as Written
from i2c_plugins.figures.scenes.looks import Look, bounds, moved, span
from i2c_plugins.figures.scenes.pieces import PIECES, Piece
from i2c_plugins.figures.scenes.tidy import Command, tidy

UNIFORM = 0.17  # the share of scenes that are uniformly random
FRAMED = 0.07  # the share of pieces that get a frame around them
TOUCHED_UP = 0.15  # the share of scenes in which one command is then moved, turned, left out or added
UPPER_LEFT = 0.4  # the share of first pieces that lie in the upper left of the canvas
LARGER, WRITTEN = 0.25, 0.15  # of a language that has them: circles of larger radii, rectangles that are labels
AT_BORDER = 0.08  # the share of pieces whose circles may touch the border of the canvas
STOPPED = 0.13  # the chance, after each piece, that the scene ends before it is as large as aimed at
_TRIES = 12  # placements looked at for a second piece, to find room beside the first

_PIECES: tuple[Piece, ...] = tuple(piece for _, piece in PIECES)
_TOTALS = tuple(accumulate(weight for weight, _ in PIECES))


def scene(
    rng: np.random.Generator | Random, most: int = 12, width: int = 16, height: int = 16, least: int = 1
) -> list[Command]:
    """One random scene: distinct, canonical commands in canonical order.

    Args:
        rng: the only source of chance; the same state gives the same scene.
        most: commands at most; about as many scenes are small as are large.
        width, height: of the canvas in cells; coordinates are 1..width-1 and 1..height-1.
        least: commands at least, as many as find room on the canvas: scenes are drawn until one has them.
    """
    r = rng if isinstance(rng, Random) else Random(int(rng.integers(1 << 62)))
    if least <= 1:
        return _made(r, min(most, 1 + int(most * r.betavariate(1.2, 0.85))), width, height)
    while True:
        found = _made(r, span(r, least, most), width, height, stopped=0.0)
        if len(found) >= least:
            return found


def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
    """A random scene as a canonical program of about `size` tokens and no more; the empty one below 5 tokens.

    Larger circles and places for writing, where the language has them, take the place of some of the shapes.
    """
    r = Random(int(rng.integers(1 << 62)))
    language = Language.of(family.vocabulary.signature)
    width, height = language.grid
    aim = max(1, (size - 1) // 7)
    made = [_in(language, c, r) for c in _made(r, aim, width, height)]
    r.shuffle(made)
    left = size - 1
    kept = []
    for command in made:
        left -= 2 + len(command.args)
        if left < 0:
            break
        kept.append(command)
    return family.canonical(program_of(family.vocabulary.signature, kept))


def to_program(family: Family, commands: Sequence[Command]) -> Program:
    """The canonical program of commands, in any order."""
    language = Language.of(family.vocabulary.signature)
    return family.canonical(program_of(family.vocabulary.signature, [_in(language, c) for c in commands]))


def _in(language: Language, command: Command, r: Random | None = None) -> Written:
    """A command as the language writes it; with chance, some circles are larger and some rectangles labels."""
    kind, *args = command
    if kind == "line":
        args[TIP:] = [int(args[TIP]), int(args[STROKE])]
    elif kind == "circle" and language.writes_radius:
        room = min(args[0], args[1], language.grid[0] - args[0], language.grid[1] - args[1], language.most_radius)
        args.append(span(r, 1, room) if r and r.random() < LARGER else 1)
    elif kind == "rectangle" and language.has_labels and r and r.random() < WRITTEN:
        x1, y1, x2, y2 = args
        return Written("label", (x1, y1, x2 - x1, y2 - y1))
    return Written(kind, tuple(args))


def _made(r: Random, n: int, width: int, height: int, stopped: float = STOPPED) -> list[Command]:
    """A tidy scene of 1 to `n` commands, mostly nearer to n."""
    while True:
        made = _uniform(r, n, width, height) if r.random() < UNIFORM else _composed(r, n, width, height, stopped)
        if r.random() < TOUCHED_UP:
            made = _touched_up(r, made, width, height)
        found = tidy(made, n, width, height)
        if found:
            return found


def _composed(r: Random, n: int, width: int, height: int, stopped: float) -> list[Command]:
    """Pieces until there are about `n` commands; later ones mostly beside the first, at times over it."""
    look = Look(r)
    out: list[Command] = []
    taken: list[tuple[int, int, int, int]] = []
    tries = 0
    while len(out) < n and tries < max(8, 2 * n - 16):
        tries += 1
        if out and r.random() < (stopped if len(out) + 2 < n else 0.4 * (stopped > 0)):
            break
        if out and r.random() < 0.3:
            look = Look(r)
        piece = _turned(r, _draw(r)(r, look, n - len(out)))[: n - len(out)]
        if not piece:
            continue
        if r.random() < FRAMED and len(out) + len(piece) < n:
            x1, y1, x2, y2 = bounds(piece)
            d = span(r, 0, 2)
            piece.append(("rectangle", x1 - d, y1 - d, x2 + d, y2 + d))
        placed = _placed(r, piece, taken, width, height)
        if placed:
            out += placed
            taken.append(bounds(placed))
    return out


def _draw(r: Random) -> Piece:
    at = r.random() * _TOTALS[-1]
    low, high = 0, len(_TOTALS) - 1
    while low < high:
        middle = (low + high) // 2
        if at < _TOTALS[middle]:
            high = middle
        else:
            low = middle + 1
    return _PIECES[low]


def _turned(r: Random, piece: list[Command]) -> list[Command]:
    """A piece as it is, mirrored, or turned by a quarter."""
    u = r.random()
    if u < 0.4:
        return piece
    swap = u < 0.7
    sx = -1 if r.random() < 0.5 else 1
    sy = -1 if r.random() < 0.5 else 1
    out: list[Command] = []
    for c in piece:
        if c[0] == "circle":
            x, y = (c[2], c[1]) if swap else (c[1], c[2])
            out.append(("circle", sx * x, sy * y))
            continue
        name, x1, y1, x2, y2, *rest = c
        if swap:
            x1, y1, x2, y2 = y1, x1, y2, x2
        x1, y1, x2, y2 = sx * x1, sy * y1, sx * x2, sy * y2
        if name == "rectangle":
            x1, x2 = min(x1, x2), max(x1, x2)
            y1, y2 = min(y1, y2), max(y1, y2)
        out.append((name, x1, y1, x2, y2, *rest))
    return out


def _placed(
    r: Random, piece: list[Command], taken: list[tuple[int, int, int, int]], width: int, height: int
) -> list[Command]:
    """A piece at a place of the canvas; what is larger than the canvas is cut there, if most of it remains."""
    x1, y1, x2, y2 = bounds(piece)
    if r.random() < AT_BORDER:
        xs = [v for c in piece for v in ((c[1],) if c[0] == "circle" else (c[1], c[3]))]
        ys = [v for c in piece for v in ((c[2],) if c[0] == "circle" else (c[2], c[4]))]
        x1, y1, x2, y2 = min(xs), min(ys), max(xs), max(ys)
    room_x, room_y = width - 2 - (x2 - x1), height - 2 - (y2 - y1)
    if room_x < -4 or room_y < -4:
        return []
    if not taken:
        if r.random() < UPPER_LEFT:
            dx, dy = min(span(r, 0, 2), max(0, room_x)), max(0, room_y) - min(span(r, 0, 2), max(0, room_y))
        else:
            dx, dy = span(r, 0, room_x), span(r, 0, room_y)
    else:
        best, dx, dy = None, 0, 0
        over = r.random() < 0.1
        for _ in range(1 if over else _TRIES):
            i, j = span(r, 0, room_x), span(r, 0, room_y)
            left, low, right, high = 1 + i, 1 + j, 1 + i + x2 - x1, 1 + j + y2 - y1
            clash = 0
            for a1, b1, a2, b2 in taken:
                wide, tall = min(right, a2) - max(left, a1) + 1, min(high, b2) - max(low, b1) + 1
                if wide > 0 and tall > 0:
                    clash += wide * tall
            if best is None or clash < best:
                best, dx, dy = clash, i, j
                if not clash:
                    break
        if best and not over:
            return []
    return [moved(c, 1 + dx - x1, 1 + dy - y1) for c in piece]


def _uniform(r: Random, n: int, width: int, height: int) -> list[Command]:
    """Commands each of which is uniformly random; lines and shapes in shares that vary by scene."""
    shapes, arrow, dashed = r.random(), r.random(), 0.3 * r.random()
    short = r.random() < 0.4
    out: list[Command] = []
    for _ in range(n):
        u = r.random()
        x, y = span(r, 1, width - 1), span(r, 1, height - 1)
        if u < shapes / 2:
            out.append(("circle", min(max(x, 2), width - 2), min(max(y, 2), height - 2)) if r.random() > 0.1 else
                       ("circle", x, y))  # fmt: skip
            continue
        if short:
            a = min(max(x + span(r, -4, 4), 1), width - 1)
            b = min(max(y + span(r, -4, 4), 1), height - 1)
        else:
            a, b = span(r, 1, width - 1), span(r, 1, height - 1)
        if u < shapes:
            out.append(("rectangle", min(x, a), min(y, b), max(x, a), max(y, b)))
        else:
            v = r.random()
            if v < 0.3:
                a = x
            elif v < 0.6:
                b = y
            out.append(("line", x, y, a, b, r.random() < arrow, r.random() < dashed))
    return out


def _touched_up(r: Random, made: list[Command], width: int, height: int) -> list[Command]:
    """A scene with one command less, one more, or one that is moved by a cell, given a head, or turned round."""
    u = r.random()
    if not made:
        return made
    at = int(r.random() * len(made))
    command = made[at]
    rest = made[:at] + made[at + 1 :]
    if u < 0.25:
        return rest if len(made) > 1 else made
    if u < 0.5:
        return _uniform(r, 1, width, height) + made
    if u < 0.75 or command[0] == "circle":
        return [*rest, moved(command, span(r, -1, 1), span(r, -1, 1))]
    numbers = list(command[1:5])
    if command[0] == "rectangle" or u < 0.87:
        numbers[span(r, 0, 3)] += 1 if r.random() < 0.5 else -1
        return [*rest, (command[0], *numbers, *command[5:])]
    return [*rest, ("line", *numbers[2:], *numbers[:2], not command[5], command[6])]


__all__ = ["Command", "sample", "scene", "to_program"]
