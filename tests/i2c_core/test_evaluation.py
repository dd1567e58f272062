"""Evaluation: held-out pictures, intervals, counts and the model card."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.cards import model_card
from i2c_core.checkpoints import load_checkpoint
from i2c_core.datasets.pairs import held_out, pixel_keys
from i2c_core.errors import ConfigError, DataError
from i2c_core.evaluation import (
    Example,
    evaluate,
    held_out_examples,
    pair_examples,
    parse_sizes,
    trained_sizes,
    wilson,
)
from i2c_core.plugins import get_family, installed
from i2c_core.progress import Silent
from i2c_core.reader import Reader
from tests.cli.conftest import tiny_checkpoint

SPLITS = get_family("splits")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    path = tiny_checkpoint("splits", tmp_path_factory.mktemp("weights") / "tiny.safetensors")
    with Reader.load(path, device="cpu") as found:
        yield found


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilson_intervals_hold_the_share(successes: int, more: int) -> None:
    trials = successes + more
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    # Its ends solve (share - p)**2 = z**2 p (1 - p) / n, which is how the interval is defined.
    for p in (low, high):
        if 0 < p < 1:
            assert math.isclose((successes / trials - p) ** 2, 1.96**2 * p * (1 - p) / trials, rel_tol=1e-6)


def test_wilson_without_trials() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("text", ["", "a", "5..", "..5", "7..5", "0", "1,,2", "-3", "1..2..3"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_sizes(text)
    assert str(caught.value) == f"{text!r} are no sizes\n  -> write them as in 5..11 or 5,7,9"


def test_sizes() -> None:
    assert parse_sizes(" 5 .. 7, 6, 11") == [5, 6, 7, 11]


def test_held_out_examples_are_held_out_and_distinct() -> None:
    found = held_out_examples(SPLITS, [5, 6, 7, 9], 12, seed=3)
    pictures = np.stack([e.picture for e in found])
    assert held_out(pictures).all()
    assert len(set(pixel_keys(pictures).tolist())) == len(found)
    assert {e.size for e in found} <= {5, 7, 9}  # programs of splits have odd sizes
    assert sum(e.size == 9 for e in found) == 12
    assert all(SPLITS.parse(e.code).size == e.size for e in found)
    again = held_out_examples(SPLITS, [5, 6, 7, 9], 12, seed=3)
    assert [e.code for e in again] == [e.code for e in found]
    assert [e.code for e in held_out_examples(SPLITS, [5, 6, 7, 9], 12, seed=4)] != [e.code for e in found]


def test_no_program_of_a_size() -> None:
    with pytest.raises(DataError) as caught:
        held_out_examples(SPLITS, [2, 4], 3, seed=0)
    assert caught.value.fact == "splits has no held-out picture of size 2, 4"


def test_counts_are_those_of_a_plain_loop(reader: Reader) -> None:
    examples = held_out_examples(SPLITS, [5, 7], 10, seed=0)
    black = np.zeros((1, 32, 32), np.uint8)
    examples += [Example("black", black, "B", 1), Example("shorter", black, "h B B", 3)]
    found = evaluate(reader, examples, installed().metrics, Silent())
    for strategy in ("greedy", "auto"):
        exact: dict[int, int] = {}
        longer: dict[int, int] = {}
        failed = []
        for example in examples:
            best = reader.read(example.picture, 1, strategy=strategy)[0]
            same = bool((best.picture == example.picture).all())
            exact[example.size] = exact.get(example.size, 0) + same
            longer[example.size] = longer.get(example.size, 0) + (same and best.size > example.size)
            failed += [] if same else [example.name]
        assert {r.size: r.exact[strategy] for r in found.rows} == exact
        assert {r.size: r.longer[strategy] for r in found.rows} == longer
        assert [f.name for f in found.failures[strategy]] == failed
        assert found.metrics[strategy]["exact"] == pytest.approx(sum(exact.values()) / len(examples))
        assert found.seconds[strategy] > 0
    assert found.total().images == found.images == len(examples)
    json.dumps(found.record(), allow_nan=False)


def test_sizes_as_trained(reader: Reader) -> None:
    assert trained_sizes(reader) == list(range(1, 12))  # the stand-in says nothing but its budget


def test_pairs_of_a_folder(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (10, 12), 0).save(tmp_path / "0.png")
    (tmp_path / "truth.json").write_text('{"0.png": "v B B"}', encoding="utf-8")
    (example,) = pair_examples(SPLITS, tmp_path)
    assert (example.name, example.code, example.size, example.picture.shape) == ("0.png", "v B B", 3, (1, 12, 10))


def test_the_card_tells_what_was_measured(reader: Reader) -> None:
    examples = held_out_examples(SPLITS, [5, 7], 5, seed=0)
    found = evaluate(reader, examples, installed().metrics, Silent(), "some pictures")
    card = model_card(found, reader.checkpoint, SPLITS, torch.device("cpu"), installed(), "i2c eval")
    assert card.startswith("# tiny.safetensors: a network that reads splits\n")
    headings = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert headings == ["The network", "How well it reads", "Known failures", "How it was made", "Licence"]
    assert "Data: some pictures." in card
    assert "The checkpoint does not say how it was trained." in card
    assert "Apache-2.0, as images-to-code." in card
    total = found.total()
    assert f"| **all** | {len(examples)} | {100 * total.exact['greedy'] / len(examples):.2f} % |" in card
    assert f"By greedy, {len(found.failures['greedy'])} of {len(examples)} pictures" in card


def test_the_card_tells_how_it_was_trained(tmp_path: Path) -> None:
    from i2c_core.checkpoints import save_checkpoint
    from i2c_core.config import TrainConfig

    path = tiny_checkpoint("splits", tmp_path / "a.safetensors")
    checkpoint = load_checkpoint(path)
    recipe = {"config": TrainConfig().to_dict(), "samples": 640, "seconds": 90.0, "init": "old.safetensors",
              "hardware": {"device": "cpu", "name": "a processor", "threads": 2}}  # fmt: skip
    save_checkpoint(path, checkpoint.tensors, {**checkpoint.meta, "train": recipe, "step": 10})
    with Reader.load(path, device="cpu") as reader:
        found = evaluate(reader, [Example("b", np.zeros((1, 8, 8), np.uint8), "B", 1)], {}, Silent(), "one")
        card = model_card(found, reader.checkpoint, SPLITS, torch.device("cpu"), installed(), "i2c eval")
    assert "Training: 10 steps, 640 pictures, 1.5 minutes, on a processor (2 threads)." in card
    assert "It began from the weights in `old.safetensors`." in card
    assert "None of the 1 pictures failed by auto." in card
    assert "[optim]\nlr = 0.001" in card
