"""What clusters are held to: a data set and a race come out as without one, whichever worker dies meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobs_of_tests import DEADLY, arm

from i2c_core.clusters import Cluster
from i2c_core.datasets.build import BuildConfig, build_dataset
from i2c_core.plugins import installed
from i2c_core.progress import Silent
from i2c_core.race import Goal, Limits, field_of, race
from i2c_core.race.spreading import race_job
from i2c_core.raster import Renderer
from i2c_core.raster.spread import Spread

CONFIG = BuildConfig(max_size=9, count=120, shard_size=50, razor="none")
LIMITS = Limits(None, 200, 9)
SEARCHERS = ("enumeration", "genetic")


def dataset(out: Path, cluster: Cluster | None, deaths: Path | None = None) -> dict[str, bytes]:
    """The files of a data set, by name; where `deaths` is told, a worker dies on the way."""
    if deaths is not None:
        arm(deaths)
    with Renderer(DEADLY, workers=0) if cluster is None else Spread(DEADLY, cluster) as renderer:
        build_dataset(DEADLY, out, CONFIG, renderer=renderer)
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def records(cluster: Cluster | None, deaths: Path | None = None) -> list[dict[str, Any]]:
    """What a race told, without seconds; where `deaths` is told, a worker dies on the way."""
    with Renderer(DEADLY, workers=0) as renderer:
        goals = []
        for code in ("h(B, v(W, B))", "v(h(W, B), W)"):
            program = DEADLY.parse(code)
            goals.append(Goal(code, renderer.render_programs([program]).pixels[0], program.size))
    racers = field_of(DEADLY, installed().searchers, [], SEARCHERS).racers
    if deaths is not None:
        arm(deaths)
    job = None if cluster is None else race_job(DEADLY, goals, LIMITS, SEARCHERS)
    found = []
    for run in race(DEADLY, goals, racers, LIMITS, range(2), Silent(), cluster, job):
        assert run.ended != "failed", run.error
        record = run.record()
        del record["seconds"]
        for point in record["points"]:
            del point["seconds"]
        found.append(record)
    return found
