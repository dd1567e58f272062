"""Confidence: the probability that a candidate is right, fitted on pictures whose programs are known.

What a network says of its own programs, and how it ranks them, goes into a logistic model of a few weights with a prior
(J. Platt, "Probabilistic outputs for support vector machines", 1999), which is kept in the checkpoint. It holds for
pictures like those that it was fitted on, read by the default strategy. What is much farther from its picture than any
of those were has no confidence.

Legend: N pictures, K candidates of one, M candidates of all, F features, C channels, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from i2c_core.checkpoints import load_checkpoint, save_checkpoint
from i2c_core.decoding import Candidate, Proposer
from i2c_core.decoding.rank import Renders
from i2c_core.decoding.rounds import comparison_size, make_stages, search, weighed
from i2c_core.errors import CheckpointError, I2cError
from i2c_core.families import Family
from i2c_core.images import fit as fit_picture
from i2c_core.leftovers import leftovers
from i2c_core.programs import Program
from i2c_core.refining import Refiner

KEY = "calibration"  # where it stands in a checkpoint's meta
FEATURES = (
    *("logprob", "score", "margin", "distance", "exact", "size", "confidence", "first"),
    *("unexplained", "overexplained"),
)
PRIOR = 1.0  # precision of the weights of standardised features
BIAS_PRIOR = 0.01
MOST = 12.0  # log-odds that a feature may say
STEPS = 60  # of Newton's method, which needs about ten
FARTHEST = 3.5  # standard deviations above the mean distance of what was fitted on; beyond, nothing is trusted
COMPARED = 5  # candidates of a picture whose ink is compared with the input's, which takes some milliseconds each
NEAREST = 16  # candidates of a picture that are learned from
WANTED = 5  # candidates asked for
AT_ONCE = 32  # pictures read together
SEED = 0

Numbers = NDArray[np.float64]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Calibration:
    """A logistic model of whether a candidate is right.

    Attributes:
        weights: by feature, for standardised values.
        means, scales: by feature, what standardises them; a feature that is not known counts as its mean.
        bias: the log-odds where all features are at their means.
        pictures: how many it was fitted on.
    """

    weights: dict[str, float]
    means: dict[str, float] = field(repr=False)
    scales: dict[str, float] = field(repr=False)
    bias: float
    pictures: int

    def apply(self, features: Numbers) -> Numbers:
        """(K,) the confidence of each of one picture's candidates, from `features_of` (K, F); together at most 1."""
        x = _standardised(features, self._column(self.means), self._column(self.scales))
        confidence = _logistic(x @ self._column(self.weights) + self.bias)
        # Noise is no drawing, but what a network says of it may be anything.
        return _together(np.where(x[:, FEATURES.index("distance")] > FARTHEST, 0.0, confidence))

    def _column(self, numbers: Mapping[str, float]) -> Numbers:
        return np.array([numbers[name] for name in FEATURES])

    def to_dict(self) -> dict[str, Any]:
        """JSON values, for a checkpoint's meta."""
        return {
            "weights": self.weights,
            "means": self.means,
            "scales": self.scales,
            "bias": self.bias,
            "pictures": self.pictures,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], owner: str = "the checkpoint") -> Self:
        """What `to_dict` said; raises `CheckpointError` where it is damaged."""
        try:
            parts = [{n: float(record[part][n]) for n in FEATURES} for part in ("weights", "means", "scales")]
            found = cls(parts[0], parts[1], parts[2], float(record["bias"]), int(record["pictures"]))
            if not all(math.isfinite(x) for part in (*parts, {"bias": found.bias}) for x in part.values()):
                raise ValueError("a number that is none")
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            fact = f"the calibration in {owner} is damaged: {error}"
            raise CheckpointError(fact, "train again, or use another checkpoint") from None
        return found


def features_of(candidates: Sequence[Candidate], given: Pixels | None = None) -> Numbers:
    """(K, F) what a calibration looks at, of one picture's candidates, best first; NaN where nothing is known.

    `given` (C, H, W) is the picture where it is ink on paper, so that some may be left over.
    """
    score = _column([c.score for c in candidates])
    logprob = _column([c.logprob for c in candidates])
    ranking = logprob if np.isnan(score).all() else score
    sure = _column([c.confidence for c in candidates])
    left = np.full((len(candidates), 2), math.nan)
    if given is not None:
        for row, candidate in enumerate(candidates[:COMPARED]):
            apart = leftovers(given, candidate.pixels)
            left[row] = [math.log(0.01 + sum(r.ink for r in side)) for side in (apart.unexplained, apart.overexplained)]
    columns = {
        "logprob": _log_odds(np.exp(logprob)),
        "score": np.arcsinh(score),
        "margin": np.arcsinh(_margins(ranking)),
        "distance": np.log(_column([c.distance for c in candidates]) + 1e-3),
        "exact": np.array([float(c.distance == 0) for c in candidates]),
        "size": np.log(np.array([float(c.size) for c in candidates])),
        "confidence": _log_odds(sure),
        "unexplained": left[:, 0],
        "overexplained": left[:, 1],
        "first": (np.arange(len(candidates)) == 0).astype(float),
    }
    return np.stack([columns[name] for name in FEATURES], 1)


