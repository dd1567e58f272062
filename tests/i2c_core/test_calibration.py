"""Confidence that means what it says."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from i2c_core.calibration import (
    FEATURES,
    Calibration,
    calibrate,
    features_of,
    fit,
    is_right,
    write_calibration,
)
from i2c_core.checkpoints import load_checkpoint, load_model, save_checkpoint
from i2c_core.datasets.sampling import Sampler
from i2c_core.decoding import AutoregressiveProposer, Candidate
from i2c_core.errors import CheckpointError
from i2c_core.plugins import get_family
from i2c_core.raster import Renderer
from i2c_core.reader import Reader
from tests.cli.conftest import tiny_checkpoint

SPLITS = get_family("splits")
BLANK = np.zeros((1, 2, 2), np.uint8)
Picture = tuple[NDArray[np.float64], list[bool]]


def candidate(distance: float, logprob: float, score: float | None = None, sure: float | None = None) -> Candidate:
    return Candidate(SPLITS.parse("B"), distance, logprob, 1, BLANK, score, sure)


def pictures(seed: int, count: int = 2000) -> list[Picture]:
    """Two candidates a picture, of which the first is right with the logistic of its lead in score."""
    rng = np.random.default_rng(seed)
    made: list[Picture] = []
    for lead in rng.gamma(2.0, 1.0, count):
        right = rng.random() < 1 / (1 + math.exp(1 - 2 * math.asinh(lead)))
        features = features_of([candidate(0.1, -1.0, lead), candidate(0.2, -1.0, 0.0)])
        made.append((features, [right, not right and bool(rng.random() < 0.3)]))
    return made


def test_of_those_told_some_confidence_that_share_is_right() -> None:
    found = fit(pictures(0))
    told, right = [], []
    for features, truth in pictures(1, 4000):
        confidence = found.apply(features)
        assert (confidence >= 0).all()
        assert confidence.sum() <= 1 + 1e-12
        told.append(confidence[0])
        right.append(truth[0])
    bins = np.minimum((np.array(told) * 5).astype(int), 4)
    for each in np.unique(bins):
        here = bins == each
        if here.sum() > 100:
            assert abs(np.mean(np.array(told)[here]) - np.mean(np.array(right)[here])) < 0.06
    assert np.corrcoef(told, right)[0, 1] > 0.3
    assert found.pictures == 2000


def test_what_is_farther_than_anything_seen_is_not_trusted() -> None:
    found = fit(pictures(0, 200))
    near, far = (features_of([candidate(distance, -1.0, 9.0)]) for distance in (0.2, 0.9))
    assert found.apply(near)[0] > 0.9
    assert found.apply(far)[0] == 0


def test_features_that_say_nothing_say_nothing() -> None:
    features = features_of([candidate(0.0, -math.inf)])
    known = dict(zip(FEATURES, features[0].tolist(), strict=True))
    assert {name for name, number in known.items() if math.isnan(number)} == {
        "logprob", "score", "margin", "confidence", "unexplained", "overexplained"
    }  # fmt: skip
    assert (known["exact"], known["first"], known["size"]) == (1.0, 1.0, 0.0)
    found = fit(pictures(0, 50))
    assert 0 < found.apply(features)[0] < 1
    assert found.apply(features_of([])).shape == (0,)
    assert np.isfinite(features_of([candidate(0.5, 0.0, sure=1.0), candidate(0.5, -900.0, sure=0.0)])[:, [0, 6]]).all()


def test_margins_are_to_the_best_of_the_others() -> None:
    at = FEATURES.index("margin")
    for scores, margins in (([3.0, 1.0, -1.0], [2, -2, -4]), ([3.0, 3.0, 1.0], [0, 0, -2]), ([1.0, 2.0], [-1, 1])):
        found = np.sinh(features_of([candidate(0.1, -5.0, s) for s in scores])[:, at])
        assert found.round(9).tolist() == margins
    unfit = features_of([candidate(0.1, -1.0, -math.inf), candidate(0.1, -3.0, -math.inf)])  # no score at all
    assert np.sinh(unfit[:, at]).round(9).tolist() == [2, -2]
    assert np.isnan(unfit[:, FEATURES.index("score")]).all()
    found = np.sinh(features_of([candidate(0.1, -1.0), candidate(0.2, -3.0)])[:, at])  # log-probabilities else
    assert found.round(9).tolist() == [2, -2]


def test_ink_that_is_left_over_is_looked_at() -> None:
    given, drawn = np.full((2, 1, 64, 64), 255, np.uint8)
    given[0, 30:32, 4:60] = 0
    blank = replace(candidate(0.1, -1.0), pixels=drawn)
    exact = replace(candidate(0.1, -1.0), pixels=given)
    places = [FEATURES.index("unexplained"), FEATURES.index("overexplained")]
    found = np.exp(features_of([blank, exact, *[blank] * 4], given)[:, places]) - 0.01
    assert found[:2] == pytest.approx(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert np.isnan(found[5]).all()  # only those in front


@pytest.mark.parametrize("right", [True, False])
def test_all_right_or_all_wrong(right: bool) -> None:
    found = fit([(features, [right, False]) for features, _ in pictures(0, 200)])
    confidence = found.apply(pictures(1, 1)[0][0])[0]
    assert confidence > 0.95 if right else confidence < 0.05


def test_confidences_of_one_picture_are_of_one_event() -> None:
    features = features_of([candidate(0.1, -1.0, 1.0)] * 4)
    sure = replace(fit(pictures(0, 50)), bias=2.0)
    confidence = sure.apply(features)
    alone = sure.apply(features[:1])
    assert confidence[0] == pytest.approx(alone[0])  # the highest stays
    assert confidence.sum() == pytest.approx(1)


def test_a_calibration_is_json() -> None:
    found = fit(pictures(0, 50))
    again = Calibration.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found


@pytest.mark.parametrize("damage", [{"bias": None}, {"bias": math.nan}, {"weights": {}}, {"means": 3}])
def test_damaged_calibrations(damage: dict[str, object]) -> None:
    with pytest.raises(CheckpointError) as caught:
        Calibration.from_dict(fit(pictures(0, 50)).to_dict() | damage, "a file")
    assert caught.value.fact.startswith("the calibration in a file is damaged")


def test_what_counts_as_right() -> None:
    one, other = SPLITS.parse("h B W"), SPLITS.parse("h B h W W")
    light = np.full((1, 2, 2), 255, np.uint8)
    assert is_right(one, light, one, BLANK)
    assert is_right(other, BLANK, one, BLANK)
    assert not is_right(other, light, one, BLANK)


def test_a_checkpoint_is_calibrated_and_its_answers_say_so(tmp_path: Path) -> None:
    path = tiny_checkpoint("splits", tmp_path / "tiny.safetensors")
    with Reader.load(path, device="cpu") as reader:
        assert [c.confidence for c in reader.read(BLANK[0], 3)] == [None] * 3
    ids, _ = Sampler(SPLITS, 7).sample(np.random.default_rng(0), np.array([1, 3, 5, 5, 7, 7, 7, 7] * 3))
    proposer = AutoregressiveProposer.for_family(load_model(load_checkpoint(path)), SPLITS)
    with Renderer(SPLITS) as renderer:
        drawn = list(renderer.render(ids, None).pixels)
        programs = [SPLITS.from_tokens(row) for row in ids.tolist()]
        found = calibrate(SPLITS, renderer, proposer, drawn, programs, image_size=(32, 32), budget=11)
        assert calibrate(SPLITS, renderer, proposer, [], [], image_size=(32, 32), budget=11) is None
    assert found is not None
    before = load_checkpoint(path).tensors
    write_calibration(path, found)
    after = load_checkpoint(path).tensors
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    with Reader.load(path, device="cpu") as reader:
        assert reader.calibration == found
        told = [c.confidence for c in reader.read(BLANK[0], 3)]
        assert told[0] is not None
        assert told[0] > 0.8  # drawn exactly
        assert sum(c or 0.0 for c in told) <= 1
    checkpoint = load_checkpoint(path)
    save_checkpoint(path, checkpoint.tensors, {**checkpoint.meta, "calibration": {}})
    with pytest.raises(CheckpointError, match="the calibration in"):
        Reader.load(path, device="cpu")
