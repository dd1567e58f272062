"""Two answers to the same images, compared image by image.

Legend: N images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from i2c_core.errors import DataError
from i2c_core.evaluation import Evaluation, Reading
from i2c_core.intervals import bootstrap


@dataclass(frozen=True)
class Difference:
    """How much better one is than another on the same images, with 95 % intervals by a paired bootstrap over images.

    Attributes:
        one, other: their names.
        images: N.
        exact: the share of images that `one` reads exactly, less that of `other`.
        distance: the mean distance of `one` less that of `other`; where one has no picture, it counts as the largest
            distance that any answer has.
        exact_interval, distance_interval: low and high.
        only_one, only_other: how many images only one of them reads exactly.
    """

    one: str
    other: str
    images: int
    exact: float
    exact_interval: tuple[float, float]
    distance: float
    distance_interval: tuple[float, float]
    only_one: int
    only_other: int

    @property
    def sure(self) -> bool:
        """Whether the interval of the shares leaves out 0."""
        low, high = self.exact_interval
        return low > 0 or high < 0

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "one": self.one,
            "other": self.other,
            "images": self.images,
            "exact": round(self.exact, 6),
            "exact_interval": [round(x, 6) for x in self.exact_interval],
            "distance": round(self.distance, 6),
            "distance_interval": [round(x, 6) for x in self.distance_interval],
            "only_one": self.only_one,
            "only_other": self.only_other,
        }

    def tell(self) -> str:
        """In words."""
        low, high = (100 * x for x in self.exact_interval)
        near, far = self.distance_interval
        return (
            f"{self.one} against {self.other}: {100 * self.exact:+.2f} % read exactly ({low:+.2f} to {high:+.2f}; "
            f"{self.only_one} images only by the first, {self.only_other} only by the second); distance "
            f"{self.distance:+.4f} ({near:+.4f} to {far:+.4f})"
        )


def differences(evaluation: Evaluation) -> list[Difference]:
    """Every pair of those that were measured together."""
    readings = evaluation.readings
    return [difference(one, readings[one], other, readings[other]) for one, other in combinations(readings, 2)]


def together(evaluations: Sequence[Evaluation]) -> Evaluation:
    """One evaluation of several on the same images, under different names.

    Raises:
        DataError: two of one name.
    """
    first, *others = evaluations
    for evaluation in others:
        for name in evaluation.strategies:
            if name in first.strategies:
                fact = f"there are predictions and a strategy of the name {name!r}"
                raise DataError(fact, "rename the file of predictions")
        rows = [
            replace(row, exact=row.exact | more.exact, longer=row.longer | more.longer)
            for row, more in zip(first.rows, evaluation.rows, strict=True)
        ]
        columns = ("seconds", "metrics", "failures", "elements", "top", "reliability", "times", "readings")
        merged = {name: getattr(first, name) | getattr(evaluation, name) for name in columns}
        first = replace(first, strategies=(*first.strategies, *evaluation.strategies), rows=rows, **merged)
    return first


def difference(one: str, mine: Sequence[Reading], other: str, theirs: Sequence[Reading]) -> Difference:
    """How much better the readings of `one` are than those of `other`, of the same images in the same order."""
    exact = np.array([[r.exact for r in mine], [r.exact for r in theirs]], np.float64)  # (2, N)
    far = np.array([[np.inf if r.best is None else r.best.distance for r in each] for each in (mine, theirs)])  # (2, N)
    known = far[np.isfinite(far)]
    far = np.where(np.isfinite(far), far, known.max() if len(known) else 1.0)
    columns = np.stack([exact[0] - exact[1], far[0] - far[1]], 1)  # (N, 2)
    low, high = bootstrap(columns)
    mean = columns.mean(0)
    return Difference(
        one,
        other,
        len(mine),
        float(mean[0]),
        (float(low[0]), float(high[0])),
        float(mean[1]),
        (float(low[1]), float(high[1])),
        int((exact[0] > exact[1]).sum()),
        int((exact[1] > exact[0]).sum()),
    )
