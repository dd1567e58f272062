"""`i2c decode`: what goes to stdout, files and exit codes. The network has random weights: it answers poorly."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2c_core.plugins import get_family
from tests.cli.conftest import Run, tiny_checkpoint

SPLITS = get_family("splits")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with black.png, which `B` draws, and halves.png."""
    folder = tmp_path_factory.mktemp("pictures")
    Image.new("L", (48, 40), 0).save(folder / "black.png")
    halves = np.zeros((64, 64), np.uint8)
    halves[32:] = 255
    Image.fromarray(halves).save(folder / "halves.png")
    return folder


def test_code_alone_on_stdout(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    found = i2c("decode", pictures / "black.png", "--weights", checkpoint)
    assert (found.exit_code, found.stdout) == (0, "B\n")
    assert found.stderr == f"{pictures / 'black.png'}: distance 0, 1 symbol\n"
    assert i2c("decode", pictures / "black.png", "--weights", checkpoint, "-q").stderr == ""


def test_candidates_one_a_line_best_first(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    found = i2c("decode", pictures / "black.png", "--weights", checkpoint, "-n", "4")
    lines = found.stdout.splitlines()
    assert lines[0] == "B"
    assert len(lines) == len(set(lines)) == 4
    for line in lines:
        SPLITS.check(SPLITS.parse(line))


def test_standard_input(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    content = (pictures / "black.png").read_bytes()
    found = i2c("decode", "-", "--weights", checkpoint, input=content)
    assert (found.exit_code, found.stdout, found.stderr) == (0, "B\n", "-: distance 0, 1 symbol\n")


def test_json_schema(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    (pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    found = i2c("decode", pictures, "--weights", checkpoint, "--json", "-n", "3")
    (pictures / "broken.png").unlink()
    assert found.exit_code == 1  # one failed, the others are answered
    black, broken, halves = (json.loads(line) for line in found.stdout.splitlines())
    assert list(black) == ["schema", "file", "family", "candidates", "sha256", "asked"]
    assert black["sha256"] == sha256((pictures / "black.png").read_bytes()).hexdigest()
    assert black["asked"] == halves["asked"] == broken["asked"]
    assert (black["schema"], black["file"], black["family"]) == (1, str(pictures / "black.png"), "splits")
    for record in (black, halves):
        distances = [c["distance"] for c in record["candidates"]]
        assert len(distances) == 3
        assert distances == sorted(distances)
        for candidate in record["candidates"]:
            assert list(candidate) == ["code", "distance", "logprob", "size", "confidence"]
            assert candidate["confidence"] is None  # these weights were never calibrated
            assert SPLITS.parse(candidate["code"]).size == candidate["size"]
            assert candidate["logprob"] < 0
    assert list(broken) == ["schema", "file", "family", "error", "hint", "sha256", "asked"]
    assert broken["error"].startswith(f"{pictures / 'broken.png'} is ")
    assert f"error: {broken['error']}\n  -> {broken['hint']}\n" in found.stderr
    assert found.stderr.endswith("\n1 of 3 images failed\n")


def test_a_missing_file_among_others(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    found = i2c("decode", pictures / "blck.png", pictures / "black.png", "--weights", checkpoint, "--json")
    assert found.exit_code == 1
    missing, black = (json.loads(line) for line in found.stdout.splitlines())
    assert missing["error"] == f"no file '{pictures / 'blck.png'}'"
    assert missing["hint"] == "did you mean 'black.png'?"
    assert black["candidates"][0]["code"] == "B"


def test_files_and_folders(i2c: Run, checkpoint: Path, pictures: Path, tmp_path: Path) -> None:
    found = i2c("decode", pictures, "--weights", checkpoint, "-o", tmp_path / "code", "--picture", tmp_path / "drawn")
    assert (found.exit_code, found.stdout) == (0, "")
    assert (tmp_path / "code/black.txt").read_bytes() == b"B\n"
    assert {p.name for p in (tmp_path / "code").iterdir()} == {"black.txt", "halves.txt"}
    with Image.open(tmp_path / "drawn/black.png") as drawn:
        assert drawn.size == (48, 40)
    one = i2c("decode", pictures / "black.png", "--weights", checkpoint, "-o", tmp_path / "a.json", "-n", "2")
    assert (one.exit_code, one.stdout) == (0, "")
    assert json.loads((tmp_path / "a.json").read_text())["tokens"] == ["B"]
    assert (tmp_path / "a.2.json").exists()
    chosen = i2c("decode", pictures / "black.png", "--weights", checkpoint, "--format", "json")
    assert json.loads(chosen.stdout)["tokens"] == ["B"]


def test_threshold(i2c: Run, checkpoint: Path, pictures: Path, tmp_path: Path) -> None:
    met = i2c("decode", pictures / "black.png", "--weights", checkpoint, "--threshold", "0")
    assert (met.exit_code, met.stdout) == (0, "B\n")
    missed = i2c("decode", pictures / "halves.png", "--weights", checkpoint, "--threshold", "0", "--budget", "1")
    assert (missed.exit_code, missed.stdout) == (3, "")
    assert missed.stderr == f"{pictures / 'halves.png'}: no code within a distance of 0: the nearest has 0.5\n"
    several = i2c("decode", pictures, "--weights", checkpoint, "--threshold", "0", "--budget", "1", "-o", tmp_path)
    assert several.exit_code == 3
    assert [p.name for p in tmp_path.iterdir()] == ["black.txt"]


def test_report_needs_nothing_and_runs_nothing(i2c: Run, checkpoint: Path, pictures: Path, tmp_path: Path) -> None:
    words = ("--report", tmp_path / "r.html", "--side-by-side", tmp_path / "s.png")
    found = i2c("decode", pictures / "black.png", "--weights", checkpoint, *words)
    assert (found.exit_code, found.stdout) == (0, "B\n")
    assert found.stderr.endswith(f"wrote {tmp_path / 's.png'}\nwrote {tmp_path / 'r.html'}\n")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("<img ") == page.count('src="data:image/png;base64,') == 2
    assert not re.search(r"<script|https?://|<link|@import|url\(", page)
    assert "<pre>B</pre>" in page
    with Image.open(tmp_path / "s.png") as sheet:
        assert sheet.mode == "RGB"


def test_strategies_and_seeds(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    def codes(*words: str) -> list[str]:
        found = i2c("decode", pictures / "halves.png", "--weights", checkpoint, *words)
        assert found.exit_code == 0, found.stderr
        return found.stdout.splitlines()

    assert len(codes("--strategy", "greedy", "-n", "5")) == 1
    same = codes("--strategy", "sample", "-n", "3", "--seed", "7")
    assert codes("--strategy", "sample", "-n", "3", "--seed", "7") == same
    assert all(SPLITS.parse(c).size <= 5 for c in codes("--budget", "5", "-n", "9"))
    bold = codes("--strategy", "sample", "--top-k", "1", "--top-p", "0.5", "--temperature", "0.5", "-n", "5")
    assert len(bold) == 1
    assert len(codes("--strategy", "beam", "--width", "3", "-n", "9")) > 3  # as many as candidates at least
    assert len(codes("--strategy", "stochastic-beam", "--width", "20", "-n", "5")) == 5
    assert codes("--strategy", "smc", "--particles", "40")


def test_time(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    found = i2c("decode", pictures / "black.png", "--weights", checkpoint, "--time", "0.001")
    assert found.exit_code == 0
    SPLITS.check(SPLITS.parse(found.stdout))  # the first stage is always run
    for wrong in ("0", "-1", "nan"):
        assert i2c("decode", pictures / "black.png", "--weights", checkpoint, "--time", wrong).exit_code == 2


def test_ink_that_is_left_over(i2c: Run, pictures: Path, tmp_path: Path) -> None:
    weights = tiny_checkpoint("figures", tmp_path / "figures.safetensors")
    paper = np.full((128, 128), 255, np.uint8)
    paper[60:62, 16:112] = 0
    Image.fromarray(paper).save(tmp_path / "line.png")
    found = i2c("decode", tmp_path / "line.png", "--weights", weights, "--json", "--budget", "1", "--no-invert")
    (blank,) = json.loads(found.stdout)["candidates"]  # one token draws nothing
    assert blank["unexplained"] == [[0.125, 0.4688, 0.875, 0.4844]]
    assert blank["overexplained"] == []


def test_inverting(i2c: Run, checkpoint: Path, pictures: Path) -> None:
    assert i2c("decode", pictures / "black.png", "--weights", checkpoint, "--invert").stdout == "W\n"
    assert i2c("decode", pictures / "black.png", "--weights", checkpoint, "--no-invert").stdout == "B\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["{p}/black.png", "--weights", "{w}", "--strategy", "beam", "--top-k", "3"],
         "error: --top-k is no number of the strategy beam\n  -> it goes with sample\n"),
        (["{p}/black.png", "--weights", "{w}", "--temperature", "2"],
         "error: --temperature is no number of the strategy auto\n  -> it goes with sample, stochastic-beam and smc\n"),
        (["{p}/black.png"],
         "error: neither --family nor --weights says what the images show\n"
         "  -> name a family, as in --family boxes\n"),
        (["{p}", "--weights", "{w}"],
         "error: code of 2 images does not fit on stdout\n  -> add --json, or name a folder: -o DIR\n"),
        (["{p}", "--weights", "{w}", "-o", "{p}/black.png"],
         "error: 2 images need a folder, -o {p}/black.png is a file\n  -> name a folder\n"),
        (["{p}", "--weights", "{w}", "--json", "--picture", "a.png"],
         "error: 2 pictures do not fit into a.png\n  -> name a folder: --picture a\n"),
        (["{p}/black.png", "--weights", "{w}", "--json", "-o", "{p}"],
         "error: --json writes one file, -o {p} is a folder\n  -> name a file: -o {p}/answers.jsonl\n"),
        (["--weights", "{w}"], "error: no image is named\n  -> name one, or a list of them: --files-from FILE\n"),
        (["-", "--files-from", "-", "--weights", "{w}"],
         "error: standard input cannot be an image and a list of images\n  -> leave one of them out\n"),
        (["--files-from", "-", "--weights", "{w}"],
         "error: code of many images does not fit on stdout\n  -> add --json, or name a folder: -o DIR\n"),
        (["{p}", "--weights", "{w}", "--json", "--resume"],
         "error: --resume needs a file that holds the answers\n  -> add --json -o answers.jsonl\n"),
        (["{p}", "--weights", "{w}", "--json", "--shard", "3/2"],
         "error: --shard: there is no share 3 of 2\n  -> use 1/2 to 2/2\n"),
        (["{p}/black.png", "--weights", "{w}", "--json", "--format", "json"],
         "error: --json and --format exclude each other\n  -> leave one of them out\n"),
        (["{p}/black.png", "--weights", "{w}", "--strategy", "magic"], None),
        (["{p}/black.png", "--weights", "{w}", "--threshold", "-1"], None),
        (["{p}/black.png", "--weights", "{w}", "-n", "0"], None),
    ],
)  # fmt: skip
def test_usage(i2c: Run, checkpoint: Path, pictures: Path, words: list[str], expected: str | None) -> None:
    found = i2c("decode", *(w.format(p=pictures, w=checkpoint) for w in words))
    assert (found.exit_code, found.stdout) == (2, "")
    if expected is not None:
        assert found.stderr == expected.format(p=pictures)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-f", "splits", "--format", "jsn"], "error: splits has no format 'jsn'\n  -> did you mean 'json'?\n"),
        (["-f", "splits", "-o", "a.xyz"], "error: no format of splits has files that end in .xyz\n"
         "  -> use .txt, .json, or name a format\n"),
        (["--weights", "{w}", "--device", "tpu"],
         "error: there is no device 'tpu'\n  -> use auto, cpu, cuda or cuda:N\n"),
        (["--weights", "nowhere.safetensors"],
         "error: there is no checkpoint nowhere.safetensors\n  -> check the path, or train one: i2c train\n"),
        (["--weights", "{w}", "--budget", "40"],
         "error: a budget of 40 tokens is above the 11 that the network was trained for\n"
         "  -> use a budget of at most 11, or train with a larger one\n"),
        (["--weights", "{p}/black.png"], None),
    ],
)  # fmt: skip
def test_errors(i2c: Run, checkpoint: Path, pictures: Path, words: list[str], expected: str | None) -> None:
    found = i2c("decode", pictures / "black.png", *(w.format(p=pictures, w=checkpoint) for w in words))
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith("error: ")
    assert found.stderr.count("\n") == 2
    if expected is not None:
        assert found.stderr == expected


def test_weights_of_another_family(i2c: Run, pictures: Path, tmp_path: Path) -> None:
    other = tiny_checkpoint("splits-rgb", tmp_path / "rgb.safetensors")
    found = i2c("decode", pictures / "black.png", "--weights", other, "-f", "splits")
    assert found.exit_code == 1
    assert re.fullmatch(
        rf"error: {re.escape(str(other))} was trained on splits-rgb \(signature \w+, semantics 1, channels 3\); "
        r"this is splits \(signature \w+, semantics 1, channels 1\)\n"
        r"  -> decode with --family splits-rgb, or train: i2c train --family splits\n",
        found.stderr,
    )


def test_two_inputs_of_one_name(i2c: Run, checkpoint: Path, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other/black.png"
    twin.write_bytes((pictures / "black.png").read_bytes())
    found = i2c("decode", pictures / "black.png", twin, "--weights", checkpoint, "-o", tmp_path / "out")
    assert found.exit_code == 1
    assert found.stderr == (
        f"error: {pictures / 'black.png'} and {twin} would be written under one name\n"
        "  -> decode them into different folders, or use --json\n"
    )


def test_the_short_form_of_a_format(i2c: Run, tmp_path: Path) -> None:
    weights = tiny_checkpoint("figures", tmp_path / "figures.safetensors")
    picture = tmp_path / "circle.png"
    assert i2c("render", "circle 4, 10", "-f", "figures", "-o", picture).exit_code == 0
    words = ["decode", picture, "--weights", weights, "--strategy", "greedy", "-q"]
    short = i2c(*words, "--snippet")
    assert short.exit_code == 0
    assert short.stdout.startswith("\\begin{tikzpicture}")
    assert short.stdout.endswith("\\end{tikzpicture}\n")
    whole = i2c(*words, "--format", "tikz").stdout
    assert whole.startswith("\\documentclass")
    assert short.stdout in whole
    (record,) = (json.loads(line) for line in i2c(*words, "--json").stdout.splitlines())
    assert isinstance(record["candidates"][0]["commands"], list)
    both = i2c(*words, "--json", "--snippet")
    assert (both.exit_code, both.stdout) == (2, "")
    assert both.stderr == "error: --json and --snippet exclude each other\n  -> leave one of them out\n"
