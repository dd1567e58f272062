"""Random programs with loops and reflections that mean something: rows, grids, stairs and mirrored halves.

A program is put together from statements, each of which is drawn until it lies on the grid and leaves a tidy scene
with those before it: rows of a few commands that move on together, rows of rows, and mirror images of either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

import numpy as np

from i2c_core.errors import ProgramError
from i2c_core.loops.declaring import HEIGHT, NUMBER, WIDTH, WORD, Layout, Place
from i2c_core.loops.executing import execute
from i2c_core.loops.statements import Body, Command, Draw, Linear, Loop, Reflect, Statement, When, X, Y, cost_of
from i2c_core.loops.tidiness import is_tidy
from i2c_core.symbols import Enumeration, Range, Signature
from i2c_core.types import Type

FEWEST = 3  # commands of a scene
TRIES = 60  # of a statement
ALONE, ROW, ROWS = (
    0.2,
    0.5,
    0.75,
)  # running totals of the chances of a statement's kinds; what is left is a mirror image
STEPS = (1, 2, 2, 3, 3, 3, 4, 4, 5)  # cells from one round of a loop to the next
ROUNDS = (2, 3, 3, 3, 4, 4, 5)
FIRST_WORD = 0.6  # the chance of a word to be the first that there is, such as `plain`
REACH = 5  # cells, mostly, from a command's first point to its second

Accepts = Callable[[Sequence[Command]], bool]


def random_body(
    layout: Layout,
    rng: np.random.Generator | Random,
    most_commands: int = 24,
    accepts: Accepts | None = None,
    *,
    tries: int | None = None,
) -> Body:
    """A random program of one to three statements at the top, at least one of them a loop or a reflection.

    Args:
        layout: of the family.
        rng: the only source of chance; the same state gives the same program.
        most_commands: that it draws; about as many programs draw few as draw half of it.
        accepts: whether commands may be drawn together, in place of `is_tidy`.
        tries: programs to draw before the empty one is given; None tries until one is found.
    """
    r = rng if isinstance(rng, Random) else Random(int(rng.integers(1 << 62)))
    maker = _Maker(layout, r)
    for _ in count() if tries is None else range(tries):
        body = maker.body(most_commands, (lambda found: is_tidy(found, layout)) if accepts is None else accepts)
        if body:
            return body
    return ()


@dataclass(frozen=True, slots=True)
class _Move:
    """How far a variable moves what is drawn: cells a round, along x and y."""

    variable: int
    dx: int
    dy: int


class _Maker:
    def __init__(self, layout: Layout, rng: Random) -> None:
        self.layout, self.r = layout, rng
        self.symbols = tuple(layout.places)
        self.ends = {axis: self._ends(axis) for axis in (X, Y)}

    def _ends(self, axis: str) -> tuple[int, int]:
        """The least and greatest position along an axis, of all commands."""
        found = [p for places in self.layout.places.values() for p in places if p.role == axis]
        return (min(p.low for p in found), max(p.high for p in found)) if found else (0, 0)

    def body(self, most: int, accepts: Accepts) -> Body:
        """Statements that lie together; the empty body where nothing regular was found."""
        wanted = self.r.choice((1, 1, 2, 2, 3))
        least = min(self.r.randint(FEWEST, max(FEWEST, most // 2)), most)
        found: Body = ()
        drawn: list[Command] = []
        for number in range(wanted):
            for _ in range(TRIES):
                if len(drawn) >= most:
                    break
                more = self._statement(alone=number > 0)
                grown = (*found, *more)
                try:
                    commands = execute(grown, self.layout)
                except ProgramError:
                    continue
                own = execute(more, self.layout)
                whole = len(commands) == len(drawn) + len(own) and cost_of(more) <= len(own)
                if whole and len(commands) <= most and accepts(commands):
                    found, drawn = grown, commands
                    break
        regular = any(not isinstance(statement, Draw) for statement in found)
        return found if regular and len(drawn) >= least else ()

    # -- statements

    def _statement(self, alone: bool) -> Body:
        u = self.r.random()
        if u < ALONE and alone:
            return tuple(self._piece((), self.r.choice((1, 1, 2))))
        if u < ROW:
            return (self._row(0, ()),)
        if u < ROWS:
            return (self._rows(0, ()),)
        return self._mirrored()

    def _row(self, depth: int, moves: tuple[_Move, ...], count: Linear | None = None) -> Loop:
        """A loop over a few commands, at times with some that are left out in its first round."""
        move = self._move(depth, moves)
        inside = (*moves, move)
        body: list[Statement] = list(self._piece(inside, self.r.choice((1, 1, 1, 2, 2, 3))))
        if self.r.random() < 0.35:
            body.append(When(tuple(self._joining(move, inside))))
        return Loop(Linear(self.r.choice(ROUNDS)) if count is None else count, tuple(body))

    def _rows(self, depth: int, moves: tuple[_Move, ...]) -> Loop:
        """A loop over rows, at times of which each is longer or shorter than the last."""
        outer = self._move(depth, moves)
        rounds = self.r.choice(ROUNDS[:-1])
        count = None
        if self.r.random() < 0.2:
            count = Linear(1, 1, depth) if self.r.random() < 0.5 else Linear(rounds, -1, depth)
        body: list[Statement] = [self._row(depth + 1, (*moves, outer), count)]
        if self.r.random() < 0.25:
            body += self._piece((*moves, outer), 1)
        if self.r.random() < 0.3:
            joined = self._row(depth + 1, (*moves, outer), count)
            body.append(When((joined,)))
        return Loop(Linear(rounds), tuple(body))

    def _mirrored(self) -> Body:
        """Something and its mirror image, at times with what lies on the axis or is not mirrored."""
        axis = self.r.choice((X, Y))
        low, high = self.ends[axis]
        at = self.r.randint(low + 2, high + high - 2) if high - low > 3 else low + high
        u = self.r.random()
        inner: Body
        if u < 0.55:
            inner = tuple(self._piece((), self.r.choice((1, 2, 2, 3, 3))))
        elif u < 0.8:
            inner = (self._row(0, ()),)
        elif u < 0.85:
            inner = (self._rows(0, ()),)
        else:
            other = Y if axis == X else X
            least, most = self.ends[other]
            inner = (Reflect(other, least + most, tuple(self._piece((), self.r.choice((1, 2))))),)
        return (Reflect(axis, at, inner),)

    def _move(self, depth: int, moves: tuple[_Move, ...]) -> _Move:
        """Along x, along y, or aslant; below another along what that leaves, as a coordinate has one variable."""
        step = self.r.choice(STEPS)
        if moves:
            return _Move(depth, 0, step) if moves[-1].dx else _Move(depth, step, 0)
        u = self.r.random()
        if u < 0.42:
            return _Move(depth, step, 0)
        if u < 0.84:
            return _Move(depth, 0, step)
        return _Move(depth, step, self.r.choice((-1, 1)) * self.r.choice((step, self.r.choice(STEPS))))

    # -- commands

    def _piece(self, moves: tuple[_Move, ...], count: int) -> list[Statement]:
        """A few commands near each other, at a place of the grid."""
        x = self.r.randint(*self.ends[X])
        y = self.r.randint(*self.ends[Y])
        found: list[Statement] = []
        for _ in range(count):
            near = (x + self.r.randint(-2, 4), y + self.r.randint(-2, 4)) if found else (x, y)
            found.append(self._draw(self.r.choice(self.symbols), near, moves))
        return found

    def _joining(self, move: _Move, moves: tuple[_Move, ...]) -> list[Statement]:
        """What joins a round of a loop to the one before it: a command whose points are that far apart, or any."""
        two = [s for s in self.symbols if self._pairs(s) > 1]
        if not two or self.r.random() < 0.2:
            return self._piece(moves, 1)
        x, y = self.r.randint(*self.ends[X]), self.r.randint(*self.ends[Y])
        gap = self.r.choice((0, 1, 1))
        toward = [(d > 0) - (d < 0) for d in (move.dx, move.dy)]
        reach = (move.dx - 2 * gap * toward[0], move.dy - 2 * gap * toward[1])
        return [self._draw(self.r.choice(two), (x, y), moves, reach)]

    def _pairs(self, symbol: str) -> int:
        """How many points a command has that are free of each other."""
        places = self.layout.places[symbol]
        return sum(p.role == X for p in places) if all(p.partner is None for p in places) else 1

    def _draw(
        self, symbol: str, near: tuple[int, int], moves: tuple[_Move, ...], reach: tuple[int, int] | None = None
    ) -> Draw:
        """A command whose first point is near a place, and that moves with the variables."""
        places = self.layout.places[symbol]
        parameters = self.layout.family.gamma[symbol].parameters
        r = self.r
        start = dict(zip((X, Y), near, strict=True))
        straight = r.choice((X, Y, None)) if self._pairs(symbol) > 1 else None
        grows = r.random() < 0.12  # only its last point moves, or its size changes
        seen: dict[str, int] = {X: 0, Y: 0}
        args: list[Linear | str] = []
        for place, parameter in zip(places, parameters, strict=True):
            if place.role == WORD:
                args.append(self._word(parameter.type))
                continue
            base = self._number(place, start, seen, straight, reach)
            moving = place.role in (X, Y) and (not grows or seen[place.role] > 1 or len(places) < 4)
            args.append(self._linear(base, place.role, moves, moving))
        return Draw(symbol, tuple(args))

    def _number(
        self,
        place: Place,
        start: dict[str, int],
        seen: dict[str, int],
        straight: str | None,
        reach: tuple[int, int] | None,
    ) -> int:
        """The number that an argument begins with."""
        r = self.r
        if place.role not in (X, Y):
            return r.randint(place.low, min(place.high, place.low + (REACH if place.role in (WIDTH, HEIGHT) else 2)))
        seen[place.role] += 1
        if seen[place.role] == 1:
            return start[place.role]
        if reach is not None:
            return start[place.role] + reach[0 if place.role == X else 1]
        if place.partner is not None:
            return start[place.role] + r.randint(1, REACH)
        if place.role == straight:
            return start[place.role]
        return start[place.role] + r.choice((-1, 1)) * r.randint(1, REACH)

    def _linear(self, base: int, role: str, moves: tuple[_Move, ...], moving: bool) -> Linear:
        if role == NUMBER or not moving:
            return Linear(base)
        for move in reversed(moves):
            step = move.dx if role == X else move.dy
            if step:
                return Linear(base, step, move.variable)
        return Linear(base)

    def _word(self, type_: Type) -> str:
        """One of the words of a type."""
        names = words_of(self.layout.family.gamma, type_)
        return names[0] if len(names) == 1 or self.r.random() < FIRST_WORD else self.r.choice(names)


def words_of(gamma: Signature, type_: Type) -> list[str]:
    """The words of a type."""
    kind = gamma.literal_kind(type_)
    own = [s.name for s in gamma.symbols if s.result == type_ and not s.parameters]
    return list(kind.literals()) if isinstance(kind, Range | Enumeration) else own


__all__ = ["random_body", "words_of"]
