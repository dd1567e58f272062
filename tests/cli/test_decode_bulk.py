"""`i2c decode` over many images: lists, shares, going on after an end, and what is told of failures."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run

GREEDY = ("--strategy", "greedy")


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder one is in, with the images 0.png to 6.png, all different, and a list of them."""
    rng = np.random.default_rng(0)
    for number in range(7):
        Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(b"%d.png" % n for n in range(7)) + b"\r\n\r\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def files(found: Sequence[dict[str, Any]]) -> list[str]:
    return [record["file"] for record in found]


def codes(stdout: str) -> list[tuple[str, str]]:
    """Each image with its best code."""
    return [(r["file"], r["candidates"][0]["code"]) for r in map(json.loads, stdout.splitlines())]


def test_a_list_is_answered_in_order_into_a_journal(i2c: Run, checkpoint: Path, scans: Path) -> None:
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY, "--json"]
    found = i2c(*words, "-o", "answers.jsonl")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "")
    kept = records(scans / "answers.jsonl")
    assert files(kept) == [f"{n}.png" for n in range(7)]
    assert list(kept[0]) == ["schema", "file", "family", "candidates", "sha256", "asked"]
    piped = i2c("decode", "--files-from", "-", *words[3:], input=(scans / "list.txt").read_bytes())
    assert piped.exit_code == 0, piped.stderr
    assert [json.loads(line) for line in piped.stdout.splitlines()] == kept
    named = i2c("decode", *(f"{n}.png" for n in range(7)), *words[3:])
    assert named.stdout == piped.stdout


def test_one_image_has_a_journal_of_any_name(i2c: Run, checkpoint: Path, scans: Path) -> None:
    for name in ("answers.jsonl", "answers.ndjson", "answers"):
        found = i2c("decode", "0.png", "--weights", checkpoint, *GREEDY, "--json", "-o", name)
        assert (found.exit_code, found.stdout) == (0, ""), found.stderr
        assert files(records(scans / name)) == ["0.png"]


def test_going_on_answers_what_is_new_or_changed(i2c: Run, checkpoint: Path, scans: Path) -> None:
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY, "--json", "-o", "answers.jsonl"]
    assert i2c(*words, "--shard", "1/1", "--resume").exit_code == 0  # --resume begins where there is nothing
    journal = scans / "answers.jsonl"
    whole = journal.read_bytes()
    refused = i2c(*words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: answers.jsonl holds answers already\n  -> go on with them by --resume, or name another file\n"
    )
    lines = whole.splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]) + lines[3][:40])  # killed while it wrote the fourth
    assert i2c(*words, "--resume").exit_code == 0
    assert codes(journal.read_text(encoding="utf-8")) == codes(whole.decode())
    whole = journal.read_bytes()
    assert i2c(*words, "--resume").exit_code == 0
    assert journal.read_bytes() == whole
    Image.new("L", (8, 8), 255).save(scans / "2.png")
    assert i2c(*words, "--resume").exit_code == 0
    assert files(records(journal)) == [f"{n}.png" for n in (*range(7), 2)]
    assert journal.read_bytes().startswith(whole)


def test_answers_to_another_question_are_refused(i2c: Run, checkpoint: Path, scans: Path) -> None:
    words = ["decode", "0.png", "1.png", "--weights", checkpoint, "--json", "-o", "answers.jsonl", "--resume"]
    assert i2c(*words, *GREEDY).exit_code == 0
    (asked,) = {record["asked"] for record in records(scans / "answers.jsonl")}
    before = (scans / "answers.jsonl").read_bytes()
    for more in (["-n", "2"], ["--seed", "1"], ["--invert"]):
        other = i2c(*words, *GREEDY, *more)
        assert other.exit_code == 1
        assert re.fullmatch(
            rf"error: line 1 of answers.jsonl answers the question {asked}, this one is [0-9a-f]{{12}}\n"
            r"  -> go on with the same weights and options, or write into another file\n",
            other.stderr,
        )
    (scans / "answers.jsonl").write_text('{"code": "B"}\n')
    strange = i2c(*words, *GREEDY)
    assert strange.exit_code == 1
    assert strange.stderr == (
        "error: line 1 of answers.jsonl is no answer about an image\n  -> write into another file\n"
    )
    assert before.count(b"\n") == 2


def test_shares_are_disjoint_and_make_the_whole(i2c: Run, checkpoint: Path, scans: Path) -> None:
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY, "--json"]
    whole = codes(i2c(*words).stdout)
    shares = [codes(i2c(*words, "--shard", f"{n}/3").stdout) for n in (1, 2, 3)]
    assert [whole[n::3] for n in range(3)] == shares


def test_an_empty_list(i2c: Run, checkpoint: Path, scans: Path) -> None:
    (scans / "list.txt").write_bytes(b"\r\n")
    found = i2c("decode", "--files-from", "list.txt", "--weights", checkpoint, "--json")
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == "warning: no image was named: the list is empty, or this share of it\n"
    missing = i2c("decode", "--files-from", "nowhere.txt", "--weights", checkpoint, "--json")
    assert (missing.exit_code, missing.stderr) == (1, "error: there is no list nowhere.txt\n  -> check the path\n")


