"""Training on a tile set: what a run leaves, that it goes on as it would have, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_tiles import caves, settings

from i2c_core import Reader, get_family
from i2c_core.calibration import Calibration
from i2c_core.checkpoints import load_checkpoint
from i2c_core.errors import CheckpointError, ConfigError, FamilyError
from i2c_core.progress import Plain, PlainTask, Task
from i2c_core.tiles.learner import NAME, train
from i2c_core.tiles.lessons import Lessons
from i2c_core.tiles.proposer import TileProposer
from i2c_core.tilesets import tileset_of


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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stopped."""
    return train(caves(), settings(), tmp_path_factory.mktemp("whole"), progress=Steps()).folder


def test_a_run_leaves_a_checkpoint_that_reads(whole: Path) -> None:
    checkpoint = load_checkpoint(whole / "model.safetensors")
    assert checkpoint.meta["learner"] == NAME
    assert 0 <= checkpoint.meta["train"]["results"]["held_out_accuracy"] <= 1
    with Reader.load(whole, "cpu", caves()) as reader:
        assert isinstance(reader.proposer, TileProposer)


def test_a_run_that_was_killed_goes_on_as_it_would_have(whole: Path, tmp_path: Path) -> None:
    def at(step: int) -> None:
        if step == 3:
            raise Crash

    with pytest.raises(Crash):
        train(caves(), settings(), tmp_path / "run", progress=Steps(at))
    assert load_checkpoint(tmp_path / "run").meta["step"] == 2
    train(caves(), settings(), tmp_path / "run", resume=True, progress=Steps())
    ours, theirs = load_checkpoint(tmp_path / "run").tensors, load_checkpoint(whole).tensors
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_confidence_is_fitted_at_the_end(tmp_path: Path) -> None:
    found = train(caves(), settings("run.steps=1", "run.calibration_samples=2"), tmp_path / "run", progress=Steps())
    said = load_checkpoint(found.checkpoint).meta.get("calibration")  # a network that finds no grid is not fitted
    assert said is None or Calibration.from_dict(said).pictures <= 2


def test_another_learner_does_not_go_on_with_it(whole: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        Reader.load(whole, "cpu", get_family("splits"))
    assert "was trained on caves" in caught.value.fact


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        train(caves(), settings("data.width=72"), tmp_path / "a", progress=Steps())
    assert str(caught.value) == (
        "pictures of 72x64 were asked for, the network halves its own four times\n"
        "  -> use multiples of 16 for data.width and data.height"
    )
    with pytest.raises(FamilyError) as refused:
        train(get_family("figures"), settings(), tmp_path / "b", progress=Steps())
    assert "figures has no tile set" in refused.value.fact


def test_lessons_are_functions_of_seed_and_step() -> None:
    tiles = tileset_of(caves())
    lessons = Lessons(tiles, (64, 64), 3, 5)
    one, again, other = lessons.lesson(7), lessons.lesson(7), lessons.lesson(8)
    for name in ("grey", "place", "inside", "upright", "kinds"):
        assert torch.equal(getattr(one, name), getattr(again, name))
    assert not torch.equal(one.grey, other.grey)
    assert one.grey.shape == (3, 1, 64, 64)
    assert one.place.shape == (3, 4, 16, 16)
    assert one.inside.shape == (3, 16, 16)
    assert 0 <= float(one.grey.min()) <= float(one.grey.max()) <= 1
    assert int(one.kinds.max()) <= len(tiles.tiles)
    torch.testing.assert_close(one.place[:, :2].norm(dim=1), torch.ones(3, 16, 16))


def test_upright_pictures_show_their_tiles_where_the_labels_are() -> None:
    """What is drawn is nearer to the places of its own labels than to those of labels a tile aside."""
    tiles = tileset_of(caves())
    lesson = Lessons(tiles, (64, 64), 24, 11).lesson(0)
    seen = torch.nn.functional.avg_pool2d((lesson.upright - 0.5).abs(), 16)[:, 0]  # one number a tile
    drawn = (lesson.kinds != len(tiles.tiles)) & (lesson.kinds != tiles.default)

    def apart(labels: torch.Tensor) -> float:
        found = [
            abs(float(s[d].mean() - s[~d].mean())) for s, d in zip(seen, labels, strict=True) if 0 < d.sum() < d.numel()
        ]
        return sum(found) / len(found)

    assert apart(drawn) > max(apart(drawn.roll(2, 1)), apart(drawn.roll(2, 2)))


def test_a_run_may_begin_from_another_tile_set(whole: Path, tmp_path: Path) -> None:
    """What finds grids is taken over as it is; what tells tiles apart has other kinds, and begins anew."""
    family = get_family("pacman")
    found = train(family, settings("optim.lr=0.0", "run.steps=1"), tmp_path / "run", init=whole, progress=Steps())
    theirs, ours = load_checkpoint(whole).tensors, load_checkpoint(found.checkpoint).tensors
    same = {n for n in ours if ours[n].shape == theirs[n].shape and torch.equal(ours[n], theirs[n])}
    assert {n for n in ours if "weight" in n and ours[n].ndim > 1} - same == {"kind.layers.4.weight"}


def test_weights_that_read_no_levels_are_no_beginning(tmp_path: Path) -> None:
    from importlib.resources import files

    weights = Path(str(files("i2c_plugins.figures") / "figures.safetensors"))
    with pytest.raises(CheckpointError) as caught:
        train(caves(), settings(), tmp_path / "run", init=weights, progress=Steps())
    assert str(caught.value) == (
        f"{weights} was trained by the learner 'items', this run's is 'tiles'\n"
        "  -> begin from weights that read levels, or leave --init out"
    )
