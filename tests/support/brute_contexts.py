"""All that may stand around a command in a program with loops, for the brute force.

Contexts that offer the same leaves, conditions and loops, with the same costs and coefficients, are one `Context`. For
its leaves, a variable counts only where it moves a number over two or more of the positions that there are; where its
values begin and which variable comes first say nothing, as offsets are free.

What bounds the language here: depth as the family says, loops of up to `most` rounds (where they hold no other loop and
depend on a variable, of any number), and coefficients of counts up to `steepest` either way. Coefficients of
coordinates have no bound, as those beyond the grid have no use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from i2c_core.loops import Linear

Rounds = frozenset[tuple[int, ...]]  # the values of the variables in scope, outermost first, in every round
Shape = tuple[tuple[int, ...], ...]  # rounds as leaves see them
Coefficients = frozenset[int]
Header = tuple[int, int, Coefficients]  # of a loop: its context, cost and coefficients


@dataclass(frozen=True)
class Context:
    """What may stand in a body that runs in some rounds, `depth` loops and reflections from the deepest.

    Attributes:
        shape: what leaves see of the rounds.
        when: the context of a condition here, None where it changes nothing.
        reflected: the context of a reflection here, None at the deepest.
        loops: the loops that may stand here.
    """

    shape: Shape
    when: int | None
    reflected: int | None
    loops: tuple[Header, ...]


class Contexts:
    """All contexts there are on a grid with `positions` along its longer axis; they are one for all its sets."""

    def __init__(self, positions: int, depth: int, most: int | None = None, steepest: int | None = None) -> None:
        self.positions, self.depth = positions, depth
        self.most = positions + 1 if most is None else most
        self.steepest = positions if steepest is None else steepest
        self.all: list[Context] = []
        self._places: dict[Context, int] = {}
        self._known: dict[tuple[Rounds, int], int] = {}
        self.root = self.of(frozenset([()]), depth)

    def of(self, rounds: Rounds, depth: int) -> int:
        """The place of the context of a body."""
        if (rounds, depth) not in self._known:
            later = frozenset(r for r in rounds if r and r[-1] > 0)
            when = self.of(later, depth) if later and later != rounds else None
            reflected = self.of(rounds, depth - 1) if depth else None
            loops: dict[tuple[int, Coefficients], int] = {}
            for count, cost in self.counts(rounds, depth):
                child = self.of(opened(rounds, count), depth - 1)
                used = frozenset() if count.variable is None else frozenset([count.a])
                loops[child, used] = min(cost, loops.get((child, used), cost))
            found = Context(
                self.shape(rounds),
                when,
                reflected,
                tuple(
                    sorted(
                        ((child, cost, used) for (child, used), cost in loops.items() if child != reflected),
                        key=lambda h: (h[0], h[1], sorted(h[2])),
                    )
                ),
            )
            if found not in self._places:
                self._places[found] = len(self.all)
                self.all.append(found)
            self._known[rounds, depth] = self._places[found]
        return self._known[rounds, depth]

    def counts(self, rounds: Rounds, depth: int) -> Iterator[tuple[Linear, int]]:
        """The counts of loops in a body, each with what its loop costs, coefficients apart."""
        if not depth:
            return
        for n in range(1, self.most + 1):
            yield Linear(n), 1 + (n == 2)
        for variable in range(len(next(iter(rounds)))):
            values = sorted({r[variable] for r in rounds})
            seen = set()
            for a in (s * c for c in range(1, self.steepest + 1) for s in (1, -1)):
                ends = sorted((a * values[0], a * values[-1]))
                for b in range(1 - ends[1], self.most + 2 - ends[0]):
                    counts = tuple(max(0, a * v + b) for v in values)
                    if depth > 1 and max(counts) > self.most:
                        continue
                    # Nothing but leaves will lie in there: they see whether there is a round, whether there is a
                    # second one, and when there are too many for the grid.
                    told = tuple(min(n, self.positions + 2) for n in counts) if depth == 1 else counts
                    if (a, told) not in seen:
                        seen.add((a, told))
                        yield Linear(b, a, variable), 1

    def shape(self, rounds: Rounds) -> Shape:
        """What leaves see of the rounds: the variables that can move them, from 0, in the least of all orders."""
        columns = []
        for variable in range(len(next(iter(rounds)))):
            values = {r[variable] for r in rounds}
            if 0 < max(values) - min(values) < self.positions:
                columns.append((variable, min(values)))
        return min(
            tuple(sorted({tuple(r[v] - low for v, low in order) for r in rounds})) for order in permutations(columns)
        )


def opened(rounds: Rounds, count: Linear) -> Rounds:
    """The rounds of a loop's body."""
    return frozenset((*r, n) for r in rounds for n in range(max(0, count.at(r))))
