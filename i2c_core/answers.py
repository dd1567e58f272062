"""Answers: what a picture was read as.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.programs import Program

Pixels = NDArray[np.uint8]
Source = Any  # a path, "-", bytes, a PIL image, an array or a tensor


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
    """

    program: Program
    code: str
    distance: float
    logprob: float
    size: int
    picture: Pixels = field(repr=False)


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
        return head | {
            "candidates": [
                {
                    "code": c.code,
                    "distance": c.distance,
                    "logprob": c.logprob if math.isfinite(c.logprob) else None,
                    "size": c.size,
                }
                for c in self.candidates
            ]
        }


def name_of(source: Source) -> str:
    """How answers and errors name an input: its path, or what it is."""
    return str(source) if isinstance(source, str | Path) else f"<{type(source).__name__}>"
