"""The shortest program of a set of commands, sought once."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from i2c_core import get_family
from i2c_core.correction import Shortener, shortest
from i2c_core.loops import Command, execute, layout_of
from i2c_core.rerolling import Rerolled

LAYOUT = layout_of(get_family("figures"))
ROW = [Command("circle", (3 * i + 2, 4)) for i in range(4)]


def test_a_row_is_a_loop() -> None:
    found = Shortener(LAYOUT)(ROW, 5.0)
    assert (found.cost, found.bound, found.optimal) == (2, 2, True)
    assert execute(found.body, LAYOUT) == sorted(ROW)


def test_nothing_is_a_program_too() -> None:
    found = Shortener(LAYOUT)([], 1.0)
    assert (found.body, found.cost, found.bound) == ((), 0, 0)


def test_what_is_proved_is_not_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def reroll(commands: Any, layout: Any, deadline: float | None = None) -> Iterator[Rerolled]:
        asked.append(len(commands))
        proved = Fraction(len(commands)) if len(commands) < 3 else Fraction(1)
        yield Rerolled((), Fraction(len(commands)), proved)

    monkeypatch.setattr(shortest, "reroll", reroll)
    shorten = Shortener(LAYOUT)
    for _ in range(2):
        assert shorten(ROW[:2], 1.0).optimal
        assert shorten(ROW[1::-1] + ROW[:1], 1.0).optimal  # the same set
    assert asked == [2]
    assert not shorten(ROW, 1.0).optimal
    shorten(ROW, 1.0)
    assert asked == [2, 4, 4]  # it took no second, so more may be found in one


def test_no_time_is_a_plain_list() -> None:
    found = Shortener(LAYOUT)(ROW, 0.0)
    assert found.bound <= found.cost <= 4
    assert execute(found.body, LAYOUT) == sorted(ROW)
