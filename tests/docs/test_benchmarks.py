"""Every benchmark is listed in the benchmarks' README, nothing else is, and no figure was copied by hand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def test_the_readme_lists_every_benchmark() -> None:
    listed = re.findall(r"^\| `python benchmarks/(\w+)\.py", (FOLDER / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(p.stem for p in FOLDER.glob("*.py") if p.stem not in ("common", "direct", "table"))


def test_the_readme_s_figures_are_those_that_the_benchmarks_wrote() -> None:
    done = subprocess.run([sys.executable, str(FOLDER / "table.py"), "--check"], check=False)
    assert done.returncode == 0, "the figures in README.md or FIGURES.md are stale: run python benchmarks/table.py"
