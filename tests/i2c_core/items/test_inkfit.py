"""Ink without a network: distances both ways against scipy's, and chances that are chances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from items_of_tests import SIZE, ink_of, marks_catalogue
from scipy.ndimage import distance_transform_edt

from i2c_core.items.astray import PIXEL
from i2c_core.items.believing import possible
from i2c_core.items.inkfit import ITEM, KEPT, InkFit
from i2c_core.items.screening import DARK, Screen

ITEMS = [5, 60, 400]


def fit_of(ink: torch.Tensor) -> InkFit:
    return InkFit(marks_catalogue(), ink, Screen(marks_catalogue(), SIZE)(ink[None]).placement)


def state_of(fit: InkFit, items: list[int]) -> np.ndarray:
    state = np.zeros(len(fit), np.int8)
    for item in items:
        (at,) = np.flatnonzero(fit.candidates == marks_catalogue().placement[item])
        state[at] = 1 + marks_catalogue().variant[item]
    return state


def test_scores_are_distances_of_ink_and_drawing_both_ways() -> None:
    ink = ink_of(ITEMS)[0] * 0.8
    fit = fit_of(ink)
    for items in ([], ITEMS[:1], ITEMS):
        canvas = ink_of(items)[0].numpy()
        dark = ink.numpy() > ink.numpy().max() * DARK
        to_ink = np.minimum(distance_transform_edt(~dark), fit.astray.reach) ** 2 / fit.astray.reach**2
        drawn = canvas > 0.5
        to_drawing = (
            np.minimum(distance_transform_edt(~drawn), fit.astray.reach)
            if drawn.any()
            else np.full(SIZE, fit.astray.reach)
        )
        cost = PIXEL * ((canvas * to_ink).sum() + ((to_drawing / fit.astray.reach) ** 2 * dark).sum()) / fit.astray.cell
        state = state_of(fit, items)[None]
        found = fit.scores(state, fit.given(state))[0]
        assert found == pytest.approx(-cost - ITEM * len(items), rel=1e-4)


def test_the_truth_scores_best() -> None:
    fit = fit_of(ink_of(ITEMS)[0])
    truth = state_of(fit, ITEMS)
    others = [np.zeros_like(truth)]
    for at in range(len(truth)):
        others.append(truth.copy())
        others[-1][at] = 0 if truth[at] else 1
    sets = np.stack([truth, *others])
    scores = fit.scores(sets, fit.given(sets))
    assert (scores[0] > scores[1:]).all()


def test_chances_add_up_and_only_what_is_possible_has_one() -> None:
    fit = fit_of(ink_of(ITEMS)[0])
    allowed = possible(marks_catalogue(), fit.candidates)
    sets = np.stack([state_of(fit, items) for items in ([], ITEMS[:2], ITEMS)])
    given = fit.given(sets)
    for logp in (fit.first, *given):
        assert (np.isfinite(logp) == allowed).all()
        np.testing.assert_allclose(np.exp(logp).sum(1), 1, atol=1e-6)
    there = sets[1] > 0
    np.testing.assert_allclose(np.exp(given[1][there, sets[1][there]]), KEPT)
    # What is drawn explains its ink: less is left that asks for more.
    left = [(1 - np.exp(g[sets[2] == 0, 0])).sum() for g in given]
    assert left[2] < 0.5 * left[0]


def test_more_sets_than_are_drawn_at_once_and_none() -> None:
    fit = fit_of(ink_of(ITEMS)[0])
    sets = np.stack([state_of(fit, ITEMS)] * 40)
    assert fit.given(sets).shape == (40, *fit.first.shape)
    assert len(set(fit.scores(sets, fit.given(sets)).tolist())) == 1
    assert fit.given(sets[:0]).shape == (0, *fit.first.shape)
    assert fit.scores(sets[:0], fit.given(sets[:0])).shape == (0,)
