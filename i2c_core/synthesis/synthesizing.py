"""Asking for shorter programs with the same picture, and checking what is answered.

A family that declares `synthesize` answers itself. One that declares `loops` is answered in the language of its
programs with loops, `NAME:program`, whose cost is that of Ellis et al. (see `i2c_core.loops.cost_of`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

import numpy as np

from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.loops import Body, plain_of, programs_of
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.references import resolve
from i2c_core.synthesis.looping import Scene, check_rolled, rolled, scene_of

Cost = int | Fraction


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
        cost: its symbols; of a program with loops what these cost, in thirds.
        bound: no program of the same picture costs less.
        seconds: spent until then.
        family: of the program; the given one, or its language of programs with loops.
        body: a program with loops as plain data; None of any other.
    """

    program: Program
    cost: Cost
    bound: Cost
    seconds: float = 0.0
    family: Family | None = field(default=None, repr=False)
    body: Body | None = field(default=None, repr=False)

    @property
    def optimal(self) -> bool:
        """Whether no shorter program exists."""
        return self.cost <= self.bound

    @property
    def gap(self) -> float:
        """By which share of its cost the program may be too long, from 0 to 1."""
        return float((self.cost - self.bound) / self.cost) if self.cost else 0.0

    @property
    def code(self) -> str:
        """The program in the grammar of its family."""
        assert self.family is not None
        return self.family.show(self.program)


def language_of(family: Family) -> Family:
    """The family of the programs that `synthesize` finds: the family itself, or its programs with loops.

    Raises:
        FamilyError: nothing is known of how to shorten its programs.
    """
    if family.synthesize is not None or plain_of(family) is not None:
        return family
    if family.loops is not None:
        return programs_of(family)
    raise FamilyError(f"family {family.name} shortens no programs", "give it a way to with synthesize= or loops=")


def improve(family: Family, program: Program, seconds: float | None = 5.0) -> Iterator[Synthesized]:
    """Shorter and shorter programs with the same picture.

    Args:
        family: one that declares `synthesize` or `loops`, or a language of programs with loops.
        program: of the family; where nothing shorter is found, it is the answer, or the plain list of its commands.
        seconds: to search, about; None searches until nothing shorter can exist. What the program draws is found
            before that.

    Yields:
        The best so far, at once and whenever it or its bound gets better. Each program is drawn and compared; one with
        loops is executed, and its commands are.

    Raises:
        FamilyError: the family shortens no programs, or answered with a program that is none or has another picture.
        ProgramError: the program has no picture.
    """
    scene, last = _scene(family, program), program
    check = _Check(family, program, scene)
    for step in _steps(family, program, scene, seconds, time.monotonic()):
        if step.program != last:
            check(step)
        last = step.program
        yield step


def synthesize(family: Family, program: Program, seconds: float | None = 5.0) -> Synthesized:
    """The shortest program with the same picture that is found in time; arguments and errors as of `improve`.

    Only the answer is drawn, when the search is over. Its `seconds` are the time until then.
    """
    scene, began = _scene(family, program), time.monotonic()
    *_, best = _steps(family, program, scene, seconds, began)
    best = replace(best, seconds=time.monotonic() - began)
    if best.program != program:
        _Check(family, program, scene)(best)
    return best


def synthesize_scene(scene: Scene, seconds: float | None = 5.0) -> Synthesized:
    """The program with loops that costs least of those found in time, also of families that shorten their own."""
    began = time.monotonic()
    *_, best = _with_loops(scene, seconds, began)
    assert best.body is not None
    check_rolled(scene, best.body, Fraction(best.cost))
    return replace(best, seconds=time.monotonic() - began)


def _scene(family: Family, program: Program) -> Scene | None:
    """What the program draws, where programs with loops are sought; None where the family answers itself."""
    language_of(family)
    family.check(program)
    return scene_of(family, program) if family.synthesize is None else None


def _steps(
    family: Family, program: Program, scene: Scene | None, seconds: float | None, began: float
) -> Iterator[Synthesized]:
    """What is answered, its numbers checked; the program itself, or the list of its commands, before all."""
    if scene is not None:
        yield from _with_loops(scene, seconds, began)
        return
    assert family.synthesize is not None
    deadline = None if seconds is None else began + seconds
    yield Synthesized(program, program.size, 1, time.monotonic() - began, family)
    for step in resolve(family.synthesize, f"family {family.name}")(family, program, deadline):
        family.check(step.program)
        if step.cost != step.program.size or step.bound > step.cost:
            told = f"cost {step.cost} and bound {step.bound} for a program of {step.program.size} symbols"
            fact = f"synthesize of {family.name} tells {told}"
            raise FamilyError(fact, "count symbols, and keep the bound below the cost")
        yield Synthesized(step.program, step.cost, step.bound, time.monotonic() - began, family)


def _with_loops(scene: Scene, seconds: float | None, began: float) -> Iterator[Synthesized]:
    language = programs_of(scene.family)
    for found in rolled(scene, None if seconds is None else began + seconds):
        yield Synthesized(found.program, found.cost, found.bound, time.monotonic() - began, language, found.body)


class _Check:
    """Holds answers against what was asked for: pictures, or the commands that programs with loops draw."""

    def __init__(self, family: Family, program: Program, scene: Scene | None) -> None:
        self.family, self.program, self.scene = family, program, scene
        self._renderer: Renderer | None = None

    def __call__(self, found: Synthesized) -> None:
        if self.scene is not None and found.body is not None:
            check_rolled(self.scene, found.body, Fraction(found.cost))
            return
        self._renderer = Renderer(self.family, workers=0) if self._renderer is None else self._renderer
        drawn = self._renderer.render_programs([self.program, found.program]).pixels
        if not np.array_equal(drawn[0], drawn[1]):
            fact = f"synthesize of {self.family.name} found a program with another picture"
            raise FamilyError(fact, "mend the family's synthesize, or its renderer")


__all__ = ["Cost", "Step", "Synthesized", "improve", "language_of", "synthesize", "synthesize_scene"]
