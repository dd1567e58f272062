"""Training end to end on tiny networks: what a run leaves, and that nothing that stops it costs anything."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2c_core import get_family
from i2c_core.calibration import Calibration
from i2c_core.checkpoints import load_checkpoint, load_model, require_match, save_checkpoint
from i2c_core.config import TrainConfig, resolve_config
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import write_pairs
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.stream import Batch
from i2c_core.errors import CheckpointError, ConfigError, I2cError, ProgramError, TrainingError
from i2c_core.families import Family
from i2c_core.files import DiskError
from i2c_core.learning import learn
from i2c_core.model import Observation
from i2c_core.programs import Program
from i2c_core.progress import Plain, PlainTask, Task
from i2c_core.raster import Renderer
from i2c_core.training import Trained, run_config, train
from i2c_core.training.paired import network_config
from i2c_core.training.record import read_metrics
from i2c_core.training.sources import Sources
from i2c_core.training.supply import Supply

TINY = [
    *("model.width=16", "model.layers=1", "model.heads=2", "model.channels=4", "model.blocks=0", "model.crop=4"),
    *("model.budget=9", "data.max_size=7", "run.batch_size=8", "run.steps=12", "run.log_every=4", "run.save_every=5"),
    *("run.eval_samples=0", "run.threads=1", "run.tensorboard=false", "run.device=cpu"),
]


def tiny(*options: str) -> TrainConfig:
    return resolve_config(options=[*TINY, *options])


class Steps(Plain):
    """Progress that keeps what was said, and calls `at` with the number of every step that ends."""

    def __init__(self, at: Callable[[int], None] = lambda step: None) -> None:
        self.said = io.StringIO()
        super().__init__(self.said)
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


def run(
    out: Path, *options: str, family: str = "splits", at: Callable[[int], None] = lambda s: None, **more: Any
) -> Trained:
    return train(get_family(family), tiny(*options), out, progress=Steps(at), **more)


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(out).tensors


ODD = ("model.decoder=recurrent", "model.dropout=0.2", "optim.ema=0.9", "run.save_every=1", "run.steps=8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stopped."""
    return run(tmp_path_factory.mktemp("whole")).folder


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another, with everything that could remember something between steps."""
    return run(tmp_path_factory.mktemp("odd"), *ODD, "data.prefetch=0").folder


def assert_same_weights(one: Path, other: Path) -> None:
    for file in ("model.safetensors", "training.safetensors"):
        first, second = (load_checkpoint(folder / file).tensors for folder in (one, other))
        assert first.keys() == second.keys()
        for name, tensor in first.items():
            assert torch.equal(tensor, second[name]), name


def test_a_run_leaves_a_checkpoint_metrics_and_a_curve(tmp_path: Path) -> None:
    progress = Steps()
    chance = torch.get_rng_state()
    family, threads = get_family("splits"), threading.active_count()
    trained = train(
        family, tiny("run.steps=30", "run.eval_samples=16", "run.eval_every=20"), tmp_path / "r", progress=progress
    )
    assert torch.equal(chance, torch.get_rng_state())
    assert threading.active_count() == threads
    assert trained.finished
    assert trained.step == 30
    assert set(trained.results) == {"held_out_loss", "held_out_accuracy", "held_out_exact"}

    checkpoint = load_checkpoint(trained.checkpoint)
    require_match(checkpoint, family)
    recipe = checkpoint.meta["train"]
    assert (checkpoint.meta["step"], recipe["samples"], recipe["results"]) == (30, 240, trained.results)
    assert recipe["hardware"]["threads"] == 1
    assert Calibration.from_dict(checkpoint.meta["calibration"]).pictures == 16  # the held-out images
    assert resolve_config(recipe=recipe["config"]) == resolve_config(file=tmp_path / "r" / "config.toml")
    model = load_model(checkpoint)
    seen = Observation(torch.zeros(2, 1, 32, 32))
    assert model(seen, torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3, 4)).shape == (
        2,
        3,
        5,
    )

    lines = read_metrics(tmp_path / "r" / "metrics.jsonl")
    assert [line["step"] for line in lines] == [4, 5, 8, 10, 12, 15, 16, 20, 24, 25, 28, 30]
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert {"loss", "accuracy", "gradient", "rate", "seconds", "samples", "waiting", "drawing"} <= lines[0].keys()
    assert [line["step"] for line in lines if "held_out_exact" in line] == [20, 30]
    with Image.open(tmp_path / "r" / "curve.png") as curve:
        assert curve.size == (800, 600)
    assert progress.said.getvalue().splitlines()[-1] == (
        f"next: i2c decode IMAGE.png --family splits --weights {tmp_path / 'r'}"
    )


SCRIPT = """
import sys
from pathlib import Path
from i2c_core import get_family
from i2c_core.config import resolve_config
from i2c_core.training import train
train(get_family("splits"), resolve_config(options=sys.argv[2:]), Path(sys.argv[1]))
"""


def test_a_killed_run_resumes_to_the_same_weights(tmp_path: Path) -> None:
    options = ["run.steps=60", "run.save_every=10", "run.log_every=10"]
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "killed"), *TINY, *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    metrics = tmp_path / "killed" / "metrics.jsonl"
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if metrics.exists() and '"step": 20,' in metrics.read_text():
            break
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL

    run(tmp_path / "whole", *options)
    step = load_checkpoint(tmp_path / "killed" / "training.safetensors").meta["step"]
    assert 10 <= step < 60
    trained = run(tmp_path / "killed", *options, resume=True)
    assert trained.finished
    assert_same_weights(tmp_path / "killed", tmp_path / "whole")
    assert [m["step"] for m in read_metrics(metrics)] == [
        m["step"] for m in read_metrics(tmp_path / "whole" / "metrics.jsonl")
    ]


@pytest.mark.parametrize("crash", [2, 7])
def test_a_crash_at_any_step_costs_nothing(tmp_path: Path, odd: Path, crash: int) -> None:

    def stop(step: int) -> None:
        if step == crash:
            raise Crash

    threads = threading.active_count()
    with pytest.raises(Crash):
        run(tmp_path / "crashed", *ODD, at=stop)
    assert threading.active_count() == threads
    with (tmp_path / "crashed" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 99, "loss": 1}\n{"step": 1')  # later than what was saved, and cut off
    run(tmp_path / "crashed", *ODD, resume=True)
    assert_same_weights(tmp_path / "crashed", odd)
    assert [m["step"] for m in read_metrics(tmp_path / "crashed" / "metrics.jsonl")] == list(range(1, 9))


def test_a_finished_run_resumes_to_itself(whole: Path) -> None:
    before = (whole / "model.safetensors").read_bytes()
    trained = run(whole, resume=True)
    assert trained.finished
    assert (whole / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("step", [None, 4])
def test_a_kill_between_the_two_files_is_healed(tmp_path: Path, whole: Path, step: int | None) -> None:
    folder = tmp_path / "r"
    shutil.copytree(whole, folder)
    if step is None:
        (folder / "model.safetensors").unlink()
    else:
        shutil.copy(run(tmp_path / "old", f"run.steps={step}").checkpoint, folder)
    run(folder, resume=True)
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_tells_how_to_go_on(tmp_path: Path, whole: Path, number: signal.Signals) -> None:
    handler = signal.getsignal(number)
    progress = Steps(lambda step: signal.raise_signal(number) if step == 7 else None)
    trained = train(get_family("splits"), tiny(), tmp_path / "r", progress=progress)
    assert not trained.finished
    assert signal.getsignal(number) is handler
    assert progress.said.getvalue().splitlines()[-1] == (
        f"stopped at step {trained.step} of 12; go on: i2c train --resume {tmp_path / 'r'}"
    )
    assert load_checkpoint(tmp_path / "r").meta["step"] == trained.step == 7
    run(tmp_path / "r", resume=True)
    assert_same_weights(tmp_path / "r", whole)


def test_settings_that_change_nothing_may_change_on_resume(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(Crash):
        run(tmp_path / "r", at=crash_at(8))
    assert run_config(tmp_path / "r") == ("splits", "paired", tiny().for_family(get_family("splits")))
    run(tmp_path / "r", "data.prefetch=0", "run.log_every=1", resume=True)
    assert_same_weights(tmp_path / "r", whole)


def test_a_run_that_goes_on_elsewhere_says_what_that_changes(tmp_path: Path) -> None:
    with pytest.raises(Crash):
        run(tmp_path / "r", "run.threads=1", at=crash_at(8))
    shutil.copytree(tmp_path / "r", tmp_path / "same")
    told = []
    for folder, threads in (("same", 1), ("r", 2)):
        progress = Steps()
        train(get_family("splits"), tiny(f"run.threads={threads}"), tmp_path / folder, progress=progress, resume=True)
        told.append([line for line in progress.said.getvalue().splitlines() if line.startswith("it ran on")])
    name = load_checkpoint(tmp_path / "r").meta["train"]["hardware"]["name"]
    assert told == [
        [],
        [
            f"it ran on {name}, 1 threads before: sums are rounded in another order here, so the weights will "
            "differ in their last bits from those of a run that stays"
        ],
    ]


def test_a_run_goes_on_with_its_own_learner_only(tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, tmp_path / "r")
    state = load_checkpoint(tmp_path / "r" / "training.safetensors")
    save_checkpoint(tmp_path / "r" / "training.safetensors", state.tensors, {**state.meta, "learner": "canvas"})
    with pytest.raises(TrainingError) as refused:
        run(tmp_path / "r", resume=True)
    assert str(refused.value) == (
        f"{tmp_path / 'r'} is a run of the learner 'canvas', not of 'paired'\n"
        f"  -> go on with its own: i2c train --resume {tmp_path / 'r'}"
    )
    for learner, text in (
        ("paired", f"{tmp_path / 'r'} is a run of the learner 'canvas', not 'paired'\n  -> leave --learner out"),
        (None, "there is no learner 'canvas'\n  -> known learners: items, paired, tiles, zoom"),
    ):
        with pytest.raises(I2cError) as caught:
            learn(None, [], None, None, tmp_path / "r", None, learner, Plain(io.StringIO()))
        assert str(caught.value) == text


def crash_at(wanted: int) -> Callable[[int], None]:
    def crash(step: int) -> None:
        if step == wanted:
            raise Crash

    return crash


def test_settings_that_change_what_is_learned_may_not(whole: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        run(whole, "optim.lr=0.5", "run.steps=20", resume=True)
    assert str(caught.value) == (
        "--resume cannot change what is learned: optim.lr is 0.5, was 0.001; run.steps is 20, was 12"
        f"\n  -> leave it out, or begin a run of its own with --init {whole}"
    )


def test_no_run_is_overwritten_and_none_is_made_up(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        run(whole)
    assert str(caught.value) == (
        f"{whole} holds a run already\n  -> go on with --resume {whole}, or choose another folder with --out"
    )
    with pytest.raises(CheckpointError) as refused:
        run(tmp_path / "none", resume=True)
    assert str(refused.value) == (
        f"{tmp_path / 'none'} holds no run to resume: there is no training.safetensors"
        "\n  -> give the folder that i2c train wrote, or begin anew without --resume"
    )
    with pytest.raises(CheckpointError, match=r"was trained on splits \(.*\); this is splits-rgb \("):
        run(whole, family="splits-rgb", resume=True)


def test_init_begins_from_weights(tmp_path: Path, whole: Path) -> None:
    run(tmp_path / "second", "optim.lr=0", "run.seed=1", init=whole)
    first, second = weights(whole), weights(tmp_path / "second")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert load_checkpoint(tmp_path / "second").meta["train"]["init"] == str(whole)


def test_init_from_something_else_is_refused(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(CheckpointError, match=r"was trained on splits \(.*\); this is splits-rgb \("):
        run(tmp_path / "rgb", family="splits-rgb", init=whole)
    with pytest.raises(CheckpointError) as caught:
        run(tmp_path / "wide", "model.width=32", init=whole)
    file = whole / "model.safetensors"
    assert str(caught.value) == (
        f"the network of {file} has width 16, this run has 32\n  -> train with the same one: --set model.width=16"
    )
    assert not (tmp_path / "wide").exists()


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, whole: Path) -> None:
    resource = pytest.importorskip("resource")  # Windows has none
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(step: int) -> None:
        if step == 6:
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (20_000, hard)
            )  # bytes a file may have, as on a disk that is full

    try:
        with pytest.raises(DiskError) as caught:
            run(tmp_path / "r", "run.save_every=4", at=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    state = tmp_path / "r" / "training.safetensors"
    assert re.fullmatch(
        rf"cannot write {re.escape(str(state))} \(\d\.\d MB\): File too large"
        rf"\n  -> free some space: step 4 is saved, go on with --resume {re.escape(str(tmp_path / 'r'))}",
        str(caught.value),
    )
    assert load_checkpoint(tmp_path / "r").meta["step"] == 4
    assert not list((tmp_path / "r").glob("*.part"))
    run(tmp_path / "r", resume=True)
    assert_same_weights(tmp_path / "r", whole)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        run(tmp_path / "r", "optim.lr=1e30", "optim.warmup=0", "optim.clip=0", "run.save_every=1")
    step = load_checkpoint(tmp_path / "r").meta["step"]
    assert str(caught.value) == (
        f"the loss or its gradient is no number at step {step + 1}"
        f"\n  -> step {step} is saved: try a lower optim.lr or optim.clip, "
        f"from --init {tmp_path / 'r' / 'model.safetensors'}"
    )
    assert all(bool(t.isfinite().all()) for t in weights(tmp_path / "r").values())


def draw_slowly(program: Program, size: tuple[int, int] = (16, 16)) -> Image.Image:
    """Stripes, one a leaf, in 20 ms."""
    time.sleep(0.02)
    leaves = [255 * (node.name == "W") for node in program.nodes() if not node.args]
    return Image.fromarray(np.resize(np.array(leaves, np.uint8).repeat(4), size))


SLOW = Family(
    "slow",
    root="Image",
    signature="h : (Image, Image) -> Image\nB, W : Image",
    render=draw_slowly,
    budget=15,
    size=(16, 16),
)


def test_a_slow_renderer_trains_and_is_said_to_be_the_bottleneck(tmp_path: Path) -> None:
    progress = Steps()
    options = (
        "run.steps=9",
        "run.batch_size=4",
        "data.max_size=15",
        "model.budget=15",
        "model.crop=0",
        "data.workers=0",
    )
    trained = train(SLOW, tiny(*options), tmp_path / "r", progress=progress)
    assert trained.finished
    said = [line for line in progress.said.getvalue().splitlines() if "rendering" in line]
    assert len(said) == 1
    assert re.fullmatch(
        r"rendering takes [3-9]\d % of a step: raise data.workers, set data.cache, or write a batched renderer: "
        r"docs/new-family.md",
        said[0],
    )


SLOW_MODULE = """
import time
import numpy as np

