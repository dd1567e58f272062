"""Many images: order, errors in their place, what counts as answered, and the key of a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2c_core.bulk import Answered, key_of, read_all
from i2c_core.checkpoints import Checkpoint
from i2c_core.decoding import Beam, Greedy, Proposals, Sample
from i2c_core.errors import DataError
from i2c_core.journals import Journal
from i2c_core.model import Observation
from i2c_core.plugins import families, get_family
from i2c_core.questions import Question
from i2c_core.reader import Reader
from tests.i2c_core.test_reader import make_reader

SPLITS = get_family("splits")


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    """150 images, more than are decoded at once; the 3rd is damaged, the 141st is missing."""
    paths = [tmp_path / f"{n}.png" for n in range(150)]
    for n, path in enumerate(paths):
        Image.new("L", (4, 4), n).save(path)
    paths[2].write_bytes(b"no image")
    paths[140].unlink()
    return paths


def test_each_file_in_its_place(scans: list[Path]) -> None:
    with make_reader(["B"]) as reader:
        results = list(read_all(reader, enumerate(scans), Question(n=1)))
    assert [r.picture.file for r in results] == [str(path) for path in scans]
    assert [n for n, r in enumerate(results) if r.answer.error is not None] == [2, 140]
    assert [n for n, r in enumerate(results) if r.picture.sha256 is None] == [140]
    assert all(r.answer.name == r.picture.file for r in results)


def test_inputs_are_taken_as_they_are_needed(scans: list[Path]) -> None:
    taken = 0

    def inputs() -> Iterator[tuple[int, Path]]:
        nonlocal taken
        while True:  # without end
            yield taken, scans[0]
            taken += 1

    with make_reader(["B"]) as reader:
        results = read_all(reader, inputs(), Question(n=1))
        for _ in range(70):
            next(results)
        results.close()
    assert taken <= 5 * 64


def test_what_is_claimed_is_left_out(scans: list[Path]) -> None:
    answered = Answered()
    with make_reader(["B"]) as reader:
        first = list(read_all(reader, enumerate(scans[:5]), Question(n=1), answered))
        assert len(first) == 5
        assert list(read_all(reader, enumerate(scans[:5]), Question(n=1), answered)) == []
        Image.new("L", (4, 4), 255).save(scans[1])
        (changed,) = read_all(reader, enumerate(scans[:5]), Question(n=1), answered)
    assert (changed.picture.number, changed.picture.file) == (1, str(scans[1]))


def test_a_file_that_was_away_is_answered_again_when_it_is_back(scans: list[Path]) -> None:
    answered, away = Answered(), scans[0].with_name("away.png")
    with make_reader(["B"]) as reader:

        def read() -> list[str]:
            results = list(read_all(reader, enumerate(scans[:2]), Question(n=1), answered))
            for r in results:
                answered.add(r.picture.file, r.picture.frame, failed=r.answer.error is not None, missed=False)
            return [r.picture.file for r in results]

        assert read() == [str(scans[0]), str(scans[1])]
        scans[0].rename(away)
        assert (read(), read(), answered.failed) == ([str(scans[0])], [], 1)
        away.rename(scans[0])  # else the last line about it would be an error for ever
        assert (read(), read(), answered.failed) == ([str(scans[0])], [], 0)


def test_the_last_answer_about_a_picture_counts() -> None:
    answered = Answered()
    answered.add("a", None, failed=True, missed=False)
    answered.add("b", None, failed=True, missed=False)
    answered.add("c", None, failed=False, missed=True)
    assert (answered.count, answered.failed, answered.missed) == (3, 2, 1)
    answered.add("a", 1, failed=False, missed=False)  # it could not be read, and has two pictures now
    answered.add("a", 2, failed=True, missed=False)
    answered.add("c", None, failed=False, missed=False)
    assert (answered.count, answered.failed, answered.missed) == (6, 2, 0)


def test_a_journal_of_something_else(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", resume=False) as journal:
        journal.append([{"file": "a", "sha256": None, "asked": "one", "error": "missing"}])
        answered = Answered()
        answered.read(journal, "one")
        assert (answered.count, answered.failed) == (1, 1)
        assert not answered.claim("a", None, None)
        with pytest.raises(DataError) as raised:
            Answered().read(journal, "two")
    fact = f"line 1 of {tmp_path / 'j'} answers the question one, this one is two"
    assert raised.value.fact == fact
    assert raised.value.hint == "go on with the same weights and options, or write into another file"


@pytest.mark.parametrize(
    "line",
    ['{"file": "a"}', '{"sha256": "b", "candidates": []}', '{"file": "a", "sha256": null, "candidates": 3}',
     '{"file": "a", "sha256": null, "candidates": [1]}',
     '{"file": "a", "sha256": "b", "candidates": [{"distance": []}]}'],
)  # fmt: skip
def test_a_line_that_is_no_answer(tmp_path: Path, line: str) -> None:
    (tmp_path / "j").write_text(line + "\n", encoding="utf-8")
    with Journal(tmp_path / "j", resume=True) as journal, pytest.raises(DataError) as raised:
        Answered().read(journal, "one")
    assert raised.value.fact == f"line 1 of {tmp_path / 'j'} is no answer about an image"
    assert raised.value.hint == "write into another file"


def test_the_key_of_a_question() -> None:
    with make_reader(["B"]) as reader:
        checkpoint = replace(
            reader.checkpoint, tensors={"a": torch.zeros(2, dtype=torch.bfloat16), "b": torch.ones(())}
        )
    question = Question(strategy=Beam(4))
    key = key_of(checkpoint, SPLITS, question)
    assert len(key) == 12
    assert key == key_of(checkpoint, SPLITS, replace(question, batch=7))
    one: Checkpoint = replace(checkpoint, tensors=checkpoint.tensors | {"b": torch.zeros(())})
    two = replace(checkpoint, meta=checkpoint.meta | {"semantics": 9})
    others = [
        key_of(one, SPLITS, question),
        key_of(two, SPLITS, question),
        key_of(checkpoint, get_family("splits-rgb"), question),
        key_of(checkpoint, SPLITS, replace(question, strategy=Beam(5))),
        key_of(checkpoint, SPLITS, replace(question, n=2)),
        key_of(checkpoint, SPLITS, replace(question, seed=2)),
        key_of(checkpoint, SPLITS, question, "tikz"),
    ]
    assert len({key, *others}) == 8


class Crowded:
    """A proposer for which more than `room` images at once are too many."""

    def __init__(self, inner: Any, room: int) -> None:
        self.inner, self.room, self.asked = inner, room, list[int]()

    def propose(self, observation: Observation, **options: Any) -> Proposals:
        self.asked.append(len(observation))
        if len(observation) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
        found: Proposals = self.inner.propose(observation, **options)
        return found


def test_memory_that_runs_out_halves_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    pictures = [np.full((4, 4), n, np.uint8) for n in range(20)]
    with make_reader(["B", "W"]) as reader:
        expected = [[c.code for c in a.candidates] for a in reader.read_many(pictures, strategy="greedy", batch=16)]
        reader.proposer = crowded = Crowded(reader.proposer, 5)
        found = list(reader.read_many(pictures, strategy="greedy", batch=16))
        assert [[c.code for c in a.candidates] for a in found] == expected
        assert crowded.asked == [16, 8, 4, 4, 4, 4, 4]
        assert caplog.messages == ["memory ran out with 16 at once; going on with 8 or fewer"]
        crowded.room = 0
        (alone,) = reader.read_many(pictures[:1], strategy="greedy")
    assert alone.error is not None
    assert alone.error.fact == "there is not enough memory to decode it"
    assert alone.error.hint == "make it smaller, or use another --strategy or --device"


def codes(reader: Reader, pictures: Sequence[Any], batch: int, **options: Any) -> list[list[str]]:
    return [[c.code for c in a.candidates] for a in reader.read_many(pictures, 3, batch=batch, **options)]


@pytest.mark.parametrize("name", ["splits", "functions"])
def test_codes_do_not_depend_on_the_batch(name: str) -> None:
    with Reader.load(name, device="cpu") as reader:
        pictures = blocks(reader, 6)
        for strategy in (Greedy(), Sample()):
            together = codes(reader, pictures, 64, strategy=strategy, refine=False)
            assert codes(reader, pictures, 1, strategy=strategy, refine=False) == together


@pytest.mark.slow
@pytest.mark.parametrize("name", [f.name for f in families() if f.weights is not None])
def test_codes_of_every_family_do_not_depend_on_the_batch(name: str) -> None:
    with Reader.load(name, device="cpu") as reader:
        alone = getattr(reader.proposer, "whole", None) or getattr(reader.proposer, "ranks", False)
        pictures = blocks(reader, 4 if alone else 64)
        together = codes(reader, pictures, 64)
        for batch in (1, 5):
            assert codes(reader, pictures, batch) == together


def blocks(reader: Reader, count: int) -> list[Any]:
    """Pictures of black and white blocks, for which no program may be right."""
    height, width = reader.family.size
    cells = np.random.default_rng(3).integers(0, 2, (count, reader.family.channels, 4, 4), np.uint8) * 255
    return list(np.kron(cells, np.ones((1, 1, height // 4, width // 4), np.uint8)))
