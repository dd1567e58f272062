"""`--strategy zoom` and `--learner zoom` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with halves of an odd size, and a picture whose every program is deeper than any in training."""
    folder = tmp_path_factory.mktemp("pictures")
    halves = np.zeros((45, 30), np.uint8)
    halves[22:] = 255
    Image.fromarray(halves).save(folder / "halves.png")
    speck = np.zeros((512, 512), np.uint8)
    speck[300, 200] = 255
    Image.fromarray(speck).save(folder / "speck.png")
    return folder


def test_shipped_weights_zoom(i2c: Run, pictures: Path) -> None:
    words = ("decode", "--family", "splits", "--strategy", "zoom", "-q")
    found = i2c(*words, pictures / "halves.png")
    assert (found.exit_code, found.stdout) == (0, "h B W\n")
    found = i2c(*words, pictures, "--json", "--threshold", "0")
    assert found.exit_code == 0
    for line in found.stdout.splitlines():
        assert json.loads(line)["candidates"][0]["distance"] == 0
    assert i2c(*words, pictures / "speck.png", "--budget", "9", "--threshold", "0").exit_code == 3


def test_both_ways_are_measured_side_by_side(i2c: Run) -> None:
    words = ("--family", "splits", "--sizes", "5", "-n", "3", "--strategy", "greedy", "--strategy", "zoom", "--json")
    record = json.loads(i2c("eval", *words, "-q").stdout)
    assert record["strategies"] == ["greedy", "zoom"]
    assert record["all"]["exact"] == {"greedy": record["images"], "zoom": record["images"]}


def test_weights_of_another_learner(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    found = i2c("decode", pictures / "halves.png", "--weights", checkpoint, "--strategy", "zoom")
    assert found.exit_code == 1
    assert found.stderr == (
        f"error: {checkpoint} was trained by the learner 'paired', the strategy 'zoom' needs weights of the learner "
        "'zoom'\n  -> leave the weights out, or train some: i2c train --family splits --learner zoom\n"
    )


def test_a_family_without_weights_for_zooming(i2c: Run, pictures: Path) -> None:
    found = i2c("decode", pictures / "halves.png", "--family", "figures", "--strategy", "zoom")
    assert found.exit_code == 1
    assert found.stderr == (
        "error: figures says of no symbol where in the picture its arguments live\n  -> declare zooms: docs/zoom.md\n"
    )


def test_what_cannot_be_zoomed_is_not_trained(i2c: Run, tmp_path: Path) -> None:
    found = i2c("train", "--family", "pacman", "--learner", "zoom", "--out", tmp_path / "run")
    assert found.exit_code == 1
    assert found.stderr.startswith("error: pacman says of no symbol where in the picture its arguments live\n")
    assert not (tmp_path / "run").exists()
