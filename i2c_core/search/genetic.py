"""Typed genetic programming: a population of programs, bred by crossover and mutation that keep every type.

Koza's genetic programming (1992) under types (D. J. Montana, "Strongly typed genetic programming", 1995): a node is
replaced only by one of its type, so that every child is a program. Parents win tournaments by distance, and by size
where distances are equal (lexicographic parsimony: Luke and Panait 2002), which keeps programs from growing in vain. A
whole generation is bred, checked and drawn as arrays.

Legend: N programs, T tokens (the budget), C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders
from i2c_core.families import Family
from i2c_core.search.breeding import Breeder, Habits, Litter
from i2c_core.search.judging import Judge
from i2c_core.search.searcher import Found


@dataclass(frozen=True)
class Genetic:
    """A population that is bred until whoever iterates stops; best so far after each generation.

    The bound is 0 and nothing is proven. Where no better program is found for `patience` generations, the population
    begins anew.

    Args:
        family: whose programs.
        renderer: draws them, a generation at a time.
        seed: of all chance.
        population: programs of a generation.
        tournament: from how many a parent is the best.
        elite: how many of the best distinct ones live on as they are.
        fresh: the share of a generation that is drawn anew.
        patience: generations.
        habits: how children are made.
    """

    family: Family
    renderer: Renders
    seed: int = 0
    population: int = 512
    tournament: int = 4
    elite: int = 32
    fresh: float = 0.05
    patience: int = 60
    habits: Habits = field(default_factory=Habits)

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield each program that is better than all before it; ends where one token is the best there is, and in small
        languages where a whole population had nothing new to try.
        """
        judge = Judge(self.family, self.renderer, image, budget)
        breeder = Breeder(self.family, budget, np.random.default_rng(self.seed), self.habits)
        best: Found | None = None
        tried = -1
        while judge.tried > tried:
            tried = judge.tried
            litter = breeder.strangers(self.population)
            costs = judge.costs(litter.ids, litter.values)
            waited, lowest = 0, (np.inf, 0)
            while waited < self.patience:
                better = judge.better(best)
                if better is not None and better is not best:
                    best = better
                    yield best
                    if best.cost == 0 and best.program.size == 1:
                        return
                order = np.lexsort((litter.sizes, costs))  # the best first
                now = float(costs[order[0]]), int(litter.sizes[order[0]])
                waited, lowest = (0, now) if now < lowest else (waited + 1, lowest)
                litter = self._next(breeder, litter, order)
                costs = judge.costs(litter.ids, litter.values)

    def _next(self, breeder: Breeder, litter: Litter, order: NDArray[np.int64]) -> Litter:
        """The next generation: the elite, children, and strangers."""
        _, first = np.unique(litter.ids[order], axis=0, return_index=True)
        elite = order[np.sort(first)][: self.elite]
        strangers = round(self.fresh * self.population)
        count = self.population - len(elite) - strangers
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        drawn = breeder.rng.integers(0, len(order), (2, count, self.tournament))
        mothers, fathers = (each[np.arange(count), place[each].argmin(1)] for each in drawn)  # (N,)
        born = breeder.children(litter.pick(mothers), litter.pick(fathers))
        return Litter.together([litter.pick(elite), born, breeder.strangers(strangers)])
