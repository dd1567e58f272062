"""What a race comes to: who drew how many images exactly, how short, how fast, and how that grew.

Legend: G goals, K seeds, X moments.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from i2c_core.intervals import bootstrap, wilson
from i2c_core.race.racing import Point, Run

MOMENTS = 60  # of a curve, evenly spaced on a logarithmic scale
FIRST = {"seconds": 0.01, "renders": 1.0}  # where curves begin

Measure = Literal["exact", "short", "distance", "size"]


@dataclass(frozen=True)
class Standing:
    """One searcher's result.

    Attributes:
        runs: how many searches it made; `images` of how many images, with how many `seeds` each.
        exact: runs that drew their image exactly; `short` those whose code is exact and no longer than the true one
            (None where no truth is known); `proved` those with a proof that nothing is better.
        empty: runs that found nothing at all.
        distance: the mean in the end; a run that found nothing counts as the worst that any found on its image first.
            None where all runs are empty.
        size: the mean number of symbols of exact code, None where there is none.
        seconds, renders: the median until the image was drawn exactly, over all runs that did; None where none did.
        drawn: the mean number of programs drawn.
        failed: the errors, each once.
    """

    searcher: str
    runs: int
    images: int
    seeds: int
    exact: int
    short: int | None
    proved: int
    empty: int
    distance: float | None
    size: float | None
    seconds: float | None
    renders: float | None
    drawn: float
    failed: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """All of it as JSON values, with 95 % intervals."""
        found = dict(vars(self)) | {"failed": list(self.failed)}
        found["exact_interval"] = [round(x, 6) for x in wilson(self.exact, self.runs)]
        if self.short is not None:
            found["short_interval"] = [round(x, 6) for x in wilson(self.short, self.runs)]
        return found


def standings(runs: Sequence[Run]) -> list[Standing]:
    """A standing a searcher, in the order in which they began."""
    worst = _worst(runs)
    found = []
    for name in dict.fromkeys(run.searcher for run in runs):
        own = [run for run in runs if run.searcher == name]
        solved = [(run, first) for run in own if (first := _first_exact(run)) is not None]
        known = all(run.goal.size is not None for run in own)
        found.append(
            Standing(
                name,
                len(own),
                len({run.goal.name for run in own}),
                len({run.seed for run in own}),
                len(solved),
                sum(_is_short(run) for run in own) if known else None,
                sum(run.ended == "proved" for run in own),
                (empty := sum(run.best is None for run in own)),
                None if empty == len(own) else statistics.fmean(_distance(r.best, worst[r.goal.name]) for r in own),
                statistics.fmean(run.best.size for run, _ in solved if run.best is not None) if solved else None,
                statistics.median(first.seconds for _, first in solved) if solved else None,
                statistics.median(first.renders for _, first in solved) if solved else None,
                statistics.fmean(run.renders for run in own),
                tuple(dict.fromkeys(run.error for run in own if run.error)),
            )
        )
    return found


@dataclass(frozen=True, eq=False)
class Curve:
    """How one searcher's figure grew.

    Attributes:
        x: (X,) moments.
        y: (X,) the mean over images and seeds.
        low, high: (X,) a 95 % interval by bootstrap, over seeds where there are several, else over images.
        over: "seeds" or "images".
    """

    searcher: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    over: str


def curves(runs: Sequence[Run], measure: Measure, by: Literal["seconds", "renders"], most: float) -> list[Curve]:
    """A curve a searcher, of the share of images drawn `exact`, or that and as `short` as the truth, of the mean
    `distance`, or of the mean `size` of the best code.

    Before a run has found anything, it counts as the worst that any found on its image first.
    """
    x = np.geomspace(min(FIRST[by], most), most, MOMENTS)  # (X,)
    worst = _worst(runs)
    largest = {run.goal.name: 0 for run in runs}
    for run in runs:
        for point in run.points:
            largest[run.goal.name] = max(largest[run.goal.name], point.size)
    found = []
    for name in dict.fromkeys(run.searcher for run in runs):
        own = [run for run in runs if run.searcher == name]
        goals = list(dict.fromkeys(run.goal.name for run in own))
        seeds = list(dict.fromkeys(run.seed for run in own))
        values = np.full((len(seeds), len(goals), len(x)), np.nan)  # (K, G, X)
        for run in own:
            values[seeds.index(run.seed), goals.index(run.goal.name)] = [
                _measured(run, run.at(moment, by), measure, worst, largest) for moment in x.tolist()
            ]
        over = "seeds" if len(seeds) > 1 else "images"
        rows = np.nanmean(values, axis=1 if len(seeds) > 1 else 0)  # (K or G, X)
        low, high = bootstrap(rows)
        found.append(Curve(name, x, np.nanmean(values, axis=(0, 1)), low, high, over))
    return found


def _measured(
    run: Run, point: Point | None, measure: Measure, worst: dict[str, float], largest: dict[str, int]
) -> float:
    if measure == "distance":
        return _distance(point, worst[run.goal.name])
    if measure == "size":
        return float(largest[run.goal.name] if point is None else point.size)
    if point is None or point.distance != 0:
        return 0.0
    return 1.0 if measure == "exact" else float(run.goal.size is not None and point.size <= run.goal.size)


def _worst(runs: Sequence[Run]) -> dict[str, float]:
    """The largest first distance on each image; 1 where nobody found anything."""
    found: dict[str, float] = {}
    for run in runs:
        if run.points:
            found[run.goal.name] = max(found.get(run.goal.name, -math.inf), run.points[0].distance)
    return {run.goal.name: found.get(run.goal.name, 1.0) for run in runs}


def _distance(point: Point | None, worst: float) -> float:
    return worst if point is None else point.distance


def _first_exact(run: Run) -> Point | None:
    return next((point for point in run.points if point.distance == 0), None)


def _is_short(run: Run) -> bool:
    best = run.best
    return best is not None and best.distance == 0 and run.goal.size is not None and best.size <= run.goal.size
