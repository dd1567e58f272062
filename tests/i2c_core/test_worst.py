"""The worst of many answers."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.answers import Answer, Candidate
from i2c_core.errors import ImageError
from i2c_core.plugins import get_family
from i2c_core.worst import Worst

SPLITS = get_family("splits")
NOTE = "The 3 worst of 1,000 images: errors first, then the least confident or farthest."


def answer(name: str, confidence: float | None, distance: float = 0.0) -> Answer:
    program = SPLITS.parse("B")
    candidate = Candidate(program, "B", distance, -1.0, 1, np.zeros((1, 1, 1), np.uint8), confidence)
    return Answer(name, None, [candidate])


def error(name: str) -> Answer:
    return Answer(name, None, [], ImageError("broken"))


def test_all_as_they_came_where_there_are_few() -> None:
    worst = Worst(3)
    for given_ in (answer("a", 0.9), error("b"), answer("c", 0.1)):
        worst.add(given_)
    assert [a.name for a in worst.answers] == ["a", "b", "c"]
    assert worst.note == ""


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=5, max_size=40), st.randoms())
def test_what_sorting_all_would_show_first(confidences: list[float | None], rng: random.Random) -> None:
    answers = [
        error(str(n)) if c is None else answer(str(n), c, rng.choice([0.0, 0.5])) for n, c in enumerate(confidences)
    ]
    worst = Worst(4)
    for one in answers:
        worst.add(one)

    def order(one: Answer) -> tuple[bool, float, float]:
        if one.error is not None:
            return False, 0.0, 0.0
        best = one.candidates[0]
        return True, -(1.0 - (best.confidence or 0.0)), -best.distance

    assert [a.name for a in worst.answers] == [a.name for a in sorted(answers, key=order)][:4]


def test_distance_counts_without_a_confidence() -> None:
    worst = Worst(3)
    for n in range(1000):
        worst.add(answer(str(n), None, (n * 7 % 1000) / 1000))
    assert [a.candidates[0].distance for a in worst.answers] == [0.999, 0.998, 0.997]
    assert worst.note == NOTE
