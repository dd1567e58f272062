"""The race on held-out images of the family `splits` of size 21 to 31: who finds code of the true size or shorter.

    python benchmarks/racing.py [--quick] [--images N] [--searchers a,b] [--jobs N] [-o FOLDER]

Held-out images are one in ten of all distinct images, by a hash of their pixels, so that training never sees them; the
shipped network was trained on programs of up to 13 symbols. The true size is that of the program that drew an image,
which is often not the shortest: what `divide` proves is. Every search has 10 seconds of the processor on one core,
the same renderer, and one seed. It ends before, when its code is exact and no longer than the program that drew the
image, or when nothing better is possible. Nothing is tuned on these images. Tree search and enumeration, which use up
their seconds on nearly every image, race on the first twenty of them only; `--patient 100` lets them race on all.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Sequence
from pathlib import Path

from common import RESULTS, Benchmark

from i2c_core import get_family
from i2c_core.drawing import save_png
from i2c_core.intervals import wilson
from i2c_core.plugins import installed
from i2c_core.progress import make_progress
from i2c_core.race import Goal, Limits, Run, field_of, held_out_goals, race, race_chart, standings, warm_up, write_race
from i2c_core.race.networks import networks_of

SIZES = [21, 23, 25, 27, 29, 31]  # programs of splits have an odd number of symbols
SECONDS = 10.0
SEED = 6  # of held-out images
PATIENT = ("enumeration", "tree")  # what uses all of its seconds on nearly every image


def searched(goals: Sequence[Goal], names: Sequence[str] | None, patient: Sequence[Goal]) -> list[Run]:
    """All searches of some images, in this process; `patient` are the images of those that take their time."""
    import torch

    torch.set_num_threads(1)
    family = get_family("splits")
    racers = field_of(family, installed().searchers, networks_of(family, None), names).racers
    limits = Limits(SECONDS, None, family.budget, enough=True, clock="processor")
    warm_up(family, goals, racers)
    quick, slow = [r for r in racers if r.name not in PATIENT], [r for r in racers if r.name in PATIENT]
    parts = [(goals, quick), (patient, slow)]
    return [run for some, who in parts for run in race(family, some, who, limits, [0], make_progress(False))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="six images")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--searchers", help="some of them, between commas [default: all]")
    parser.add_argument("-o", "--out", type=Path, help="a folder for every search and what it found")
    parser.add_argument("--patient", type=int, default=20, metavar="N", help=f"images of {' and '.join(PATIENT)}")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each on a core of its own")
    options = parser.parse_args()
    count = 6 if options.quick else options.images
    names = options.searchers.split(",") if options.searchers else None
    part = options.quick or names is not None or count != 100
    bench = Benchmark("racing-quick" if part else "racing", "searchers on held-out images of splits, size 21 to 31")
    family = get_family("splits")
    each = -(-count // len(SIZES))
    by_size = [held_out_goals(family, [size], each, SEED) for size in SIZES]
    goals = [goal for row in zip(*by_size, strict=False) for goal in row][:count]
    if options.jobs > 1:
        with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
            shares = [
                (goals[n :: options.jobs], names, goals[: options.patient][n :: options.jobs])
                for n in range(options.jobs)
            ]
            parts = pool.starmap(searched, shares)
        runs = [run for part in parts for run in part]
    else:
        runs = searched(goals, names, goals[: options.patient])
    learned = {
        r.name for r in field_of(family, installed().searchers, networks_of(family, None), names).racers if r.learned
    }
    found = sorted(standings(runs), key=lambda s: (-(s.short or 0), s.seconds or SECONDS))
    best = next((s for s in found if s.searcher in learned), None)
    if best is not None:
        share = 100 * (best.short or 0) / best.runs
        bench.row(
            f"best searcher with a network ({best.searcher}): true size or shorter, % of {best.runs} images",
            share,
            "at least 95",
            share >= 95,
        )
    for s in found:
        low, high = wilson(s.short or 0, s.runs)
        share = 100 * (s.short or 0) / s.runs
        name = f"{s.searcher}: true size or shorter, % of {s.runs} images ({100 * low:.0f} to {100 * high:.0f})"
        bench.row(name, share, **s.record(), network=s.searcher in learned)
        name = f"{s.searcher}: median seconds until drawn exactly, of the {100 * s.exact / s.runs:.0f} % that are"
        bench.row(name, "none" if s.seconds is None else s.seconds)
    limits = Limits(SECONDS, None, family.budget)
    save_png(race_chart(runs, limits), RESULTS / f"{bench.name}.png")
    if options.out is not None:
        write_race(options.out, runs, limits)
    bench.finish()


if __name__ == "__main__":
    main()
