"""Training to zoom and reading with it: what a run leaves, how pictures come, budgets, errors."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from i2c_core import Reader, get_family
from i2c_core.checkpoints import describe_model, find_zoom_weights, load_checkpoint, save_checkpoint
from i2c_core.config import TrainConfig, resolve_config
from i2c_core.decoding import Beam, Greedy, Observation, Sample, StochasticBeam
from i2c_core.errors import BudgetError, CheckpointError, ConfigError, FamilyError
from i2c_core.families import Family
from i2c_core.model import ModelConfig, build
from i2c_core.progress import Plain, PlainTask, Task
from i2c_core.reader import PIXELS, _of_one_size
from i2c_core.zooming.learner import NAME, train
from i2c_core.zooming.proposer import DEEPER, ZoomProposer

SPLITS, RGB = get_family("splits"), get_family("splits-rgb")


class Crash(Exception):
    pass


class Steps(Plain):
    """Progress that calls `at` with the number of every step that ends."""

    def __init__(self, at: Callable[[int], None] = lambda step: None) -> None:
        super().__init__(io.StringIO())
        self.at = at

    def task(self, what: str, total: int | None = None, done: int = 0) -> Task:
        return StepsTask(self, what, total, done)


class StepsTask(PlainTask):
    def advance(self, amount: int = 1, note: str = "") -> None:
        super().advance(amount, note)
        assert isinstance(self.progress, Steps)
        self.progress.at(self.done)


def settings(*more: str) -> TrainConfig:
    """Four steps of a tiny network."""
    few = ["run.steps=4", "run.batch_size=8", "run.save_every=2", "run.eval_every=0", "run.eval_samples=4"]
    small = ["model.channels=4", "model.width=8", "model.crop=8", "data.max_size=5", "run.threads=1", "model.budget=15"]
    return resolve_config(options=[*few, *small, "run.device=cpu", "run.calibration_samples=2", *more])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stopped."""
    return train(SPLITS, settings(), tmp_path_factory.mktemp("whole"), progress=Steps()).folder


def test_a_run_leaves_a_checkpoint_that_reads(whole: Path) -> None:
    checkpoint = load_checkpoint(whole)
    assert checkpoint.meta["learner"] == NAME
    assert 0 <= checkpoint.meta["train"]["results"]["held_out_exact"] <= 1
    assert "calibration" in checkpoint.meta
    with Reader.load(whole, "cpu") as reader:
        assert isinstance(reader.proposer, ZoomProposer)
        assert reader.budget == DEEPER * 15
        assert reader.that_knows("zoom") is reader


def test_a_run_that_was_killed_goes_on_as_it_would_have(whole: Path, tmp_path: Path) -> None:
    def at(step: int) -> None:
        if step == 3:
            raise Crash

    with pytest.raises(Crash):
        train(SPLITS, settings(), tmp_path / "run", progress=Steps(at))
    assert load_checkpoint(tmp_path / "run").meta["step"] == 2
    train(SPLITS, settings(), tmp_path / "run", resume=True, progress=Steps())
    ours, theirs = load_checkpoint(tmp_path / "run").tensors, load_checkpoint(whole).tensors
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_begin_from_other_weights(whole: Path, tmp_path: Path) -> None:
    found = train(SPLITS, settings("run.steps=1"), tmp_path / "run", init=whole, progress=Steps())
    assert found.finished
    with pytest.raises(CheckpointError, match=r"the network of .* has channels 4, this run has 8"):
        train(SPLITS, settings("model.channels=8"), tmp_path / "b", init=whole, progress=Steps())


@pytest.mark.parametrize("family", ["figures", "pacman"])
def test_a_family_that_does_not_zoom_is_refused_before_anything_is_written(family: str, tmp_path: Path) -> None:
    with pytest.raises(FamilyError, match="zoom"):
        train(get_family(family), resolve_config(), tmp_path / "run", progress=Steps())
    assert not (tmp_path / "run").exists()


def pictures() -> list[np.ndarray[Any, Any]]:
    """Pictures of several sizes, the first of them deeper than any in training."""
    deep = np.zeros((64, 64), np.uint8)
    deep[21, 42] = 255
    wide = np.zeros((30, 50), np.uint8)
    wide[15:] = 255
    return [deep, wide, 255 - deep, np.zeros((1, 1), np.uint8), wide[::-1].copy()]


