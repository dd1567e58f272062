"""Programs that are lists, as sets of elements."""

from __future__ import annotations

from collections import Counter

import pytest

from i2c_core.elements import Elements, elements_of, has_elements, missed_and_invented, with_elements
from i2c_core.families import Family
from i2c_core.plugins import get_family

FIGURES = get_family("figures")
ONE = FIGURES.parse("circle 4, 10\nrectangle 1, 5 to 13, 15\nline 4, 9 to 4, 2 arrow")
OTHER = FIGURES.parse("circle 4, 10\ncircle 5, 10\nrectangle 1, 5 to 13, 15")


def test_which_families_have_elements() -> None:
    assert has_elements(FIGURES)
    assert not has_elements(get_family("splits"))
    lists = Family("lists", root="List[Item, 0.., <]", signature="a, b : Item")
    assert has_elements(lists)
    assert not has_elements(Family("plain", root="List[Item]", signature="a, b : Item"))
    program = lists.canonical(lists.parse("[b, a]"))
    assert [e.name for e in elements_of(program)] == ["a", "b"]
    assert lists.show(with_elements(program, elements_of(program)[1:])) == "[b]"


def test_elements() -> None:
    assert [e.name for e in elements_of(ONE)] == ["circle", "rectangle", "line"]
    assert elements_of(FIGURES.parse("")) == []
    assert elements_of(get_family("splits").parse("h B W")) == []


def test_some_of_the_elements() -> None:
    elements = elements_of(ONE)
    assert with_elements(ONE, elements) == ONE
    assert FIGURES.show(with_elements(ONE, elements[1:2])).strip() == "rectangle 1, 5 to 13, 15"
    assert elements_of(with_elements(ONE, [])) == []


def test_missed_and_invented() -> None:
    missed, invented = missed_and_invented(ONE, OTHER)
    assert [e.name for e in missed] == ["line"]
    assert [e.name for e in invented] == ["circle"]
    assert missed_and_invented(ONE, ONE) == ([], [])
    assert [e.name for e in missed_and_invented(ONE, None)[0]] == ["circle", "rectangle", "line"]


def test_counts_over_pictures() -> None:
    found = Elements()
    assert found.add(ONE, ONE) == 1.0
    assert found.add(ONE, OTHER) == 2 / 4
    assert found.add(ONE, None) == 0.0
    assert found.add(FIGURES.parse(""), FIGURES.parse("")) == 1.0
    assert found.right == Counter(circle=2, rectangle=2, line=1)
    assert found.record() == {
        "iou": pytest.approx(2.5 / 4),
        "missed": 1.0,
        "invented": 0.25,
        "symbols": {
            "circle": {"right": 2, "missed": 1, "invented": 1},
            "line": {"right": 1, "missed": 2, "invented": 0},
            "rectangle": {"right": 2, "missed": 1, "invented": 0},
        },
    }
