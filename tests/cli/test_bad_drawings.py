"""Pictures that no program draws, through the whole of `i2c decode`: an answer in time that says how far it is, or one
clear error. The network has random weights: what holds of it holds of any.
"""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2c_core.calibration import FEATURES, Calibration, write_calibration
from i2c_core.checkpoints import describe_model, find_weights, save_checkpoint
from i2c_core.errors import CheckpointError
from i2c_core.formats import Format
from i2c_core.items.catalogue import catalogue_of
from i2c_core.items.network import ItemNetwork, NetworkConfig
from i2c_core.plugins import get_family
from tests.cli.conftest import Run
from tests.support.bad_pictures import BAD

FIGURES = get_family("figures")
TIKZ: Format = next(f for f in FIGURES.formats if f.name == "tikz")
NAMES = (
    "a face",
    "white",
    "text",
    "one black pixel",
    "two hundred strokes",
    "noise in colour",
    "half black",
    "3 pixels",
)
TIME = 1.0  # seconds
SPARE = 2.5  # seconds that a command may take beside the search: a large file, framing, one round, drawing answers


def make_weights(path: Path, reluctance: float) -> Path:
    """A small network for figures with random weights."""
    config = NetworkConfig(channels=8, blocks=1, probe=(4, 2), hidden=8, max_tokens=FIGURES.budget)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = ItemNetwork(config, catalogue_of(FIGURES))
        for said in network.say:
            assert isinstance(said, torch.nn.Linear)
            torch.nn.init.normal_(said.weight)
            torch.nn.init.zeros_(said.bias)
            torch.nn.init.constant_(said.bias[:1], reluctance)
    save_checkpoint(path, network.state_dict(), describe_model(FIGURES, config, {}, 0, "items"))
    nothing = dict.fromkeys(FEATURES, 0.0)
    write_calibration(path, Calibration(nothing, nothing, dict.fromkeys(FEATURES, 1.0), -3.0, 1))
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_weights(tmp_path_factory.mktemp("weights") / "figures.safetensors", 6.0)


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes every placement to be drawn, rather than not."""
    return make_weights(tmp_path_factory.mktemp("weights") / "wild.safetensors", 0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("bad")
    for name in NAMES:
        picture = BAD[name]()
        Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)).save(found / f"{name}.png")
    return found


@pytest.mark.parametrize("options", [(), ("--no-preprocess",)], ids=" ".join)
def test_every_picture_has_an_unsure_answer(i2c: Run, weights: Path, folder: Path, options: tuple[str, ...]) -> None:
    began = time.process_time()
    found = i2c("decode", folder, "--weights", weights, "-n", "3", "--json", *options)
    assert time.process_time() - began < len(NAMES) * (TIME + SPARE)
    assert found.exit_code == 0
    answers = [json.loads(line)["candidates"] for line in found.stdout.splitlines()]
    if not options:  # framing leaves no ink of noise
        assert found.stderr.count(" shows no drawing: ") == 5
    assert len(answers) == len(NAMES)
    for candidate in (c for candidates in answers for c in candidates):
        assert 0 <= candidate["confidence"] < 0.5
        program = FIGURES.check(FIGURES.parse(candidate["code"]))
        for text in (TIKZ.dumps(FIGURES, program), TIKZ.dumps(FIGURES, program, snippet=True)):
            assert TIKZ.loads(FIGURES, text) == FIGURES.canonical(program)


def test_a_hundred_megapixels(i2c: Run, weights: Path, tmp_path: Path) -> None:
    Image.new("L", (9_999, 9_999), 230).save(tmp_path / "huge.png", compress_level=1)
    began = time.process_time()
    found = i2c("decode", tmp_path / "huge.png", "--weights", weights, "--time", str(TIME))
    assert time.process_time() - began < TIME + SPARE
    assert (found.exit_code, found.stdout) == (0, "\n")  # nothing is drawn
    warning, answer = found.stderr.splitlines()
    assert warning.endswith("huge.png shows no drawing: no dark strokes on light paper, or light ones on dark")
    assert "confidence <1 %" in answer


@pytest.mark.parametrize("name", ["a face", "white", "two hundred strokes"])
@pytest.mark.parametrize("snippet", [(), ("--snippet",)], ids=["document", "snippet"])
def test_tikz_of_an_answer_is_read_again(
    i2c: Run, weights: Path, folder: Path, name: str, snippet: tuple[str, ...]
) -> None:
    found = i2c("decode", folder / f"{name}.png", "--weights", weights, "--format", "tikz", *snippet)
    assert found.exit_code == 0
    FIGURES.check(TIKZ.loads(FIGURES, found.stdout))
    assert "confidence " in found.stderr.splitlines()[-1]


def test_codes_of_several_lines_stand_apart(i2c: Run, weights: Path, folder: Path, tmp_path: Path) -> None:
    words = ("decode", folder / "a face.png", "--weights", weights, "-n", "3")
    codes = [FIGURES.parse(text) for text in i2c(*words).stdout.rstrip("\n").split("\n\n")]
    assert len(set(codes)) == 3
    assert i2c(*words, "-o", tmp_path / "a.tex").stderr.endswith(f", wrote {tmp_path / 'a.tex'} to a.3.tex\n")


@pytest.mark.parametrize("strategy", ["auto", "greedy", "pixels", "search", "thorough"])
def test_every_strategy_keeps_the_time(i2c: Run, wild: Path, folder: Path, strategy: str) -> None:
    began = time.process_time()
    words = ("--weights", wild, "--strategy", strategy, "--time", str(TIME))
    found = i2c("decode", folder / "two hundred strokes.png", *words)
    assert time.process_time() - began < TIME + SPARE
    assert found.exit_code == 0
    FIGURES.check(FIGURES.parse(found.stdout))


def test_the_rest_of_a_folder_is_read(i2c: Run, weights: Path, tmp_path: Path) -> None:
    good = io.BytesIO()
    Image.fromarray(np.full((64, 64), 255, np.uint8)).save(good, "PNG")
    (tmp_path / "a.png").write_bytes(good.getvalue()[:-20])
    (tmp_path / "b.png").touch()
    (tmp_path / "c.png").write_bytes(good.getvalue())
    found = i2c("decode", tmp_path, "--weights", weights, "--json", "--quiet")
    assert found.exit_code == 1
    cut, empty, read = (json.loads(line) for line in found.stdout.splitlines())
    assert cut["error"].endswith("a.png is damaged: image file is truncated")
    assert empty["error"].endswith("b.png is empty")
    assert read["candidates"]
    assert found.stderr.count("error: ") == 2


def test_shipped_weights_are_unsure(i2c: Run, folder: Path) -> None:
    try:
        find_weights(FIGURES, None)
    except CheckpointError:
        pytest.skip("figures ships no weights yet")
    for name in ("a face", "text", "two hundred strokes"):
        found = i2c("decode", folder / f"{name}.png", "--family", "figures", "--json", "--quiet")
        best = json.loads(found.stdout)["candidates"][0]
        assert best["confidence"] < 0.5
