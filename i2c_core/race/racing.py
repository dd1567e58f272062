"""The race: every searcher on every image, the same renderer, the same clock, and what each found when.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.clusters import Cluster, Job
from i2c_core.decoding.rank import distances
from i2c_core.errors import ConfigError, I2cError
from i2c_core.families import Family
from i2c_core.progress import Progress
from i2c_core.race.meter import Clock, Meter, Over
from i2c_core.race.racers import Racer
from i2c_core.raster import Renderer
from i2c_core.search import Found


@dataclass(frozen=True)
class Goal:
    """An image to find code for.

    Attributes:
        name: its file, or what it is.
        picture: (C, H, W) uint8 as programs are compared with it.
        size: symbols of the true program, where it is known.
    """

    name: str
    picture: NDArray[np.uint8] = field(repr=False)
    size: int | None = None


@dataclass(frozen=True)
class Limits:
    """What a search may use; at least one is a number.

    Attributes:
        seconds: of one search of one image.
        renders: programs drawn.
        budget: the most tokens of a program.
        enough: whether a search ends when its code is exact and no longer than the true one.
        clock: by which seconds are counted; see `Meter`.
    """

    seconds: float | None
    renders: int | None
    budget: int
    enough: bool = False
    clock: Clock = "wall"

    def __post_init__(self) -> None:
        if self.seconds is None and self.renders is None:
            raise ConfigError("a race without an end was asked for", "give seconds or renders")
        if self.seconds is not None and not (self.seconds > 0 and math.isfinite(self.seconds)):
            raise ConfigError(f"a race of {self.seconds:g} seconds was asked for", "use a number above 0")
        if self.renders is not None and self.renders < 1:
            raise ConfigError(f"a race of {self.renders} renders was asked for", "use 1 or more")


@dataclass(frozen=True)
class Point:
    """A program that was better than all before: when it was found, and what it is."""

    seconds: float
    renders: int
    distance: float
    size: int
    code: str


@dataclass(frozen=True)
class Run:
    """One search of one image.

    Attributes:
        points: in the order of time, each better than the one before.
        seconds, renders: used in all.
        ended: "proved" (nothing better exists), "enough", "exhausted" (it had nothing more to try), "seconds",
            "renders" or "failed".
        error: what went wrong where it failed.
    """

    searcher: str
    goal: Goal
    seed: int
    points: tuple[Point, ...]
    seconds: float
    renders: int
    ended: str
    error: str = ""

    @property
    def best(self) -> Point | None:
        """What it found in the end."""
        return self.points[-1] if self.points else None

    def at(self, moment: float, by: str = "seconds") -> Point | None:
        """The best at a moment, in seconds or `by` renders."""
        found = None
        for point in self.points:
            if getattr(point, by) > moment:
                break
            found = point
        return found

    def record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        found: dict[str, Any] = {"searcher": self.searcher, "file": self.goal.name, "seed": self.seed}
        found |= {"seconds": round(self.seconds, 4), "renders": self.renders, "ended": self.ended}
        if self.goal.size is not None:
            found["true_size"] = self.goal.size
        if self.error:
            found["error"] = self.error
        return found | {"points": [vars(point) | {"seconds": round(point.seconds, 4)} for point in self.points]}


def race(
    family: Family,
    goals: Sequence[Goal],
    racers: Sequence[Racer],
    limits: Limits,
    seeds: Sequence[int],
    progress: Progress,
    cluster: Cluster | None = None,
    job: Job | None = None,
) -> Iterator[Run]:
    """Every racer on every goal, with every seed where the seed matters; one after the other in this process.

    With a cluster, its workers search side by side; `job` is what makes the same racers there, see `race.spreading`.
    The runs come in the same order and, but for seconds, are the same.

    What is found after the last second does not count, though a searcher may only be stopped when it draws or yields.
    """
    family.vocabulary.require_budget(limits.budget)
    runs = [
        (goal, racer, seed) for goal in goals for racer in racers for seed in (seeds if racer.seeded else seeds[:1])
    ]
    with progress.task("racing", len(runs)) as task:
        if cluster is None or job is None:
            found: Iterator[Run] = (search(family, goal, racer, seed, limits) for goal, racer, seed in runs)
        else:
            found = cluster.map(job, ((goal, racer.name, seed) for goal, racer, seed in runs))
        for run in found:
            yield run
            task.advance(note=f"{run.searcher}: {run.goal.name}")


def warm_up(family: Family, goals: Sequence[Goal], racers: Sequence[Racer], renders: int = 5) -> None:
    """Let every racer begin once, on the first goal, so that no time that is told holds what happens once."""
    for goal in goals[:1]:
        for racer in racers:
            search(family, goal, racer, 0, Limits(None, renders, family.budget))


def search(family: Family, goal: Goal, racer: Racer, seed: int, limits: Limits) -> Run:
    """One racer on one goal. What it claims to have found is drawn again when its time is over."""
    claims: list[tuple[float, int, Found]] = []  # seconds, renders
    meter = Meter(family, limits.seconds, limits.renders, limits.clock)
    ended, error = "exhausted", ""
    try:
        for found in racer.make(family, meter, seed).search(goal.picture, limits.budget):
            seconds = meter.elapsed
            if limits.seconds is not None and seconds > limits.seconds:
                raise Over
            claims.append((seconds, meter.renders, found))
            if found.optimal:
                ended = "proved"
                break
            if limits.enough and goal.size is not None and found.order <= (0.0, goal.size):
                ended = "enough"
                break
    except Over:
        ended = "seconds" if limits.seconds is not None and meter.elapsed >= limits.seconds else "renders"
    except Exception as problem:  # a stranger's searcher may raise anything, and a race is long
        ended, error = "failed", " ".join(f"{type(problem).__name__}: {problem}".split())
    finally:
        used = meter.elapsed, meter.renders
        meter.close()
    try:
        points = _checked(family, goal, claims, limits.budget)
    except I2cError as problem:
        points, ended, error = (), "failed", problem.fact
    return Run(racer.name, goal, seed, points, *used, ended, error)


def _checked(family: Family, goal: Goal, claims: Sequence[tuple[float, int, Found]], budget: int) -> tuple[Point, ...]:
    """What was found, as the core draws and measures it; what is no better than before or too long is left out."""
    fitting = [claim for claim in claims if claim[2].program.size <= budget]
    if not fitting:
        return ()
    programs = [family.check(found.program) for _, _, found in fitting]
    with Renderer(family, workers=0) as renderer:
        pictures = renderer.render_programs(programs, (int(goal.picture.shape[1]), int(goal.picture.shape[2])))
    every = np.arange(len(programs))
    far = distances(family, pictures.pixels, goal.picture[None], every, np.zeros_like(every))
    far = np.where(pictures.defined, far, np.inf)
    points: list[Point] = []
    for (seconds, renders, _), program, distance in zip(fitting, programs, far.tolist(), strict=True):
        better = not points or (distance, program.size) < (points[-1].distance, points[-1].size)
        if better and math.isfinite(distance):
            points.append(Point(seconds, renders, distance, program.size, family.show(program)))
    return tuple(points)
