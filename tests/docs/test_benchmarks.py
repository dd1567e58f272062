"""Every benchmark is listed in the benchmarks' README, nothing else is, and no figure was copied by hand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from i2c_core.benching import Suite
from i2c_core.benching.records import history

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
NO_BENCHMARKS = ("common", "direct", "history", "table")


def test_the_readme_lists_every_benchmark() -> None:
    listed = re.findall(r"^\| `python benchmarks/(\w+)\.py", (FOLDER / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(p.stem for p in FOLDER.glob("*.py") if p.stem not in NO_BENCHMARKS)


def test_the_suite_lists_every_benchmark() -> None:
    assert sorted(Suite.load(FOLDER).minutes) == sorted(
        p.stem for p in FOLDER.glob("*.py") if p.stem not in NO_BENCHMARKS
    )


def test_every_run_of_the_history_can_be_read_and_is_of_a_benchmark() -> None:
    suite = Suite.load(FOLDER)
    for file in (FOLDER / "history").glob("*.jsonl"):
        assert history(file), file
        assert suite.results(file.stem).exists(), file


def test_a_line_through_all_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from history import section, series, sparkline

    def run(cpu: str, speed: float, share: float) -> dict[str, Any]:
        machine = {"cpu": cpu, "cores": 2, "torch": "2"}
        return {"date": "2026-01-01", "commit": "a", "machine": machine, "values": {"a second": speed, "%": share}}

    runs = [run("one", 5.0, 50.0), run("other", 9.0, 60.0), run("one", 4.0, 40.0)]
    assert series("a second", runs) == [5.0, 4.0]
    assert series("%", runs) == [50.0, 60.0, 40.0]
    assert sparkline([1.0]) == ""
    assert 'points="3.0,21.0 60.0,3.0 117.0,21.0"' in sparkline([1.0, 2.0, 1.0])
    assert "<title>1 to 2 in 3 runs</title>" in sparkline([1.0, 2.0, 1.0])
    assert 'points="3.0,12.0 117.0,12.0"' in sparkline([7.0, 7.0])
    assert section("some_name", runs)[:3] == [
        "## some-name",
        "",
        "3 runs, the last on 2026-01-01 at `a`; one, 2 cores, torch 2.",
    ]


def test_the_readme_s_figures_are_those_that_the_benchmarks_wrote() -> None:
    done = subprocess.run([sys.executable, str(FOLDER / "table.py"), "--check"], check=False)
    assert done.returncode == 0, "the figures in README.md or FIGURES.md are stale: run python benchmarks/table.py"