def render(program):
    time.sleep(0.02)
    leaves = [255 * (node.name == "W") for node in program.nodes() if not node.args]
    return np.resize(np.array(leaves, np.uint8).repeat(4), (16, 16))
"""


def test_a_slow_renderer_draws_in_processes_and_remembers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "i2c_slow_stripes.py").write_text(SLOW_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    options = [
        "run.steps=6",
        "run.batch_size=4",
        "data.max_size=15",
        "model.budget=15",
        "model.crop=0",
        "data.workers=2",
    ]
    config = tiny(*options, f"data.cache={tmp_path / 'cache'}", "run.eval_samples=2")
    family = replace(SLOW, render="i2c_slow_stripes:render")
    trained = train(family, config, tmp_path / "r", progress=Steps())
    assert trained.finished
    assert trained.results["held_out_exact"] >= 0
    pictures = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert len(pictures) >= 24


def test_a_fast_renderer_is_not_blamed(tmp_path: Path) -> None:
    progress = Steps()
    train(get_family("splits"), tiny("run.steps=30"), tmp_path / "r", progress=progress)
    assert " % of a step" not in progress.said.getvalue()


def test_a_renderer_that_raises_stops_the_run_with_its_program(tmp_path: Path) -> None:
    def broken(program: Program) -> Image.Image:
        raise ZeroDivisionError("no ink")

    threads = threading.active_count()
    with pytest.raises(Exception, match="renderer of slow raised ZeroDivisionError: no ink"):
        train(replace(SLOW, render=broken), tiny("model.crop=0", "data.workers=0"), tmp_path / "r", progress=Steps())
    assert threading.active_count() == threads


def test_a_token_that_the_mask_closes_is_told_with_symbol_and_position() -> None:
    family = get_family("splits")
    config = tiny().for_family(family)
    with Renderer(family) as renderer:
        sources = Sources(family, config, renderer, Steps())
        supply = Supply(family, network_config(family, config), sources.stream, renderer, pinned=False)
        ids = np.array([family.vocabulary.names_to_ids(["h", "B", "W", "B"])])
        with pytest.raises(
            ProgramError, match="token 4 of program 1, 'B', is closed: the program is complete after 3 tokens"
        ):
            supply.prepare(Batch(ids, None, np.zeros((1, 1, 32, 32), np.uint8)))


def test_pairs_from_disk_are_learned_from_or_left_out(tmp_path: Path) -> None:
    family = get_family("splits")
    ids, values = Sampler(family, 7).sample(np.random.default_rng(0), np.full(40, 7))
    with Renderer(family) as renderer:
        pixels = renderer.render(ids, values).pixels
        write_pairs(tmp_path / "pairs", family, ids, pixels, values)
        progress = Steps()
        train(family, tiny(f"data.pairs={tmp_path / 'pairs'}"), tmp_path / "r", progress=progress)
        assert " of 40 pairs, each once an epoch\n" in progress.said.getvalue()

        config = tiny(f"data.exclude={tmp_path / 'pairs'}").for_family(family)
        stream = Sources(family, config, renderer, Steps()).stream
        given = np.concatenate([pixel_keys(stream.batch(step).pixels) for step in range(20)])
        assert not np.isin(given, pixel_keys(pixels)).any()
        assert not held_out(given).any()


def test_pairs_beyond_the_budget_are_told(tmp_path: Path) -> None:
    family = get_family("splits")
    ids, values = Sampler(family, 11).sample(np.random.default_rng(0), np.full(3, 11))
    with Renderer(family) as renderer:
        write_pairs(tmp_path / "pairs", family, ids, renderer.render(ids, values).pixels, values)
    with pytest.raises(ConfigError) as caught:
        run(tmp_path / "r", f"data.pairs={tmp_path / 'pairs'}")
    assert str(caught.value) == (
        "the program of 000.png has 11 tokens, above the budget of 9\n  -> train with --set model.budget=11"
    )


def test_pictures_of_another_size(tmp_path: Path) -> None:
    run(tmp_path / "r", "data.height=16", "data.width=24", "run.eval_samples=4")
    assert load_checkpoint(tmp_path / "r").meta["image"] == {"channels": 1, "size": [16, 24]}


def test_tensorboard_where_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run(tmp_path / "r", "run.tensorboard=true", "run.steps=4")
    assert list((tmp_path / "r" / "tensorboard").glob("events.*"))


def test_metrics_are_json_a_line(whole: Path) -> None:
    for line in (whole / "metrics.jsonl").read_text().splitlines():
        assert isinstance(json.loads(line)["step"], int)
