"""Programs set into others as small parts of them: what is mostly of one colour, with a speck somewhere.

Short programs that are the only ones of their pictures have few of these, and whoever never saw a speck overlooks it.
No program gets more levels than the deepest of its batch, so training shows none that are deeper for it.

Legend: N programs, T tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family
from i2c_core.vocabulary import Vocabulary

EVEN = 0.75  # of the programs have all that stands beside them drawn once


@dataclass(frozen=True)
class Settings:
    """The symbols that a whole program can be an argument of, in a whole program.

    Attributes:
        places: token, and which argument of it takes a whole program.
    """

    vocabulary: Vocabulary
    places: tuple[tuple[int, int], ...]

    @staticmethod
    def of(family: Family) -> Settings | None:
        """Those of a family; None where there are none, values go with programs, or canonical forms could be left."""
        vocabulary = family.vocabulary
        if family.normalise is not None or family.rules or vocabulary.continuous.any():
            return None
        places = []
        for token, production in enumerate(vocabulary.production[0].tolist()):
            args = vocabulary.productions[production].args if production >= 0 else ()
            places += [(token, number) for number, type_ in enumerate(args) if type_ == 0]
        return Settings(vocabulary, tuple(places)) if places else None

    def __call__(self, ids: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """(N, T') a part of each of the programs (N, T), set into others as often as the deepest leaves it levels.

        What stands beside it is drawn anew each time, or once for all, so that it is a speck in one colour.
        """
        pad = self.vocabulary.pad
        programs = [[t for t in row if t < pad] for row in ids.tolist()]
        most = max(map(self.levels, programs))
        found = []
        for program in programs:
            part = self.part(program, rng)
            seed = int(rng.integers(1 << 32)) if rng.random() < EVEN else None
            left = most - self.levels(part) if len(part) > 1 else 0
            for _ in range(int(rng.integers(0, left + 1, 2).max())):  # of two draws, as deep ones are what lacks
                part = self.around(part, rng, rng if seed is None else np.random.default_rng(seed))
            found.append(part)
        packed = np.full((len(found), max(map(len, found))), pad, np.int64)
        for row, program in enumerate(found):
            packed[row, : len(program)] = program
        return packed

    def levels(self, program: Sequence[int]) -> int:
        """The most tokens with arguments above one without, of a program in prefix order."""
        heights: list[int] = []  # of what comes next, the nearest last
        for token in reversed(program):
            arity = int(self.vocabulary.arity[token])
            inner = [heights.pop() for _ in range(arity)]
            heights.append(1 + max(inner) if inner else 0)
        return heights[0]

    def part(self, program: list[int], rng: np.random.Generator) -> list[int]:
        """A part of a program that could be a whole one, by chance; one with arguments where there is any.

        A part without is of one colour in many languages, and so would be what it is set into.
        """
        stack, whole = [0], []
        for at, token in enumerate(program):
            type_ = stack.pop()
            if type_ == 0 and (self.vocabulary.arity[token] or at == 0):
                whole.append(at)
            stack.extend(reversed(self.vocabulary.productions[self.vocabulary.production[type_, token]].args))
        begin = whole[int(rng.integers(len(whole)))]
        end, open_ = begin, 1
        while open_:
            open_ += int(self.vocabulary.arity[program[end]]) - 1
            end += 1
        return program[begin:end]

    def around(self, program: list[int], rng: np.random.Generator, beside: np.random.Generator) -> list[int]:
        """The program as an argument of a symbol by chance, the others some of the shortest programs that there are."""
        token, place = self.places[int(rng.integers(len(self.places)))]
        production = self.vocabulary.production[0, token]
        grown = [token]
        for number, type_ in enumerate(self.vocabulary.productions[production].args):
            grown += program if number == place else self.shortest(type_, beside)
        return grown

    def shortest(self, type_: int, rng: np.random.Generator) -> list[int]:
        """One of the shortest programs of a type."""
        vocabulary = self.vocabulary
        productions = vocabulary.production[type_]
        free = np.flatnonzero((productions >= 0) & (vocabulary.prod_cost[productions] == 0))
        token = int(free[int(rng.integers(len(free)))])
        grown = [token]
        for inner in vocabulary.productions[productions[token]].args:
            grown += self.shortest(inner, rng)
        return grown
