"""The best program of every size by dividing the image, for families that say where arguments live.

Where the arguments of a symbol tile its place and it draws nothing itself (a *cut*), a picture is as wrong as its parts
together. So the least error of a sub-image for each number of symbols follows from those of its parts, and dynamic
programming gives the best program of all, with proof. Sub-images are shared: what is halved one way and then the other
is met again as a quarter. Programs that do not begin with a cut are the *materials*, which fill what is not divided.

To be anytime, images are divided to a depth of 0, 1, 2 and so on, until nothing can be divided further.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders
from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.search.cutting import Cutting, cuts, tiling
from i2c_core.search.judging import Judge
from i2c_core.search.materials import Materials
from i2c_core.search.searcher import Found


@dataclass(frozen=True)
class Divide:
    """Finds the closest program within the budget, the smallest of equals, and proves it.

    What is proven holds of programs of cuts and materials; so nothing is proven where there are more materials than
    were tried, where they have continuous values, and where the family measures distances by a function of its own.

    Args:
        family: one that declares zooms, and draws at any size.
        renderer: draws materials, once for each size of sub-image, and what is found.

    Raises:
        FamilyError: no symbol of the family is a cut, or no sub-image can be drawn alone.
    """

    family: Family
    renderer: Renders

    def __post_init__(self) -> None:
        if not cuts(self.family):
            fact = f"no symbol of {self.family.name} says by zooms how whole programs tile its place"
            raise FamilyError(fact, "leave this searcher out, or declare zooms")
        if not self.family.any_size:
            fact = f"{self.family.name} draws pictures of one size only, so that no part of one can be drawn alone"
            raise FamilyError(fact, "leave this searcher out, or declare any_size=True")

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield each program that is better than all before it, while the image (C, H, W) is divided more deeply; the
        last has its proof, where there is one.
        """
        judge = Judge(self.family, self.renderer, image, budget)
        materials = Materials.of(self.family, self.renderer, budget)
        usable = [cut for cut in cuts(self.family) if tiling(self.family, self.renderer, cut, materials, image)]
        cutting = Cutting(usable, materials, image, budget)
        best: Found | None = None
        while True:
            tokens, error = cutting.best()
            if tokens:
                judge.costs(np.array([tokens], np.int64))
            better = judge.better(best)
            if better is not None and better is not best:
                best = better
                yield best
            if cutting.finished:
                break
            cutting.deepen()
        known = cutting.complete and materials.complete and len(usable) == len(cuts(self.family))
        known = known and self.family.distance is None
        if best is not None and known and abs(error / (255 * image.size) - best.cost) < 1e-9:  # as was calculated
            yield replace(best, bound=best.cost, least=best.program.size)
