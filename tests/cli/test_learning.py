"""`i2c train` and `i2c eval`, at the size of a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run

TINY = """
[model]
width = 16
layers = 1
heads = 2
channels = 8
budget = 7
[data]
razor = "none"
max_size = 7
[run]
steps = 3
batch_size = 4
eval_samples = 4
device = "cpu"
tensorboard = false
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


def test_train_resume_decode_and_evaluate(i2c: Run, config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    trained = i2c("train", "-f", "splits", "--config", config, "--out", run, "--steps", "2", "--set", "optim.lr=2e-3")
    assert (trained.exit_code, trained.stdout) == (0, ""), trained.stderr
    assert trained.stderr.splitlines()[-1] == f"next: i2c decode IMAGE.png --family splits --weights {run}"
    assert "lr = 0.002" in (run / "config.toml").read_text()

    twice = i2c("train", "-f", "splits", "--config", config, "--out", run)
    assert twice.exit_code == 1
    assert twice.stderr.startswith(f"error: {run} holds a run already\n  -> go on with --resume {run}")

    again = i2c("train", "--resume", run, "--workers", "0", "-q")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")
    changed = i2c("train", "--resume", run, "--steps", "5")
    assert changed.exit_code == 1
    assert changed.stderr.startswith("error: --resume cannot change what is learned: run.steps is 5, was 2\n")
    other = i2c("train", "--resume", run, "-f", "splits-rgb")
    assert other.stderr == f"error: {run} trains splits, not splits-rgb\n  -> leave --family out\n"

    Image.new("L", (32, 32), 255).save(tmp_path / "white.png")
    decoded = i2c("decode", tmp_path / "white.png", "--weights", run)
    assert decoded.stdout == "W\n"
    assert ": confidence " in decoded.stderr

    told = json.loads(i2c("decode", tmp_path / "white.png", "--weights", run, "--json").stdout)["candidates"][0]
    assert 0 < told["confidence"] < 1  # fitted on the held-out images

    card = tmp_path / "card.md"
    measured = i2c("eval", "--weights", run, "--sizes", "5..7", "-n", "3", "--json", "--card", card, "-q")
    assert measured.exit_code == 0, measured.stderr
    record = json.loads(measured.stdout)
    assert (record["schema"], record["family"], record["strategies"]) == (1, "splits", ["greedy", "auto"])
    assert record["images"] == sum(row["images"] for row in record["sizes"])
    assert set(record["metrics"]["auto"]) == {"exact", "difference", "iou"}
    text = card.read_text(encoding="utf-8")
    assert f"`i2c eval --weights {run} --sizes 5..7 -n 3 --json --card {card} -q` wrote this card" in text
    assert "i2c train --family splits --config recipe.toml --out runs/splits" in text
    assert "lr = 0.002" in text


def test_evaluate_on_pairs(i2c: Run, checkpoint: Path, tmp_path: Path) -> None:
    Image.new("L", (20, 20), 0).save(tmp_path / "a.png")
    Image.new("L", (32, 32), 255).save(tmp_path / "b.png")
    (tmp_path / "pairs.jsonl").write_text('{"file": "a.png", "code": "h B B"}\n{"file": "b.png", "code": "W"}\n')
    found = i2c("eval", "--weights", checkpoint, "--data", tmp_path)
    assert found.exit_code == 0, found.stderr
    rows = [line.split() for line in found.stdout.splitlines()]
    assert [row[:2] for row in rows[1:]] == [["1", "1"], ["3", "1"], ["all", "2"]]
    assert "auto: " in found.stderr
    assert "exact 1.0000, difference 0.0000, iou 1.0000" in found.stderr  # both are one symbol


def test_evaluate_on_drawings_by_hand(i2c: Run, tmp_path: Path) -> None:
    from tests.cli.conftest import tiny_checkpoint

    weights = tiny_checkpoint("figures", tmp_path / "figures.safetensors")
    few = (
        "--weights",
        weights,
        "--strategy",
        "greedy",
        "--strategy",
        "greedy",
        "--report",
        tmp_path / "page.html",
        "-q",
    )
    sketched = i2c("eval", *few, "--sketch", "--sizes", "8", "--count", "3", "--json", "--time", "5")
    assert sketched.exit_code == 0, sketched.stderr
    record = json.loads(sketched.stdout)
    assert (record["images"], record["unit"], record["strategies"]) == (3, "elements", ["greedy"])
    assert set(record["elements"]["greedy"]) == {"iou", "missed", "invented", "symbols"}
    assert set(record["top"]["greedy"]) == {"1", "5", "100"}
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<tr>") == 1 + 3

    Image.new("L", (128, 128), 255).save(tmp_path / "0.png")
    (tmp_path / "truth.json").write_text('{"0.png": [{"op": "circle", "x": 3, "y": 4}]}', encoding="utf-8")
    drawings = i2c("eval", *few, "--data", tmp_path)
    assert drawings.exit_code == 0, drawings.stderr
    assert drawings.stdout.splitlines()[0].split()[:2] == ["elements", "images"]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["train"], 2,
         "error: neither --family nor --resume says what to train\n  -> name a family: see 'i2c families'\n"),
        (["train", "--resume", "x", "--init", "y"], 2,
         "error: --resume and --init exclude each other\n  -> leave one of them out\n"),
        (["train", "--resume", "nowhere"], 1,
         "error: nowhere holds no run to resume: there is no training.safetensors\n"
         "  -> give the folder that i2c train wrote, or begin anew without --resume\n"),
        (["train", "-f", "splits", "--learner", "pared"], 1,
         "error: there is no learner 'pared'\n  -> did you mean 'paired'?\n"),
        (["train", "-f", "splits", "--set", "optim.lrr=1"], 1,
         "error: unknown setting 'optim.lrr' in --set\n  -> did you mean 'optim.lr'?\n"),
        (["train", "-f", "splits", "--steps", "many"], 1,
         'error: run.steps = "many" in --set, expected an integer of 1 or more\n'
         "  -> batches to learn from; its default is 10000\n"),
        (["train", "-f", "splits", "--set", "model.budget=0"], 1, None),
        (["eval"], 2, "error: neither --family nor --weights says what to measure\n"
         "  -> name a family: see 'i2c families'\n"),
        (["eval", "-f", "splits", "--data", "x", "--sizes", "3"], 2,
         "error: --data and --sizes exclude each other\n  -> leave one of them out\n"),
        (["eval", "-f", "splits", "--data", "x", "--sketch"], 2,
         "error: --data and --sketch exclude each other\n  -> leave one of them out\n"),
        (["eval", "--weights", "{w}", "--sketch"], 1,
         "error: splits does not say the strokes of its programs, which a sketch needs\n  -> leave --sketch out\n"),
        (["eval", "--weights", "{w}", "--strategy", "bean"], 2,
         "error: there is no strategy 'bean'\n  -> did you mean 'beam'?\n"),
        (["eval", "--weights", "{w}", "--sizes", "3-5"], 1,
         "error: '3-5' are no sizes\n  -> write them as in 5..11 or 5,7,9\n"),
        (["eval", "--weights", "{w}", "--sizes", "2,4"], 1,
         "error: splits has no held-out picture of size 2, 4\n  -> choose other sizes with --sizes\n"),
    ],
)  # fmt: skip
def test_errors(i2c: Run, checkpoint: Path, words: list[str], code: int, expected: str | None) -> None:
    found = i2c(*(w.format(w=checkpoint) for w in words))
    assert (found.exit_code, found.stdout) == (code, "")
    if expected is not None:
        assert found.stderr == expected
    assert "internal" not in found.stderr


