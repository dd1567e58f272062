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
    """The best program so far.

    Attributes:
        program: its cost is the lowest of all seen.
        cost: its distance to the image.
        bound: no program that the search may still find costs less; search can stop where `cost` equals it.
    """

    program: Program
    cost: float
    bound: float


class Searcher(Protocol):
    """An anytime search: whoever iterates decides when to stop."""

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield better and better programs of at most `budget` tokens for an image (C, H, W) uint8."""
