"""Softmax regression finds the weights that made the choices."""

from __future__ import annotations

import numpy as np
import pytest

from i2c_core.correction import FEATURES
from i2c_core.correction.fitting import fit


def test_the_weights_that_made_the_choices_are_found() -> None:
    rng = np.random.default_rng(0)
    true = {"score": 2.0, "cost": -1.0}
    weights = np.array([true.get(name, 0.0) for name in FEATURES])
    pictures = []
    for _ in range(3000):
        features = rng.normal(size=(6, len(FEATURES))) + 50 * rng.normal(size=len(FEATURES))  # only differences count
        pictures.append((features, int((features @ weights + rng.gumbel(size=6)).argmax())))
    found = fit(pictures)
    assert found.pictures == 3000
    for name in FEATURES:
        assert found.weights[name] == pytest.approx(true.get(name, 0.0), abs=0.15)
    few = fit(pictures, ("score", "cost"))
    assert set(few.weights) == {"score", "cost"}
    right = sum(int(few.chances(features).argmax()) == place for features, place in pictures)
    assert right / 3000 > 0.6


def test_a_feature_that_never_differs_counts_for_nothing() -> None:
    features = np.zeros((2, len(FEATURES)))
    features[0, 0] = 1.0
    found = fit([(features, 0)] * 10)
    assert found.weights[FEATURES[0]] > 0
    assert all(found.weights[name] == 0 for name in FEATURES[1:])


def test_nothing_to_fit_to() -> None:
    with pytest.raises(ValueError, match="there is no picture to fit a correction to"):
        fit([])