def fit(pictures: Sequence[tuple[Numbers, Sequence[bool]]]) -> Calibration:
    """The calibration of N pictures: of each the features (K, F) of its candidates, and which of them are right.

    The first candidate of a picture weighs as much as all others together: it is the one that people see.
    """
    shown = [(f[:NEAREST], np.asarray(r, float)[:NEAREST]) for f, r in pictures if len(f)]
    if not shown:
        raise ValueError("there is no candidate to calibrate on")
    features = np.concatenate([f for f, _ in shown])  # (M, F)
    right = np.concatenate([r for _, r in shown])  # (M,)
    weight = np.concatenate([[1.0, *[1.0 / max(1, len(r) - 1)] * (len(r) - 1)] for _, r in shown])  # (M,)
    known = ~np.isnan(features)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, features, 0.0).sum(0) / count
    scale = np.sqrt((np.where(known, features - mean, 0.0) ** 2).sum(0) / count)
    scale = np.where(scale > 1e-9, scale, 1.0)
    weights, bias = _fit(_standardised(features, mean, scale), right, weight)
    by_name = [dict(zip(FEATURES, map(float, numbers), strict=True)) for numbers in (weights, mean, scale)]
    return Calibration(by_name[0], by_name[1], by_name[2], float(bias), len(shown))


def calibrate(
    family: Family,
    renderer: Renders,
    proposer: Proposer,
    pictures: Sequence[Pixels],
    programs: Sequence[Program],
    *,
    image_size: tuple[int, int],
    budget: int,
    strategy: str = "auto",
) -> Calibration | None:
    """Read pictures whose programs are known, and fit a calibration; None where not one of them is read.

    Args:
        family: the language.
        renderer: draws candidates.
        proposer: what reads.
        pictures: (C, H, W) uint8 each, never trained on.
        programs: the right one of each.
        image_size: height and width in pixels of what the proposer sees.
        budget: the most tokens of a program.
        strategy: by which the pictures are read.
    """
    stages = [weighed(s, family, renderer) for s in make_stages(strategy, WANTED, proposer)]
    whole = getattr(proposer, "whole", None) is not None
    step = 1 if whole else AT_ONCE
    refine = Refiner.of(family, renderer)
    if refine is not None:
        stages = list(refine.stages(strategy, stages))
    found: list[tuple[Numbers, Sequence[bool]]] = []
    for first in range(0, len(pictures), step):
        some = [family.frame(picture) for picture in pictures[first : first + step]]  # as a reader does
        compared = [fit_picture(p, comparison_size(family, *p.shape[1:])) for p in some]
        seen = np.stack(some if whole else [fit_picture(p, image_size) for p in some])  # (B, C, H, W)
        ranked = search(
            family,
            renderer,
            proposer,
            seen,
            compared,
            stages,
            n=WANTED,
            budget=budget,
            generator=SEED,
            refine=refine,
        )
        for picture, program, candidates in zip(compared, programs[first : first + step], ranked, strict=True):
            if not isinstance(candidates, I2cError) and candidates:
                truth = family.canonical(program)
                right = [is_right(c.program, c.pixels, truth, picture) for c in candidates]
                found.append((features_of(candidates, None if family.strokes is None else picture), right))
    return fit(found) if found else None


def is_right(program: Program, drawn: Pixels, truth: Program, picture: Pixels) -> bool:
    """Whether a candidate is right: the canonical program itself, or one that draws every pixel of the input again."""
    return program == truth or bool(np.array_equal(drawn, picture))


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Put a calibration into a checkpoint, in place of what stood there."""
    checkpoint = load_checkpoint(path)
    save_checkpoint(path, checkpoint.tensors, {**checkpoint.meta, KEY: calibration.to_dict()})


def _column(numbers: Sequence[float | None]) -> Numbers:
    """(K,) numbers, NaN where there is none, or none that is finite."""
    return np.array([n if n is not None and math.isfinite(n) else math.nan for n in numbers], np.float64)


def _standardised(features: Numbers, mean: Numbers, scale: Numbers) -> Numbers:
    return np.nan_to_num((features - mean) / scale, nan=0.0)


def _fit(x: Numbers, right: Numbers, weight: Numbers) -> tuple[Numbers, float]:
    """Weights (F,) and bias of the most probable logistic model, by Newton's method with steps that never go up."""
    x = np.concatenate([x, np.ones((len(x), 1))], 1)  # (M, F + 1)
    prior = np.array([*[PRIOR] * (x.shape[1] - 1), BIAS_PRIOR])
    found = np.zeros(x.shape[1])

    def loss(w: Numbers) -> float:
        z = x @ w
        return float((weight * (np.logaddexp(0, z) - right * z)).sum() + (prior * w * w).sum() / 2)

    now = loss(found)
    for _ in range(STEPS):
        p = _logistic(x @ found)
        gradient = x.T @ (weight * (p - right)) + prior * found
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(prior)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while loss(found - size * step) > now and size > 1e-6:
            size /= 2
        found = found - size * step
        before, now = now, loss(found)
        if before - now < 1e-10:
            break
    return found[:-1], float(found[-1])


def _together(confidence: Numbers) -> Numbers:
    """Confidences of one picture, of which at most one candidate is right: where they add up to more than 1, the
    highest stays and the others share what it leaves.
    """
    if len(confidence) == 0 or confidence.sum() <= 1:
        return confidence
    top = int(confidence.argmax())
    rest = confidence.sum() - confidence[top]
    scaled = confidence * min(1.0, (1 - confidence[top]) / rest) if rest > 0 else confidence.copy()
    scaled[top] = confidence[top]
    return scaled


def _margins(ranking: Numbers) -> Numbers:
    """(K,) how far each is above the best of the others; NaN where there is no other."""
    known = ranking[~np.isnan(ranking)]
    if len(known) < 2:
        return np.full(len(ranking), math.nan)
    second, first = np.sort(known)[-2:]
    margins: Numbers = ranking - np.where(ranking == first, second, first)
    return margins


def _log_odds(probability: Numbers) -> Numbers:
    with np.errstate(divide="ignore"):
        odds: Numbers = np.log(probability) - np.log1p(-np.minimum(probability, 1.0))
    return np.clip(odds, -MOST, MOST)


def _logistic(z: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -500, 500))))
