"""A good cover at once: what saves the most for each row, then better ones by taking a part away and covering anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from i2c_core.covers.problem import NO_NODE, Problem, cost
from i2c_core.covers.reducing import paths


def greedy(problem: Problem, deadline: float | None = None) -> Iterator[tuple[tuple[int, ...], int]]:
    """Covers and their costs, each better than the last: the first at once.

    Args:
        problem: to cover.
        deadline: when to stop, in seconds of `time.monotonic`; a first cover is always given.
    """
    start = _Start(problem)
    best = start.tidy(start.filled(()))
    least = cost(problem, best)
    yield best, least
    better = True
    while better:
        better = False
        for kept in start.parts(best):
            if deadline is not None and time.monotonic() > deadline:
                return
            tried = start.tidy(start.filled(kept))
            price = cost(problem, tried)
            if price < least:
                best, least, better = tried, price, True
                yield best, least
                break


@dataclass(slots=True)
class _Start:
    """A problem with its columns by node, for filling partial covers."""

    problem: Problem
    above: list[tuple[int, ...]] = field(init=False)
    at: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.above = paths(self.problem)[0]
        self.at = {}
        for place, column in enumerate(self.problem.columns):
            self.at.setdefault(column.node, []).append(place)

    def parts(self, columns: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """The columns without one of them, or without all that are in a node or below it."""
        path = {p: self._path(p) for p in columns}
        for node in sorted({n for nodes in path.values() for n in nodes}):
            yield tuple(p for p in columns if node not in path[p])
        for place in columns:
            yield tuple(p for p in columns if p != place)

    def filled(self, kept: tuple[int, ...]) -> tuple[int, ...]:
        """A cover that holds the kept columns: again and again, open the node whose columns cover rows most cheaply."""
        problem, taken, covered, features = self.problem, list(kept), 0, 0
        opened = set[int]()
        for place in kept:
            column = problem.columns[place]
            covered |= column.covers
            features |= column.features
            opened.update(self._path(place))
        for node in opened:
            features |= problem.nodes[node].features
        whole = (1 << problem.rows) - 1
        while covered != whole:
            best: tuple[float, int, list[int], int, int] | None = None
            for node in self.at:
                found = self._bundle(node, whole & ~covered, features, opened)
                if found is not None and (best is None or found[0] < best[0] - 1e-9):
                    best = (found[0], node, *found[1:])
            assert best is not None, "each row is covered by some column"
            _, node, places, gained, features = best
            taken += places
            covered |= gained
            if node != NO_NODE:
                opened.update(self.above[node])
        return tuple(taken)

    def _bundle(
        self, node: int, missing: int, features: int, opened: set[int]
    ) -> tuple[float, list[int], int, int] | None:
        """The columns of a node that together cover missing rows most cheaply.

        Gives what a row costs, the columns, the rows that they cover and the features in use after it.
        """
        problem, total = self.problem, 0
        for n in self.above[node] if node != NO_NODE else ():
            if n not in opened:
                total += problem.nodes[n].cost
                features |= problem.nodes[n].features
        spent, places, gained, rate = total, list[int](), 0, float("inf")
        while missing:
            best, least, covers, uses = NO_NODE, float("inf"), 0, 0
            for place in self.at[node]:
                column = problem.columns[place]
                new = column.covers & missing
                if new:
                    extra = column.features & ~features
                    each = (column.cost + problem.feature_cost * extra.bit_count()) / new.bit_count()
                    if each < least:
                        best, least, covers, uses = place, each, new, extra
            if best == NO_NODE:
                break
            count = covers.bit_count()
            whole = (spent + least * count) / (gained.bit_count() + count)
            if whole >= rate:
                break
            rate, spent = whole, round(spent + least * count)
            places.append(best)
            gained |= covers
            features |= uses
            missing &= ~covers
        return (rate, places, gained, features) if places else None

    def tidy(self, columns: tuple[int, ...]) -> tuple[int, ...]:
        """The columns without those that no row needs, ascending; the dearest are dropped first."""
        problem, kept = self.problem, sorted(set(columns))
        whole = (1 << problem.rows) - 1
        for place in sorted(kept, key=lambda p: (-problem.columns[p].cost, -p)):
            covered = 0
            for other in kept:
                if other != place:
                    covered |= problem.columns[other].covers
            if covered == whole:
                kept.remove(place)
        return tuple(kept)

    def _path(self, place: int) -> tuple[int, ...]:
        node = self.problem.columns[place].node
        return () if node == NO_NODE else self.above[node]
