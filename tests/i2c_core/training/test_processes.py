"""Several processes learn what one learns: the same curve, the same weights but for rounding, one writer, one voice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import together
import torch
from hypothesis import given
from hypothesis import strategies as st

from i2c_core import get_family
from i2c_core.checkpoints import load_checkpoint
from i2c_core.errors import ConfigError
from i2c_core.learning import learn
from i2c_core.progress import Silent
from i2c_core.training.processes import ALONE, Processes, joined, processes
from i2c_core.training.record import read_metrics

Runs = tuple[Path, Path, list[tuple[int, str]]]  # in one process, in two, and their exit codes and words
GONE = "TrainingError: a process of this run is gone\n  -> see what ended it, then go on with --resume\n"


@given(st.integers(1, 9), st.integers(0, 40))
def test_rows_are_shared_out_whole_and_evenly(count: int, batch: int) -> None:
    shares = [range(batch)[Processes(rank, count).rows(batch)] for rank in range(count)]
    assert [row for share in shares for row in share] == list(range(batch))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_one_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as us:
        assert us == processes() == ALONE
    own = torch.ones(2)
    assert ALONE.sum(own) is own
    assert not ALONE.any(False)
    assert ALONE.rows(7) == slice(0, 7)


def test_half_of_what_torchrun_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(ConfigError) as told, joined():
        pass
    assert told.value.fact == "WORLD_SIZE says 2 processes, but MASTER_ADDR is not set"
    assert told.value.hint == "start with torchrun, or unset WORLD_SIZE"


def test_more_processes_than_gpus_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: None)
    assert Processes(5, 6, 1, 2).device("auto") == torch.device("cuda", 1)
    with pytest.raises(ConfigError) as told:
        Processes(0, 3, 0, 3).device("auto")
    assert told.value.fact == "3 processes were started here, torch sees 2 CUDA devices"
    assert told.value.hint == "start one process a device, or use --device cpu"
    assert Processes(0, 3, 0, 3).device("cpu") == torch.device("cpu")


def test_who_is_left_behind_by_torchrun_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = ALONE, Processes(1, 2, 1, 2)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    assert not two.orphaned
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert two.orphaned
    assert not one.orphaned  # nohup leaves it to nobody, and means to
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")
    assert not two.orphaned


@pytest.mark.slow
def test_a_run_ends_saved_when_its_torchrun_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    process = torchrun(2, "--family", "splits", "-o", str(folder), *moved("run.steps=100000"))
    while process.poll() is None and not _past(folder, 5):
        time.sleep(0.05)
    process.kill()
    text = process.communicate(timeout=60)[1].decode()  # which ends when those do that have its stderr too
    step = load_checkpoint(folder).meta["step"]
    assert f"stopped at step {step} of 100000; go on: i2c train --resume {folder}" in text


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The folders of the same runs in one process and in two, one of which was begun in one and stopped in two; and how
    the two processes ended, of which one failed at last.
    """
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    together.learn_all(one)
    together.move(one / "moved", resume=False)

    def stop(step: int) -> None:
        if step == 5:
            signal.raise_signal(signal.SIGTERM)

    assert not together.move(two / "moved", resume=False, progress=together.At(stop))
    assert load_checkpoint(two / "moved").meta["step"] == 5
    return one, two, together.start(2, "all", str(two))


def assert_alike(one: Path, two: Path) -> None:
    """The same curve within rounding, and so the same weights; a step of Adam is as large as the rate, however small
    the gradient, so those whose gradients are nothing but rounding may differ by that.
    """
    lines, others = (read_metrics(folder / "metrics.jsonl") for folder in (one, two))
    assert [line["step"] for line in lines] == [line["step"] for line in others]
    for line, other in zip(lines, others, strict=True):
        assert other["samples"] == line["samples"]
        assert other["loss"] == pytest.approx(line["loss"], rel=2e-3)
        assert other["gradient"] == pytest.approx(line["gradient"], rel=5e-2)
        assert other["accuracy"] == pytest.approx(line["accuracy"], abs=0.02)
    first, second = (load_checkpoint(folder / "model.safetensors") for folder in (one, two))
    assert second.meta["train"]["samples"] == first.meta["train"]["samples"]
    far = torch.cat([(first.tensors[n].double() - second.tensors[n].double()).abs().flatten() for n in first.tensors])
    assert far.quantile(0.9) < 1e-3 if len(far) < 1_000_000 else far.mean() < 1e-3


