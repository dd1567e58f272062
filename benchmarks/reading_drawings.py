"""Reading drawings into the commands of `figures`: clean renders, sketches, and drawings by other people's hands.

    python benchmarks/reading_drawings.py [--weights RUN] [--quick] [--only clean,sketched,hand]

Clean renders and sketches are of random scenes with seeds that no training uses. The drawings by hand are 40 of those
of Ellis et al. 2018, found through the environment variable I2C_REAL_DATA. Nothing is trained on them; the sketch
process and the search were tuned while looking at them, so they are a development set, and their figures say so.
"""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path

import torch
from common import Benchmark

from i2c_core import Reader
from i2c_core.evaluation import Evaluation, evaluate
from i2c_core.examples import Example, pair_examples, sketched_examples
from i2c_core.plugins import installed
from i2c_core.progress import make_progress
from i2c_core.strokes import draw
from i2c_core.strokes.sheets import strokes_of
from i2c_plugins.figures.scenes import scene, to_program

SEED = 1
LARGEST = 97  # tokens: the sizes that training draws


def clean_examples(reader: Reader, count: int, least: int, most: int) -> list[Example]:
    """Clean renders of random scenes of `least` to `most` commands."""
    from i2c_core.raster import TokenBatch

    family, rng = reader.family, random.Random(SEED)
    found = []
    for number in range(count):
        program = to_program(family, scene(rng, most, least=least))
        ids = torch.tensor([family.to_tokens(program).ids])
        ink = draw(strokes_of(family, TokenBatch(ids, None, family.vocabulary)), reader.image_size)[0]
        picture = (255 - (255 * ink).round()).to(torch.uint8)[None].numpy()
        found.append(Example(f"scene {number}", picture, family.show(program), program.size, program))
    return found


def measure(reader: Reader, examples: list[Example], strategies: list[str], **options: object) -> Evaluation:
    return evaluate(reader, examples, installed().metrics, make_progress(False), strategies=strategies, **options)


def share(found: Evaluation, strategy: str, among: int = 1) -> float:
    """How many right programs are among the first so many candidates, in per cent."""
    return 100 * found.top[strategy][among] / found.images


def told(found: Evaluation) -> dict[str, object]:
    """The record of an evaluation; of what failed the names alone, as other people's drawings are not ours to keep."""
    failed = {strategy: [f.name for f in failures] for strategy, failures in found.failures.items()}
    return found.record() | {"failures": failed}


def clean_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    for least, most, count, target in ((1, 12, 500, 99.0), (24, 24, 100, 90.0)):
        examples = clean_examples(reader, count // 10 if quick else count, least, most)
        found = measure(reader, examples, ["auto"])
        exact = share(found, "auto")
        how_many = "up to 12" if least == 1 else str(most)
        bench.row(
            f"clean renders, {how_many} commands: exact of {found.images}, %", exact, f"at least {target:g}",
            exact >= target, record=told(found),
        )  # fmt: skip


def sketched_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    count = 50 if quick else 1000
    sizes = list(range(5, LARGEST + 1))
    examples = sketched_examples(reader.family, sizes, count, SEED, reader.image_size)
    found = measure(reader, examples, ["auto"])
    bench.row(f"sketches: exact of {count}, %", share(found, "auto"), record=told(found))
    bench.row("sketches: right among five, %", share(found, "auto", 5))
    if "auto" in found.reliability:
        bench.row("sketches: calibration", found.reliability["auto"].tell(), record=found.reliability["auto"].record())


def hand_rows(bench: Benchmark, reader: Reader) -> None:
    real = os.environ.get("I2C_REAL_DATA")
    if not real:
        bench.row("drawings by hand", "skipped: I2C_REAL_DATA is not set")
        return
    examples = pair_examples(reader.family, Path(real) / "drawings")
    found = measure(reader, examples, ["greedy", "auto", "thorough"], preprocess=False)
    for strategy in found.strategies:
        exact, five = share(found, strategy), share(found, strategy, 5)
        median, worst = found.times[strategy]
        target, near, limit = ("at least 90", "at least 95", 2.0) if strategy == "auto" else ("", "", 10.0)
        named = f"{len(examples)} drawings by hand (development set), {strategy}"
        bench.row(f"{named}: exact, %", exact, target, exact >= 90 if target else None, record=told(found))
        bench.row(f"{named}: right among five, %", five, near, five >= 95 if near else None)
        if strategy != "greedy":
            met = worst <= limit
            bench.row(f"{named}: seconds, worst", worst, f"at most {limit:g}", met, median=median)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="", help="a checkpoint or a run's folder [default: the shipped weights]")
    parser.add_argument("--quick", action="store_true", help="fewer pictures; leaves no JSON of the full name")
    parser.add_argument("--only", default="hand,clean,sketched", help="parts, between commas")
    options = parser.parse_args()
    name = "reading_drawings-quick" if options.quick or options.weights else "reading_drawings"
    bench = Benchmark(name, "drawings read into the commands of the family figures, on CPU")
    parts = options.only.split(",")
    with Reader.load(options.weights or "figures", device="cpu") as reader:
        if "hand" in parts:
            hand_rows(bench, reader)
        if "clean" in parts:
            clean_rows(bench, reader, options.quick)
        if "sketched" in parts:
            sketched_rows(bench, reader, options.quick)
    bench.finish()


if __name__ == "__main__":
    main()
