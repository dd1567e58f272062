"""Covers as a program of linear inequalities over whole numbers, for solvers that others wrote.

The inequalities are those of facility location: a row is *served* by one class of columns, those of one node that use
the same features; a node is open to the extent that the columns below it serve any one row. Saying only that a column
needs its node leaves a bound so weak that neither HiGHS nor CP-SAT ends within a minute on a drawing of 15 commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from i2c_core.covers.problem import NO_NODE, Problem
from i2c_core.covers.reducing import bits, paths


@dataclass(slots=True)
class Inequalities:
    """Minimise the sum of `weights[v] * x[v]` over whole x[v] in 0..most[v], where each row of terms is at least low.

    The first variables are the columns, in their order.

    Attributes:
        weights: what each variable costs.
        most: how great each may be.
        row, variable, factor: the terms; term t adds factor[t] * x[variable[t]] to row[t].
        low: what the sum of each row is at least.
    """

    weights: list[int] = field(default_factory=list)
    most: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    variable: list[int] = field(default_factory=list)
    factor: list[int] = field(default_factory=list)
    low: list[int] = field(default_factory=list)

    def new(self, weight: int = 0, most: int = 1) -> int:
        """A variable's number."""
        self.weights.append(weight)
        self.most.append(most)
        return len(self.weights) - 1

    def add(self, more: Iterable[int], less: Iterable[int], low: int) -> None:
        """The sum of some variables, less that of others, is at least `low`."""
        for variables, factor in ((more, 1), (less, -1)):
            for variable in variables:
                self.row.append(len(self.low))
                self.variable.append(variable)
                self.factor.append(factor)
        self.low.append(low)


def inequalities(problem: Problem) -> Inequalities:
    """The problem in inequalities."""
    above, used = paths(problem)
    found = Inequalities()
    for column in problem.columns:
        found.new(column.cost)
    open_ = [found.new(n.cost) for n in problem.nodes]
    classes: dict[tuple[int, int], list[int]] = {}
    features = 0
    for place, column in enumerate(problem.columns):
        uses = column.features | (used[column.node] if column.node != NO_NODE else 0)
        features |= uses
        classes.setdefault((column.node, uses), []).append(place)
    use = {f: found.new() for f in bits(features)}
    serving: list[list[int]] = [[] for _ in range(problem.rows)]
    through: dict[tuple[int, int], list[int]] = {}  # what serves a row through a node
    using: dict[tuple[int, int], list[int]] = {}  # what serves a row and uses a feature
    for place, column in enumerate(problem.columns):
        if not column.cost:  # what costs nothing might be taken without serving any row
            node = column.node
            needed = [use[f] for f in bits(column.features | (used[node] if node != NO_NODE else 0))]
            for other in needed if node == NO_NODE else (*needed, *(open_[n] for n in above[node])):
                found.add([other], [place], 0)
    for (node, uses), places in classes.items():
        covering: dict[int, list[int]] = {}
        for place in places:
            for row in bits(problem.columns[place].covers):
                covering.setdefault(row, []).append(place)
        for row, some in covering.items():
            if node == NO_NODE and not uses:
                serving[row] += some
                continue
            serve = found.new()
            found.add(some, [serve], 0)
            serving[row].append(serve)
            for n in above[node] if node != NO_NODE else ():
                through.setdefault((n, row), []).append(serve)
            for feature in bits(uses):
                using.setdefault((feature, row), []).append(serve)
    for some in serving:
        found.add(some, [], 1)
    for (node, _), some in through.items():
        found.add([open_[node]], some, 0)
    for (feature, _), some in using.items():
        found.add([use[feature]], some, 0)
    beyond = found.new(problem.feature_cost, max(0, len(use) - problem.free))
    found.add([beyond], use.values(), -problem.free)
    return found
