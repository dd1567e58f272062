"""Soundness: programs that are legal and yet of no use, what is wrong with them, and the likeliest program that is not.

A family says what its rules are by the references `lint` and `repair` of its declaration; this is what both hand back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from i2c_core.errors import FamilyError
from i2c_core.references import resolve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from i2c_core.families import Family
    from i2c_core.programs import Program

Place = tuple[int, int]  # row and column, from 1, as in errors about files


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a program.

    Attributes:
        rule: the rule that it breaks, in words.
        message: what is wrong, in one line without the place.
        places: where, (row, column) from 1, the first one first; empty where something is missing.
    """

    rule: str
    message: str
    places: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return f"{where(self.places[0])}: {self.message}" if self.places else self.message

    def record(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {"rule": self.rule, "message": self.message, "places": [list(place) for place in self.places]}


@dataclass(frozen=True)
class Change:
    """A place that a repair changed: its row and column from 1, what was there, and what is there now."""

    row: int
    column: int
    was: str
    now: str

    def __str__(self) -> str:
        return f"{where((self.row, self.column))}: {self.was} became {self.now}"

    def record(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {"row": self.row, "column": self.column, "was": self.was, "now": self.now}


@dataclass(frozen=True)
class Repaired:
    """A program after a repair, its changes in reading order, and what is still wrong with it."""

    program: Program
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.problems


def where(place: Place) -> str:
    """A place in words.

    >>> where((3, 4))
    'row 3, column 4'
    """
    return f"row {place[0]}, column {place[1]}"


def lint(family: Family, program: Program) -> list[Problem]:
    """What is wrong with a program, always in the same order.

    Raises:
        FamilyError: the family has no rules.
    """
    if family.lint is None:
        raise FamilyError(f"{family.name} has no rules of soundness", "use a family that declares lint")
    found: Sequence[Problem] = resolve(family.lint, f"lint of {family.name}")(family, program)
    return list(found)


def repair(family: Family, program: Program, costs: NDArray[np.floating] | None = None) -> Repaired:
    """The likeliest program without problems.

    Args:
        family: whose program it is.
        program: what to repair; one without problems comes back as it is.
        costs: what each choice costs at each place, -log p of a reader, in the shape that the family's `repair` takes;
            None where all changes cost the same.

    Raises:
        FamilyError: the family repairs nothing.
    """
    if family.repair is None:
        raise FamilyError(f"{family.name} repairs nothing", "use a family that declares repair")
    found: Repaired = resolve(family.repair, f"repair of {family.name}")(family, program, costs)
    return found
