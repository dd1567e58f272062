"""What readers count on: canonical programs within the budget, best first, by name of strategy, and in time."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
import torch
from items_of_tests import SIZE, ink_of, marks, marks_catalogue, tiny_proposer
from torch import Tensor

from i2c_core.decoding import Beam, Proposals
from i2c_core.decoding.rounds import make_stages
from i2c_core.errors import BudgetError, ConfigError
from i2c_core.items.proposer import STRATEGIES, ItemProposer
from i2c_core.items.searching import SetSearch
from i2c_core.model import Observation

FEW = SetSearch(particles=6, rounds=2)
PAPER = Observation(1 - ink_of([3, 50, 300], [], [0, 30, 500])[:, None])


def rows(found: Proposals, image: int) -> list[list[int]]:
    """The programs of an image, without padding."""
    pad = marks_catalogue().pad
    return [[t for t in row if t != pad] for row in found.ids[image].tolist() if row[0] != pad]


@pytest.mark.parametrize("name", STRATEGIES)
def test_programs_are_legal_canonical_distinct_and_best_first(name: str) -> None:
    how = replace(STRATEGIES[name], rounds=min(2, STRATEGIES[name].rounds))
    n = how.tries(4)
    found = tiny_proposer().propose(PAPER, n=n, strategy=how, budget=40, generator=3)
    assert found.scores is not None
    assert found.confidence is not None
    for image in range(len(PAPER.image)):
        programs = rows(found, image)
        assert 1 <= len(programs) <= n
        for row in programs:
            program = marks().from_tokens(row)
            marks().check(program)
            assert len(row) <= 40
        assert len({tuple(row) for row in programs}) == len(programs)
        scores = found.scores[image, : len(programs)]
        assert (scores.diff() <= 0).all()
        assert torch.isfinite(found.logprob[image, : len(programs)]).all()
        sure = found.confidence[image, : len(programs)]
        assert ((sure >= 0) & (sure <= 1)).all()
    assert rows(found, 1) == [[marks().vocabulary.ids["done"]]]  # blank
    first = marks().from_tokens(rows(found, 0)[0])
    assert marks().canonical(first) == first


def test_items_are_written_in_canonical_order() -> None:
    found = tiny_proposer().propose(PAPER, n=6, strategy=STRATEGIES["beam"], budget=40)
    for row in rows(found, 0):
        program = marks().from_tokens(row)
        assert marks().canonical(program) == program


@pytest.mark.parametrize("budget", [1, 4, 8, 20])
def test_the_budget_is_kept(budget: int) -> None:
    for how in (FEW, STRATEGIES["beam"]):
        found = tiny_proposer().propose(PAPER, n=5, strategy=how, budget=budget)
        for image in range(len(PAPER.image)):
            programs = rows(found, image)
            assert programs
            assert max(map(len, programs)) <= budget


def test_a_budget_below_the_shortest_program_is_an_error() -> None:
    with pytest.raises(BudgetError):
        tiny_proposer().propose(PAPER, budget=0)


def test_many_programs_are_as_many_as_there_are() -> None:
    found = tiny_proposer().propose(Observation(PAPER.image[:1]), n=1000, strategy=FEW, budget=40)
    programs = rows(found, 0)
    assert 20 < len(programs) <= 1000
    assert len({tuple(row) for row in programs}) == len(programs)


def test_names_stand_for_strategies_and_others_are_refused() -> None:
    proposer = tiny_proposer()
    assert set(ItemProposer.strategies) == set(STRATEGIES)
    for name, how in STRATEGIES.items():
        (stage,) = make_stages(name, 5, proposer)
        assert stage is how
    with pytest.raises(ConfigError, match="this network knows no strategy 'sample'"):
        make_stages("sample", 5, proposer)
    with pytest.raises(ConfigError, match="Beam writes programs token by token, this network proposes whole commands"):
        proposer.propose(PAPER, strategy=Beam())


def same(one: Proposals, other: Proposals) -> bool:
    def columns(p: Proposals) -> list[Tensor]:
        return [c for c in (p.ids, p.logprob, p.scores, p.confidence) if c is not None]

    return all(torch.equal(a, b) for a, b in zip(columns(one), columns(other), strict=True))


def test_a_seed_gives_the_same_answers_whatever_stands_beside_the_image() -> None:
    proposer = tiny_proposer()
    together = proposer.propose(PAPER, n=3, strategy=FEW, budget=40, generator=5)
    assert same(together, proposer.propose(PAPER, n=3, strategy=FEW, budget=40, generator=5))
    assert same(
        together, proposer.propose(PAPER, n=3, strategy=FEW, budget=40, generator=torch.Generator().manual_seed(5))
    )
    alone = proposer.propose(Observation(PAPER.image[2:]), n=3, strategy=FEW, budget=40, generator=5)
    assert rows(alone, 0) == rows(together, 2)


def test_a_deadline_that_is_past_gives_the_first_look() -> None:
    proposer = tiny_proposer()
    late = proposer.propose(PAPER, n=3, strategy=FEW, budget=40, deadline=time.monotonic() - 5)
    assert same(late, proposer.propose(PAPER, n=3, strategy=STRATEGIES["beam"], budget=40))


def test_time_is_shared_by_the_images() -> None:
    long = SetSearch(particles=4, rounds=100_000, proposer=False, learned=False)
    begin = time.monotonic()
    found = tiny_proposer().propose(PAPER, n=2, strategy=long, budget=40, deadline=begin + 0.5)
    assert time.monotonic() - begin < 20  # machines are busy; without an end it would take hours
    assert all(rows(found, image) for image in range(3))


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_paper_without_a_figure_has_an_answer(shade: float) -> None:
    paper = Observation(torch.full((1, 1, *SIZE), shade))
    for how in (FEW, STRATEGIES["greedy"], replace(FEW, learned=False, proposer=False), replace(FEW, proposer=False)):
        found = tiny_proposer().propose(paper, n=2, strategy=how, budget=40)
        for row in rows(found, 0):
            marks().check(marks().from_tokens(row))


def test_no_image_has_no_answer() -> None:
    found = tiny_proposer().propose(Observation(torch.zeros(0, 1, *SIZE)), n=2, strategy=FEW, budget=40)
    assert found.ids.shape[0] == 0


def test_colours_are_read_by_their_mean() -> None:
    colours = Observation(PAPER.image[:1].expand(-1, 3, -1, -1))
    one, three = (tiny_proposer().propose(p, n=1, strategy=STRATEGIES["beam"], budget=40) for p in
                  (Observation(PAPER.image[:1]), colours))  # fmt: skip
    assert rows(one, 0) == rows(three, 0)
    assert math.isclose(float(one.logprob[0, 0]), float(three.logprob[0, 0]), abs_tol=1e-3)
