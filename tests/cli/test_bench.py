"""`i2c bench`: the benchmarks of a folder, and one family on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SCRIPT = """
from pathlib import Path
from i2c_core.benching import Record, Suite
value = float(Path(__file__).with_name("number.txt").read_text())
Suite.load(Path(__file__).parent).keep(Record("quickly", "what is measured", {"cpu": "one", "cores": 1}, [
    {"figure": "pairs a second", "value": value, "target": "", "met": None}]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "benchmarks"
    found.mkdir()
    (found / "suite.toml").write_text("[minutes]\nquickly = 1\nslowly = 30\n", encoding="utf-8")
    (found / "slowly.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    (found / "quickly.py").write_text(SCRIPT, encoding="utf-8")
    (found / "number.txt").write_text("10", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return found


def test_what_is_fast_runs_and_is_compared(i2c: Run, folder: Path) -> None:
    first = i2c("bench", "-q")
    assert first.stdout == ("quickly: 1 new\n  pairs a second  10\n"), first.output
    (folder / "number.txt").write_text("9", encoding="utf-8")
    again = i2c("bench", "-q", "--check")
    assert (again.exit_code, again.stdout) == (0, "quickly: 1 as before\n")
    (folder / "number.txt").write_text("4", encoding="utf-8")
    worse = i2c("bench", "quickly", "-q", "--check", "--json")
    assert worse.exit_code == 1
    assert json.loads(worse.stdout) == {
        "schema": 1,
        "benchmark": "quickly",
        "worse": 1,
        "machine": [],
        "rows": [{"figure": "pairs a second", "before": 9.0, "after": 4.0, "verdict": "worse"}],
    }
    assert i2c("bench", "-q").exit_code == 0  # without --check it is told, and no more


def test_one_that_fails_stops_no_other_and_is_counted(i2c: Run, folder: Path) -> None:
    done = i2c("bench", "--all", "-q")
    assert done.exit_code == 1
    assert done.stdout.startswith("quickly: 1 new\n")
    assert done.stderr == (
        "error: the benchmark slowly failed with exit code 3\n  -> run it alone: python benchmarks/slowly.py\n"
        "error: 1 of 2 benchmarks failed\n  -> see above\n"
    )


def test_listing_runs_none(i2c: Run, folder: Path) -> None:
    assert i2c("bench", "--list").stdout == "quickly  1 min\nslowly   30 min\n"
    i2c("bench", "-q")
    lines = [json.loads(line) for line in i2c("bench", "--list", "--json").stdout.splitlines()]
    assert lines[0] == {"schema": 1, "benchmark": "quickly", "minutes": 1.0, "about": "what is measured"}


def test_one_family_on_this_machine(i2c: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.benching.records.load_of", lambda: 0.0)  # whatever else runs beside the tests
    file = tmp_path / "splits.json"
    first = i2c("bench", "--family", "splits", "-n", "2", "--json", "-q", "-o", str(file))
    assert first.exit_code == 0, first.output
    figures = json.loads(first.stdout)["rows"]
    assert [figure["figure"] for figure in figures] == [
        "random decoding under the mask, 256 at once, tokens a second",
        "programs drawn a second",
        "pictures read one at a time, a second",
        "pictures read in one call, a second",
    ]
    assert all(figure["after"] > 0 and figure["verdict"] == "new" for figure in figures)
    record = json.loads(file.read_text(encoding="utf-8"))
    for row in record["rows"]:  # as if this machine had been a thousand times as fast
        row |= {"value": 1000 * row["value"], "spread": ""}
    file.write_text(json.dumps(record), encoding="utf-8")
    second = i2c("bench", "--family", "splits", "-n", "2", "--check", "-q", "-o", str(file))
    assert second.exit_code == 1
    assert second.stdout.startswith("splits: 4 worse\n  figure ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--weights", "x"),
            "error: --weights is about one family, and none is named\n  -> add --family NAME\n",
        ),
        (
            ("-o", "x.json"),
            "error: -o is about one family, and none is named\n  -> add --family NAME\n",
        ),
        (
            ("pairs", "--family", "splits"),
            "error: --family measures a family, and benchmarks are named too\n  -> leave one of them out\n",
        ),
        (
            ("pairs", "--all"),
            "error: --all runs every benchmark, and some are named\n  -> leave one of them out\n",
        ),
        *(
            (
                ("--list", more),
                "error: --list lists all benchmarks and runs none\n  -> leave the names, --all and --check out\n",
            )
            for more in ("pairs", "--all", "--check")
        ),
    ],
)
def test_options_that_do_not_go_together(i2c: Run, words: tuple[str, ...], told: str) -> None:
    done = i2c("bench", *words)
    assert (done.exit_code, done.stderr) == (2, told)


def test_no_checkout_and_no_family(i2c: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = i2c("bench")
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: neither {tmp_path} nor a folder above it has benchmarks/suite.toml\n"
        "  -> run it in a checkout of i2c, or measure one family here: i2c bench --family NAME\n"
    )
