"""A suite of two benchmarks that take no time: found, chosen, run, compared, remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from i2c_core.benching import Record, Suite
from i2c_core.benching.records import history
from i2c_core.errors import DataError

SCRIPT = """
from pathlib import Path
from i2c_core.benching import Record, Suite
number = Path(__file__).with_name("number.txt")
value = float(number.read_text())
print("a table")
Suite.load(Path(__file__).parent).keep(Record("quickly", "about", {"cpu": "one", "cores": 1}, [
    {"figure": "pairs a second", "value": value, "target": "", "met": None}]))
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "suite.toml").write_text("[minutes]\nslowly = 30\nquickly = 1\n", encoding="utf-8")
    (folder / "slowly.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    (folder / "quickly.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "number.txt").write_text("10", encoding="utf-8")
    (tmp_path / "below").mkdir()
    return Suite.find(tmp_path / "below")


def test_it_is_found_from_below_and_knows_what_is_fast(suite: Suite) -> None:
    assert suite.minutes == {"slowly": 30.0, "quickly": 1.0}
    assert suite.fast == ["quickly"]
    assert suite.chosen(["quickly", "slowly", "quickly"]) == ["slowly", "quickly"]


def test_a_run_is_compared_with_the_last_and_remembered(suite: Suite, capfd: pytest.CaptureFixture[str]) -> None:
    first = suite.run("quickly")
    assert [change.verdict for change in first.changes] == ["new"]
    assert not first.differences
    (suite.folder / "number.txt").write_text("5", encoding="utf-8")
    second = suite.run("quickly", quiet=True)
    assert [(c.before, c.after, c.verdict) for c in second.changes] == [(10.0, 5.0, "worse")]
    assert [run["values"]["pairs a second"] for run in history(suite.history("quickly"))] == [10.0, 5.0]
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "a table\n")


def test_short_runs_leave_no_history(suite: Suite) -> None:
    suite.keep(Record("quickly-quick", "about", {}, []))
    assert suite.results("quickly-quick").exists()
    assert not suite.history("quickly-quick").exists()


def test_a_benchmark_that_fails_or_leaves_nothing(suite: Suite) -> None:
    with pytest.raises(DataError) as caught:
        suite.run("slowly")
    hint = "run it alone: python benchmarks/slowly.py"
    assert str(caught.value) == f"the benchmark slowly failed with exit code 3\n  -> {hint}"
    (suite.folder / "slowly.py").write_text("", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        suite.run("slowly")
    assert str(caught.value) == f"the benchmark slowly left no figures in {suite.results('slowly')}\n  -> {hint}"


def test_names_and_lists_that_are_wrong(suite: Suite, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        suite.chosen(["quikly"])
    assert str(caught.value) == f"{suite.folder} has no benchmark 'quikly'\n  -> did you mean 'quickly'?"
    (suite.folder / "suite.toml").write_text("[minutes]\nnone = 1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Suite.load(suite.folder)
    file = suite.folder / "suite.toml"
    assert str(caught.value) == f"{file} names none, and {suite.folder} has no none.py\n  -> take the line out"
    file.write_text("quickly = 1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Suite.load(suite.folder)
    assert caught.value.fact == f"{file} is no list of benchmarks: 'minutes'"
    assert caught.value.hint == "write a line `NAME = MINUTES` for each benchmark under [minutes]"


def test_no_suite_anywhere(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        Suite.find(tmp_path)
    assert caught.value.fact == f"neither {tmp_path} nor a folder above it has benchmarks/suite.toml"
    assert caught.value.hint == "run it in a checkout of i2c, or measure one family here: i2c bench --family NAME"
