"""Asking a family for shorter programs, and checking what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.references import resolve


class Step(Protocol):
    """What a family's `synthesize` yields: the best program so far, and what it proved."""

    @property
    def program(self) -> Program:
        """Of the same picture."""

    @property
    def cost(self) -> int:
        """The program's symbols."""

    @property
    def bound(self) -> int:
        """No program of the same picture has fewer symbols."""


@dataclass(frozen=True)
class Synthesized:
    """A program with the same picture as the given one.

    Attributes:
        program: the shortest that was found.
        cost: its symbols.
        bound: no program of the same picture has fewer symbols.
        seconds: spent until then.
    """

    program: Program
    cost: int
    bound: int
    seconds: float = 0.0

    @property
    def optimal(self) -> bool:
        """Whether no shorter program exists."""
        return self.cost <= self.bound

    @property
    def gap(self) -> float:
        """By which share of its symbols the program may be too long, from 0 to 1."""
        return (self.cost - self.bound) / self.cost


def improve(family: Family, program: Program, seconds: float | None = 5.0) -> Iterator[Synthesized]:
    """Shorter and shorter programs with the same picture.

    Args:
        family: one that declares `synthesize`.
        program: of the family; where nothing shorter is found, it is the answer.
        seconds: to search, about; None searches until nothing shorter can exist.

    Yields:
        The best so far, at once and whenever it or its bound gets better. Each program is drawn and compared.

    Raises:
        FamilyError: the family shortens no programs, or answered with a program that is none or has another picture.
    """
    began, renderer, last = time.monotonic(), Renderer(family, workers=0), program
    for step in _steps(family, program, seconds, began):
        if step.program != last:
            _compare(family, renderer, program, step.program)
        last = step.program
        yield step


def synthesize(family: Family, program: Program, seconds: float | None = 5.0) -> Synthesized:
    """The shortest program with the same picture that is found in time; arguments and errors as of `improve`.

    Only the answer is drawn, when the search is over. Its `seconds` are the time until then.
    """
    began = time.monotonic()
    *_, best = _steps(family, program, seconds, began)
    best = replace(best, seconds=time.monotonic() - began)
    if best.program != program:
        _compare(family, Renderer(family, workers=0), program, best.program)
    return best


def _steps(family: Family, program: Program, seconds: float | None, began: float) -> Iterator[Synthesized]:
    """What the family answers, its numbers checked; the program itself before all."""
    if family.synthesize is None:
        raise FamilyError(f"family {family.name} shortens no programs", "give it a way to with synthesize=")
    family.check(program)
    yield Synthesized(program, program.size, 1, time.monotonic() - began)
    deadline = None if seconds is None else began + seconds
    for step in resolve(family.synthesize, f"family {family.name}")(family, program, deadline):
        family.check(step.program)
        if step.cost != step.program.size or step.bound > step.cost:
            told = f"cost {step.cost} and bound {step.bound} for a program of {step.program.size} symbols"
            fact = f"synthesize of {family.name} tells {told}"
            raise FamilyError(fact, "count symbols, and keep the bound below the cost")
        yield Synthesized(step.program, step.cost, step.bound, time.monotonic() - began)


def _compare(family: Family, renderer: Renderer, given: Program, found: Program) -> None:
    """Hold the picture of an answer against what was asked for."""
    drawn = renderer.render_programs([given, found]).pixels
    if not np.array_equal(drawn[0], drawn[1]):
        fact = f"synthesize of {family.name} found a program with another picture"
        raise FamilyError(fact, "mend the family's synthesize, or its renderer")
