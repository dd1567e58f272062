"""A race on a cluster: what its workers make for themselves, and search with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from i2c_core.clusters import Job, carried
from i2c_core.clusters.crossing import Carried
from i2c_core.families import Family
from i2c_core.plugins import installed
from i2c_core.race.networks import networks_or_reason
from i2c_core.race.racers import field_of
from i2c_core.race.racing import Goal, Limits, Run, search, warm_up


def race_job(
    family: Family,
    goals: Sequence[Goal],
    limits: Limits,
    wanted: Sequence[str] | None = None,
    weights: Path | None = None,
    device: str = "cpu",
) -> Job:
    """What a worker needs for the searches of a race; it finds racers as this process does, see `field_of`.

    Weights must lie at the same path on all machines.
    """
    settings: dict[str, Any] = {
        "carried": carried(family),
        "first": goals[0],
        "limits": limits,
        "wanted": wanted,
        "weights": weights,
        "device": device,
    }
    return Job("i2c_core.race.spreading:searching", settings)


def searching(
    carried: Carried, first: Goal, limits: Limits, wanted: Sequence[str] | None, weights: Path | None, device: str
) -> Callable[[tuple[Goal, str, int]], Run]:
    """What a worker makes of the job: a search of a goal, by a racer's name, with a seed; warmed up on the first."""
    import torch

    torch.set_num_threads(1)  # one core for everybody
    family = carried.family()
    networks, why = networks_or_reason(family, weights, device)
    racers = {racer.name: racer for racer in field_of(family, installed().searchers, networks, wanted, why).racers}
    warm_up(family, [first], list(racers.values()))

    def work(item: tuple[Goal, str, int]) -> Run:
        goal, name, seed = item
        return search(family, goal, racers[name], seed, limits)

    return work
