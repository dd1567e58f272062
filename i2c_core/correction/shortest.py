"""The shortest program of a set of commands, found within a time and kept, as candidates share most of their sets."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from i2c_core.loops import Body, Command, Layout, Linear, cost_of
from i2c_core.loops.statements import Draw
from i2c_core.rerolling import reroll

KEPT = 4096  # sets whose programs are remembered


@dataclass(frozen=True, slots=True)
class Shortest:
    """A program with loops and reflections that draws a set of commands.

    Attributes:
        body: the program.
        cost: what it costs, see `i2c_core.loops.cost_of`.
        bound: no program that draws the set costs less.
        seconds: that the search took.
    """

    body: Body
    cost: Fraction
    bound: Fraction
    seconds: float = field(default=0.0, compare=False)

    @property
    def optimal(self) -> bool:
        """Whether it is proved that none costs less."""
        return self.cost == self.bound


class Shortener:
    """Finds shortest programs of sets of commands, each set once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._known: OrderedDict[tuple[Command, ...], Shortest] = OrderedDict()

    def __call__(self, commands: Sequence[Command], seconds: float) -> Shortest:
        """The best program that is found in so many seconds; what was proved shortest is never sought again."""
        key = tuple(sorted(set(commands)))
        known = self._known.get(key)
        if known is None or not (known.optimal or known.seconds >= 0.9 * seconds):
            known = self._known[key] = self._sought(key, seconds)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return known

    def _sought(self, commands: tuple[Command, ...], seconds: float) -> Shortest:
        began = time.monotonic()
        best = _listed(commands)
        for found in reroll(commands, self.layout, deadline=began + seconds):
            if found.cost <= best.cost:
                best = Shortest(found.body, found.cost, max(best.bound, found.bound))
            if best.cost <= best.bound:
                break
        return Shortest(best.body, best.cost, best.bound, time.monotonic() - began)


def drawn(commands: Sequence[Command]) -> tuple[Draw, ...]:
    """A statement for each command."""
    return tuple(Draw(c.symbol, tuple(Linear(a) if isinstance(a, int) else a for a in c.args)) for c in commands)


def _listed(commands: tuple[Command, ...]) -> Shortest:
    """The plain list, a program for every set."""
    body = drawn(commands)
    return Shortest(body, cost_of(body), Fraction(min(1, len(commands))))


__all__ = ["Shortener", "Shortest", "drawn"]
