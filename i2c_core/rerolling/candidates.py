"""The statements that an optimal program of a set may have, as the columns of a cover problem.

Why none is lost. A program is a set of statements, each on a path of loops, reflections and conditions; it draws what
its statements draw, each by itself, and each of them draws commands of the set only. So any program is a choice of
columns: what a statement draws on its path is a pattern of points at equal steps, closed under the path's reflections,
and `choices` lists all of these. Paths are enumerated but for those that some other path replaces at no greater cost:
loops of two rounds (three rounds in a condition cost less), loops longer than the longest row (a shorter one does),
headers that no statement heeds together with those around them (a path without does). Then `Candidates.improve` and
`Candidates.rest` leave out paths on which a program costs at least as much as one that is known, see `pricing`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from i2c_core.covers import Column, Node, Problem
from i2c_core.covers.problem import NO_NODE
from i2c_core.loops import Body, Linear
from i2c_core.rerolling.contexts import Choice, Condition, Leaf, Path, choices, leaves, undominated
from i2c_core.rerolling.lattice import Lattice, OutOfTime
from i2c_core.rerolling.paths import Paths
from i2c_core.rerolling.patterns import Patterns, Profile, Table
from i2c_core.rerolling.points import Points
from i2c_core.rerolling.pricing import SLACK, prices_of
from i2c_core.rerolling.writing import body_of

THIRDS = 3  # costs are counted in thirds
LONG = 4  # points in a row, without which the most frequent steps tell nothing
AT_ONCE = 100  # paths that are added before prices are found anew
ENOUGH = 0.3  # by how much the bound may be too high


@dataclass(frozen=True, slots=True)
class Rerolling:
    """The cover problem of a set of commands.

    Attributes:
        points: the set.
        problem: its rows are the commands, its columns statements, its nodes loops and reflections; costs in thirds.
        complete: whether every statement of some optimal program is there.
        statements: for each column, where it stands and what it is.
        paths: of the nodes.
    """

    points: Points
    problem: Problem
    complete: bool
    statements: tuple[tuple[Path, Leaf], ...]
    paths: tuple[Path, ...]

    def body(self, columns: Sequence[int]) -> Body:
        """The program that consists of some columns."""
        return body_of(self.points, [self.statements[c] for c in columns])


class Candidates:
    """The statements on more and more paths.

    Args:
        points: the set.
        depth: how deep loops and reflections may lie in each other.
        deadline: see `problem_of`.
        lattice: of the points, where it is known already.
    """

    def __init__(self, points: Points, depth: int, deadline: float | None, lattice: Lattice | None = None) -> None:
        self.points, self.depth, self.deadline, self.lattice = points, depth, deadline, lattice
        self.complete = False
        self.first: set[Path] = set()
        self.others: list[Path] = []  # that are looked at, with what may be drawn there
        self.choices: list[list[Choice]] = []
        self.tables: list[frozenset[Table]] = []
        self._known_twice: dict[Linear, list[tuple[Path, frozenset[tuple[int, Profile]]]]] = {}
        first: dict[int, int] = {}
        for n, point in enumerate(points.points):
            first.setdefault(point.row, n)
        self.found: dict[Path, list[Leaf]] = {(): [Leaf(1 << row, 0, False, n, (), ()) for row, n in first.items()]}

    def begin(self, few: int | None = None) -> None:
        """Statements in two headers at most, none of whose lengths depends on a variable.

        Args:
            few: how many steps and reflections are looked at, the most frequent ones; None for all.

        Raises:
            OutOfTime: the deadline has passed.
        """
        if self.lattice is None:
            self.lattice = Lattice(self.points, self.deadline)
        self.lattice.deadline = self.deadline
        self.patterns = Patterns(self.lattice if few is None else self.lattice.frequent(few))
        if few is not None and self.patterns.longest < LONG:
            return
        mirrors = sorted(self.points.mirrors(), key=lambda mirror: -mirror.domain.bit_count())[:few]
        self.paths = Paths(self.patterns, mirrors, self.depth)
        for path in self.paths.one():
            self.take(path)
        for path in self.paths.two():
            self.take(path)
        self.first = set(self.found)

    def wait_until(self, deadline: float | None) -> None:
        """Set another deadline."""
        self.deadline = self.patterns.lattice.deadline = deadline

    def all(self) -> None:
        """All others.

        Raises:
            OutOfTime: the deadline has passed.
        """
        twice = (path for count in self.paths.counts for path, _ in self.paths.stairs.twice(count))
        for path in self.later(self.paths.three(), self.paths.stairs.two(), self.paths.stairs.three(), twice):
            self.take(path)
        self.complete = True

    def later(self, *sources: Iterable[Path]) -> Iterator[Path]:
        """The paths of some sources that neither `begin` nor an earlier source had, each after those further out."""
        seen = {*self.first, *self.others}
        for path in chain(*sources):
            for prefix in _prefixes(path):
                if prefix not in seen:
                    seen.add(prefix)
                    yield prefix

    def improve(self, best: int, deep: bool) -> bool:
        """Add statements on other paths as long as the bound of the statements so far does not hold for all of them.

        Args:
            best: what a known program costs, in thirds.
            deep: whether on paths of three headers too.

        Returns:
            Whether there are any.

        Raises:
            OutOfTime: the deadline has passed.
        """
        if not deep:
            self._look(self.later(self.paths.stairs.two()), best)
            return self._settle(best)
        self._look(self.later(self.paths.three()), best)
        found = self._settle(best)
        self._look(self.later(self.paths.stairs.three()), best)
        return self._settle(best) or found

    def rest(self, best: int) -> bool:
        """Add all that a program may have that costs less than the best known one; whether there is anything.

        Args:
            best: what a known program costs, in thirds.

        Raises:
            OutOfTime: the deadline has passed.
        """
        kept = [n for n, path in enumerate(self.others) if len(_prefixes(path)) <= self._headers(best)]
        self.others, self.choices = [self.others[n] for n in kept], [self.choices[n] for n in kept]
        self.tables = [self.tables[n] for n in kept]
        self._price(best)
        seen = set[Path]()
        while self._headers(best) > 2:
            may = [count for count in self.paths.counts if self._may_twice(count, self._limit(best))]
            around = dict.fromkeys(_above(path) for count in may for path, _ in self._all_twice(count))
            needed = list(self.later(around))
            if not needed:
                needed = [path for count in may for path in self._twice(count, self._limit(best), seen)]
                seen.update(needed)
            if not needed:
                break
            self._look(self.later(needed), best)
            self._settle(best)
        limit, found = self._limit(best), False
        for n, path in enumerate(self.others):
            total = sum(self.own[p] for p in _prefixes(path))
            if total <= limit:
                found |= self._add(n, min(0, total - limit))
        self.complete = True
        return found

    def _twice(self, count: Linear, limit: float, seen: set[Path]) -> Iterator[Path]:
        """Paths with two loops whose length depends on a variable that may save enough, alone or with others."""
        sums: dict[frozenset[tuple[int, Profile]], float] = {}
        for path, keys in self._all_twice(count):
            if keys not in sums:
                tables = frozenset(self.patterns.table(*key) for key in keys)
                sums[keys] = THIRDS - self.prices.sum_of(tables, (count,), THIRDS)
            if path not in seen and (sums[keys] < 0 or self.own[_above(path)] + sums[keys] <= limit):
                yield path

    def _may_twice(self, count: Linear, limit: float) -> bool:
        """Whether such paths in a loop may save enough."""
        return 2 * THIRDS - self.prices.together((count,), THIRDS) <= max(0, limit)

    def _all_twice(self, count: Linear) -> list[tuple[Path, frozenset[tuple[int, Profile]]]]:
        """All such paths, with the patterns of statements on them."""
        if count not in self._known_twice:
            found = []
            for known in self.paths.stairs.twice(count):
                self._check()
                found.append(known)
            self._known_twice[count] = found
        return self._known_twice[count]

    def _headers(self, best: int) -> int:
        """How many loops and reflections a program may have that costs less than the best known one."""
        return (best - 1) // THIRDS - len({point.kind for point in self.points.points})

    def _limit(self, best: int) -> float:
        """How much more a program may cost than the bound."""
        return best - 1 + SLACK + self.below - self.prices.bound

    def _look(self, paths: Iterable[Path], best: int) -> None:
        """Look at some more paths from now on, each after those further out."""
        for path in paths:
            self._check()
            if len(_prefixes(path)) <= self._headers(best):
                self.others.append(path)
                self.choices.append(choices(path, self.patterns))
                self.tables.append(frozenset(choice.table for choice in self.choices[-1]))

    def _settle(self, best: int) -> bool:
        """Add what most lacks in the problem, until its bound holds for all paths; whether there was anything."""
        found = False
        while True:
            self._price(best)
            order = sorted(range(len(self.others)), key=lambda n: self.own[self.others[n]])
            new = [self._add(n, 0) for n in order[:AT_ONCE] if self.own[self.others[n]] < 0]
            if self.below <= ENOUGH or not any(new):
                return found
            found = True

    def _price(self, best: int) -> None:
        """Find out by how much what each other path costs is more than what it saves."""
        rerolling = self.rerolling()
        self.prices = prices = prices_of(rerolling.problem, rerolling.paths, self.patterns, best - 1)
        self.own: dict[Path, float] = dict.fromkeys(self.first, THIRDS)
        self.own.update((path, 0) for path in prices.nodes)
        self._check()
        saved = prices.saved(self.others, self.tables, THIRDS)
        for path, some in zip(self.others, saved, strict=True):
            self.own[path] = (0 if path in prices.nodes else THIRDS) - some
        self.below = -sum(min(0, self.own[path]) for path in self.others)

    def _add(self, n: int, least: float) -> bool:
        """Keep the statements on a path that save so much at least; whether there are any new ones."""
        path, some = self.others[n], self.choices[n]
        savings = self.prices.savings(path, some, THIRDS)
        kept = [(choice, np.flatnonzero(s.each >= least).tolist()) for choice, s in zip(some, savings, strict=True)]
        return self.add(path, leaves(path, kept))

    def add(self, path: Path, new: list[Leaf]) -> bool:
        """Keep statements on a path unless they are further out as well; whether there are any new ones."""
        above = [leaf for k in range(len(path)) for leaf in self.found.get(path[:k], ())]
        old = self.found.setdefault(path, [])
        kept = undominated(new, [*above, *old])
        old.extend(kept)
        return bool(kept)

    def take(self, path: Path) -> None:
        """Keep all statements on a path that are nowhere further out as well."""
        self._check()
        found = choices(path, self.patterns)
        self.add(path, leaves(path, [(choice, range(len(choice.table.placed))) for choice in found]))

    def _check(self) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime

    def rerolling(self) -> Rerolling:
        """The problem of all statements so far."""
        nodes: list[Node] = []
        places: dict[Path, int] = {(): NO_NODE}
        paths: list[Path] = []
        columns, statements = list[Column](), list[tuple[Path, Leaf]]()
        for path, found in self.found.items():
            if not found:
                continue
            for prefix in _prefixes(path):
                if prefix not in places:
                    above = _above(prefix)
                    head = prefix[-1]
                    bit = self.patterns.feature(head.a) if isinstance(head, Linear) and head.a else 0
                    nodes.append(Node(places[above], THIRDS, bit))
                    places[prefix] = len(paths)
                    paths.append(prefix)
            for leaf in found:
                columns.append(Column(leaf.covers, places[path], THIRDS, leaf.features))
                statements.append((path, leaf))
        problem = Problem(len(self.points.commands), tuple(columns), tuple(nodes))
        return Rerolling(self.points, problem, self.complete, tuple(statements), tuple(paths))


def _above(path: Path) -> Path:
    """The path of the header around the last one."""
    end = len(path) - 1
    while end and isinstance(path[end - 1], Condition):
        end -= 1
    return path[:end]


def _prefixes(path: Path) -> list[Path]:
    """The paths of all headers of a path, outermost first."""
    return [path[: k + 1] for k, header in enumerate(path) if not isinstance(header, Condition)]
