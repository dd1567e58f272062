"""The shortest program with loops that draws a set of commands, better and better, with a proven bound."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from i2c_core.covers import solve
from i2c_core.errors import ProgramError
from i2c_core.loops import Body, Command, Draw, Layout, Linear, cost_of
from i2c_core.loops.executing import shown
from i2c_core.rerolling.candidates import THIRDS, Candidates, Rerolling
from i2c_core.rerolling.lattice import Lattice, OutOfTime
from i2c_core.rerolling.points import Points

MANY = 80  # ways of writing the commands of a set; with more, programs are guessed first
MOST_FREQUENT = 12  # steps and reflections that such a guess looks at
FEW, FIRST, LATER = 0.3, 0.5, 0.8  # shares of the time that is left: for a guess, and for statements in two steps


@dataclass(frozen=True, slots=True)
class Rerolled:
    """A program of a set of commands.

    Attributes:
        body: the program.
        cost: see `i2c_core.loops.cost_of`.
        bound: no program of the set costs less, proven; the program is optimal where both are equal.
    """

    body: Body
    cost: Fraction
    bound: Fraction

    @property
    def optimal(self) -> bool:
        """Whether no program costs less, proven."""
        return self.cost == self.bound


def problem_of(commands: Sequence[Command], layout: Layout, deadline: float | None = None) -> Rerolling:
    """The cover problem of a set of commands, with all statements that an optimal program may have.

    Args:
        commands: in any order; those that are the same count once.
        layout: of the family.
        deadline: when to end the search for statements, in seconds of `time.monotonic`; None for all.

    Raises:
        ProgramError: a command that is not legal.
    """
    candidates = Candidates(Points(_settled(commands, layout), layout), layout.loops.depth, deadline)
    try:
        candidates.begin()
        candidates.all()
    except OutOfTime:
        candidates.complete = False
    return candidates.rerolling()


def reroll(
    commands: Sequence[Command], layout: Layout, deadline: float | None = None, solver: str = "auto"
) -> Iterator[Rerolled]:
    """Shorter and shorter programs that draw a set of commands, the plain list at once.

    Args:
        commands: in any order; those that are the same count once.
        layout: of the family.
        deadline: when to end, in seconds of `time.monotonic`; None goes on until the last is optimal.
        solver: see `i2c_core.covers.solve`.

    Raises:
        ProgramError: a command that is not legal.
    """
    settled = _settled(commands, layout)
    points = Points(settled, layout)
    plain = tuple(Draw(c.symbol, tuple(Linear(a) if isinstance(a, int) else a for a in c.args)) for c in settled)
    kinds = len(points.kinds)  # a statement draws commands of one kind, and without loop or reflection but one
    best = Rerolled(plain, cost_of(plain), Fraction(kinds + (len(settled) > kinds)))
    yield best
    if best.optimal:
        return
    lattice = None
    if deadline is not None and len(points.points) > MANY:
        try:
            lattice = Lattice(points, _share(deadline, FIRST))
        except OutOfTime:
            return
        for body, cost in _guesses(lattice, layout.loops.depth, deadline, solver):
            if cost < best.cost:
                best = Rerolled(body, cost, best.bound)
                yield best
    candidates = Candidates(points, layout.loops.depth, _share(deadline, FIRST), lattice)
    bound, going, more = best.bound, True, True
    for stage in range(4):
        try:
            if stage == 0:
                candidates.begin()
                candidates.wait_until(_share(deadline, LATER))
            elif stage < 3:
                more = candidates.improve(int(best.cost * THIRDS), deep=stage == 2)
            else:
                more = candidates.rest(int(best.cost * THIRDS))
        except OutOfTime:
            going = False
        if more:
            rerolling = candidates.rerolling()
            for cover in solve(rerolling.problem, deadline, solver):
                bound = Fraction(cover.bound, THIRDS)
                if Fraction(cover.cost, THIRDS) < best.cost:
                    best = Rerolled(rerolling.body(cover.columns), Fraction(cover.cost, THIRDS), best.bound)
                    yield best
        if not going:
            return
    if candidates.complete and bound > best.bound:
        yield Rerolled(best.body, best.cost, min(best.cost, bound))


def _guesses(lattice: Lattice, depth: int, deadline: float, solver: str) -> Iterator[tuple[Body, Fraction]]:
    """Programs of the most frequent steps and reflections only, found soon where there are many commands."""
    candidates = Candidates(lattice.points, depth, _share(deadline, FEW), lattice)
    with suppress(OutOfTime):
        candidates.begin(few=MOST_FREQUENT)
    rerolling = candidates.rerolling()
    for cover in solve(rerolling.problem, _share(deadline, FEW), solver):
        yield rerolling.body(cover.columns), Fraction(cover.cost, THIRDS)


def _share(deadline: float | None, share: float) -> float | None:
    """The time when a share of what is left will have passed."""
    return None if deadline is None else time.monotonic() + share * (deadline - time.monotonic())


def _settled(commands: Sequence[Command], layout: Layout) -> list[Command]:
    found = set[Command]()
    for command in commands:
        settled = layout.canonical(command)
        if settled is None:
            raise ProgramError(f"{shown(command)} is no command", "keep it on the grid")
        found.add(settled)
    return sorted(found)