@pytest.mark.parametrize("name", together.LEARNERS)
def test_two_processes_learn_what_one_learns(runs: Runs, name: str) -> None:
    one, two, _ = runs
    assert_alike(one / name, two / name)
    hardware = load_checkpoint(two / name).meta["train"]["hardware"]
    assert hardware["processes"] == 2
    assert "processes" not in load_checkpoint(one / name).meta["train"]["hardware"]
    if name == "paired":  # nothing in it but sums of rows
        first, second = (load_checkpoint(folder / name / "training.safetensors").tensors for folder in (one, two))
        for key, tensor in first.items():
            torch.testing.assert_close(second[key], tensor, rtol=1e-2, atol=1e-3, msg=key)


def test_a_run_moves_from_one_process_to_two_and_back(runs: Runs) -> None:
    one, two, _ = runs
    assert load_checkpoint(two / "moved").meta["step"] == 9  # SIGTERM to one process has stopped both, once saved
    assert together.move(two / "moved", resume=True)
    assert_alike(one / "moved", two / "moved")


@pytest.mark.slow
def test_of_a_process_that_is_gone_one_of_the_others_tells(tmp_path: Path) -> None:
    ended = together.start(3, "die", str(tmp_path))
    assert [code for code, _ in ended] == [1, 1, -signal.SIGKILL]
    assert sorted(text for _, text in ended) == ["", "", GONE]


def test_of_an_error_in_one_process_that_one_tells(runs: Runs) -> None:
    assert runs[2] == [(1, ""), (1, "ConfigError: one of them cannot\n  -> help it\n")]


def torchrun(count: int, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(count), "-m", "i2c_cli", "train"]
    return subprocess.Popen([*command, *words], stderr=subprocess.PIPE)


def moved(*more: str) -> list[str]:
    return [word for option in (*together.MOVED, *more) for word in ("--set", option)]


def test_the_command_under_torchrun(tmp_path: Path) -> None:
    process = torchrun(2, "--family", "splits", "-o", str(tmp_path / "r"), *moved("run.steps=3"))
    text = process.communicate(timeout=300)[1].decode()
    assert process.returncode == 0, text
    told = [line.split()[0] for line in text.splitlines() if "OMP_NUM_THREADS" not in line and "***" not in line]
    assert told == ["training", "learning", "took", "wrote", "next:"], text  # once each: one process speaks
    assert load_checkpoint(tmp_path / "r").meta["step"] == 3


@pytest.mark.slow
def test_a_run_that_is_killed_and_moved_is_the_same_run(tmp_path: Path) -> None:
    """torchrun with two processes is killed, one goes on until SIGTERM, and three finish it."""
    options, whole, killed = ("run.steps=200", "run.save_every=10"), tmp_path / "whole", tmp_path / "killed"
    learn(get_family("splits"), [*together.MOVED, *options], whole, None, None, None, None, Silent())
    words, before = ["--family", "splits", "-o", str(killed), *moved(*options)], 0
    for count, number in ((2, signal.SIGKILL), (1, signal.SIGTERM), (3, None)):
        process = torchrun(count, *words)
        if number is not None:
            while process.poll() is None and not _past(killed, before + 30):
                time.sleep(0.005)
            if number == signal.SIGKILL:
                _kill_all(process)
            else:
                process.send_signal(number)
        process.communicate()
        step = load_checkpoint(killed / "training.safetensors").meta["step"]
        assert before < step < 200 or (number is None and step == 200)
        words, before = ["--resume", str(killed)], step
    lines, others = (read_metrics(folder / "metrics.jsonl") for folder in (whole, killed))
    assert [line["step"] for line in others] == [line["step"] for line in lines]
    assert others[-1]["loss"] == pytest.approx(lines[-1]["loss"], rel=0.05)


def _past(folder: Path, step: int) -> bool:
    return any(line["step"] >= step for line in read_metrics(folder / "metrics.jsonl"))


def _kill_all(agent: subprocess.Popen[bytes]) -> None:
    """SIGKILL to torchrun and to the processes that it started, which have sessions of their own."""
    told = Path(f"/proc/{agent.pid}/task/{agent.pid}/children")  # of Linux; macOS has pgrep
    asked = ["pgrep", "-P", str(agent.pid)]
    listed = told.read_text() if told.exists() else subprocess.run(asked, capture_output=True, text=True).stdout
    for number in (agent.pid, *map(int, listed.split())):
        os.kill(number, signal.SIGKILL)
