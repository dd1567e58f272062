"""Training end to end on a tiny network: what a run leaves, that it can be stopped, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from items_of_tests import SIGNATURE, make_family, marks, settings

from i2c_core import Reader
from i2c_core.calibration import Calibration
from i2c_core.checkpoints import load_checkpoint
from i2c_core.errors import CheckpointError, ConfigError, FamilyError, TrainingError
from i2c_core.items.learner import NAME, train
from i2c_core.items.proposer import ItemProposer
from i2c_core.progress import Plain, PlainTask, Task


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


class Crash(Exception):
    pass


def crash_at(wanted: int) -> Callable[[int], None]:
    def at(step: int) -> None:
        if step == wanted:
            raise Crash

    return at


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stopped."""
    return train(marks(), settings(), tmp_path_factory.mktemp("whole"), progress=Steps()).folder


def test_a_run_leaves_a_checkpoint_that_reads(whole: Path) -> None:
    checkpoint = load_checkpoint(whole / "model.safetensors")
    assert checkpoint.meta["learner"] == NAME
    assert checkpoint.meta["step"] == 4
    assert set(checkpoint.meta["train"]["results"]) == {"held_out_loss", "held_out_accuracy", "held_out_exact"}
    assert Calibration.from_dict(checkpoint.meta["calibration"]).pictures == 4
    assert all(torch.isfinite(t).all() for t in checkpoint.tensors.values())
    with Reader.load(whole, device="cpu", family=marks()) as reader:
        assert isinstance(reader.proposer, ItemProposer)
        blank = reader.read(torch.full((1, 64, 96), 255, dtype=torch.uint8).numpy()[0], n=3, strategy="greedy")
        assert [c.code for c in blank] == [marks().show(marks().from_tokens([marks().vocabulary.ids["done"]]))]


def test_a_run_that_was_killed_goes_on_as_it_would_have(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(Crash):
        train(marks(), settings(), tmp_path / "cut", progress=Steps(crash_at(3)))
    assert load_checkpoint(tmp_path / "cut" / "training.safetensors").meta["step"] == 2
    train(marks(), settings(), tmp_path / "cut", progress=Steps(), resume=True)
    for file in ("model.safetensors", "training.safetensors"):
        first, second = (load_checkpoint(folder / file).tensors for folder in (whole, tmp_path / "cut"))
        assert first.keys() == second.keys()
        for name, tensor in first.items():
            assert torch.equal(tensor, second[name]), name


def test_chance_of_others_is_left_alone_and_weights_begin_from_others(whole: Path, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    quick = settings("run.steps=1", "run.eval_samples=0", "run.calibration_samples=0", "optim.lr=0.0")
    begun = train(marks(), quick, tmp_path / "begun", progress=Steps(), init=whole / "model.safetensors")
    assert torch.equal(before, torch.get_rng_state())
    assert begun.results == {}
    first, second = (load_checkpoint(f / "model.safetensors").tensors for f in (whole, begun.folder))
    assert torch.equal(first["look.0.weight"], second["look.0.weight"])


def test_what_cannot_be_learned_is_refused_at_once(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(FamilyError, match="blind does not say its strokes"):
        train(make_family("blind", strokes=None), settings(), tmp_path / "blind", progress=Steps())
    with pytest.raises(ConfigError, match=r"pictures of 96x60 were asked for(?s:.*)multiples of 32"):
        train(marks(), settings("data.height=60"), tmp_path / "odd", progress=Steps())
    with pytest.raises(CheckpointError, match="hidden"):
        train(marks(), settings("model.width=8"), tmp_path / "init", progress=Steps(), init=whole / "model.safetensors")
    with pytest.raises(TrainingError, match="holds a run already"):
        train(marks(), settings(), whole, progress=Steps())
    with pytest.raises(TrainingError, match="cannot change what is learned"):
        train(marks(), settings("optim.lr=0.1"), whole, progress=Steps(), resume=True)


def test_a_network_of_another_family_is_refused(whole: Path) -> None:
    other = make_family("others", signature=SIGNATURE.replace("1..5", "1..4"))
    with pytest.raises(CheckpointError):
        Reader.load(whole, device="cpu", family=other)
