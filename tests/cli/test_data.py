"""`i2c dataset` and `i2c gallery`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run


def test_build_and_describe(i2c: Run, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    found = i2c("dataset", "build", "-f", "splits", "-o", out, "--max-size", "5", "--shard-size", "10")
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr.endswith(f"next: i2c train --family splits --data {out}\n")
    info = i2c("dataset", "info", out)
    assert (info.exit_code, info.stderr) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in info.stdout.splitlines() if not line.startswith("size"))
    assert rows["family"] == "splits, semantics 1"
    assert rows["complete"] == "yes"
    manifest = json.loads(i2c("dataset", "info", out, "--json").stdout)
    assert manifest["images"] == sum(shard["rows"] for shard in manifest["shards"])
    assert len(manifest["shards"]) > 1


@pytest.mark.parametrize(
    ("words", "wrote", "why"),
    [
        (("--max-size", "1"), "2 images in 1 file", "the language has only 2 images through size 1, 20 were asked for"),
        (
            ("--max-size", "3", "--part", "held-out"),
            "1 image in 1 file",
            "the language has only 1 image held out through size 3, 20 were asked for",
        ),
        (
            ("--max-size", "1", "--razor", "rough", "--part", "train", "-n", "3"),
            "2 images in 1 file",
            "the rough razor keeps only 2 images to train on of splits through size 1, 3 were asked for",
        ),
        (
            ("--max-size", "1", "--razor", "none"),
            "2 images in 1 file",
            "drawing programs of splits found only 2 images through size 1, 20 were asked for",
        ),
    ],
    ids=["sharp", "held-out", "rough", "none"],
)
def test_fewer_images_than_asked_for(i2c: Run, tmp_path: Path, words: tuple[str, ...], wrote: str, why: str) -> None:
    out = tmp_path / "pairs"
    found = i2c("dataset", "build", "-f", "splits", "-o", out, "-n", "20", *words)
    assert found.exit_code == 0
    told = found.stderr.splitlines()[-3:]
    assert told == [f"wrote {out}: {wrote}", why, f"next: i2c train --family splits --data {out}"]


def test_a_second_build_resumes_or_is_refused(i2c: Run, tmp_path: Path) -> None:
    words = ("dataset", "build", "-f", "splits", "-o", tmp_path / "pairs", "--max-size", "3")
    assert i2c(*words).exit_code == 0
    again = i2c(*words)
    assert again.exit_code == 1
    assert again.stderr == (
        f"error: {tmp_path / 'pairs'} holds a dataset already\n  -> go on with --resume, or choose another folder\n"
    )
    assert i2c(*words, "--resume").exit_code == 0


def test_a_data_set_of_a_list(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("v W B")
    lines = ['{"code": "h B W"}', "", '{"code": "h B"}', '{"code": "h B W"}', str(tmp_path / "mine.txt")]
    words = ("dataset", "build", "-f", "splits", "-o", tmp_path / "pairs", "--files-from", "-")
    found = i2c(*words, "--json", input="\r\n".join(lines).encode())
    assert found.exit_code == 1, found.stderr
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(r["source"], r.get("code"), r.get("row")) for r in records] == [
        ("entry 2", None, None),
        ("entry 1", "h B W", 0),
        (str(tmp_path / "mine.txt"), "v W B", 1),
    ]
    assert found.stderr.startswith(f"error: entry 2: {records[0]['error']}\n  -> {records[0]['hint']}\n")
    assert found.stderr.splitlines()[-3:] == [
        f"wrote {tmp_path / 'pairs'}: 2 images in 1 file",
        "left out 1 program given twice, or with the image of another",
        "1 of 4 programs failed; mend them and use --resume",
    ]
    lines[2] = '{"code": "h W B"}'
    (tmp_path / "list").write_text("\n".join(lines))
    again = i2c(*words[:-1], tmp_path / "list", "--resume", "--json", "-q")
    assert (again.exit_code, again.stderr) == (0, "")
    assert [json.loads(line)["code"] for line in again.stdout.splitlines()] == ["h W B"]


def test_a_data_set_made_in_other_processes(i2c: Run, tmp_path: Path) -> None:
    words = ("dataset", "build", "-f", "splits", "--max-size", "7", "--razor", "rough", "-q")
    for name, more in (("here", ()), ("there", ("--workers", "2"))):
        found = i2c(*words, "-o", tmp_path / name, *more)
        assert (found.exit_code, found.stdout, found.stderr) == (0, "", "")
    for file in (tmp_path / "here").rglob("*.*"):
        assert (tmp_path / "there" / file.relative_to(tmp_path / "here")).read_bytes() == file.read_bytes()


def test_a_data_set_in_shares(i2c: Run, tmp_path: Path) -> None:
    words = ("dataset", "build", "-f", "splits", "-o", tmp_path, "--max-size", "5", "-q")
    for share in ("2/3", "1/3"):
        assert i2c(*words, "--shard", share).exit_code == 0
    rows = i2c("dataset", "info", tmp_path).stdout.splitlines()
    assert "complete    no: 3/3 is missing, build with --shard and --resume" in rows
    assert i2c(*words, "--shard", "3/3").exit_code == 0
    info = json.loads(i2c("dataset", "info", tmp_path, "--json").stdout)
    assert (info["complete"], info["images"]) == (True, 32)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "neither --max-size nor --files-from says which programs\n  -> name a size, as in --max-size 9"),
        (
            ("--files-from", "x", "-n", "3"),
            "-n and --files-from exclude each other\n  -> leave -n out, and cut the list",
        ),
        (("--max-size", "3", "--shard", "4/3"), "--shard: there is no share 4 of 3\n  -> use 1/3 to 3/3"),
    ],
)
def test_words_of_a_build_that_do_not_go_together(i2c: Run, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    found = i2c("dataset", "build", "-f", "splits", "-o", tmp_path / "out", *words)
    assert (found.exit_code, found.stdout, found.stderr) == (2, "", f"error: {says}\n")


def test_a_list_that_is_not_there(i2c: Run, tmp_path: Path) -> None:
    found = i2c("dataset", "build", "-f", "splits", "-o", tmp_path / "out", "--files-from", tmp_path / "list")
    assert found.stderr == f"error: there is no list {tmp_path / 'list'}\n  -> check the path\n"
    assert found.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_a_damaged_data_set_is_told(i2c: Run, tmp_path: Path) -> None:
    i2c("dataset", "build", "-f", "splits", "-o", tmp_path, "--max-size", "3")
    (shard,) = tmp_path.glob("data/*.parquet")
    shard.write_bytes(b"x")
    found = i2c("dataset", "info", tmp_path)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith(f"error: {shard} has sha256 ")
    nothing = i2c("dataset", "info", tmp_path / "nowhere")
    assert nothing.stderr == (
        f"error: no dataset at {tmp_path / 'nowhere'}: manifest.json is missing\n"
        "  -> give a folder that 'i2c dataset build' wrote\n"
    )


def test_dataset_needs_a_subcommand(i2c: Run) -> None:
    assert i2c("dataset").exit_code == 2
    assert i2c("dataset", "bild").exit_code == 2


def test_gallery(i2c: Run, tmp_path: Path) -> None:
    words = ("gallery", "-f", "splits", "-n", "9", "-o", tmp_path / "g.png", "--columns", "3", "--cell", "16")
    found = i2c(*words, "--razor", "sharp")
    assert (found.exit_code, found.stdout) == (0, "")
    with Image.open(tmp_path / "g.png") as sheet:
        assert found.stderr == f"wrote {tmp_path / 'g.png'} ({sheet.width}x{sheet.height} pixels)\n"
        assert sheet.width == sheet.height == 3 * 18 + 2


def test_gallery_of_sketches(i2c: Run, tmp_path: Path) -> None:
    words = ("gallery", "-f", "figures", "-n", "6", "--sketch", "--captions", "--columns", "3", "--cell", "64")
    pictures = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        found = i2c(*words, "--seed", seed, "-o", tmp_path / f"{name}.png")
        assert (found.exit_code, found.stdout) == (0, "")
        with Image.open(tmp_path / f"{name}.png") as sheet:
            assert found.stderr == f"wrote {tmp_path / f'{name}.png'} ({sheet.width}x{sheet.height} pixels)\n"
            assert sheet.width == 3 * 66 + 2
            pictures.append(sheet.tobytes())
    assert pictures[0] == pictures[1] != pictures[2]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("splits", "--sketch"), 1, "splits has no strokes\n  -> give the family strokes=..."),
        (("figures", "--sketch", "--razor", "sharp"), 2, "--razor sieves the first images, --sketch draws random ones"),
        (("splits", "--seed", "3"), 2, "--seed is of --sketch: the first images of a family know no chance"),
        (("figures", "--sketch", "-n", "0"), 2, "0 is not in the range x>=1"),
    ],
)
def test_gallery_of_sketches_refuses(i2c: Run, words: tuple[str, ...], code: int, says: str) -> None:
    found = i2c("gallery", "-f", *words)
    assert found.exit_code == code
    assert says in found.stderr
