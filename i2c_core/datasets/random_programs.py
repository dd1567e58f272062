"""Random programs of any language within a budget: a look at what it can say, from tokens alone.

Every program is written from the root down. What may come next is what the automaton leaves open, so that each is
complete, canonical and within the budget. Tokens that open the same types share one chance, so that the hundred letters
of a text do not outweigh its end. Each program gets a size that it tries to reach, drawn evenly; it is no uniform
sample: that is `i2c_core.datasets.sampling`.

Every text is read back. Where it says another program than it was printed from (see `Family.is_exact`), that program is
taken, and what the grammar does not read at all is drawn again.

Legend: N programs, T tokens of the longest, V tokens, Y types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton, compiled
from i2c_core.datasets.guarded import pick
from i2c_core.datasets.sampling import bin_centres
from i2c_core.datasets.walking import Walker
from i2c_core.errors import BudgetError, DataError, I2cError
from i2c_core.families import Family
from i2c_core.programs import Program

BATCH = 64  # programs written at once; fewer where they are large
CELLS = 1 << 24  # rows times steps times tokens of a batch: about a second
SHRINK = 0.1  # the share of its chance that an ending keeps below the size aimed at, and all else from there on
MOST_REFUSED = 2_000  # candidates in a row that say no program, before it is given up


@dataclass
class Redrawn:
    """What became of the candidates of a language whose texts may say other programs.

    Attributes:
        normalised: candidates whose text says another program, which was taken.
        refused: candidates whose text the grammar does not read, or reads as what is beyond the budget.
    """

    normalised: int = 0
    refused: int = 0


def random_programs(
    family: Family, count: int, budget: int, seed: int = 0, redrawn: Redrawn | None = None
) -> Iterator[tuple[Program, str]]:
    """`count` programs of at most `budget` tokens with their texts; every text says its program.

    They are the first of a stream that the seed decides: asking for more changes none of them.

    Args:
        redrawn: counts what was not taken as it was drawn.

    Raises:
        BudgetError: the shortest program has more tokens.
        DataError: no text of many candidates could be read.
    """
    writer = _Writer(compiled(family.vocabulary))
    shortest = int(writer.automaton.least[1])
    if budget < shortest:
        fact = f"a budget of {budget} tokens is below the shortest {family.root}, which has {shortest}"
        raise BudgetError(fact, f"use a budget of at least {shortest}")
    rng = np.random.default_rng(seed)
    counted = Redrawn() if redrawn is None else redrawn
    rows = max(1, min(BATCH, CELLS // (budget * len(writer.automaton.tokens))))
    found = in_vain = 0
    while found < count:
        ids = writer.write(rng, rows, budget)
        values = bin_centres(family.vocabulary, ids)
        for row, tokens in enumerate(ids):
            program = family.from_tokens(tokens.tolist(), None if values is None else values[row].tolist())
            program = family.canonical(program) if family.rules else program
            said = _said(family, program, budget, counted)
            in_vain = in_vain + 1 if said is None else 0
            if in_vain == MOST_REFUSED:
                raise _unreadable(family, program)
            if said is not None:
                found += 1
                yield said
                if found == count:
                    return


def _unreadable(family: Family, program: Program) -> DataError:
    text = family.show(program)
    shown = repr(text if len(text) <= 40 else f"{text[:40]}...")
    fact = (
        f"none of {MOST_REFUSED:,} random texts of {family.name} says a program when it is read back, such as {shown}"
    )
    if not family.doubt:
        return DataError(fact, "see what its grammar says of it, or raise the budget")
    return DataError(f"{fact}: {family.doubt}", "change the grammar there, or raise the budget")


def _said(family: Family, program: Program, budget: int, counted: Redrawn) -> tuple[Program, str] | None:
    """The program that a candidate's text says, with that text; None where the text says none within the budget."""
    text = family.show(program)
    try:
        said = family.canonical(family.parse(text))
        if said == program:
            return program, text
        again = family.show(said)
        if said.size <= budget and family.is_canonical(said) and family.parse(again) == said:
            counted.normalised += 1
            return said, again
    except I2cError:
        pass
    counted.refused += 1
    return None


class _Writer:
    """Random rows of tokens under an automaton."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        self._walker = Walker(automaton)
        self._shares: dict[int, NDArray[np.float64]] = {}

    def write(self, rng: np.random.Generator, rows: int, budget: int) -> NDArray[np.int64]:
        """(N, T) token ids with V behind each end."""
        automaton, walker = self.automaton, self._walker
        pad = len(automaton.tokens)
        ids = np.full((rows, budget), pad, np.int64)  # (N, T)
        goal = rng.integers(int(automaton.least[1]), budget + 1, rows)
        active, state = np.arange(rows), walker.start(rows, budget)
        for step in range(budget):
            legal = walker.legal(state)  # (n, V)
            type_ = walker.types(state)  # (n,)
            weights = np.stack([self._share(t) for t in type_.tolist()]) * legal
            reached = budget - state.slack >= goal[active]  # what is written and what closing it needs
            ends = automaton.cost[automaton.production[type_]] <= 0  # (n, V)
            weights[ends != reached[:, None]] *= SHRINK
            token = pick(rng, weights)
            ids[active, step] = token
            walker.advance(state, token)
            going = np.flatnonzero(state.depth > 0)
            active, state = active[going], state.pick(going)
            if not len(active):
                break
        return ids

    def _share(self, type_: int) -> NDArray[np.float64]:
        """(V,) the chance of each token at a type: one for all that open the same types, divided among them."""
        if type_ not in self._shares:
            production = self.automaton.production[type_]
            tokens = np.flatnonzero(production >= 0)
            _, group, count = np.unique(
                self.automaton.args[production[tokens]], axis=0, return_inverse=True, return_counts=True
            )
            found = np.zeros(len(production))
            found[tokens] = 1.0 / count[group.reshape(-1)]
            self._shares[type_] = found
        return self._shares[type_]
