"""How alike programs are: a metric on structures, blind to places and to how often something is drawn."""

from __future__ import annotations

from random import Random

import pytest

from i2c_core.loops import Body, body_of, layout_of, programs_of
from i2c_core.loops.random_programs import random_body
from i2c_core.plugins import get_family
from i2c_core.similarity import distance

FIGURES = get_family("figures")
LANGUAGE = programs_of(FIGURES)


def body(text: str) -> Body:
    return body_of(LANGUAGE, LANGUAGE.parse(text))


def between(one: str, other: str) -> float:
    return distance(body(one), body(other))


ROW = "for (i < 3) { circle 3*i + 2, 3 }"


@pytest.mark.parametrize(
    "same",
    [
        "for (i < 5) { circle 3*i + 1, 9 }",  # elsewhere, and longer
        "for (i < 3) {\n  circle 3*i + 2, 3\n}",
    ],
)
def test_equal_structures(same: str) -> None:
    assert between(ROW, same) == 0


def test_the_order_of_statements_means_nothing() -> None:
    assert between("circle 2, 3; reflect (x = 9) { circle 2, 4 }", "reflect (x = 7) { circle 3, 3 }; circle 8, 8") == 0


def test_the_nearer_is_the_more_alike() -> None:
    others = [
        "for (i < 4) { circle 4*i + 2, 3 }",  # another step
        "for (i < 3) { line 3*i + 2, 3 to 3*i + 3, 3 }",  # another command
        "reflect (x = 10) { rectangle 2, 2 to 4, 4 }",
    ]
    found = [between(ROW, other) for other in others]
    assert found == sorted(found)
    assert 0 < found[0] < found[1] < found[2] <= 1


def test_by_hand() -> None:
    # Of "circle": program, symbol, (path, symbol), with words, with coefficients: 5 features. The other has those of
    # its line: all 5 differ.
    assert between("circle 2, 3", "line 2, 3 to 4, 3") == 1
    # Two circles: the program's own feature differs, 4 of 8 others are shared: 1 - 4 / (4 + 4 + 2).
    assert between("circle 2, 3", "circle 2, 3; circle 5, 5") == pytest.approx(1 - 4 / 10)


def test_words_and_conditions_count() -> None:
    assert between("line 2, 3 to 4, 3 arrow", "line 2, 3 to 4, 3") > 0
    assert between("for (i < 3) { if (i > 0) { circle 3*i, 3 } }", "for (i < 3) { circle 3*i + 1, 3 }") > 0
    assert between("reflect (x = 9) { circle 2, 4 }", "reflect (y = 9) { circle 2, 4 }") > 0


def test_a_loop_whose_length_hangs_on_another_is_another_structure() -> None:
    assert (
        between(
            "for (i < 3) { for (j < 3) { circle 2*j + 1, 2*i + 1 } }",
            "for (i < 3) { for (j < i + 1) { circle 2*j + 1, 2*i + 1 } }",
        )
        > 0
    )


def test_the_empty_program() -> None:
    assert distance((), ()) == 0
    assert distance((), body("circle 2, 3")) == 1


def test_it_is_a_metric() -> None:
    layout, chance = layout_of(FIGURES), Random(3)
    bodies = [random_body(layout, chance, 12) for _ in range(12)]
    away = {(a, b): distance(bodies[a], bodies[b]) for a in range(12) for b in range(12)}
    for (a, b), found in away.items():
        assert found == away[b, a]
        assert 0 <= found <= 1
        assert (found == 0) == (a == b or distance(bodies[a], bodies[b]) == 0)
        for c in range(12):
            assert found <= away[a, c] + away[c, b] + 1e-12
