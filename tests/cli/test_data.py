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
