"""All programs by size, rendered in batches: slow, certain, and the smallest of the best. Legend: N programs of a
batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.decoding.rank import Renders
from i2c_core.families import Family
from i2c_core.search.judging import Judge
from i2c_core.search.searcher import Found


@dataclass(frozen=True)
class Enumeration:
    """Tries every canonical program from small to large, in the order of their tokens.

    The bound is 0, a perfect redrawing, and once it is met the program is proven to be the smallest. In families with
    continuous values only the middles of their bins are tried, so that nothing is proven of others.

    Args:
        family: whose programs.
        renderer: draws them.
        chunk: programs a batch.
    """

    family: Family
    renderer: Renders
    chunk: int = 4096

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield each program that is closer to the image (C, H, W) than all before it; ends at distance 0 or the
        budget.
        """
        judge = Judge(self.family, self.renderer, image, budget)
        whole = not self.family.vocabulary.continuous.any()
        best: Found | None = None
        for length in range(1, budget + 1):
            for ids in enumerate_canonical(self.family, length, chunk=self.chunk):
                judge.forget()
                judge.costs(ids)
                better = judge.better(best)
                if better is None or (best is not None and better.cost >= best.cost):
                    continue
                best = better
                yield replace(best, least=length if whole and best.cost == 0 else 1)
                if best.cost == 0:
                    return
