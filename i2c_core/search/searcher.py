"""What a searcher is. Legend: C channels, H W pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from i2c_core.programs import Program


@dataclass(frozen=True)
class Found:
    """The best program so far: the closest, and the smallest of equally close ones.

    Attributes:
        program: canonical; none that was seen is better.
        cost: its distance to the image.
        bound: no program that the search may still find costs less.
        least: no program that the search may still find costs as much and has fewer symbols; 1 where nothing is known.
    """

    program: Program
    cost: float
    bound: float
    least: int = 1

    @property
    def optimal(self) -> bool:
        """Whether nothing better exists within the budget, so that searching on is in vain."""
        return self.cost <= self.bound and self.program.size <= self.least

    @property
    def order(self) -> tuple[float, int]:
        """What is compared: distance, then size."""
        return self.cost, self.program.size


class Searcher(Protocol):
    """An anytime search: whoever iterates decides when to stop.

    It is made by what a plugin registers, `(family, renderer) -> Searcher`, or with more, each asked for by its name:

    - `seed`: the seed of all chance. A searcher without one does the same every time.
    - `network`: a `i2c_core.search.Network`, the trained network of the family. A searcher that asks for one is not run
      where there is none.

    All programs are drawn by the renderer that it is given, so that whoever gives it can count and stop: a renderer
    may raise what is no `I2cError` when time is over, which a searcher lets pass. Where a renderer has a method `tick`,
    a searcher that goes on without drawing calls it now and then, which may raise as well; `Judge` does.
    """

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield better and better programs of at most `budget` tokens for an image (C, H, W) uint8."""
