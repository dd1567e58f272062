"""Constraints beside the automaton, against a search for whole programs, and through the decoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from constraints import BALANCED, Balanced, Blind
from decoders import Fake, pictures
from torch import Tensor

from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.decoding import (
    AutoregressiveProposer,
    Beam,
    Greedy,
    Observation,
    Sample,
    SequentialMonteCarlo,
    StochasticBeam,
    Strategy,
    family_mask,
)
from i2c_core.decoding.family_masks import family_oracle
from i2c_core.errors import BudgetError, FamilyError, ProgramError
from i2c_core.families import Family
from i2c_core.masks import Mask, Oracle, PushdownMask
from i2c_core.masks.constrained import ConstrainedMask, ConstrainedOracle
from i2c_core.testing import check_masks

FAMILY = Family("balanced", "Image", BALANCED, render="no:where", constraint="constraints:balanced")
BLIND = Family("blind", "Image", BALANCED, render="no:where", constraint=Blind)
PLAIN = Family("plain", "Image", BALANCED, render="no:where")
NAMES = FAMILY.vocabulary.tokens
STRATEGIES: tuple[Strategy, ...] = (
    Greedy(),
    Sample(),
    Sample(top_k=1),
    Beam(5),
    StochasticBeam(),
    SequentialMonteCarlo(particles=6),
)


def constrained(family: Family = FAMILY) -> ConstrainedMask:
    mask = family_mask(family)
    assert isinstance(mask, ConstrainedMask)
    return mask


def balanced_programs(budget: int) -> list[tuple[int, ...]]:
    """All programs within the budget with as many B as W, counted one by one."""
    b, w = FAMILY.vocabulary.names_to_ids(["B", "W"])
    rows = (tuple(r) for n in range(1, budget + 1) for ids in enumerate_programs(FAMILY.vocabulary, n) for r in ids)
    return [row for row in rows if row.count(b) == row.count(w)]


def names(row: Sequence[int]) -> list[str]:
    return [NAMES[t] for t in row if t < len(NAMES)]


@pytest.mark.parametrize("per_row", [False, True])
def test_it_opens_exactly_what_some_program_needs(per_row: bool) -> None:
    oracle, generator = family_oracle(FAMILY), torch.Generator().manual_seed(0)
    mask = constrained()
    for seed in range(10):
        budgets = torch.randint(3, 10, (12,), generator=generator) if per_row else torch.full((12,), 3 + seed % 8)
        state: Any = mask.start(12, budgets if per_row else int(budgets[0]))
        rows: list[list[str]] = [[] for _ in budgets]
        for _ in range(10):
            legal = mask.legal(state)
            for prefix, open_, budget in zip(rows, legal.tolist(), budgets.tolist(), strict=True):
                wanted = oracle.legal_tokens(prefix, budget)
                assert {n for n, is_open in zip(NAMES, open_, strict=True) if is_open} == wanted
            drawn = torch.rand(legal.shape, generator=generator).masked_fill(~legal, -1).argmax(1)
            token = drawn.masked_fill(mask.done(state), mask.pad)
            assert mask.cheapest(state)[~mask.done(state)].lt(mask.pad).all()
            for prefix, chosen in zip(rows, token.tolist(), strict=True):
                prefix += [NAMES[chosen]] if chosen < mask.pad else []
            index = torch.randperm(12, generator=generator)
            state = mask.fork(mask.advance(state, token), index)
            rows, budgets = [list(rows[i]) for i in index.tolist()], budgets[index]
        assert mask.done(state).all()
        assert not mask.refused(state).any()


def test_the_oracle_is_right_about_whole_programs() -> None:
    oracle = ConstrainedOracle(Oracle(FAMILY.gamma, "Image"), Balanced(FAMILY.vocabulary, torch.device("cpu")))
    programs = balanced_programs(9)
    for budget in (3, 7, 9):
        whole = [names(p) for p in programs if len(p) <= budget]
        for prefix in {tuple(p[:n]) for p in whole for n in range(len(p) + 1)}:
            wanted = {p[len(prefix)] for p in whole if tuple(p[: len(prefix)]) == prefix and len(p) > len(prefix)}
            assert oracle.legal_tokens(prefix, budget) == wanted


def test_its_rule_agrees_with_its_own_oracle() -> None:
    for family in (FAMILY, BLIND):
        rule = constrained(family).constraint
        for program in balanced_programs(7):
            state = rule.start(1, 9)
            for position, token in enumerate(program):
                open_ = rule.mask(state)[0].tolist()
                wanted = rule.legal(names(program[:position]))
                assert {n for n, is_open in zip(NAMES, open_, strict=True) if is_open} == wanted
                state = rule.advance(state, torch.tensor([token]))


def test_it_tells_whether_it_is_exact() -> None:
    assert constrained(FAMILY).exact
    assert not constrained(BLIND).exact
    assert isinstance(family_mask(PLAIN), PushdownMask)
    mask: Mask = constrained()
    assert mask.pad == 3


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("budget", [3, 8, 15])
def test_what_is_decoded_keeps_to_the_rule(strategy: Strategy, budget: int) -> None:
    proposer = AutoregressiveProposer(Fake(3, scale=20.0), constrained())
    found = proposer.propose(Observation(pictures(40)), n=4, strategy=strategy, budget=budget)
    rows = [row for image in found.ids.tolist() for row in image if row[0] < 3]
    assert len(rows) >= 40
    for row in rows:
        program = FAMILY.from_tokens(row)
        assert program.size <= budget
        assert row.count(1) == row.count(2)


def test_probabilities_sum_to_one_over_what_the_rule_leaves() -> None:
    found = AutoregressiveProposer(Fake(3), constrained()).propose(
        Observation(pictures(1)), n=400, strategy=Beam(400), budget=9
    )
    rows = [tuple(t for t in row if t < 3) for row in found.ids[0].tolist() if row[0] < 3]
    assert sorted(rows) == sorted(balanced_programs(9))
    assert float(found.logprob.exp().sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_an_inexact_mask_fails_closed(strategy: Strategy) -> None:
    proposer = AutoregressiveProposer(Fake(3, scale=20.0), constrained(BLIND))
    found = proposer.propose(Observation(pictures(60)), n=4, strategy=strategy, budget=7)
    lost = 0
    for row, logprob in zip(found.ids.flatten(0, 1).tolist(), found.logprob.flatten().tolist(), strict=True):
        assert (row == [3] * len(row)) == (logprob == -math.inf)
        if row[0] == 3:
            lost += 1
        else:
            assert row.count(1) == row.count(2)
            FAMILY.from_tokens(row)
    if isinstance(strategy, Greedy | Sample | SequentialMonteCarlo):
        assert lost > 0  # some ran into a dead end: they are padding, not half a program


def test_a_row_with_nothing_open_is_refused() -> None:
    mask = constrained(BLIND)
    state = mask.start(2, 5)
    for step in ([0, 0], [0, 1], [1, 2], [1, mask.pad]):  # h h B B, and h B W
        assert not mask.refused(state).any()
        state = mask.advance(state, torch.tensor(step))
    assert mask.refused(state).tolist() == [True, False]  # h h B B would need two W, and one token is left
    assert mask.done(state).tolist() == [True, True]
    assert not mask.legal(state).any()
    assert mask.cheapest(state).tolist() == [mask.pad] * 2


@pytest.mark.parametrize("family", [FAMILY, BLIND], ids=str)
def test_a_closed_token_ends_its_row(family: Family) -> None:
    mask = constrained(family)
    b, w, h = family.vocabulary.names_to_ids(["B", "W", "h"])
    state = mask.start(4, 3)
    for step in ([b, h, h, h], [w, b, w, mask.pad], [w, b, b, b], [mask.pad, mask.pad, w, mask.pad]):
        state = mask.advance(state, torch.tensor(step))
    assert mask.refused(state).tolist() == [True] * 4
    assert mask.done(state).tolist() == [True] * 4
    assert not mask.legal(state).any()


def test_replay_gives_the_masks_of_training() -> None:
    mask = constrained()
    programs = balanced_programs(7)
    ids = torch.tensor([[*p, *[3] * (7 - len(p))] for p in programs])
    legal, oracle = mask.replay(ids, 9), family_oracle(FAMILY)
    assert legal.shape == (len(programs), 7, 3)
    for row, program in enumerate(programs):
        for position in range(7):
            wanted = oracle.legal_tokens(names(program)[:position], 9) if position < len(program) else set()
            assert {NAMES[t] for t in legal[row, position].nonzero().flatten().tolist()} == wanted
    wrong = [
        ([[0, 1, 1]], "token 3 of program 1, number 1, is closed by the constraint\n"
                      "  -> let the family's sampler and normalise keep to its own constraint"),
        ([[0, 1, 2], [0, 1, 3]], "program 2 ends after 2 tokens, still open: Image\n  -> Image begins with h, B, W"),
    ]  # fmt: skip
    for bad, text in wrong:
        with pytest.raises(ProgramError) as caught:
            mask.replay(torch.tensor(bad), 9)
        assert str(caught.value) == text
    assert mask.replay(torch.empty(0, 4, dtype=torch.int64), 9).shape == (0, 4, 3)


def test_budgets_that_the_rule_cannot_meet() -> None:
    text = "a budget of 2 tokens is below the shortest that its constraint leaves, which has 3\n"
    for call in (lambda: constrained().start(1, 2), lambda: constrained().start(2, torch.tensor([5, 2]))):
        with pytest.raises(BudgetError) as caught:
            call()
        assert str(caught.value) == text + "  -> use a budget of at least 3"
    assert constrained(BLIND).refused(constrained(BLIND).start(3, 2)).tolist() == [True] * 3
    assert constrained().legal(constrained().start(0, 5)).shape == (0, 3)


def test_constraints_that_lack_something() -> None:
    class Half:
        def __init__(self, *args: object) -> None:
            pass

        def start(self, batch: int, budget: int | Tensor) -> None: ...
        def mask(self, state: None) -> None: ...
        def fork(self, state: None, index: Tensor) -> None: ...

    family = Family("half", "Image", BALANCED, render="no:where", constraint=Half)
    with pytest.raises(FamilyError) as caught:
        family_mask(family)
    text = "the constraint of half has no advance and no legal\n"
    assert str(caught.value) == text + "  -> give it the methods start, mask, advance, fork, legal"


def test_constraints_of_the_wrong_shape() -> None:
    class Wide(Blind):
        def mask(self, state: Tensor) -> Tensor:
            return super().mask(state).float()

    class Long(Balanced):
        def least(self, state: Tensor) -> Tensor:
            return super().least(state).unsqueeze(1)

    for made, text in (
        (Wide, "mask of the constraint returned float32 (2, 3), expected bool (2, 3)"),
        (Long, "least of the constraint returned int64 (1, 1), expected integers (1,)"),
    ):
        family = Family("wrong", "Image", BALANCED, render="no:where", constraint=made)
        with pytest.raises(FamilyError) as caught:
            family_mask(family).start(2, 5)
        assert str(caught.value) == f"{text}\n  -> return a row a sequence"


@pytest.mark.parametrize("family", [FAMILY, BLIND], ids=str)
def test_the_contract_checks_a_constraint(family: Family) -> None:
    check_masks(family)


def test_the_contract_finds_a_constraint_that_contradicts_its_oracle() -> None:
    class Wrong(Balanced):
        def legal(self, tokens: Sequence[str]) -> set[str]:
            return super().legal(tokens) - {"h" if tokens else ""}

    family = Family("wrong", "Image", BALANCED, render="no:where", constraint=Wrong)
    with pytest.raises(
        AssertionError, match=r"after h, with a budget of \d: open \['B', 'W', 'h'\], expected \['B', 'W'\]"
    ):
        check_masks(family)
