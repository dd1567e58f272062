"""What a run leaves behind: a JSON file that reads back, and a line of history."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from i2c_core.benching import Record, machine
from i2c_core.benching.records import commit_of, history, remember
from i2c_core.errors import DataError

ROWS = [
    {"figure": "pairs a second", "value": 12.5, "target": "at least 10", "met": True, "spread": "1..2 s"},
    {"figure": "kept", "value": {"1": 2}, "target": "", "met": None},
    {"figure": "inside", "value": 3, "target": "", "met": None, "detail": True},
]


def test_a_record_reads_back(tmp_path: Path) -> None:
    record = Record("some", "about", machine(), ROWS)
    record.save(tmp_path / "some.json")
    assert Record.load(tmp_path / "some.json") == record


def test_a_machine_tells_what_seconds_depend_on() -> None:
    found = machine(("numpy", "no-such-package"))
    assert found["cores"] >= 1
    assert found["cpu"]
    assert found["versions"]["no-such-package"] == "not installed"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON: line 1, column 2: Expecting property name enclosed in double quotes"),
        ("{}", "it has no 'rows'"),
        ("[]", "list indices must be integers or slices, not str"),
        (
            '{"benchmark": "a", "about": "b", "machine": {}, "rows": [{"value": 1}]}',
            "a row has no figure or no value",
        ),
        (
            '{"benchmark": "a", "about": "b", "machine": {}, "rows": [{"figure": "a", "value": 1, "target": 2}]}',
            "a target is no text",
        ),
        (
            '{"benchmark": "a", "about": "b", "machine": [], "rows": 1}',
            "'int' object is not iterable",
        ),
    ],
)
def test_a_file_that_holds_no_figures(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Record.load(path)
    assert caught.value.fact == f"{path} holds no figures of a benchmark: {why}"
    assert caught.value.hint == "run the benchmark again, which writes it anew"


def test_history_has_the_numbers_of_each_run_in_order(tmp_path: Path) -> None:
    record = Record("some", "about", {"cpu": "one", "cores": 2, "python": "3.11", "versions": {"torch": "2"}}, ROWS)
    late, early = (record.line(c, datetime(2026, m, 1, tzinfo=UTC)) for c, m in (("b", 2), ("a", 1)))
    assert early == {
        "date": "2026-01-01T00:00:00+00:00",
        "commit": "a",
        "machine": {"cpu": "one", "cores": 2, "python": "3.11", "torch": "2"},
        "values": {"pairs a second": 12.5},
    }
    file = tmp_path / "history" / "some.jsonl"
    assert history(file) == []
    remember(record, file)
    file.write_text(f"{json.dumps(late)}\n{json.dumps(early)}\n", encoding="utf-8")
    assert history(file) == [early, late]


def test_a_line_that_is_no_run(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text('{"date": "2026"}\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        history(file)
    assert str(caught.value) == f"line 1 of {file} is no run of a benchmark\n  -> take the line out"


def test_the_commit_of_a_folder_with_a_mark_where_files_changed(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == ""
    for words in (["init", "-q"], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m", "--allow-empty"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    clean = commit_of(tmp_path)
    assert clean
    assert not clean.endswith("+")
    (tmp_path / "file").write_text("a", encoding="utf-8")
    subprocess.run(["git", "add", "file"], cwd=tmp_path, check=True)
    assert commit_of(tmp_path) == f"{clean}+"
