"""Answers: what a picture was read as.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.correction.shortest import Shortest
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.images import Frame
from i2c_core.leftovers import Leftovers, Region, leftovers
from i2c_core.programs import Program
from i2c_core.references import resolve
from i2c_core.soundness import Change, Problem
from i2c_core.synthesis import number_of

Pixels = NDArray[np.uint8]
Source = Any  # a path, "-", bytes, a PIL image, an array, a tensor, a frame of a file, or what `Reader.prepare` gives


@dataclass(frozen=True)
class Candidate:
    """One program for a picture.

    Attributes:
        program: well typed and complete.
        code: the program in the family's grammar.
        distance: from what the program draws to the input, at the comparison size; the mean absolute difference of
            pixels from 0 (equal) to 1 unless the family has a distance of its own.
        logprob: log p(program | picture, root, budget) at temperature 1 under the mask, in nats; -inf where the network
            gave no number (null in JSON).
        size: number of symbols.
        picture: (C, H, W) uint8, what the program draws.
        confidence: the calibrated probability that this program is the right one (see `i2c_core.calibration`); None
            where the weights were never calibrated.
        given: (C, H, W) uint8, the input at the same size, where the family's pictures are ink on paper, of which some
            may be left over; else None.
        crops: (C, h, w) uint8 each, the parts of the input that the program only points at (see `Family.crops`).
        problems: what the family's rules say against the program, where it has some.
        changes: what a repair changed of what was read.
        bound: no program with the same picture has fewer symbols; None where nobody looked for a shorter one.
        shortest: its shortest program with loops and reflections; None where nobody asked for it.
        place: where the reader alone put it among the candidates, from 1, where they were weighed together with their
            shortest programs; else None.
    """

    program: Program
    code: str
    distance: float
    logprob: float
    size: int
    picture: Pixels = field(repr=False)
    confidence: float | None = None
    given: Pixels | None = field(default=None, repr=False)
    crops: tuple[Pixels, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    bound: int | None = None
    shortest: Shortest | None = field(default=None, repr=False)
    place: int | None = None

    @cached_property
    def leftovers(self) -> Leftovers | None:
        """What the program does not explain of the input, and what it draws that is not there; None without `given`.

        Computed when it is asked for.
        """
        return None if self.given is None else leftovers(self.given, self.picture)

    @property
    def unexplained(self) -> tuple[Region, ...]:
        """The regions of the input's ink that the program does not explain, most ink first."""
        return () if self.leftovers is None else self.leftovers.unexplained

    @property
    def overexplained(self) -> tuple[Region, ...]:
        """The regions of the program's ink that is not in the input, most ink first."""
        return () if self.leftovers is None else self.leftovers.overexplained

    def record(self, family: Family) -> dict[str, Any]:
        """What `--json` says of it; families of strokes say which ink is left over, formats with a key their data."""
        found: dict[str, Any] = {
            "code": self.code,
            "distance": self.distance,
            "logprob": self.logprob if math.isfinite(self.logprob) else None,
            "size": self.size,
            "confidence": None if self.confidence is None else round(self.confidence, 6),
        }
        if self.given is not None:
            found["unexplained"] = [region.box for region in self.unexplained]
            found["overexplained"] = [region.box for region in self.overexplained]
        if self.bound is not None:
            found["bound"] = self.bound
        if self.shortest is not None:
            found["cost"], found["bound"] = number_of(self.shortest.cost), number_of(self.shortest.bound)
            found["optimal"] = self.shortest.optimal
            found["place"] = self.place
        if family.lint is not None:
            found["problems"] = [problem.record() for problem in self.problems]
            found["changes"] = [change.record() for change in self.changes]
        for format_ in family.formats:
            if format_.key is not None:
                found[format_.key] = json.loads(format_.dumps(family, self.program))
        return found


@dataclass(frozen=True)
class Answer:
    """What one picture was read as: candidates, best first, or the error that stopped it.

    `picture` is the input (C, H, W) uint8 at the comparison size, None where it could not be read.
    """

    name: str
    picture: Pixels | None = field(repr=False)
    candidates: list[Candidate]
    error: I2cError | None = None

    def record(self, family: Family) -> dict[str, Any]:
        """What `--json` says of it: `error` and `hint` in place of `candidates` where it failed."""
        head = {"file": self.name, "family": family.name}
        if self.error is not None:
            return head | {"error": self.error.fact} | ({"hint": self.error.hint} if self.error.hint else {})
        return head | {"candidates": [candidate.record(family) for candidate in self.candidates]}


@dataclass(frozen=True)
class Prepared:
    """A picture as a reader looks at it, or the error that stopped it; `Reader.prepare` makes it.

    Attributes:
        name: how answers name it.
        seen: (C, H, W) uint8, what the network sees; None where it could not be read.
        compared: (C, H, W) uint8, what programs are compared with.
        error: why it could not be read.
    """

    name: str
    seen: Pixels | None = field(default=None, repr=False)
    compared: Pixels | None = field(default=None, repr=False)
    error: I2cError | None = None


def crops_of(family: Family, program: Program, picture: Pixels) -> tuple[Pixels, ...]:
    """The parts of a picture (C, H, W) that a program only points at, cut to it; empty ones are left out."""
    if family.crops is None:
        return ()
    height, width = picture.shape[1:]
    found = []
    for left, top, right, bottom in resolve(family.crops, f"family {family.name}")(family, program):
        rows = slice(max(0, math.floor(top * height)), max(0, math.ceil(bottom * height)))
        columns = slice(max(0, math.floor(left * width)), max(0, math.ceil(right * width)))
        found.append(picture[:, rows, columns])
    return tuple(crop for crop in found if crop.size)


def name_of(source: Source) -> str:
    """How answers and errors name an input: its path, with a number in a file of several, or what it is."""
    if isinstance(source, Frame):
        return source.name
    return str(source) if isinstance(source, str | Path) else f"<{type(source).__name__}>"


def blame(name: str, error: I2cError) -> I2cError:
    """The error about an input of this name, which it tells first where it is a file's."""
    return error if name.startswith("<") else type(error)(f"{name}: {error.fact}", error.hint)
