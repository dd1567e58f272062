"""The strategies of decoding as searchers: asked again, more widely or with other chances, for as long as one likes.

Legend: B images (one), K programs, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders
from i2c_core.decoding.rounds import make_stages, search, weighed
from i2c_core.decoding.strategies import (
    WIDTH,
    Beam,
    Greedy,
    Sample,
    SequentialMonteCarlo,
    StochasticBeam,
    Strategy,
)
from i2c_core.errors import BudgetError, I2cError
from i2c_core.families import Family
from i2c_core.refining import Refiner
from i2c_core.search.network import Network
from i2c_core.search.searcher import Found

WIDEST = 1024  # rows of an image; as many as a network decodes at once on a CPU without running out of cache
SAMPLES = 64  # drawn at once

# Strategies that race under their own names; `auto` is `beam` again, which widens as it does.
NAMES = ("greedy", "beam", "sample", "stochastic-beam", "smc")


@dataclass(frozen=True)
class Proposing:
    """A strategy of decoding over a trained network, anytime.

    `greedy` proposes once. Beams widen four times a round, from 4 to `WIDEST`, and end. `sample` and `smc` propose with
    other chances each round, and `stochastic-beam` twice as many up to `WIDEST`; they never end. A strategy that a
    proposer has of its own is run with its stages, once each. Continuous values are refined, as decoding does. Once the
    image is drawn exactly, only shorter programs are asked for.

    Args:
        family: whose programs.
        renderer: draws them.
        network: what proposes.
        strategy: its name.
        seed: of all chance.
    """

    family: Family
    renderer: Renders
    network: Network
    strategy: str
    seed: int = 0

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield each program that is better than all before it, a round's best at most."""
        seen = self.network.seen(image)[None]  # (1, C, H, W)
        refiner = Refiner.of(self.family, self.renderer)
        limit = budget if self.network.unbounded else min(budget, self.network.budget)
        best: Found | None = None
        # What is refined is told before as well: refining takes its time, and what comes too late does not count.
        ways = [None] if refiner is None else [None, refiner]
        for turn, strategy in enumerate(self._rounds()):
            for refine in ways:
                try:
                    (ranked,) = search(
                        self.family,
                        self.renderer,
                        self.network.proposer,
                        seen,
                        [image],
                        [weighed(strategy, self.family, self.renderer)],
                        n=SAMPLES if isinstance(strategy, Sample) else 1,
                        budget=limit,
                        generator=(self.seed << 32) + turn,
                        refine=refine,
                    )
                except BudgetError:
                    if best is None:
                        raise
                    return  # no program is shorter than the best
                if isinstance(ranked, I2cError):
                    raise ranked
                better = min((Found(c.program, c.distance, 0.0) for c in ranked), key=lambda f: f.order, default=None)
                if better is not None and (best is None or better.order < best.order):
                    best = better
                    yield best
                    if best.cost == 0:
                        limit = best.program.size - 1

    def _rounds(self) -> Iterator[Strategy]:
        if getattr(self.network.proposer, "stages", None) is not None:
            yield from make_stages(self.strategy, 1, self.network.proposer)
        elif self.strategy == "greedy":
            yield Greedy()
        elif self.strategy == "beam":
            width = 4
            while width <= WIDEST:
                yield Beam(width)
                width *= 4
        elif self.strategy == "stochastic-beam":
            for turn in count():
                yield StochasticBeam(min(WIDTH << min(turn, 30), WIDEST))
        elif self.strategy == "sample":
            while True:
                yield Sample()
        elif self.strategy == "smc":
            while True:
                yield SequentialMonteCarlo()
        else:
            yield from make_stages(self.strategy, 1, self.network.proposer)
