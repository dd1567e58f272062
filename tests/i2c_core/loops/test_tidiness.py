"""Scenes whose commands lie apart, and such as do not."""

from __future__ import annotations

import pytest

from i2c_core import get_family
from i2c_core.loops import Command, layout_of
from i2c_core.loops.tidiness import is_tidy

LAYOUT = layout_of(get_family("figures"))
DIAGRAMS = layout_of(get_family("diagrams"))


def line(*ends: int, tip: str = "plain", stroke: str = "solid") -> Command:
    return Command("line", (*ends, tip, stroke))


CIRCLE = Command("circle", (4, 4))
BOX = Command("rectangle", (2, 2, 6, 6))


@pytest.mark.parametrize(
    ("commands", "tidy"),
    [
        ([], True),
        ([CIRCLE, BOX, line(1, 1, 9, 9)], True),
        ([CIRCLE, CIRCLE], False),
        ([line(1, 1, 5, 1), line(2, 1, 9, 1, tip="arrow")], False),  # share a stretch
        ([line(1, 1, 5, 5), line(3, 3, 4, 4)], False),
        ([line(1, 1, 5, 1), line(5, 1, 9, 1)], False),  # might be one line
        ([line(1, 1, 5, 1), line(5, 1, 5, 9)], True),
        ([line(1, 1, 5, 1), line(1, 2, 5, 2)], True),
        ([BOX, line(2, 3, 2, 5)], False),  # on a side of the box
        ([BOX, line(2, 6, 2, 9)], True),
        ([BOX, Command("rectangle", (6, 2, 9, 6))], False),  # share a side
        ([BOX, Command("rectangle", (6, 6, 9, 9))], True),
        ([BOX, Command("rectangle", (3, 3, 5, 5))], True),
    ],
)
def test_what_is_tidy(commands: list[Command], tidy: bool) -> None:
    assert is_tidy(commands, LAYOUT) == tidy


def test_what_has_a_width_and_a_height_is_a_box() -> None:
    label = Command("label", (2, 2, 4, 4))
    assert not is_tidy([label, Command("rectangle", (6, 2, 9, 6))], DIAGRAMS)
    assert is_tidy([label, Command("rectangle", (7, 2, 9, 6))], DIAGRAMS)
