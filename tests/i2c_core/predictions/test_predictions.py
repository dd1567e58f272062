"""Anybody's code: read from a file, judged as a network's answers are, and compared image by image."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from i2c_core.errors import DataError
from i2c_core.evaluation import evaluate
from i2c_core.examples import Example, held_out_examples
from i2c_core.plugins import get_family, installed
from i2c_core.predictions import (
    Prediction,
    differences,
    predictions_of,
    read_predictions,
    score,
    together,
    write_predictions,
)
from i2c_core.progress import Silent
from i2c_core.raster import Renderer
from i2c_core.reader import Reader

SPLITS = get_family("splits")
METRICS = installed().metrics
EXAMPLES = held_out_examples(SPLITS, [5, 7], 4, 0)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    given = [
        Prediction("a.png", "h B W", 3, 0.5, 12, {"strategy": "beam"}),
        Prediction("b.png", None),
        Prediction("ä.png", "W", seconds=1.0),
    ]
    write_predictions(tmp_path / "found.jsonl", given)
    assert read_predictions(tmp_path / "found.jsonl") == given
    line = (tmp_path / "found.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(line) == {
        "file": "a.png", "code": "h B W", "seed": 3, "seconds": 0.5, "renders": 12, "strategy": "beam"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        ("", "{path} holds no prediction", 'write {{"file": "0.png", "code": "..."}} a line'),
        ("{", "{path}, line 1: no JSON: line 1, column 2: Expecting property name", None),
        ("\n[1]", "{path}, line 2: expected an object, got list", None),
        ('{"code": "W"}', "{path}, line 1: expected text at 'file', got None", None),
        ('{"file": "a"}', "{path}, line 1: expected text or null at 'code', got None", None),
        ('{"file": "a", "code": 7}', "{path}, line 1: expected text or null at 'code', got 7", None),
        (
            '{"file": "a", "code": "W", "seconds": -1}',
            "{path}, line 1: expected a number of seconds at 'seconds', got -1",
            "leave it out where it is not known",
        ),
        (
            '{"file": "a", "code": "W", "renders": 1.5}',
            "{path}, line 1: expected a whole number at 'renders', got 1.5",
            "leave it out where it is not known",
        ),
        (
            '{"file": "a", "code": "W"}\n{"file": "a", "code": "B"}',
            "{path}, line 2: a stands in line 1 already",
            "keep one line an image, and a file for each seed",
        ),
    ],
)
def test_files_that_are_none(tmp_path: Path, text: str, fact: str, hint: str | None) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_predictions(path)
    assert caught.value.fact.startswith(fact.format(path=path))
    if hint is not None:
        assert (caught.value.fact, caught.value.hint) == (fact.format(path=path), hint.format())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_predictions(tmp_path / "nowhere.jsonl")
    assert caught.value.hint == "check the path, and write it as UTF-8"


def test_what_a_network_answers_scores_the_same_as_predictions() -> None:
    with Reader.load("splits", device="cpu") as reader:
        measured = evaluate(reader, EXAMPLES, METRICS, Silent(), strategies=["greedy"], one_by_one=True)
    written = predictions_of(measured, "greedy", seed=7)
    assert [p.file for p in written] == [e.name for e in EXAMPLES]
    assert all(p.seed == 7 and p.seconds is not None and p.seconds > 0 and p.renders == 1 for p in written)
    scored = score(SPLITS, EXAMPLES, {"theirs": written}, METRICS, Silent())
    ours = json.loads(json.dumps(measured.record()).replace("greedy", "theirs"))
    theirs = scored.record()
    assert theirs["seconds_per_image"]["theirs"] == pytest.approx(
        sum(p.seconds or 0 for p in written) / len(written), abs=1e-6
    )
    for name in ("all", "sizes", "metrics", "failures", "images", "family"):
        assert theirs[name] == ours[name]


def test_what_does_not_parse_or_is_missing_has_failed() -> None:
    codes = [e.code for e in EXAMPLES]
    answers = [Prediction(e.name, c) for e, c in zip(EXAMPLES, codes, strict=True)]
    answers[0] = Prediction(EXAMPLES[0].name, "h B")  # no program
    answers[1] = Prediction(EXAMPLES[1].name, None)
    answers[2] = Prediction(EXAMPLES[2].name, codes[2].translate(str.maketrans("BW", "WB")))  # another picture
    scored = score(SPLITS, EXAMPLES, {"theirs": answers[:-1]}, METRICS, Silent())
    readings = scored.readings["theirs"]
    assert [r.exact for r in readings] == [False, False, False, *[True] * (len(EXAMPLES) - 4), False]
    assert [len(r.answer.candidates) for r in readings[:3]] == [0, 0, 1]
    error = readings[0].answer.error
    assert error is not None
    assert "line 1" in error.fact
    assert "theirs" not in scored.seconds  # nobody said
    assert scored.total().exact["theirs"] == len(EXAMPLES) - 4
    assert math.isinf(scored.failures["theirs"][0].distance)


def test_legal_code_counts_in_its_canonical_form() -> None:
    figures = get_family("figures")
    lines = ["circle 4, 10", "line 4, 9 to 4, 2 arrow"]
    truth = figures.parse("\n".join(lines))
    with Renderer(figures, workers=0) as renderer:
        picture = renderer.render_programs([truth]).pixels[0]
    example = Example("a", picture, figures.show(truth), truth.size)
    scored = score(figures, [example], {"x": [Prediction("a", "\n".join(lines[::-1]))]}, METRICS, Silent())
    (reading,) = scored.readings["x"]
    assert reading.exact
    assert reading.best is not None
    assert reading.best.program == truth
    assert reading.iou == 1


def test_predictions_of_other_images_are_told() -> None:
    with pytest.raises(DataError) as caught:
        score(SPLITS, EXAMPLES, {"theirs": [Prediction("size 5, number 9", "W")]}, METRICS, Silent())
    assert caught.value.fact == "theirs predicts 'size 5, number 9', which is no image of the data"
    assert caught.value.hint.startswith("did you mean 'size 5, number ")
    with pytest.raises(DataError) as caught:
        score(SPLITS, [EXAMPLES[0], EXAMPLES[0]], {"theirs": []}, METRICS, Silent())
    assert str(caught.value) == (
        "two images are named size 5, number 1, so that no prediction says which it is for\n  -> rename one"
    )


def test_differences_are_paired() -> None:
    right = [Prediction(e.name, e.code) for e in EXAMPLES]
    half = [p if n % 2 else Prediction(p.file, None) for n, p in enumerate(right)]
    scored = score(SPLITS, EXAMPLES, {"right": right, "half": half}, METRICS, Silent())
    (found,) = differences(scored)
    assert (found.one, found.other, found.images) == ("right", "half", len(EXAMPLES))
    assert (found.exact, found.only_one, found.only_other) == (0.5, len(EXAMPLES) // 2, 0)
    low, high = found.exact_interval
    assert 0 < low < 0.5 < high <= 1
    assert found.sure
    assert found.tell().startswith("right against half: +50.00 % read exactly (+")
    # The same answers differ in nothing, however uncertain each share is: that is what pairing gives.
    both = together([score(SPLITS, EXAMPLES, {name: half}, METRICS, Silent()) for name in ("one", "other")])
    (none,) = differences(both)
    assert (none.exact, none.exact_interval, none.sure) == (0.0, (0.0, 0.0), False)
    assert both.strategies == ("one", "other")
    assert json.loads(json.dumps(none.record()))["distance_interval"] == [0.0, 0.0]
    with pytest.raises(DataError) as caught:
        together([both, both])
    assert str(caught.value) == (
        "there are predictions and a strategy of the name 'one'\n  -> rename the file of predictions"
    )


def test_an_interval_of_differences_holds_the_truth_as_often_as_it_says() -> None:
    from i2c_core.intervals import bootstrap

    rng = np.random.default_rng(0)
    held = 0
    for seed in range(30):
        low, high = bootstrap(rng.normal(1.0, 2.0, (60, 1)), seed)
        held += bool(low[0] <= 1.0 <= high[0])
    assert 25 <= held <= 30
