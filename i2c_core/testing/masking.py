"""The check of masks: against the slow oracle, and through the decoder itself.

Legend: N rows, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Observation, Sample, Strategy, family_mask
from i2c_core.decoding.family_masks import family_oracle
from i2c_core.errors import BudgetError
from i2c_core.families import Family
from i2c_core.masks import Mask, OracleGaveUp
from i2c_core.programs import Program
from i2c_core.testing.samples import SAMPLES
from i2c_core.testing.texts import named, require_round_trip

BEYOND = 24  # tokens that a budget may have beyond the shortest program
SEARCHED = 6  # the same where a constraint or rules have the oracle search for whole programs


def check_masks(family: Family) -> str | None:
    """The mask opens exactly what the slow oracle opens, and random decoding ends in whole programs (laws 2 and 3).

    Where free text gives the oracle too much to try, the rest of that program is not compared; skipped where that is so
    of all.

    The mask knows types and budgets. A canonical form that says more is for `normalise`: what is decoded then is legal,
    and its canonical form is.
    """
    vocabulary = family.vocabulary
    beyond = BEYOND if family.constraint is None and not family.rules else SEARCHED
    mask = family_mask(family)
    shortest = _shortest(family, mask)
    most = max(shortest, min(family.budget, shortest + beyond))
    generator = torch.Generator().manual_seed(0)
    budgets = torch.randint(shortest, most + 1, (SAMPLES,), generator=generator)  # (N,)
    programs, compared = _walk(family, mask, budgets, generator)
    for ids, budget in programs:
        _require_good(family, family.from_tokens(ids), budget)
    proposer = AutoregressiveProposer(RandomLogits(vocabulary.size, generator), mask)
    strategies: tuple[Strategy, ...] = (Greedy(), Sample(), Beam(4))
    for strategy in strategies:
        for budget in dict.fromkeys((shortest, (shortest + most) // 2, most)):
            found = proposer.propose(
                Observation(torch.zeros(3, 1, 1, 1)), n=4, strategy=strategy, budget=budget, generator=0
            )
            for row in found.ids[found.logprob > -torch.inf].tolist():
                _require_good(family, family.from_tokens(row), budget)
    return None if compared else "what is decoded is good, but the oracle gave up on every mask"


@dataclass
class RandomLogits:
    """In place of a network: it sees nothing and gives every token any logit."""

    vocabulary: int
    generator: torch.Generator

    @property
    def decoder(self) -> RandomLogits:
        return self

    def encode(self, observation: Observation) -> None:
        """It sees nothing."""

    def start(self, observation: None, rows: int = 1) -> None:
        """It remembers nothing."""

    def step(self, state: None, previous: Tensor, where: Tensor | None = None) -> tuple[Tensor, None]:
        return 3 * torch.randn(len(previous), self.vocabulary, generator=self.generator), None  # (R, V)

    def reorder(self, state: None, index: Tensor) -> None:
        """It remembers nothing."""


def _shortest(family: Family, mask: Mask) -> int:
    """The tokens of the shortest program, which a constraint may make longer than the types do."""
    for budget in range(family.vocabulary.shortest, family.budget):
        with suppress(BudgetError):
            mask.require_budget(budget)
            return budget
    return max(family.vocabulary.shortest, family.budget)


def _walk(
    family: Family, mask: Any, budgets: Tensor, generator: torch.Generator
) -> tuple[list[tuple[list[int], int]], int]:
    """Programs as token ids, each with its budget, of random choices under the mask; and how many masks were compared.

    The mask is compared with the oracle at every step. One that is not exact may open more; rows that it then refused
    are left out.
    """
    vocabulary, oracle, exact = family.vocabulary, family_oracle(family), getattr(mask, "exact", True)
    rows: list[list[int]] = [[] for _ in budgets]
    state, compared, lost_sight = mask.start(len(rows), budgets), 0, set[int]()
    for _ in range(int(budgets.max())):
        legal = mask.legal(state)  # (N, V)
        for row, budget in enumerate(budgets.tolist()):
            if row in lost_sight:
                continue
            prefix = [vocabulary.tokens[t] for t in rows[row]]
            try:
                wanted = oracle.legal_tokens(prefix, budget)
            except OracleGaveUp:
                lost_sight.add(row)
                continue
            compared += 1
            found = {vocabulary.tokens[i] for i in legal[row].nonzero().flatten().tolist()}
            assert found == wanted or (found > wanted and not exact), (
                f"after {' '.join(prefix) or 'nothing'}, with a budget of {budget}: "
                f"open {sorted(found)}, expected {sorted(wanted)}"
            )
        logits = torch.rand(legal.shape, generator=generator).masked_fill(~legal, -1.0)
        token = torch.where(mask.done(state), vocabulary.pad, logits.argmax(1))  # (N,)
        for row, chosen in enumerate(token.tolist()):
            if chosen != vocabulary.pad:
                rows[row].append(chosen)
        state = mask.advance(state, token)
    refused = mask.refused(state).tolist()
    decoded = zip(rows, budgets.tolist(), refused, strict=True)
    return [(row, budget) for row, budget, lost in decoded if not lost], compared


def _require_good(family: Family, program: Program, budget: int) -> None:
    assert program.size <= budget, f"decoded {named(program)} of {program.size} tokens within a budget of {budget}"
    require_round_trip(family, program)
    canonical = family.check(family.canonical(program))
    twice = family.canonical(canonical)
    assert twice == canonical, (
        f"decoded {named(program)}, which normalises to {named(canonical)}, and that to {named(twice)}"
    )
