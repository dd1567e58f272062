"""An exact search for least covers, in Python: branch and bound over nodes and features, then over columns.

Each part of the problem has the bound of `bounding.ascend`, begun with the shares of the part that it came from. A
column with which no cover can be cheaper than the best one is no longer allowed. A part is split on a node or a
feature, which is paid for or forbidden, with all columns that need it; where none is in doubt, on a column. Parts with
the least bound are split first, so that the bound of them all rises as the search goes on.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from i2c_core.covers.bounding import SLACK, Bounded, ascend, least_with
from i2c_core.covers.exhausting import exhausted
from i2c_core.covers.greedy import greedy
from i2c_core.covers.parts import Flags, Floats, Part, product, whole
from i2c_core.covers.problem import Cover, Problem, cost
from i2c_core.covers.reducing import Reduced, only

AT_FIRST, LATER = (1, 20, 40, 80, 120), (20, 40)  # rounds of `ascend`; between them columns are forbidden
FEW, MOST_TRIED = 60, 1000  # columns of a part that all covers are tried of, and how many of them
MOST_GREEDY = 300  # columns among which the local search looks for a cover
LARGE, MOST_SEARCHED, MOST_SPLITS = 1500, 500, 40  # columns of a part that is searched in a smaller one first


class Search:
    """The best cover so far, and what may hold a better one."""

    def __init__(self, problem: Problem, start: Cover, deadline: float | None) -> None:
        self.problem, self.best, self.deadline = problem, start, deadline
        self.waiting: list[tuple[int, int, int, Part, Floats, int]] = []
        self.count = 0
        self.step = math.gcd(*(c.cost for c in problem.columns), *(n.cost for n in problem.nodes)) or 1

    def begin(self) -> None:
        """Wait for the whole problem; where one feature is free, in two parts: with one at least, and with none."""
        every = whole(self.problem)
        credit = self.problem.feature_cost * self.problem.free if len(every.fees) else 0
        plain: Flags = every.uses.max(1, initial=0) == 0
        self.wait(every, credit, AT_FIRST)
        if self.problem.free == 1 and credit and not plain.all():
            self.wait(every.only(plain), 0, AT_FIRST)

    def wait(self, part: Part, credit: int, schedule: tuple[int, ...]) -> None:
        """Bound a part, forbid what cannot help in it, and keep it unless nothing better can be in it."""
        bound, step, weight = 0, 0, np.zeros(part.covers.shape, np.float32)
        while step < len(schedule) and not (step and self.late()):
            if not part.covers.shape[1]:
                self.found(part.taken)
                return
            counts = part.covers.sum(0)
            if not counts.all():
                return
            if (counts == 1).any():
                part = part.taking(int(np.argmax(part.covers[:, int(np.argmax(counts == 1))])))
                continue
            bounded = ascend(part, self.enough(part, credit), schedule[step], self.deadline)
            part, weight, step = replace(part, shares=bounded.shares), bounded.weight, step + 1
            fewest = int(bool(credit) and self.problem.free == 1 and not part.used)
            bound = max(bound, self.rounded(part, credit, bounded, fewest))
            if bound >= self.best.cost:
                return
            least = least_with(part)
            if schedule is AT_FIRST:
                self.look(part, least, step)
            else:
                self.guess(part, weight)
            if bound >= self.best.cost:
                return
            kept = least <= self.enough(part, credit) + SLACK
            if not fewest and len(part.fees) and self.rounded(part, credit, bounded, 1) >= self.best.cost:
                kept &= ~part.uses[:, part.fees > 0].any(1)
            if not kept.all():
                part, weight = part.only(kept), weight[kept]
        if not part.covers.shape[1]:
            self.found(part.taken)
            return
        if len(part.columns) <= FEW and self.ended(part, credit):
            return
        heapq.heappush(self.waiting, (bound, -part.spent, self.count, part, weight, credit))
        self.count += 1

    def ended(self, part: Part, credit: int) -> bool:
        """Whether a part was small enough to try all that is in it."""
        if not part.covers.any(0).all():
            return True
        before = part.spent - credit

        def tried(columns: Sequence[int]) -> int:
            self.found(tuple(columns))
            return self.best.cost - before

        return exhausted(part, self.best.cost - before, tried, MOST_TRIED)

    def enough(self, part: Part, credit: int) -> int:
        """With a bound above this, what is left of a part can only lead to covers that are no better than the best."""
        limit = self.best.cost - 1 - part.spent + credit
        return limit if (part.fees > 0).any() else limit // self.step * self.step

    def rounded(self, part: Part, credit: int, bounded: Bounded, fewest: int) -> int:
        """What a cover of a part costs at least, where it uses some more features at least.

        All but the features costs a multiple of some whole number.
        """
        fee = self.problem.feature_cost
        costs = []
        for more in range(fewest, int((part.fees > 0).sum()) + 1):
            rest = max(bounded.plain, bounded.bound - more * fee) - SLACK
            costs.append(self.step * math.ceil(rest / self.step) + more * fee)
        return part.spent - credit + min(costs, default=self.best.cost - part.spent + credit)

    def run(self, told: Cover, most: int | None = None) -> Iterator[Cover]:
        """Covers better than the one told, or with better bounds; the last is optimal unless time runs out.

        Args:
            told: the cover that is known.
            most: how many parts are split at most.
        """
        splits = 0
        while True:
            news = self.told(told)
            if news != told:
                told = news
                yield told
            if told.optimal or self.late() or splits == most:
                return
            splits += 1
            _, _, _, part, weight, credit = heapq.heappop(self.waiting)
            self.split(part, weight, credit)

    def told(self, before: Cover) -> Cover:
        """The best cover so far, with a bound no lower than before."""
        least = min(self.best.cost, self.waiting[0][0]) if self.waiting else self.best.cost
        return Cover(self.best.columns, self.best.cost, max(before.bound, least))

    def columns(self) -> set[int]:
        """Those that are still allowed in some part: a cover better than the best one holds no others."""
        return {int(c) for waiting in self.waiting for c in (*waiting[3].columns, *waiting[3].taken)}

    def late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def found(self, columns: tuple[int, ...]) -> None:
        price = cost(self.problem, columns)
        if price < self.best.cost:
            self.best = Cover(tuple(sorted(columns)), price, self.best.bound)

    def look(self, part: Part, least: Floats, step: int) -> None:
        """Try covers by the columns with which the least is possible: some by local search, more by such a search."""
        small = self.best_columns(part, least, MOST_GREEDY)
        for columns, _ in greedy(small.problem, self.deadline):
            self.found(tuple(small.places[c] for c in columns))
        if len(part.columns) > LARGE and step % 2:
            small = self.best_columns(part, least, MOST_SEARCHED)
            new = {old: place for place, old in enumerate(small.places)}
            start = Cover(tuple(new[c] for c in self.best.columns), self.best.cost, 0)
            search = Search(small.problem, start, self.deadline)
            search.begin()
            for cover in search.run(start, MOST_SPLITS):
                self.found(tuple(small.places[c] for c in cover.columns))

    def best_columns(self, part: Part, least: Floats, most: int) -> Reduced:
        """The problem of the columns with which the least is possible, and of the best cover."""
        order = np.argsort(least, kind="stable")[:most]
        return only(self.problem, sorted({*part.columns[order].tolist(), *self.best.columns, *part.taken}))

    def guess(self, part: Part, weight: Floats) -> None:
        """Try a cover by the columns that weigh the most."""
        left, taken = np.ones(part.covers.shape[1], bool), list[int]()
        while left.any():
            heavy = weight[:, left].sum(1)
            heavy[~part.covers[:, left].any(1)] = -1
            taken.append(int(np.argmax(heavy)))
            left &= ~part.covers[taken[-1]]
        for place in list(taken):
            if part.covers[[p for p in taken if p != place]].any(0).all():
                taken.remove(place)
        self.found((*part.taken, *(int(part.columns[p]) for p in taken)))

    def split(self, part: Part, weight: Floats, credit: int) -> None:
        """Wait for two parts that together are this one."""
        doubt = np.zeros(len(part.nodes) + len(part.fees), np.float32)
        if len(part.nodes):
            doubt[: len(part.nodes)] = part.prices * _doubt(part.up(weight).max(1))
        if len(part.fees):
            doubt[len(part.nodes) :] = part.fees * _doubt(product(part.uses.T, weight).max(1))
        place = int(np.argmax(doubt)) if len(doubt) else 0
        if len(doubt) and doubt[place] > 0.02:
            if place < len(part.nodes):
                below = np.zeros((len(part.nodes), 1), np.float32)
                below[place] = 1
                needs = part.gathered(part.down(below))[:, 0] > 0
                with_it = part.paid(node=place)
            else:
                needs = part.uses[:, place - len(part.nodes)] > 0
                with_it = part.paid(feature=place - len(part.nodes))
            self.wait(with_it, credit, LATER)
            self.wait(part.only(~needs), credit, LATER)
            return
        row = int(np.argmin(part.covers.sum(0)))
        column = int(np.argmax(np.where(part.covers[:, row], weight.sum(1) + 1e-6, -1)))
        self.wait(part.taking(column), credit, LATER)
        self.wait(part.only(np.arange(len(part.columns)) != column), credit, LATER)


def _doubt(share: Floats) -> Floats:
    """How far something is from open and from closed, in a cover by fractions."""
    return np.asarray(np.minimum(share, np.maximum(0, np.float32(1.02) - share)), np.float32)