def test_train_learns_from_pictures_without_programs(i2c: Run, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    words = ["train", "-f", "splits", "--images", scans, "--out", tmp_path / "run", "--steps", "2"]
    empty = i2c(*words)
    assert (empty.exit_code, empty.stdout) == (1, "")
    assert empty.stderr.startswith(f"error: folder {scans} holds no images\n")
    for number, size in enumerate([(32, 32), (40, 20)]):  # white, and what is white when it is fitted: a twin
        Image.new("L", size, 255).save(scans / f"{number}.png")
    chosen = ("data.max_size=3", "data.razor=none", "data.holdout=false", "run.eval_samples=0", "run.tensorboard=false")
    taught = i2c(*words, *(f"--set={s}" for s in chosen), "--batch-size", "4", "--device", "cpu")
    assert (taught.exit_code, taught.stdout) == (0, ""), taught.stderr
    said = "1 of 1 readings accepted (100.0 %): 1 by a distance of at most 0, 0 by a confidence of at least 0.9"
    assert f"{said}; left out: 1 seen before\n" in taught.stderr
    refused = i2c("train", "--resume", tmp_path / "run", "--images", tmp_path / "others")
    assert refused.exit_code == 1
    assert "--resume cannot change what is learned: data.images is " in refused.stderr


def test_settings_are_listed(i2c: Run) -> None:
    found = i2c("train", "--settings")
    assert (found.exit_code, found.stderr) == (0, "")
    assert any(line.split()[:2] == ["optim.lr", "0.001"] for line in found.stdout.splitlines())


def test_shortcuts_are_settings_that_exist() -> None:
    from i2c_cli.train import SHORTCUTS
    from i2c_core.config import all_specs

    assert set(SHORTCUTS.values()) <= set(all_specs())