def test_failures_stop_nothing_and_are_counted(i2c: Run, checkpoint: Path, scans: Path) -> None:
    (scans / "1.png").unlink()
    (scans / "3.png").write_bytes(b"no image")
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY]
    words += ["--json", "-o", "answers.jsonl", "--resume"]
    found = i2c(*words)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.count("error: ") == 2
    assert found.stderr.endswith("\n2 of 7 images failed\n")
    kept = records(scans / "answers.jsonl")
    assert ["error" in record for record in kept] == [n in (1, 3) for n in range(7)]
    assert kept[1]["sha256"] is None
    again = i2c(*words)  # nothing is told twice, but the exit code stays true
    assert (again.exit_code, again.stderr) == (1, "2 of 7 images failed\n")
    Image.new("L", (8, 8), 0).save(scans / "1.png")
    mended = i2c(*words)
    assert (mended.exit_code, mended.stderr) == (1, "1 of 8 images failed\n")
    assert files(records(scans / "answers.jsonl"))[7:] == ["1.png"]


def test_a_folder_of_code_goes_on(i2c: Run, checkpoint: Path, scans: Path) -> None:
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY, "-o", "code"]
    assert i2c(*words, "--resume", "--shard", "2/2").exit_code == 0
    assert sorted(p.name for p in (scans / "code").iterdir()) == ["1.txt", "3.txt", "5.txt", "answers.jsonl"]
    (scans / "code/1.txt").unlink()
    assert i2c(*words, "--resume").exit_code == 0
    assert sorted(p.name for p in (scans / "code").iterdir()) == [
        *(f"{n}.txt" for n in (0, 2, 3, 4, 5, 6)),
        "answers.jsonl",
    ]
    assert sorted(files(records(scans / "code/answers.jsonl"))) == [f"{n}.png" for n in range(7)]
    plain = i2c(*words)
    assert plain.exit_code == 1
    assert plain.stderr.startswith(f"error: {Path('code/answers.jsonl')} holds answers already\n")


def test_pictures_of_what_was_answered_before_are_not_left_out_silently(
    i2c: Run, checkpoint: Path, scans: Path
) -> None:
    words = ["decode", "0.png", "1.png", "--weights", checkpoint, *GREEDY, "--resume", "--picture", "drawn"]
    for out in (["--json", "-o", "a.jsonl"], ["-o", "code"]):
        plain = [word for word in words if word not in ("--picture", "drawn")]
        assert i2c(*plain, *out).exit_code == 0
        refused = i2c(*words, *out)
        assert refused.exit_code == 1
        assert "answers the question" in refused.stderr
    assert i2c(*words, "-o", "others").exit_code == 0
    assert sorted(p.name for p in (scans / "drawn").iterdir()) == ["0.png", "1.png"]


def test_threshold_counts_what_was_answered_before(i2c: Run, checkpoint: Path, scans: Path) -> None:
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY, "--threshold", "0"]
    words += ["--json", "-o", "answers.jsonl", "--resume"]
    assert [i2c(*words).exit_code for _ in range(2)] == [3, 3]


def test_each_picture_of_a_file_has_an_answer(i2c: Run, checkpoint: Path, scans: Path) -> None:
    pages = [Image.new("L", (48, 40), value) for value in (0, 255, 0)]
    pages[0].save(scans / "pages.tif", save_all=True, append_images=pages[1:])
    words = ["decode", "pages.tif", "0.png", "--weights", checkpoint, "--json", "-o", "answers.jsonl", "--resume"]
    assert i2c(*words).exit_code == 0
    kept = records(scans / "answers.jsonl")
    assert [(r["file"], r.get("frame")) for r in kept] == [("pages.tif", n) for n in (1, 2, 3)] + [("0.png", None)]
    assert [r["candidates"][0]["code"] for r in kept[:3]] == ["B", "W", "B"]
    journal = scans / "answers.jsonl"
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])  # killed between two pictures of a file
    assert i2c(*words).exit_code == 0
    assert [(r["file"], r.get("frame")) for r in records(journal)] == [(r["file"], r.get("frame")) for r in kept]
    assert i2c("decode", "pages.tif", "--weights", checkpoint, "-o", "x.txt").exit_code == 2
    alone = i2c("decode", "pages.tif", "--weights", checkpoint)
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert alone.stderr == (
        "error: pages.tif holds several images, their code does not fit on stdout\n"
        "  -> add --json, or name a folder: -o DIR\n"
    )
    (scans / "out").mkdir()
    assert i2c("decode", "pages.tif", "--weights", checkpoint, "-o", "out", "--picture", "out").exit_code == 0
    names = [f"pages#{n}.{ending}" for n in (1, 2, 3) for ending in ("png", "txt")]
    assert sorted(p.name for p in (scans / "out").iterdir()) == names


def test_the_report_shows_the_worst(i2c: Run, checkpoint: Path, scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.worst.Worst.__init__.__defaults__", (2,))
    (scans / "3.png").write_bytes(b"no image")
    words = ["decode", "--files-from", "list.txt", "--weights", checkpoint, *GREEDY, "--json"]
    found = i2c(*words, "--report", "r.html", "--side-by-side", "s.png")
    assert found.stderr.endswith(
        "wrote s.png, the 2 worst of 7 images\nwrote r.html, the 2 worst of 7 images\n1 of 7 images failed\n"
    )
    page = (scans / "r.html").read_text(encoding="utf-8")
    told = "The 2 worst of 7 images: errors first, then the least confident or farthest."
    assert page.count(told) == 1
    distances = {
        r["file"]: r["candidates"][0]["distance"]
        for r in map(json.loads, found.stdout.splitlines())
        if "candidates" in r
    }
    farthest = max(distances, key=lambda name: distances[name])
    assert re.findall(r'<div class="file">(.*?)</div>', page) == ["3.png", farthest]
