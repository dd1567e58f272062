"""`i2c train --images` from settings to weights: what a run is taught, keeps, and refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2c_core import get_family
from i2c_core.checkpoints import load_checkpoint
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import read_pairs, write_pairs
from i2c_core.datasets.pseudo import PSEUDO_FILE
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import CheckpointError, ConfigError, DataError, I2cError, ImageError, TrainingError
from i2c_core.learning import learn
from i2c_core.progress import Plain, PlainTask, Task
from i2c_core.raster import Renderer
from i2c_core.selftraining import READINGS_FILE
from i2c_core.training import Trained

SPLITS = get_family("splits")
TINY = [
    *("data.max_size=5", "data.razor=none", "run.batch_size=4", "run.steps=4", "run.save_every=2", "run.log_every=1"),
    *("run.eval_samples=0", "run.threads=1", "run.tensorboard=false", "run.device=cpu", "data.images_share=0.5"),
]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of programs of 5 symbols, and one that nothing draws."""
    folder = tmp_path_factory.mktemp("images")
    ids, values = Sampler(SPLITS, 5).sample(np.random.default_rng(0), np.full(14, 5, np.int64))
    with Renderer(SPLITS) as renderer:
        pixels = renderer.render(ids, values).pixels
    for number, picture in enumerate(pixels):
        Image.fromarray(picture[0]).save(folder / f"{number:02d}.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)).save(folder / "noise.png")
    return folder


def run(out: Path, images: Path | str, *settings: str, **more: Any) -> tuple[Trained, str]:
    """A run from the family's own weights, and what it said."""
    said = io.StringIO()
    options: dict[str, Any] = {"file": None, "resume": None, "init": None, "learner": None} | more
    words = [*TINY, f"data.images={images}", *settings]
    family = options.pop("family", SPLITS)
    return learn(family, words, out, progress=Plain(said), **options), said.getvalue()


@pytest.fixture(scope="module")
def taught(images: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    trained, said = run(tmp_path_factory.mktemp("run") / "r", images)
    assert trained.finished
    return trained.folder, said


def test_a_run_keeps_what_it_learns_from_and_tells_the_accepted_share(taught: tuple[Path, str], images: Path) -> None:
    folder, said = taught
    readings = [json.loads(line) for line in (folder / READINGS_FILE).read_text("utf-8").splitlines()]
    assert [r["file"] for r in readings] == [str(p) for p in sorted(images.iterdir())]
    accepted = [r for r in readings if r["accepted"]]
    read = [r for r in readings if "code" in r]
    assert 3 < len(accepted) < len(readings)
    assert all(r["distance"] == 0 for r in accepted)
    assert f"{len(accepted)} of {len(read)} readings accepted ({100 * len(accepted) / len(read):.1f} %): " in said
    assert f"{len(accepted)} by a distance of at most 0, 0 by a confidence of at least 0.9; left out: " in said
    pairs = read_pairs(folder / PSEUDO_FILE, SPLITS)
    assert pairs.codes == [r["code"] for r in accepted]
    with Renderer(SPLITS) as renderer:
        assert (renderer.render(pairs.ids, pairs.values).pixels == pairs.pixels()).all()
    assert not held_out(pairs.pixels()).any()
    assert len(np.unique(pixel_keys(pairs.pixels()))) == len(pairs)


def test_it_changes_what_is_learned(taught: tuple[Path, str], tmp_path: Path) -> None:
    alone, _ = run(tmp_path / "alone", "", init=Path("splits"))
    one, other = (load_checkpoint(f / "model.safetensors").tensors for f in (taught[0], alone.folder))
    assert any(not torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_a_run_goes_on_without_the_pictures(taught: tuple[Path, str], images: Path, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for path in images.iterdir():
        (scans / path.name).write_bytes(path.read_bytes())

    words = [*TINY, f"data.images={scans}"]
    with pytest.raises(Crash):
        learn(SPLITS, words, tmp_path / "cut", None, None, None, None, Crashing(io.StringIO()))
    for path in scans.iterdir():
        path.unlink()
    resumed = learn(None, [], None, None, tmp_path / "cut", None, None, Plain(io.StringIO()))
    whole, cut = (load_checkpoint(f / "model.safetensors").tensors for f in (taught[0], resumed.folder))
    assert all(torch.equal(tensor, cut[name]) for name, tensor in whole.items())


class Crash(Exception):
    pass


class Crashing(Plain):
    """Progress of a run that is gone after its third step."""

    def task(self, what: str, total: int | None = None, done: int = 0) -> Task:
        return CrashingTask(self, what, total, done) if what == "training" else super().task(what, total, done)


class CrashingTask(PlainTask):
    def advance(self, amount: int = 1, note: str = "") -> None:
        super().advance(amount, note)
        if self.done == 3:
            raise Crash


def refused(kind: type[I2cError], out: Path, images: Path | str, *settings: str, **more: Any) -> tuple[str, str | None]:
    with pytest.raises(kind) as caught:
        run(out, images, *settings, **more)
    assert not (out / "training.safetensors").exists() or kind is TrainingError
    return caught.value.fact, caught.value.hint


def test_what_gives_nothing_to_learn_from_is_refused(images: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.mkdir()
    picture = Image.open(images / "noise.png")
    picture.save(noise / "n.png")
    fact, hint = refused(DataError, tmp_path / "r", noise, "data.holdout=false")
    assert fact == (
        f"{noise} gives nothing to learn from: 0 of 1 readings accepted (0.0 %): 0 by a distance of at most 0, "
        "0 by a confidence of at least 0.9"
    )
    assert hint is not None
    assert hint.startswith("the weights have no confidence, the least distance 0.")
    assert hint.endswith(": change data.images_confidence or data.images_distance")

    pairs = tmp_path / "pairs.parquet"
    ids = SPLITS.vocabulary.pack([SPLITS.to_tokens(SPLITS.parse("W"))])[0]
    write_pairs(pairs, SPLITS, ids, np.asarray(picture)[None, None])
    settings = ("data.holdout=false", f"data.exclude={pairs}")
    assert refused(DataError, tmp_path / "r", noise, *settings) == (
        f"{noise} gives nothing to learn from: 0 of 0 readings accepted (0.0 %): 0 by a distance of at most 0, "
        "0 by a confidence of at least 0.9; left out: 1 excluded",
        "give other pictures",
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(ImageError, tmp_path / "r", empty)[0] == f"folder {empty} holds no images"


def test_what_cannot_read_or_learn_is_refused_before_it_begins(
    taught: tuple[Path, str], images: Path, tmp_path: Path
) -> None:
    assert refused(CheckpointError, tmp_path / "r", images, family=get_family("diagrams")) == (
        "diagrams ships no weights, and a network is needed that reads the pictures",
        "name weights with --init, or train some without --images first",
    )
    assert refused(ConfigError, tmp_path / "r", images, learner="zoom") == (
        "the learner 'zoom' cannot learn from unlabelled pictures",
        "leave --images out, or choose another --learner",
    )
    before = (taught[0] / PSEUDO_FILE).stat().st_mtime_ns
    assert refused(TrainingError, taught[0], images) == (
        f"{taught[0]} holds a run already",
        f"go on with --resume {taught[0]}, or choose another folder with --out",
    )
    assert (taught[0] / PSEUDO_FILE).stat().st_mtime_ns == before
