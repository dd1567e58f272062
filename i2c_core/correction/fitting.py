"""The weights of a correction, by softmax regression over candidates.

Legend: N pictures, K candidates of one, F features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from i2c_core.correction.weighing import FEATURES, Correction

PRIOR = 1.0  # precision of the weights of standardised features
STEPS = 60  # of Newton's method, which needs about ten

Numbers = NDArray[np.float64]


def fit(
    pictures: Sequence[tuple[Numbers, int]],
    names: Sequence[str] = FEATURES,
) -> Correction:
    """The most probable correction of N pictures.

    Args:
        pictures: of each the features (K, F) of its candidates, and which of them is right; pictures that were never
            read right teach nothing, and are to be left out.
        names: of the features that may count.

    Raises:
        ValueError: no picture.
    """
    if not pictures:
        raise ValueError("there is no picture to fit a correction to")
    columns = [FEATURES.index(name) for name in names]
    chosen = [features[:, columns] for features, _ in pictures]
    right = [place for _, place in pictures]
    # Only differences between candidates of a picture count.
    apart = np.concatenate([f - f.mean(0) for f in chosen])
    scale = np.sqrt((apart**2).mean(0))
    scale = np.where(scale > 1e-9, scale, 1.0)
    weights = _fit([f / scale for f in chosen], right) / scale
    return Correction(dict(zip(names, map(float, weights), strict=True)), len(pictures))


def _fit(chosen: Sequence[Numbers], right: Sequence[int]) -> Numbers:
    """Weights (F,) of the most probable softmax model, by Newton's method with steps that never go up."""
    found = np.zeros(chosen[0].shape[1])
    now = _loss(chosen, right, found)
    for _ in range(STEPS):
        gradient, curvature = PRIOR * found, PRIOR * np.eye(len(found))
        for x, place in zip(chosen, right, strict=True):
            p = _softmax(x @ found)
            mean = p @ x
            gradient = gradient + mean - x[place]
            curvature = curvature + (x * p[:, None]).T @ x - np.outer(mean, mean)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while _loss(chosen, right, found - size * step) > now and size > 1e-6:
            size /= 2
        found = found - size * step
        before, now = now, _loss(chosen, right, found)
        if before - now < 1e-10:
            break
    return found


def _loss(chosen: Sequence[Numbers], right: Sequence[int], weights: Numbers) -> float:
    total = PRIOR * float(weights @ weights) / 2
    for x, place in zip(chosen, right, strict=True):
        z = x @ weights
        total += float(np.logaddexp.reduce(z) - z[place])
    return total


def _softmax(z: Numbers) -> Numbers:
    weight = np.exp(z - z.max())
    found: Numbers = weight / weight.sum()
    return found


__all__ = ["fit"]