def test_pictures_come_at_their_own_size_and_those_of_one_size_together(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Reader.load(whole, "cpu") as reader:
        alone = [reader.read(p, 1, strategy="greedy")[0] for p in pictures()]
        asked: list[tuple[int, ...]] = []
        propose = reader.proposer.propose

        def told(observation: Observation, **rest: Any) -> Any:
            asked.append(tuple(observation.image.shape))
            return propose(observation, **rest)

        monkeypatch.setattr(reader.proposer, "propose", told)
        together = [found[0] for found in reader.read(pictures(), 1, strategy="greedy")]
    assert asked == [(2, 1, 64, 64), (2, 1, 30, 50), (1, 1, 1, 1)]
    assert [c.code for c in together] == [c.code for c in alone]
    assert [c.picture.shape[1:] for c in together] == [p.shape for p in pictures()]
    assert together[3].code in ("B", "W")  # one pixel has no parts


def test_groups_of_pictures_are_bounded() -> None:
    large = np.zeros((1, 2048, 2048), np.uint8)
    groups = list(_of_one_size(dict.fromkeys(range(9), large) | {9: large[:, :4]}))
    assert groups == [[0, 1, 2, 3], [4, 5, 6, 7], [8], [9]]
    assert all(large.size * len(group) <= PIXELS for group in groups[:3])


def test_strategies_and_budgets(whole: Path) -> None:
    with Reader.load(whole, "cpu") as reader:
        proposer = reader.proposer
        assert isinstance(proposer, ZoomProposer)
        assert proposer.stages("zoom", 1) == (Greedy(), Beam(4), Beam(16), Beam(64))
        assert proposer.stages("auto", 10) == (Beam(10), Beam(16), Beam(64))
        assert (proposer.stages("beam", 1), proposer.stages("greedy", 9)) == ((Beam(16),), (Greedy(),))
        assert proposer.stages("sample", 3) == (Sample(),)
        (deep, *_) = pictures()
        for strategy in ("zoom", "beam", "sample", "greedy", Beam(7)):
            found = reader.read(deep, 5, strategy=strategy, budget=9)
            assert 1 <= len(found) <= 5
            assert all(c.size <= 9 for c in found)
        assert reader.read(deep, 1, budget=500)[0].size <= 500  # above what training saw
        with pytest.raises(ConfigError) as caught:
            reader.read(deep, strategy=StochasticBeam())
        assert str(caught.value) == (
            "StochasticBeam writes programs token by token, this network goes level by level\n"
            "  -> use one of zoom, auto, greedy, beam, sample"
        )
        with pytest.raises(ConfigError, match="this network knows no strategy 'smc'"):
            reader.read(deep, strategy="smc")
        with pytest.raises(BudgetError):
            reader.read(deep, budget=0)


def tiny(tmp_path: Path, family: Family = SPLITS) -> Path:
    """A checkpoint of the learner `paired`."""
    config = ModelConfig(
        vocabulary=family.vocabulary.size, max_tokens=7, image=(family.channels, 32, 32), width=8, channels=4, layers=1
    )
    save_checkpoint(tmp_path / "paired.safetensors", build(config).state_dict(), describe_model(family, config, {}, 0))
    return tmp_path / "paired.safetensors"


def test_weights_that_are_named_must_be_those_of_zooming(tmp_path: Path) -> None:
    with Reader.load(tiny(tmp_path), "cpu") as reader, pytest.raises(CheckpointError) as caught:
        reader.read(pictures()[0], strategy="zoom")
    assert str(caught.value) == (
        f"{tmp_path}/paired.safetensors was trained by the learner 'paired', the strategy 'zoom' needs weights of the "
        "learner 'zoom'\n  -> leave the weights out, or train some: i2c train --family splits --learner zoom"
    )


def test_a_family_without_weights_for_zooming_says_so() -> None:
    with pytest.raises(CheckpointError) as caught:
        find_zoom_weights(replace(RGB, zoom_weights=None))
    assert str(caught.value) == (
        "splits-rgb ships no weights for zooming\n  -> train some: i2c train --family splits-rgb --learner zoom"
    )
    with pytest.raises(CheckpointError, match="the weights of splits-rgb, i2c_core:none, are not installed"):
        find_zoom_weights(replace(RGB, zoom_weights="i2c_core:none"))


def test_zooming_that_is_refused_is_told_with_the_reason() -> None:
    with Reader.load("figures", "cpu") as reader, pytest.raises(FamilyError, match="says of no symbol where"):
        reader.read(np.zeros((100, 100), np.uint8), strategy="zoom")


def test_shipped_weights_are_found_by_the_strategy() -> None:
    with Reader.load("splits", "cpu") as reader:
        best = reader.read(pictures(), 1, strategy="zoom")
        zooming = reader.that_knows("zoom")
        assert zooming is not reader
        assert zooming is reader.that_knows("zoom")
        assert isinstance(zooming.proposer, ZoomProposer)
    assert [c[0].distance for c in best] == [0.0] * 5  # a speck of six levels, and halves of odd sizes
    assert best[1][0].code == "h B W"
