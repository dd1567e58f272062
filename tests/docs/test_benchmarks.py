"""Every benchmark is listed in the benchmarks' README, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def test_the_readme_lists_every_benchmark() -> None:
    listed = re.findall(r"^\| `python benchmarks/(\w+)\.py", (FOLDER / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(p.stem for p in FOLDER.glob("*.py") if p.stem != "common")
