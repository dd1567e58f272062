"""`i2c race`, and `i2c eval` on predictions: what they print, write and refuse."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from i2c_core.clusters import Job
from i2c_core.clusters.jobs import made, packed
from tests.cli.conftest import Run

RACE = ("race", "--family", "splits", "-q")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, grey in (("a.png", 255), ("b.png", 0)):
        Image.new("L", (8, 8), grey).save(folder / name)
    return folder


def test_a_race_is_told_as_a_table_and_written(i2c: Run, pictures: Path, tmp_path: Path) -> None:
    words = ("--data", pictures, "--renders", "60", "--searchers", "divide,enumeration,genetic", "--seeds", "2")
    found = i2c(*RACE, *words, "-o", tmp_path / "out", "--budget", "5")
    assert found.exit_code == 0, found.stderr
    head, *rows = [line.split() for line in found.stdout.splitlines()]
    assert " ".join(head) == "searcher searches exact 95 % interval proved empty distance symbols seconds renders"
    assert [row[:4] for row in rows] == [
        ["divide", "2", "100.0", "%"],
        ["enumeration", "2", "100.0", "%"],
        ["genetic", "4", "100.0", "%"],
    ]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["predictions", "race.png", "runs.jsonl"]


def test_json_has_a_line_a_search_and_a_line_a_searcher(i2c: Run, pictures: Path) -> None:
    found = i2c(*RACE, "--data", pictures, "--seconds", "5", "--searchers", "enumeration", "--json")
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert [line.get("file") for line in lines] == ["a.png", "b.png", None]
    assert lines[0]["ended"] == "proved"
    assert lines[0]["points"][-1]["code"] == "W"
    assert lines[2]["standing"]["exact"] == 2


def test_without_trained_weights_the_others_race_and_it_is_said(i2c: Run, pictures: Path) -> None:
    words = ("--family", "splits-rgb", "--data", pictures, "--renders", "20", "-q", "--searchers", "enumeration,guided")
    found = i2c("race", *words)
    assert found.exit_code == 0
    assert found.stderr == "warning: guided does not race: splits-rgb ships no weights\n"
    assert [line.split()[0] for line in found.stdout.splitlines()[1:]] == ["enumeration"]


class Inline:
    """A cluster that is this process: what crosses is packed and made again, as other processes do."""

    def map(self, job: Job, items: Iterable[Any]) -> Iterator[Any]:
        work = made(packed(job))
        return (work(pickle.loads(pickle.dumps(item))) for item in items)


def test_a_race_on_a_cluster_is_the_same_but_for_seconds(
    i2c: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "i2c_core.clusters.open_cluster", lambda workers, ray, tell: nullcontext(Inline()) if workers else None
    )
    words = (
        *RACE,
        "--data",
        pictures,
        "--renders",
        "40",
        "--searchers",
        "enumeration,genetic",
        "--budget",
        "5",
        "--json",
    )
    told = []
    for more in ((), ("--workers", "1")):
        found = i2c(*words, *more)
        assert (found.exit_code, found.stderr) == (0, "")
        records = [json.loads(line) for line in found.stdout.splitlines()]
        runs = [record for record in records if "standing" not in record]
        for run in runs:
            del run["seconds"]
            for point in run["points"]:
                del point["seconds"]
        told.append(runs)
    assert len(told[0]) == 4
    assert told[0] == told[1]


def test_seconds_of_searches_side_by_side_are_not_fair(
    i2c: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2c_core.race.race", lambda *_: iter(()))
    words = (*RACE, "--data", pictures, "-n", "1", "--seconds", "5", "--searchers", "enumeration", "--workers", "1")
    warning = "warning: searches side by side take each other's seconds: --clock processor, or --renders, is fair\n"
    assert i2c(*words).stderr == warning


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (
            (),
            "neither --data nor --sizes says which images to race on\n  -> name a folder, or sizes as in 21..31",
            2,
        ),
        (("--workers", "2", "--ray", "local"), "--workers and --ray exclude each other\n  -> leave one of them out", 2),
        (("--data", "x", "--sizes", "5"), "--data and --sizes exclude each other\n  -> leave one of them out", 2),
        (
            ("--sizes", "5", "--searchers", ","),
            "--searchers names nobody\n  -> name some of divide, enumeration, genetic, guided, tree, or leave it out",
            2,
        ),
        (
            ("--sizes", "5", "-n", "1", "--searchers", "gentic"),
            "there is no searcher 'gentic'\n  -> did you mean 'genetic'?",
            1,
        ),
        (
            ("--sizes", "5", "-n", "1", "--seconds", "0"),
            "invalid value for '--seconds': 0.0 is not in the range x>0",
            2,
        ),
        (
            ("--sizes", "5", "-n", "1", "--budget", "0"),
            "invalid value for '--budget': 0 is not in the range x>=1",
            2,
        ),
    ],
)
def test_words_that_do_not_go_together(i2c: Run, words: tuple[str, ...], told: str, code: int) -> None:
    found = i2c(*RACE, *words)
    assert found.stderr.startswith(f"error: {told}")
    assert (found.exit_code, found.stdout) == (code, "")


def test_an_empty_folder(i2c: Run, tmp_path: Path) -> None:
    found = i2c(*RACE, "--data", tmp_path)
    wanted = f"error: {tmp_path} is empty\n  -> give an image, a folder of images, or a data set\n"
    assert (found.stderr, found.exit_code) == (wanted, 1)


def test_predictions_are_written_scored_and_compared(i2c: Run, checkpoint: Path, tmp_path: Path) -> None:
    few = ("--weights", checkpoint, "--sizes", "5", "-n", "3")
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    written = i2c("eval", *few, "--strategy", "greedy", "--write-predictions", ours)
    assert written.exit_code == 0, written.stderr
    lines = [json.loads(line) for line in ours.read_text().splitlines()]
    assert [line["file"] for line in lines] == [f"size 5, number {n}" for n in (1, 2, 3)]
    assert all(line["seconds"] > 0 and line["renders"] == 1 and line["seed"] == 0 for line in lines)

    theirs.write_text('{"file": "size 5, number 2", "code": "not code"}\n')
    two = ("--predictions", ours, "--predictions", theirs)
    found = i2c("eval", "--family", "splits", "--sizes", "5", "-n", "3", *two)
    assert found.exit_code == 0, found.stderr
    assert found.stdout.splitlines()[0].split()[2:4] == ["exact", "(ours)"]
    assert "ours against theirs: " in found.stderr
    told = "theirs: 3 of 3 predictions failed; the first, of size 5, number 1: there is no prediction\n"
    assert told in found.stderr
    assert "ours: 3" not in found.stderr

    record = json.loads(i2c("eval", *few, "--predictions", theirs, "--strategy", "greedy", "--json", "-q").stdout)
    assert record["strategies"] == ["theirs", "greedy"]
    assert [(d["one"], d["other"]) for d in record["differences"]] == [("theirs", "greedy")]
    assert record["all"]["exact"]["theirs"] == 0


def test_predictions_need_data_and_some_options_a_network(i2c: Run, tmp_path: Path) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text('{"file": "a.png", "code": "W"}\n')
    alone = ("eval", "--family", "splits", "--predictions", path)
    wanted = "error: neither --data nor --sizes says what the predictions are for\n  -> name the data\n"
    assert i2c(*alone).stderr == wanted
    for option, words in (("--card", ("c.md",)), ("--write-predictions", ("w.jsonl",)), ("--sketch", ())):
        found = i2c(*alone, "--sizes", "5", option, *words)
        wanted = f"error: {option} needs a network to measure\n  -> name its --weights or a --strategy\n"
        assert (found.stderr, found.exit_code) == (wanted, 2)
