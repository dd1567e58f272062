"""`i2c retrain`: what is worse replaces nothing, and the same command goes on where it was."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from i2c_core.checkpoints import find_weights
from i2c_core.plugins import get_family
from i2c_core.training import Trained
from i2c_core.training.processes import Processes
from tests.cli.conftest import Run
from tests.cli.test_learning import TINY


def test_a_beginner_does_not_replace_the_shipped_weights(i2c: Run, tmp_path: Path) -> None:
    config, run = tmp_path / "tiny.toml", tmp_path / "run"
    config.write_text(TINY, encoding="utf-8")
    home = Path(str(find_weights(get_family("splits"))))
    before = home.read_bytes()

    tried = i2c("retrain", "-f", "splits", "--config", config, "-o", run, "-n", "1", "--seed", "1", "--device", "cpu")
    assert tried.exit_code == 3, tried.stderr
    head, new, shipped = tried.stdout.splitlines()
    assert head.split() == ["weights", "images", "exact", "95", "%", "interval"]
    assert (new.split()[0], shipped.split()[0]) == ("new", "shipped")
    last = tried.stderr.splitlines()[-1]
    assert last == f"kept {home}: the new weights in {run} are not surely better"

    # The run is finished: the second time is for judging alone.
    again = i2c("retrain", "-f", "splits", "--config", config, "-o", run, "-n", "1", "--seed", "1", "--json", "-q")
    assert (again.exit_code, again.stderr) == (3, "")
    told = json.loads(again.stdout)
    assert (told["better"], told["replaced"], told["seed"], told["weights"]) == (False, False, 1, str(home))
    assert told["old"]["images"] == told["new"]["images"] == told["difference"]["images"]
    assert home.read_bytes() == before


def test_of_several_processes_one_judges(i2c: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Trained(tmp_path, tmp_path / "model.safetensors", 3, finished=True)
    monkeypatch.setattr("i2c_core.learning.learn", lambda *_: done)
    monkeypatch.setattr("i2c_core.training.processes.joined", lambda: nullcontext(Processes(1, 2, 1, 2)))
    told = i2c("retrain", "-f", "splits", "-o", tmp_path)
    assert (told.exit_code, told.output) == (0, "")


def test_what_cannot_be_replaced_is_told_before_training(i2c: Run, tmp_path: Path) -> None:
    told = i2c("retrain", "-f", "diagrams", "-o", tmp_path / "run")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == (
        "error: diagrams has no file for weights of the learner 'items'\n"
        '  -> declare it in the family: weights="package:diagrams.safetensors"\n'
    )
    assert not (tmp_path / "run").exists()
