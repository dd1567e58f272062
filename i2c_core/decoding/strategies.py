"""Ways to choose programs from a network's probabilities. Another one is a class with these three methods.

Legend: N images, K rows of one image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from i2c_core.decoding.loops import Decoded, Run, beam, sample
from i2c_core.errors import ConfigError

WIDTH = 16  # beams or samples an image, where a strategy is asked for by name
STAGES = (4, 16, 64)  # beams that "auto" tries in turn: most images need the first only


class Strategy(Protocol):
    """How programs are chosen: how many rows that takes, and the choosing."""

    def rows(self, n: int) -> int:
        """K, the rows of an image that are decoded to propose n programs."""

    def tries(self, n: int) -> int:
        """How many programs to propose where the n that redraw an image best are wanted."""

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        """Decode the N images of a run within `budget` tokens; `keys` (N,) are those of `i2c_core.decoding.noise`."""


@dataclass(frozen=True, slots=True)
class Greedy:
    """The likeliest token at every step; one program an image. Of equal logits the first token in the vocabulary
    wins.
    """

    def rows(self, n: int) -> int:
        return 1

    def tries(self, n: int) -> int:
        return 1

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return sample(run, budget, 1.0, None)


@dataclass(frozen=True, slots=True)
class Sample:
    """Independent draws from the network's probabilities at `temperature` (1 as they are, lower is bolder)."""

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise ConfigError(f"temperature is {self.temperature:g}, expected a number above 0", "use greedy for 0")

    def rows(self, n: int) -> int:
        return n

    def tries(self, n: int) -> int:
        return max(WIDTH, n)

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return sample(run, budget, self.temperature, keys)


@dataclass(frozen=True, slots=True)
class Beam:
    """The likeliest programs among the `width` likeliest beginnings of each length; exact when nothing is dropped."""

    width: int = 8

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ConfigError(f"beam width is {self.width}, expected 1 or more", "use 1 for greedy")

    def rows(self, n: int) -> int:
        return max(self.width, n)

    def tries(self, n: int) -> int:
        return max(self.width, n)

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return beam(run, budget)


# What a name stands for where n candidates are wanted: strategies to try in turn until an image is redrawn exactly.
STRATEGIES: dict[str, Callable[[int], tuple[Strategy, ...]]] = {
    "auto": lambda n: tuple(dict.fromkeys(Beam(max(width, n)) for width in STAGES)),
    "beam": lambda n: (Beam(max(WIDTH, n)),),
    "greedy": lambda n: (Greedy(),),
    "sample": lambda n: (Sample(),),
}
