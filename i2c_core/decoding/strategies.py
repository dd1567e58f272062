"""Ways to choose programs from a network's probabilities. Another one is a class with these three methods.

Legend: N images, K rows of one image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from i2c_core.decoding.distinct import sample_distinct
from i2c_core.decoding.loops import Decoded, Run, beam, sample
from i2c_core.decoding.particles import Likelihood, follow
from i2c_core.errors import ConfigError

WIDTH = 16  # beams or samples an image, where a strategy is asked for by name
PARTICLES = 64  # of sequential Monte Carlo, an image
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
    """Independent draws from the network's probabilities, tempered and cut to the likeliest open tokens of a step.

    `logq` is of the distribution that is drawn from, `logprob` of the network's own, at temperature 1.

    Args:
        temperature: 1 as they are, lower is bolder.
        top_k: only the k likeliest tokens of each step.
        top_p: only the fewest likeliest tokens of each step that together have this probability (the nucleus).
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0

    def __post_init__(self) -> None:
        _require_temperature(self.temperature)
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(f"top-k is {self.top_k}, expected 1 or more", "leave it out for all tokens")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top-p is {self.top_p:g}, expected a number above 0, up to 1", "use 1 for all tokens")

    def rows(self, n: int) -> int:
        return n

    def tries(self, n: int) -> int:
        return max(WIDTH, n)

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return sample(run, budget, self.temperature, keys, self.top_k, self.top_p)


@dataclass(frozen=True, slots=True)
class Beam:
    """The likeliest programs among the `width` likeliest beginnings of each length; exact when nothing is dropped.

    Args:
        width: how many beginnings.
        merge: spans of tokens (the first, and how many) that count as one choice, as the bins of a type of numbers do
            where numbers are fitted afterwards: no two programs differ in nothing else.
    """

    width: int = 8
    merge: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ConfigError(f"beam width is {self.width}, expected 1 or more", "use 1 for greedy")

    def rows(self, n: int) -> int:
        return max(self.width, n)

    def tries(self, n: int) -> int:
        return max(self.width, n)

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return beam(run, budget, self.merge)


@dataclass(frozen=True, slots=True)
class StochasticBeam:
    """Distinct programs, drawn without replacement; the first is distributed as one of `Sample`.

    `scores` are the perturbed log-probabilities by which they are ordered. `logq` is the log-probability of being among
    the n, given the best one left out: exp(logprob - logq) are weights under which sums over the n are unbiased.

    Args:
        width: how many to propose where the best of them are wanted.
        temperature: of the distribution that is drawn from; 1 as it is, lower is bolder.
    """

    width: int = WIDTH
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _require_temperature(self.temperature)
        if self.width < 1:
            raise ConfigError(f"beam width is {self.width}, expected 1 or more", "use 1 for a single draw")

    def rows(self, n: int) -> int:
        return n + 1  # the last one's score is the threshold that `logq` needs

    def tries(self, n: int) -> int:
        return max(self.width, n)

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return sample_distinct(run, budget, self.temperature, keys)


@dataclass(frozen=True, slots=True)
class SequentialMonteCarlo:
    """Particles weighed by a likelihood while they are written, and resampled; the weightiest first, with equal ones.

    `scores` are the particles' log-weights, normalised; `evidence` estimates the logarithm of what they add up to.

    Args:
        likelihood: how well programs fit (see `i2c_core.decoding.particles.Likelihood`); None weighs nothing but
            `temperature`.
        particles: an image.
        threshold: resample an image's particles where their effective number is below this share of them; 0 for never.
        temperature: of the tokens' proposals; weights make up for it.
    """

    likelihood: Likelihood | None = None
    particles: int = PARTICLES
    threshold: float = 0.5
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _require_temperature(self.temperature)
        if self.particles < 1:
            raise ConfigError(f"there are {self.particles} particles, expected 1 or more", "use 1 for a single draw")
        if not 0 <= self.threshold <= 1:
            raise ConfigError(f"the threshold is {self.threshold:g}, expected 0 to 1", "use 0 to resample never")

    def rows(self, n: int) -> int:
        return max(self.particles, n)

    def tries(self, n: int) -> int:
        return max(self.particles, n)

    def run(self, run: Run, budget: int, keys: Tensor) -> Decoded:
        return follow(run, budget, keys, self.likelihood, self.threshold, self.temperature)


def _require_temperature(temperature: float) -> None:
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ConfigError(f"temperature is {temperature:g}, expected a number above 0", "use greedy for 0")


# The strategies that have numbers, by name.
KINDS: dict[str, Callable[..., Strategy]] = {
    "beam": Beam,
    "sample": Sample,
    "smc": SequentialMonteCarlo,
    "stochastic-beam": StochasticBeam,
}

# What a name stands for where n candidates are wanted: strategies to try in turn until an image is redrawn exactly.
STRATEGIES: dict[str, Callable[[int], tuple[Strategy, ...]]] = {
    "auto": lambda n: tuple(dict.fromkeys(Beam(max(width, n)) for width in STAGES)),
    "beam": lambda n: (Beam(max(WIDTH, n)),),
    "greedy": lambda n: (Greedy(),),
    "sample": lambda n: (Sample(),),
    "smc": lambda n: (SequentialMonteCarlo(),),
    "stochastic-beam": lambda n: (StochasticBeam(),),
}
