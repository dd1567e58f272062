"""What a path could save at most, so that most paths are left out before their statements are written down.

A cover problem of some paths has a bound by shared costs, see `i2c_core.covers.bounding`: each row has a price, the
least that it is charged for a column, its nodes and its features; the prices sum up to the bound. A program with other
paths N besides costs at least that bound, and what each N costs, less what N's statements save. A statement saves the
prices of the rows that it draws, less what these are charged for paths and features that the problem knows, less its
own cost. As a row need be drawn but once, all statements on N save no more than the sum over the rows of the most that
any of them saves of the row, if its own cost is shared out among its rows by what it saves of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from i2c_core.covers import Problem
from i2c_core.covers.bounding import ascend
from i2c_core.covers.parts import whole
from i2c_core.loops import Linear
from i2c_core.rerolling.contexts import Choice, Path
from i2c_core.rerolling.patterns import Patterns, Table

SLACK = 1e-2
ROUNDS = 150  # of better and better shares


@dataclass(frozen=True, slots=True, eq=False)
class Saving:
    """What P statements save.

    Attributes:
        each: (P) what each saves, less its own cost.
        rows: (R) what they save together, of each row at most.
    """

    each: np.ndarray
    rows: np.ndarray


@dataclass(slots=True)
class Prices:
    """Prices of R rows, in thirds.

    Attributes:
        bound: what every program of the problem's statements costs at least.
        rows: (R) sum to the bound and what features are free.
        nodes: for each path of the problem, (R) what it is charged.
        features: (F, R) what each is charged, by bit.
    """

    patterns: Patterns
    bound: float
    rows: np.ndarray
    nodes: dict[Path, np.ndarray]
    features: np.ndarray
    _known: dict[tuple[Table, Path, int], Saving] = field(default_factory=dict)
    _sums: dict[tuple[Path, int, frozenset[Table]], float] = field(default_factory=dict)

    def savings(self, path: Path, found: Sequence[Choice], cost: int) -> list[Saving]:
        """What the statements of each choice on a path save.

        Args:
            path: where they stand.
            found: the choices.
            cost: of a statement.
        """
        known, used = self._where(path)
        self._save([choice.table for choice in found], known, used, cost)
        return [self._known[choice.table, known, used] for choice in found]

    def saved(self, paths: Sequence[Path], tables: Sequence[frozenset[Table]], cost: int) -> list[float]:
        """For each path, what all statements that it may have save together at most.

        Args:
            paths: where they stand.
            tables: for each path, what they draw.
            cost: of a statement.
        """
        places = [self._where(path) for path in paths]
        groups: dict[tuple[Path, int], set[Table]] = {}
        for place, some in zip(places, tables, strict=True):
            groups.setdefault(place, set()).update(some)
        for (known, used), all_ in groups.items():
            self._save(list(all_), known, used, cost)
        return [self._sum(some, known, used) for (known, used), some in zip(places, tables, strict=True)]

    def sum_of(self, tables: frozenset[Table], path: Path, cost: int) -> float:
        """What the statements of some tables save together at most, in new loops on a path."""
        known, used = self._where(path)
        self._save(list(tables), known, used, cost)
        return self._sum(tables, known, used)

    def _sum(self, tables: frozenset[Table], known: Path, used: int) -> float:
        key = (known, used, tables)
        if key not in self._sums:
            rows = [self._known[table, known, used].rows for table in tables]
            self._sums[key] = float(np.maximum.reduce(rows).sum()) if rows else 0.0
        return self._sums[key]

    def _where(self, path: Path) -> tuple[Path, int]:
        """The path in the problem that a path begins with, and the features of all of it."""
        used = 0
        for header in path:
            if isinstance(header, Linear) and header.a:
                used |= self.patterns.feature(header.a)
        return next(path[:k] for k in range(len(path), -1, -1) if path[:k] in self.nodes), used

    def _save(self, tables: Sequence[Table], known: Path, used: int, cost: int) -> None:
        """Find what the statements of some tables save, all at once."""
        tables = [table for table in tables if (table, known, used) not in self._known]
        if not tables:
            return
        uses = np.concatenate([self._uses_of(table) for table in tables])
        if used:
            uses = np.maximum(uses, np.array([used >> f & 1 for f in range(len(self.features))], np.float32))
        saved = np.concatenate([table.rows for table in tables]) * np.maximum(
            0, self.rows - self.nodes[known] - uses @ self.features
        )
        total = saved.sum(1)
        saved *= np.maximum(0, 1 - cost / np.maximum(total, 1e-9))[:, None]
        ends = np.cumsum([len(table.placed) for table in tables])
        best = np.maximum.reduceat(saved, [0, *ends[:-1]])
        for table, start, end, rows in zip(tables, [0, *ends[:-1]], ends, best, strict=True):
            self._known[table, known, used] = Saving(total[start:end] - cost, rows)

    def _uses_of(self, table: Table) -> np.ndarray:
        if table.uses is None or table.uses.shape[1] != len(self.features):
            bits = [[p.features >> f & 1 for f in range(len(self.features))] for p in table.placed]
            table.uses = np.array(bits, np.float32).reshape(len(table.placed), -1)
        return table.uses

    def together(self, path: Path, cost: int) -> float:
        """What all statements in new loops on a path save together at most."""
        inside, sizes, uses = self.patterns.components()
        charged = np.zeros((len(sizes), len(self.rows)), np.float32)
        for n, size in enumerate(sizes):
            places = [self.patterns.place(number) for number in (size, -size)]
            some = [self.features[p] if p is not None and p < len(self.features) else 0 * self.rows for p in places]
            charged[n] = np.minimum(*some)
        saved = inside * np.maximum(0, self.rows - self.nodes.get(path, 0) - uses @ charged)
        saved *= np.maximum(0, 1 - cost / np.maximum(saved.sum(1, keepdims=True), 1e-9))
        return float(saved.max(0, initial=0).sum())


def prices_of(problem: Problem, paths: Sequence[Path], patterns: Patterns, enough: int) -> Prices:
    """The prices of a problem.

    Args:
        problem: to cover.
        paths: of its nodes.
        patterns: of its set.
        enough: a bound that need not be surpassed.
    """
    part = whole(problem)
    free = problem.feature_cost * problem.free
    shares = ascend(part, enough + free, ROUNDS).shares
    nodes = part.down(part.prices[:, None] * shares.node)
    price = part.costs[:, None] * shares.column + part.gathered(nodes)
    price += part.uses @ (part.fees[:, None] * shares.feature)
    rows = np.where(part.covers, price, np.inf).min(0)
    features = np.zeros((len(patterns.coefficients), problem.rows), np.float32)
    used = 0
    for features_ in [c.features for c in problem.columns] + [n.features for n in problem.nodes]:
        used |= features_
    here = [f for f in range(len(features)) if used >> f & 1]
    features[here] = part.fees[:, None] * shares.feature
    known: dict[Path, np.ndarray] = {(): np.zeros(problem.rows, np.float32)}
    for place, values in zip(part.nodes, nodes, strict=True):
        known[paths[place]] = values
    return Prices(patterns, float(rows.sum()) - free, rows, known, features)


__all__ = ["Prices", "prices_of"]
