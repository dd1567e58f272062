"""What is looked at in a candidate and its program, and what is kept of the weights."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from i2c_core import get_family
from i2c_core.correction import FEATURES, Correction, Shortest, features_of
from i2c_core.decoding import Candidate
from i2c_core.errors import ConfigError
from i2c_core.loops import Draw, Linear, Loop, Reflect

FIGURES = get_family("figures")
ROW = Loop(Linear(3), (Draw("circle", (Linear(2, 3, 0), Linear(4))),))
ROWS = (Reflect("y", 12, (Loop(Linear(3), (Draw("circle", (Linear(2, 3, 0), Linear(3, 1, 0))),)),)),)


def candidate(code: str, score: float | None, logprob: float = -3.0) -> Candidate:
    program = FIGURES.parse(code)
    return Candidate(program, 0.5, logprob, program.size, np.zeros((1, 1, 1), np.uint8), score)


def test_features_by_name() -> None:
    candidates = [candidate("circle 3, 3", -2.0), candidate("circle 3, 3", None, -float("inf"))]
    programs = [Shortest((ROW,), Fraction(2), Fraction(2)), Shortest(ROWS, Fraction(10, 3), Fraction(3))]
    rows = features_of(candidates, programs, [3, 6])
    first, second = (dict(zip(FEATURES, row.tolist(), strict=True)) for row in rows)
    assert first == {
        "score": -2.0, "first": -3.0, "commands": 3, "cost": 2.0, "loops": 1, "reflections": 0, "coefficients": 1,
    }  # fmt: skip
    assert (second["score"], second["first"]) == (-1000.0, -1000.0)  # finite, whatever the reader says
    assert (second["loops"], second["reflections"], second["coefficients"]) == (1, 1, 2)


def test_chances_are_a_softmax_of_weighed_features() -> None:
    features = np.zeros((3, len(FEATURES)))
    features[:, FEATURES.index("score")] = [-1.0, -2.0, -3.0]
    features[:, FEATURES.index("cost")] = [3.0, 1.0, 3.0]
    told = Correction({"score": 1.0, "cost": -1.0}).chances(features)
    assert told.sum() == pytest.approx(1)
    assert np.log(told[1] / told[0]) == pytest.approx(1.0)
    assert Correction({"score": 1.0}).chances(features).argmax() == 0


def test_what_is_kept_comes_back() -> None:
    one = Correction({"score": 1.0, "cost": -0.25}, 100, 10, 0.5)
    assert Correction.loads(one.dumps(), "somewhere") == one


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "'weights'"),
        ("[]", "list indices must be integers or slices, not str"),
        ('{"weights": {"luck": 1}, "pictures": 1, "looked": 1, "seconds": 1}', "it weighs 'luck'"),
        ('{"weights": {"cost": NaN}, "pictures": 1, "looked": 1, "seconds": 1}', "the weight of 'cost' is nan"),
    ],
)
def test_damaged_weights(text: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Correction.loads(text, "it.json")
    assert str(caught.value) == f"the correction in it.json is damaged: {reason}\n  -> fit it again"
