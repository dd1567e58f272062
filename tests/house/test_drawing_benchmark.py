"""The benchmark of drawing in small: it draws, tells its figures, and leaves no JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_runs() -> None:
    results = ROOT / "benchmarks" / "results" / "drawing.json"
    before = results.read_bytes() if results.exists() else None
    done = subprocess.run(
        [sys.executable, "benchmarks/drawing.py", "--smoke"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "clean, figures a second: " in done.stderr
    assert "sketched, figures a second: " in done.stderr
    assert (results.read_bytes() if results.exists() else None) == before
