"""Evaluation: held-out pictures, intervals, counts and the model card."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.calibration import FEATURES, Calibration
from i2c_core.cards import model_card
from i2c_core.checkpoints import Checkpoint, describe_model, load_checkpoint, save_checkpoint
from i2c_core.datasets.pairs import held_out, pixel_keys
from i2c_core.decoding import Beam, Observation, Proposals
from i2c_core.errors import ConfigError, DataError, FamilyError
from i2c_core.evaluation import Evaluation, Row, evaluate, wilson
from i2c_core.examples import (
    Example,
    held_out_examples,
    pair_examples,
    parse_sizes,
    regular_examples,
    sketched_examples,
    trained_sizes,
)
from i2c_core.families import Family
from i2c_core.formats import Format
from i2c_core.model import ModelConfig
from i2c_core.plugins import get_family, installed
from i2c_core.programs import Program
from i2c_core.progress import Silent
from i2c_core.reader import Reader
from i2c_core.review import review
from tests.cli.conftest import tiny_checkpoint

SPLITS, FIGURES = get_family("splits"), get_family("figures")


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
    assert trained_sizes(reader.checkpoint, SPLITS) == list(range(1, 12))  # the stand-in says nothing but its budget


def test_pairs_of_a_folder(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (10, 12), 0).save(tmp_path / "0.png")
    (tmp_path / "truth.json").write_text('{"0.png": "v B B"}', encoding="utf-8")
    (example,) = pair_examples(SPLITS, tmp_path)
    assert (example.name, example.code, example.size, example.picture.shape) == ("0.png", "v B B", 3, (1, 12, 10))


def test_a_table_of_many_thin_rows_puts_some_together() -> None:
    rows = [Row(size, 1, {"auto": size % 2}, {"auto": 0}) for size in range(10, 34)]
    found = Evaluation("f", ("auto",), rows, {}, {}, {}, "")
    table = found.table()
    assert [label for label, _ in table] == [f"{first}..{first + 2}" for first in range(10, 34, 3)]
    assert [(row.images, row.exact["auto"]) for _, row in table] == [(3, 1), (3, 2)] * 4
    thick = Evaluation("f", ("auto",), [Row(r.size, 9, r.exact, r.longer) for r in rows], {}, {}, {}, "")
    assert [label for label, _ in thick.table()] == [str(size) for size in range(10, 34)]


def test_pairs_of_images_with_code_beside_them(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("a.png", "b-neat.png", "b-loose.jpg"):
        Image.new("L", (10, 12), 0).save(tmp_path / name)
    with pytest.raises(DataError, match="has no pairs in it"):
        pair_examples(SPLITS, tmp_path)
    (tmp_path / "b.txt").write_text("v B B", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        pair_examples(SPLITS, tmp_path)
    assert str(caught.value) == f"{tmp_path / 'a.png'} has no code beside it\n  -> put a.txt beside it"
    (tmp_path / "a.txt").write_text("h B x", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        pair_examples(SPLITS, tmp_path)
    assert caught.value.fact.startswith(f"{tmp_path / 'a.png'}: {tmp_path / 'a.txt'}: line 1, column 5: ")
    (tmp_path / "a.txt").write_text("h B W", encoding="utf-8")
    found = [(e.name, e.code) for e in pair_examples(SPLITS, tmp_path)]
    assert found == [("a.png", "h B W"), ("b-loose.jpg", "v B B"), ("b-neat.png", "v B B")]


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


class Known:
    """Ranks the same programs for every picture, whose scores say how sure it is; has strategies of its own."""

    ranks = True
    strategies = ("auto", "thorough")

    def __init__(self, codes: Sequence[str]) -> None:
        self.codes = codes

    def stages(self, name: str, n: int) -> tuple[Beam, ...] | None:
        return (Beam(n),) if name in self.strategies else None

    def propose(
        self, observation: Observation, *, n: int = 1, strategy: Any = None, budget: int = 64, generator: Any = None
    ) -> Proposals:
        encoded = [FIGURES.to_tokens(FIGURES.canonical(FIGURES.parse(code))) for code in self.codes[:n]]
        ids = torch.from_numpy(FIGURES.vocabulary.pack(encoded)[0]).expand(len(observation), -1, -1)
        scores = -torch.arange(len(encoded), dtype=torch.float64).expand(len(observation), -1)
        return Proposals(ids, scores, scores * 0, None, (scores * 0).long(), scores)


def figures_reader(codes: Sequence[str]) -> Reader:
    config = ModelConfig(vocabulary=FIGURES.vocabulary.size, max_tokens=FIGURES.budget, image=(1, *FIGURES.size))
    numbers = dict.fromkeys(FEATURES, 0.0)
    sure = Calibration(numbers, numbers, dict.fromkeys(FEATURES, 1.0), 3.0, 10)
    meta = describe_model(FIGURES, config, {}, 0) | {"calibration": sure.to_dict()}
    return Reader(FIGURES, Known(codes), Checkpoint(Path("none"), meta, {}))


WRONG = [f"circle {x}, {y}" for x in range(1, 16) for y in range(1, 8)]
BY_HAND = np.full((1, 128, 128), 250, np.uint8)
BY_HAND[:, 20:22, 30:90] = 30


def test_drawings_by_hand_are_exact_where_the_program_is() -> None:
    truths = [WRONG[0], WRONG[3] + "\nline 14, 14 to 2, 14", WRONG[40], WRONG[104], "line 1, 1 to 9, 9"]
    examples = [Example(f"{i}.png", BY_HAND, code, 7) for i, code in enumerate(truths)]
    codes = [*WRONG, truths[1]]
    with figures_reader(codes) as reader:
        found = evaluate(reader, examples, {}, Silent(), "drawings", time=30.0)
    assert found.strategies == ("auto",)
    assert found.unit == "elements"
    assert {row.size: (row.images, row.exact["auto"]) for row in found.rows} == {1: (4, 1), 2: (1, 0)}
    assert [r.rank for r in found.readings["auto"]] == [1, None, 41, None, None]  # 100 are looked at, not 106
    assert found.top == {"auto": {1: 1, 5: 1, 100: 2}}
    assert [r.exact for r in found.readings["auto"]] == [True, False, False, False, False]
    elements = found.elements["auto"].record()
    assert (elements["missed"], elements["invented"]) == (5 / 5, 4 / 5)
    assert elements["symbols"]["line"] == {"right": 0, "missed": 2, "invented": 0}
    assert elements["iou"] == pytest.approx(1 / 5)
    told = found.reliability["auto"]
    assert (told.pictures, told.sure) == (5, (5, 1))
    assert found.times["auto"][0] <= found.times["auto"][1]
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["top"] == {"auto": {"1": 1, "5": 1, "100": 2}}
    assert record["calibration"]["auto"]["sure"]["right"] == 1


def test_the_card_tells_of_elements_and_confidence(tmp_path: Path) -> None:
    examples = [Example("a.png", BY_HAND, WRONG[0], 7), Example("b.png", BY_HAND, WRONG[1], 7)]
    path = tmp_path / "known.safetensors"
    with figures_reader(WRONG) as reader:
        found = evaluate(reader, examples, {}, Silent(), "drawings")
        save_checkpoint(path, {}, reader.checkpoint.meta)
    card = model_card(found, load_checkpoint(path), FIGURES, torch.device("cpu"), installed(), "i2c eval")
    assert "is the same canonical program as the truth, or draws every pixel again" in card
    assert "| right among the first 5 | 100.00 % |" in card
    assert "| elements missed a picture | 0.5000 |" in card
    assert "| `circle` | 1 | 1 | 1 |" in card
    assert "Confidence (auto): calibration error" in card
    assert "| 0.9 to 1 | 2 | 0.953 | 0.500 |" in card
    assert "1 of 2 pictures were not read exactly: 1 with 1 elements" in card


def test_the_page_shows_the_worst_first() -> None:
    truths = [WRONG[0], WRONG[3] + "\nline 14, 14 to 2, 14", "line 1, 1 to 9, 9"]
    examples = [Example(f"{i}.png", BY_HAND, code, 7) for i, code in enumerate(truths)]
    with figures_reader([truths[0] + "\n" + WRONG[3], *truths[1:]]) as reader:
        found = evaluate(reader, examples, {}, Silent(), "drawings")
    page = review(found, FIGURES)
    order = [page.index(f'alt="input {i}.png"') for i in (2, 0, 1)]  # nothing in common, half, half but less sure
    assert order[0] == min(order)
    assert page.count("<tr>") == 1 + 3
    assert page.count("<img ") == 3 * 3
    assert "wrong; the right program: place 2" in page
    assert "wrong; the right program: not found" in page
    assert "<svg " in page
    assert "Red</span>: ink of the input" in page
    assert not re.search(r"<script|https?://|<link|@import|url\(", page)


def test_the_page_of_a_family_that_draws_exactly(reader: Reader) -> None:
    examples = held_out_examples(SPLITS, [5, 7], 3, seed=0)
    page = review(evaluate(reader, examples, {}, Silent(), "some", ["auto"]), SPLITS)
    assert page.count("<tr>") == 1 + len(examples)
    assert "Red</span>" not in page
    assert "<svg" not in page


def test_pairs_as_data_of_the_familys_own_format(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (10, 12), 0).save(tmp_path / "0.png")
    (tmp_path / "truth.json").write_text('{"0.png": ["v", "B", "B"]}', encoding="utf-8")
    (example,) = pair_examples(SPLITS, tmp_path)
    assert (example.code, example.size) == ("v B B", 3)
    (tmp_path / "truth.json").write_text('{"0.png": [{"op": "v"}]}', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        pair_examples(SPLITS, tmp_path)
    assert caught.value.fact == f'{tmp_path / "truth.json"}, 0.png: expected text, got [{{"op": "v"}}]'
    keyed = Format("data", ".json", _show_data, _read_data, key="commands")
    (tmp_path / "truth.json").write_text('{"0.png": {"said": "h W B"}}', encoding="utf-8")
    (example,) = pair_examples(replace(SPLITS, formats=(keyed,)), tmp_path)
    assert (example.code, example.size) == ("h W B", 3)


def _show_data(family: Family, program: Program) -> str:
    return json.dumps({"said": family.show(program)})


def _read_data(family: Family, text: str) -> Program:
    return family.parse(json.loads(text)["said"])


def test_sketches_are_of_a_seed() -> None:
    one = sketched_examples(FIGURES, [15, 29], 5, seed=1)
    again, other = (sketched_examples(FIGURES, [15, 29], 5, seed=seed) for seed in (1, 2))
    assert [e.name for e in one] == [f"sketch {i}" for i in range(5)]
    assert all(np.array_equal(a.picture, b.picture) and a.code == b.code for a, b in zip(one, again, strict=True))
    assert [e.code for e in one] != [e.code for e in other]
    for example in one:
        assert example.picture.shape == (1, *FIGURES.size)
        assert example.truth(FIGURES) == FIGURES.canonical(FIGURES.parse(example.code))
        assert example.size <= 29
    assert all(e.code for e in sketched_examples(FIGURES, [1, 5], 20, seed=1))  # a program of one token draws nothing
    with pytest.raises(DataError, match="programs of figures of these sizes draw no stroke"):
        sketched_examples(FIGURES, [1], 1, seed=0)
    with pytest.raises(ConfigError) as caught:
        sketched_examples(SPLITS, [5], 1, seed=0)
    assert str(caught.value) == (
        "splits does not say the strokes of its programs, which a sketch needs\n  -> leave --sketch out"
    )


def test_sketches_of_regular_scenes_are_of_a_seed() -> None:
    one = regular_examples(FIGURES, 4, seed=1)
    again, other = (regular_examples(FIGURES, 4, seed=seed) for seed in (1, 2))
    assert [e.name for e in one] == [f"regular scene {i}" for i in range(4)]
    assert all(np.array_equal(a.picture, b.picture) and a.code == b.code for a, b in zip(one, again, strict=True))
    assert [e.code for e in one] != [e.code for e in other]
    for example in one:
        assert example.picture.shape == (1, *FIGURES.size)
        assert example.truth(FIGURES) == FIGURES.canonical(FIGURES.parse(example.code))
        assert 3 <= len(example.code.splitlines()) <= 24
    with pytest.raises(FamilyError, match="family splits has no loops"):
        regular_examples(SPLITS, 1, seed=0)
