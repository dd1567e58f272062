"""Candidates in the order that the reader and their shortest programs together give them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from i2c_core import Reader, get_family
from i2c_core.checkpoints import Checkpoint, describe_model
from i2c_core.correction import Corrected, Correction, Corrector, Shortener, Shortest, confidences, own_correction
from i2c_core.correction.correcting import grown, likely_costs
from i2c_core.decoding import Candidate, Proposals
from i2c_core.errors import ConfigError
from i2c_core.families import Family
from i2c_core.loops import Command, execute, layout_of
from i2c_core.model import ModelConfig, Observation

FIGURES = get_family("figures")
BROKEN = "circle 2, 4\ncircle 5, 4\ncircle 8, 5\ncircle 11, 4"
ROW = "circle 2, 4\ncircle 5, 4\ncircle 8, 4\ncircle 11, 4"
REGULAR = Correction({"score": 1.0, "cost": -1.0}, margin=10.0, seconds=20.0)


def candidate(code: str, score: float) -> Candidate:
    program = FIGURES.parse(code)
    return Candidate(program, 0.1, score, program.size, np.zeros((1, 1, 1), np.uint8), score)


def test_the_regular_one_of_two_that_are_as_likely_goes_first() -> None:
    found = Corrector(FIGURES, REGULAR)([candidate(BROKEN, -1.0), candidate(ROW, -1.5)])
    assert [c.place for c in found] == [1, 0]
    assert found[0].shortest.cost == 2 < found[1].shortest.cost
    apart = float(found[1].shortest.cost) - 2 - 0.5  # nats
    assert [c.chance for c in found] == pytest.approx([1 / (1 + np.exp(-apart)), 1 / (1 + np.exp(apart))])


def test_what_is_much_likelier_stays_first() -> None:
    found = Corrector(FIGURES, REGULAR)([candidate(BROKEN, -1.0), candidate(ROW, -9.0)])
    assert [c.place for c in found] == [0, 1]


def test_without_weights_the_order_stays() -> None:
    plain = replace(FIGURES, loops=replace(FIGURES.loops, correction=None))
    found = Corrector(plain)([candidate(BROKEN, -1.0), candidate(ROW, -1.5)])
    assert [(c.place, c.chance) for c in found] == [(0, None), (1, None)]
    assert all(2 <= c.shortest.cost <= 4 for c in found)


def test_candidates_beyond_those_that_are_weighed_stay_behind() -> None:
    some = [candidate(BROKEN, -1.0), candidate("circle 2, 4", -1.1), candidate(ROW, -1.2)]
    for few in (replace(REGULAR, looked=2), replace(REGULAR, margin=0.15)):
        found = Corrector(FIGURES, few)(some)
        assert [c.place for c in found] == [1, 0, 2]
        assert found[2].chance == 0
        assert found[2].shortest.body
        assert Corrector(FIGURES, few)(some, 1) == found[:1]
    assert Corrector(FIGURES, REGULAR)([]) == []


def test_a_deadline_that_is_over() -> None:
    many = "\n".join(f"circle {x}, {y}" for x in range(1, 15, 3) for y in range(1, 15, 2))
    began = time.monotonic()
    found = Corrector(FIGURES, REGULAR)([candidate(many, -1.0)] * 10, deadline=began)
    assert time.monotonic() - began < 5
    assert len(found) == 10


def test_programs_of_subsets_are_used() -> None:
    row = [Command("circle", (3 * i + 2, 4)) for i in range(4)]
    box = Command("rectangle", (3, 9, 12, 14))
    shorten = Shortener(layout_of(FIGURES))
    short, long = shorten(row, 20.0), shorten([*row, box], 0.0)
    found = grown([long, short], [[*row, box], row])
    assert (found[0].cost, found[1]) == (3, short)
    assert execute(found[0].body, layout_of(FIGURES)) == sorted([*row, box])


def test_what_is_not_proven_is_taken_to_cost_little_more_than_what_is_like_it() -> None:
    row = [Command("circle", (3 * i + 2, 4)) for i in range(4)]
    other = [*row[:3], Command("circle", (11, 5))]
    two, four = Fraction(2), Fraction(4)
    programs = [Shortest((), two, two), Shortest((), four, Fraction(1)), Shortest((), four, four)]
    assert likely_costs(programs, [row, other, other]).tolist() == [2, 3, 4]
    assert likely_costs([programs[1]], [row]).tolist() == [4]


def test_confidence_is_shared_out_anew() -> None:
    shortest = Shortest((), 0, 0)  # type: ignore[arg-type]
    order = [Corrected(1, shortest, 0.75), Corrected(0, shortest, 0.25)]
    assert confidences([0.6, 0.2], order) == pytest.approx([0.6, 0.2])
    assert confidences([0.9, 0.9], order) == pytest.approx([0.75, 0.25])  # together at most 1
    assert confidences([None, None], order) == [None, None]
    assert confidences([0.6, 0.2], [replace(c, chance=None) for c in order]) == [0.2, 0.6]


@pytest.mark.parametrize(
    ("reference", "fact"),
    [
        ("nowhere:x.json", "the correction of figures, nowhere:x.json, is not installed"),
        ("i2c_plugins.figures:", "the correction of figures, i2c_plugins.figures:, is not installed"),
        ("i2c_plugins.figures:no.json", "the correction of figures, i2c_plugins.figures:no.json, is not installed"),
    ],
)
def test_a_correction_that_is_not_there(reference: str, fact: str) -> None:
    with pytest.raises(ConfigError) as caught:
        own_correction(replace(FIGURES, loops=replace(FIGURES.loops, correction=reference)))
    assert str(caught.value) == f"{fact}\n  -> install the family again, or declare no correction"


def test_a_family_without_loops() -> None:
    assert own_correction(get_family("splits")) is None
    with pytest.raises(ConfigError) as caught:
        Corrector(get_family("splits"))
    assert str(caught.value) == "splits has no programs with loops\n  -> leave the program out"


class Proposer:
    """Proposes the same programs for every picture, each with a score."""

    ranks = True

    def __init__(self, family: Family, codes: Sequence[str], scores: Sequence[float]) -> None:
        self.family, self.codes, self.said = family, codes, scores

    def propose(self, observation: Observation, **_: Any) -> Proposals:
        encoded = [self.family.to_tokens(self.family.parse(c)) for c in self.codes]
        ids = torch.from_numpy(self.family.vocabulary.pack(encoded)[0]).expand(len(observation), -1, -1)
        scores = torch.tensor(self.said, dtype=torch.float64).expand(len(observation), -1)
        zero = torch.zeros_like(scores)
        return Proposals(ids, scores, zero, None, zero.long(), scores)


def make_reader(correction: str | None) -> Reader:
    family = replace(FIGURES, loops=replace(FIGURES.loops, correction=correction), weights=None)
    config = ModelConfig(vocabulary=family.vocabulary.size, max_tokens=60, image=(family.channels, *family.size))
    checkpoint = Checkpoint(Path("none"), describe_model(family, config, {}, 0), {})
    return Reader(family, Proposer(family, [BROKEN, ROW], [-1.0, -1.2]), checkpoint)  # type: ignore[arg-type]


def test_a_reader_that_is_asked_for_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_weights").mkdir()
    (tmp_path / "own_weights" / "__init__.py").write_text("")
    (tmp_path / "own_weights" / "it.json").write_text(REGULAR.dumps())
    monkeypatch.syspath_prepend(str(tmp_path))
    picture = np.full((1, 128, 128), 255, np.uint8)
    with make_reader("own_weights:it.json") as reader:
        plain = reader.read(picture, n=1)
        assert [c.code for c in plain] == [BROKEN]
        assert (plain[0].shortest, plain[0].place) == (None, None)
        (best,) = reader.read(picture, n=1, program=True)
        assert best.code == ROW
        assert (best.place, best.shortest and best.shortest.cost) == (2, 2)
        record = best.record(FIGURES)
        assert {name: record[name] for name in ("cost", "bound", "place")} == {
            "cost": 2.0, "bound": 2.0, "place": 2,
        }  # fmt: skip
        assert json.dumps(record)
    with make_reader(None) as reader:
        found = reader.read(picture, n=2, program=True)
        assert [c.code for c in found] == [BROKEN, ROW]  # nothing was fitted
        assert all(c.shortest and len(execute(c.shortest.body, layout_of(FIGURES))) == 4 for c in found)


def test_a_reader_of_a_family_without_loops() -> None:
    with Reader.load("splits", device="cpu") as reader:
        picture = np.zeros((1, *reader.family.size), np.uint8)
        with pytest.raises(ConfigError, match="splits has no programs with loops"):
            reader.read(picture, program=True)
