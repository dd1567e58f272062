"""Asking families for shorter programs: answers are checked, whoever gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from i2c_core.errors import FamilyError, ProgramError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.synthesis import improve, synthesize

SIGNATURE = """
ink   : (first: Dot, rest: Dots) -> Dots
paper : Dots
Dot   = 0..3
"""


def render(program: Program) -> np.ndarray:
    """Four pixels, black where a dot is."""
    picture = np.full((1, 4), 255, np.uint8)
    for node in program.nodes():
        if node.name.isdigit():
            picture[0, int(node.name)] = 0
    return picture


@dataclass(frozen=True)
class Answer:
    program: Program
    cost: int
    bound: int


def family(*answers: str, cost: int = 0, bound: int = 1) -> Family:
    """A family that always gives these answers."""

    def shorter(family: Family, program: Program, deadline: float | None) -> Iterator[Answer]:
        for text in answers:
            found = family.parse(text)
            yield Answer(found, cost or found.size, bound)

    return Family("dots", root="Dots", signature=SIGNATURE, render=render, size=(1, 4), synthesize=shorter)


def test_the_last_answer_is_the_best() -> None:
    dots = family("ink(1, ink(1, ink(2, paper)))", "ink(2, ink(1, paper))", bound=5)
    program = dots.parse("ink(1, ink(1, ink(1, ink(2, paper))))")
    found = synthesize(dots, program)
    assert (dots.show(found.program), found.cost, found.bound) == ("ink(2, ink(1, paper))", 5, 5)
    assert found.optimal
    assert found.gap == 0
    assert found.seconds > 0
    steps = list(improve(dots, program))
    assert [s.cost for s in steps] == [9, 7, 5]
    assert [s.optimal for s in steps] == [False, False, True]
    assert steps[1].gap == pytest.approx(2 / 7)


def test_without_an_answer_the_program_itself_is_it() -> None:
    program = family().parse("ink(1, paper)")
    found = synthesize(family(), program)
    assert (found.program, found.cost, found.bound, found.optimal) == (program, 3, 1, False)


@pytest.mark.parametrize("ask", [synthesize, lambda *a: list(improve(*a))])
def test_answers_that_are_wrong(ask: object) -> None:
    assert callable(ask)
    dots = family("ink(3, paper)")
    with pytest.raises(FamilyError) as caught:
        ask(dots, dots.parse("ink(1, paper)"))
    assert str(caught.value) == (
        "synthesize of dots found a program with another picture\n  -> mend the family's synthesize, or its renderer"
    )
    dots = family("ink(1, paper)", bound=4)
    with pytest.raises(FamilyError) as caught:
        ask(dots, dots.parse("ink(1, paper)"))
    assert str(caught.value) == (
        "synthesize of dots tells cost 3 and bound 4 for a program of 3 symbols\n"
        "  -> count symbols, and keep the bound below the cost"
    )
    dots = family("ink(1, paper)", cost=2)
    with pytest.raises(FamilyError) as caught:
        ask(dots, dots.parse("ink(1, paper)"))
    assert caught.value.fact == "synthesize of dots tells cost 2 and bound 1 for a program of 3 symbols"


def test_a_family_that_cannot() -> None:
    dots = Family("dots", root="Dots", signature=SIGNATURE, render=render, size=(1, 4))
    with pytest.raises(FamilyError) as caught:
        synthesize(dots, dots.parse("paper"))
    assert str(caught.value) == "family dots shortens no programs\n  -> give it a way to with synthesize= or loops="


def test_a_program_of_another_family_is_refused() -> None:
    other = Family("other", root="A", signature="a : A")
    with pytest.raises(ProgramError):
        synthesize(family(), other.parse("a"))
