"""Where nobody's home can be written, a run is the same and says the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TINY = (
    *("model.width=16", "model.layers=1", "model.heads=2", "model.channels=4", "model.blocks=0", "data.max_size=5"),
    *("data.table=500", "run.threads=1", "run.eval_samples=4", "run.calibration_samples=0", "run.tensorboard=false"),
)


@pytest.mark.skipif(os.name == "nt", reason="homes are found by other names here")
def test_a_run_without_a_home_says_nothing_of_it(tmp_path: Path) -> None:
    """A folder below a device cannot be made, even by who may do all."""
    nowhere = {"HOME": os.devnull + "/home", "I2C_CACHE": os.devnull + "/cache", "OMP_NUM_THREADS": "1"}
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "I2C_LOAD_PLUGINS", "PYTHONPATH")}
    settings = [word for each in TINY for word in ("--set", each)]
    words = ["train", "-f", "pacman", "-o", "run", "--steps", "1", "--batch-size", "2", "--device", "cpu", "-q"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "i2c_cli", *words, *settings],
        cwd=tmp_path,
        env=kept | nowhere,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "run" / "curve.png").stat().st_size > 1000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]
