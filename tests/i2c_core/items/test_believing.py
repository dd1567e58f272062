"""What is counted of sets, by hand and by enumeration; a look at an image finds only what is possible."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from items_of_tests import SIZE, ink_of, marks_catalogue, tiny_network
from numpy.typing import NDArray

from i2c_core import get_family
from i2c_core.items.believing import LEAST, Beliefs, agreement, differences, likeliest, possible
from i2c_core.items.catalogue import catalogue_of
from i2c_core.items.network import ItemNetwork, NetworkConfig
from i2c_core.items.screening import Screen, Screened
from i2c_core.strokes import draw


@st.composite
def beliefs(draw: st.DrawFn, least: int = 0) -> NDArray[np.float64]:
    """(C, 3) log-probabilities, some of them impossible."""
    count = draw(st.integers(least, 4))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    logits = rng.normal(0, draw(st.sampled_from((0.5, 3.0))), (count, 3))
    logits[:, 2] = np.where(rng.random(count) < 0.4, -np.inf, logits[:, 2])
    logp: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return logp


@given(beliefs(), st.integers(1, 90))
def test_the_likeliest_sets_are_those_of_an_enumeration(logp: NDArray[np.float64], n: int) -> None:
    every = [np.array(s, np.int8) for s in itertools.product(range(3), repeat=len(logp))]
    every = [s for s in every if np.isfinite(sum(logp[i, v] for i, v in enumerate(s)))]
    expected = sorted((sum(logp[i, v] for i, v in enumerate(s)) for s in every), reverse=True)[:n]
    states, scores = likeliest(logp, n)
    assert len(states) == len(scores) == len(expected)
    np.testing.assert_allclose(scores, expected, atol=1e-9)
    assert len({s.tobytes() for s in states}) == len(states)
    np.testing.assert_allclose(agreement(states, np.broadcast_to(logp, (len(states), *logp.shape))), scores, atol=1e-9)


@given(beliefs(least=1), st.integers(0, 10**6))
def test_agreement_and_differences_are_sums_over_placements(logp: NDArray[np.float64], seed: int) -> None:
    state = np.random.default_rng(seed).integers(0, 2, len(logp)).astype(np.int8)
    total = missed = invented = 0.0
    for row, value in zip(np.exp(logp), state, strict=True):
        total += math.log(row[value])
        missed += sum(p for v, p in enumerate(row) if v and v != value)  # drawn, and not as the set has it
        invented += 0.0 if value == 0 else 1 - row[value]
    assert agreement([state], logp[None])[0] == pytest.approx(total)
    assert differences([state], logp[None])[0] == pytest.approx([missed, invented], abs=1e-9)


def look(ink: torch.Tensor) -> Beliefs:
    screened = Screen(marks_catalogue(), SIZE)(ink[None]).placement
    return Beliefs(tiny_network(), marks_catalogue(), ink, screened)


def test_candidates_are_the_likely_ones_likeliest_first() -> None:
    found = look(ink_of([3, 50, 300])[0])
    drawn = 1 - np.exp(found.first[:, 0])
    assert len(found) > 10
    assert (np.diff(drawn) <= 1e-6).all()
    assert drawn.min() > LEAST * 0.9
    np.testing.assert_allclose(np.exp(found.first).sum(1), 1, atol=1e-5)


def test_an_empty_set_is_the_first_look_and_sets_are_looked_at_one_by_one() -> None:
    found = look(ink_of([3, 50, 300])[0])
    rng = np.random.default_rng(0)
    sets = np.stack([np.zeros(len(found), np.int8)] + [(rng.random(len(found)) < 0.1).astype(np.int8)] * 2)
    sets[2, :5] = 1
    logp = found.given(np.concatenate([sets] * 7))  # more than are looked at together
    np.testing.assert_allclose(logp[0], found.first, atol=1e-4)
    for row in range(3):
        np.testing.assert_allclose(found.given(sets[row : row + 1])[0], logp[row], atol=1e-4)
        np.testing.assert_allclose(logp[row + 3], logp[row], atol=1e-4)
    assert np.abs(np.exp(logp[2]) - np.exp(logp[1])).max() > 1e-3
    assert found.given(sets[:0]).shape == (0, *found.first.shape)


def test_a_blank_image_has_no_candidate() -> None:
    found = look(torch.zeros(SIZE))
    assert len(found) == 0
    empty = np.zeros((2, 0), np.int8)
    assert found.given(empty).shape == (2, 0, 3)
    assert found.scores(empty, found.given(empty)).tolist() == [0, 0]
    states, scores = likeliest(found.first, 5)
    assert states.shape == (1, 0)
    assert scores.tolist() == [0]


def test_what_is_not_canonical_is_never_believed() -> None:
    catalogue = catalogue_of(get_family("figures"))
    network = ItemNetwork(NetworkConfig(size=(64, 64), channels=4, blocks=1, probe=(4, 2), hidden=8), catalogue).eval()
    item = int(catalogue.item_of[-1, -1])  # a line that runs backwards, so that it has an arrow
    ink = draw(catalogue.strokes([[item]]), (64, 64))[0]
    found = Beliefs(network, catalogue, ink, Screen(catalogue, (64, 64))(ink[None]).placement)
    allowed = possible(catalogue, found.candidates)
    assert not allowed.all()
    for logp in (found.first, found.given(np.zeros((1, len(found)), np.int8))[0]):
        assert (np.isfinite(logp) == allowed).all()
        np.testing.assert_allclose(np.exp(logp).sum(1), 1, atol=1e-5)
    asked = Screened(torch.zeros(1, dtype=torch.int64), torch.from_numpy(found.candidates[~allowed.all(1)][:1]))
    with torch.no_grad():
        said = network(network.features(ink[None], ink[None]), asked, torch.zeros(1, dtype=torch.int64))
    assert torch.isfinite(said).all()  # the network itself would say so
