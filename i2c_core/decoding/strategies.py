"""Ways to choose programs from a network's probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

from i2c_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Greedy:
    """The likeliest token at every step; one program an image. Of equal logits the first token in the vocabulary
    wins.
    """


@dataclass(frozen=True, slots=True)
class Sample:
    """Independent draws from the network's probabilities at `temperature` (1 as they are, lower is bolder)."""

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise ConfigError(f"temperature is {self.temperature:g}, expected a number above 0", "use greedy for 0")


@dataclass(frozen=True, slots=True)
class Beam:
    """The likeliest programs among the `width` likeliest beginnings of each length; exact when nothing is dropped."""

    width: int = 8

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ConfigError(f"beam width is {self.width}, expected 1 or more", "use 1 for greedy")


Strategy = Greedy | Sample | Beam
