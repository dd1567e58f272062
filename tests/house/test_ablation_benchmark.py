"""The benchmark of strategies in small: it reads by those asked for, tells its figures, and leaves no JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/ablation.py", "--smoke", "--threads", "1", *options],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_it_runs() -> None:
    results = ROOT / "benchmarks" / "results" / "ablation.json"
    before = results.read_bytes() if results.exists() else None
    done = run("--strategies", "greedy,repair,pixels,search")
    assert done.returncode == 0, done.stderr
    for name in ("greedy", "repair", "pixels", "search"):
        for figure in ("exact at the first answer, %", "within five, %", "commands missed a scene"):
            assert f"{name}: {figure}: " in done.stderr
    assert (results.read_bytes() if results.exists() else None) == before


def test_an_unknown_strategy_is_told() -> None:
    done = run("--strategies", "greedy,guess")
    assert done.returncode == 2
    assert "there is no strategy guess: use some of auto,greedy," in done.stderr
