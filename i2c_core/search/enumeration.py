"""All programs by size, rendered in batches: slow, certain, and the smallest of the best. Legend: N programs of a
batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.decoding.rank import Renders, distances
from i2c_core.families import Family
from i2c_core.search.searcher import Found


@dataclass(frozen=True)
class Enumeration:
    """Tries every canonical program from small to large, in the order of their tokens. The bound is 0, a perfect
    redrawing.

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
        size = (int(image.shape[1]), int(image.shape[2]))
        best = np.inf
        for length in range(1, budget + 1):
            for ids in enumerate_canonical(self.family, length, chunk=self.chunk):
                pictures = self.renderer.render(ids, None, size)
                every = np.arange(len(ids))
                distance = distances(self.family, pictures.pixels, image[None], every, np.zeros_like(every))  # (N,)
                distance = np.where(pictures.defined, distance, np.inf)
                nearest = int(distance.argmin())  # the first of equals
                if distance[nearest] < best:
                    best = float(distance[nearest])
                    yield Found(self.family.from_tokens(ids[nearest].tolist()), best, 0.0)
                if best == 0:
                    return
