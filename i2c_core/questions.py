"""What is asked of a reader beside its pictures, with what each option means, and what it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

from i2c_core.decoding import Strategy
from i2c_core.errors import ConfigError

_MOST = 1000  # candidates of a picture
_MOST_SEED = 2**63 - 1  # what torch takes


class Options(TypedDict, total=False):
    """The options of `Reader.read` and `Reader.read_many`; `Question` says what each means, and has the defaults."""

    strategy: str | Strategy
    budget: int | None
    invert: bool | None
    seed: int
    batch: int | None
    time: float | None
    preprocess: bool
    size: tuple[int, int] | None
    shorten: float
    repair: bool
    refine: bool
    program: bool


@dataclass(frozen=True, kw_only=True)
class Question:
    """How pictures are to be read.

    Args:
        n: the most candidates of a picture; fewer where fewer were found.
        strategy: "auto" (beams that widen until one draws the picture exactly), "beam", "greedy" (one candidate),
            "sample", "stochastic-beam" (without replacement) or "smc" (particles weighed by how well they redraw the
            picture); "zoom" (level by level, see docs/zoom.md); or one of `i2c_core.decoding` with its numbers.
        budget: the most tokens of a program; the checkpoint's own where None.
        invert: whether dark and light are exchanged; see `i2c_core.images.read_image`.
        seed: of sampling.
        batch: the most pictures that are decoded together; None for as many as memory allows.
        time: the most seconds that a picture may take, for the best that is found by then; None for as many as the
            strategy needs. The first stage of a strategy is always run, and only a proposer that can tell the best so
            far is stopped inside a stage.
        preprocess: whether the family's `framing`, where it has one, looks for the drawing in each picture; without it
            the whole picture is the canvas. Candidates are compared with what it found.
        size: columns and rows of what each picture shows, for families of grids; None finds them.
        shorten: seconds to look for shorter programs with the same picture, in families that know how.
        repair: whether programs that the family's rules speak against are made sound, by the likeliest changes.
        refine: whether continuous values are moved to where the picture is met, in families with a soft renderer.
        program: whether candidates are weighed together with their shortest programs with loops and reflections, in
            families that have such; see `i2c_core.correction`.

    Raises:
        ConfigError: a number outside its range.
    """

    n: int = 5
    strategy: str | Strategy = "auto"
    budget: int | None = None
    invert: bool | None = None
    seed: int = 0
    batch: int | None = None
    time: float | None = None
    preprocess: bool = True
    size: tuple[int, int] | None = None
    shorten: float = 0.0
    repair: bool = False
    refine: bool = True
    program: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.n <= _MOST:
            raise ConfigError(f"{self.n} candidates were asked for", f"ask for 1 to {_MOST}")
        if not 0 <= self.seed <= _MOST_SEED:
            raise ConfigError(f"the seed is {self.seed}", f"use a whole number from 0 to {_MOST_SEED}")
        if self.time is not None and not (self.time > 0 and math.isfinite(self.time)):
            raise ConfigError(f"the time is {self.time:g} seconds", "use a number above 0, or none for no limit")


__all__ = ["Options", "Question"]
