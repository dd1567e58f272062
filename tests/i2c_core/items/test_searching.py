"""The search: better and better lists, the same for the same seed, over in time, with each of its parts or without."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from items_of_tests import SIZE, ink_of, marks_catalogue, tiny_network

from i2c_core.items.believing import Beliefs
from i2c_core.items.inkfit import InkFit
from i2c_core.items.screening import Screen
from i2c_core.items.searching import Scored, SetSearch, _repairs, search

FEW = SetSearch(particles=6, rounds=3)


def screened(ink: torch.Tensor) -> torch.Tensor:
    return Screen(marks_catalogue(), SIZE)(ink[None]).placement


def beliefs(*items: int) -> Beliefs:
    ink = ink_of(list(items))[0]
    return Beliefs(tiny_network(), marks_catalogue(), ink, screened(ink))


def lists(believed: Beliefs | InkFit, how: SetSearch, seed: int = 0, deadline: float = math.inf) -> list[list[Scored]]:
    return list(search(believed, how, torch.Generator().manual_seed(seed), deadline))


def told(ranked: list[Scored]) -> list[tuple[bytes, float, float, float]]:
    return [(s.key, s.score, s.missed, s.invented) for s in ranked]


@pytest.mark.parametrize("how", [FEW, replace(FEW, repair=False), SetSearch(particles=1, rounds=0)])
def test_each_list_is_at_least_as_good_as_the_one_before(how: SetSearch) -> None:
    believed = beliefs(3, 50, 300)
    found = lists(believed, how)
    best = [ranked[0].score for ranked in found]
    assert best == sorted(best)
    for ranked in found:
        assert [s.score for s in ranked] == sorted((s.score for s in ranked), reverse=True)
        assert len({s.key for s in ranked}) == len(ranked)
    assert len(found[-1]) >= len(found[0])
    for one in found[-1][:5]:
        batch = one.state[None]
        assert believed.scores(batch, believed.given(batch))[0] == pytest.approx(one.score, abs=1e-3)


def test_a_seed_gives_the_same_search_and_another_another() -> None:
    believed = beliefs(3, 50, 300)
    first, again, other = (lists(believed, FEW, seed) for seed in (1, 1, 2))
    assert [told(r) for r in first] == [told(r) for r in again]
    assert told(first[0]) != told(other[0])


def test_after_its_time_only_the_first_list_comes() -> None:
    believed = beliefs(3, 50, 300)
    found = lists(believed, SetSearch(particles=6, rounds=1000), deadline=time.monotonic() - 1)
    assert len(found) == 1
    assert 1 <= len(found[0]) <= 6


def test_repairs_end_where_none_is_better() -> None:
    believed = beliefs(3, 50, 300)
    best = lists(believed, FEW)[-1][0]
    rest = np.stack(_repairs(best, believed))
    assert len({r.tobytes() for r in rest}) == len(rest)
    assert believed.scores(rest, believed.given(rest)).max() <= best.score + 1e-3
    changes = (rest != best.state).sum(1)
    assert changes.min() == 1
    assert changes.max() <= 2


def test_a_blank_image_is_read_as_nothing() -> None:
    ink = torch.zeros(SIZE)
    for believed in (beliefs(), InkFit(marks_catalogue(), ink, screened(ink))):
        found = lists(believed, FEW)
        assert found[-1][0].state.shape == (0,)
        assert found[-1][0].score == 0


def test_ink_alone_finds_a_simple_drawing() -> None:
    catalogue = marks_catalogue()
    items = [catalogue.kinds[1].first + 7, int(catalogue.item_of[catalogue.kinds[2].first + 5, 0])]
    ink = ink_of(items)[0]
    fit = InkFit(catalogue, ink, screened(ink))
    found = lists(fit, SetSearch(particles=12, rounds=10, learned=False, proposer=False))
    best = [ranked[0].score for ranked in found]
    assert best == sorted(best)
    (drawn,) = catalogue.strokes([fit.items(found[-1][0].state)]).item.shape[:1]
    assert drawn == 1
    redrawn = ink_of(fit.items(found[-1][0].state))[0]
    assert float((redrawn - ink).abs().mean()) < 0.2 * float(ink.mean())


def test_the_ink_judges_what_the_network_proposes() -> None:
    believed = beliefs(3, 50, 300)
    ink = believed.ink
    judge = InkFit(marks_catalogue(), ink, torch.from_numpy(believed.candidates), choose=False)
    assert (judge.candidates == believed.candidates).all()
    generator = torch.Generator().manual_seed(0)
    for one in list(search(believed, FEW, generator, math.inf, judge))[-1][:5]:
        assert judge.scores(one.state[None], judge.given(one.state[None]))[0] == pytest.approx(one.score)
        np.testing.assert_allclose(believed.given(one.state[None])[0], one.logp, atol=1e-4)


def test_strategies_say_how_many_they_answer() -> None:
    assert SetSearch().tries(7) == SetSearch().rows(7) == 7
    assert SetSearch(answers=1).tries(7) == 1
