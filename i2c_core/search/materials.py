"""What fills the parts of an image that are not divided: programs that do not begin with a cut, drawn at every size.

Legend: M materials, T tokens, Z sizes of materials in symbols, n rectangles of one shape, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.decoding.rank import Renders
from i2c_core.families import Family
from i2c_core.search.cutting import cuts

MOST = 256  # materials
TRIED = 20_000  # programs that are enumerated to find them
CELLS = 1 << 23  # pixels compared at once


@dataclass(frozen=True, eq=False)
class Materials:
    """Programs that fill a rectangle, by size.

    Attributes:
        ids: (M, T), the smallest first, padded.
        sizes: (M,) symbols.
        complete: whether every program that does not begin with a cut is among them; never where there are continuous
            values, of which only the middles of bins are.
    """

    renderer: Renders
    ids: NDArray[np.int64]
    sizes: NDArray[np.int64]
    complete: bool
    _drawn: dict[tuple[int, int], tuple[NDArray[np.uint8], NDArray[np.bool_]]] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(family: Family, renderer: Renders, budget: int) -> Materials:
        """The smallest `MOST` of a family within a budget, or as many as are among its first `TRIED` programs."""
        vocabulary = family.vocabulary
        dividing = [cut.token for cut in cuts(family)]
        roots = np.flatnonzero(vocabulary.production[0] >= 0)
        others = roots[~np.isin(roots, dividing)]
        single = not vocabulary.arity[others].any()  # no material has more than one symbol
        found: list[NDArray[np.int64]] = []
        kept = tried = 0
        whole = True
        for size in range(1, 2 if single else budget + 1):
            for ids in enumerate_canonical(family, size, chunk=4096):
                tried += len(ids)
                some = ids[~np.isin(ids[:, 0], dividing)][: MOST - kept]
                kept += len(some)
                found += [np.pad(some, ((0, 0), (0, budget - size)), constant_values=vocabulary.pad)]
                whole = kept < MOST and tried < TRIED
                if not whole:
                    break
            if not whole:
                break
        ids = np.concatenate(found) if found else np.empty((0, budget), np.int64)
        sizes = (ids < vocabulary.pad).sum(1)
        return Materials(renderer, ids, sizes, whole and not vocabulary.continuous.any())

    @property
    def counts(self) -> list[int]:
        """The Z sizes that there are."""
        return sorted(set(self.sizes.tolist()))

    def pictures(self, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """(M, C, H, W) at a height and width, and (M,) whether each is defined; drawn once."""
        if size not in self._drawn:
            drawn = self.renderer.render(self.ids, None, size)
            self._drawn[size] = drawn.pixels, np.asarray(drawn.defined, bool)
        return self._drawn[size]

    def errors(self, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(n, Z) the least sum of absolute differences to crops (n, C, H, W) that a material of each size has, and
        which (n, Z).
        """
        n, size = len(crops), (int(crops.shape[2]), int(crops.shape[3]))
        pixels, defined = self.pictures(size)
        flat = pixels.reshape(len(pixels), -1).astype(np.int16)  # (M, C * H * W)
        total = np.full((n, len(pixels)), np.inf)
        step = max(1, CELLS // max(flat.size, 1))
        for begin in range(0, n, step):
            part = crops[begin : begin + step].reshape(-1, 1, flat.shape[1]).astype(np.int16)
            total[begin : begin + step] = np.abs(part - flat).sum(2, dtype=np.int64)
        total[:, ~defined] = np.inf
        least, which = np.full((n, len(self.counts)), np.inf), np.zeros((n, len(self.counts)), np.int64)
        for column, count in enumerate(self.counts):
            own = np.flatnonzero(self.sizes == count)
            which[:, column] = own[total[:, own].argmin(1)]
            least[:, column] = total[np.arange(n), which[:, column]]
        return least, which
