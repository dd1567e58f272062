"""Reading functions of x and y: held-out images by size, with and without refinement, and two ways to say numbers.

    python benchmarks/reading_functions.py [--weights RUN] [--runs RUN ...] [--quick]

A pixel is wrong that is off by more than a hundredth of white; an image is read where at most one pixel in a hundred is
wrong. Images are held out by their exact pixels at 32x32, one in ten, of functions as the family's own sampler draws
them, so that others with the same structure and other numbers were learned from. Nothing is tuned on them.
`--runs` compares networks that differ in who says the exact numbers in their bins: folders of runs, made by

    i2c train --family functions --set model.values=shared --out RUN
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from common import Benchmark
from numpy.typing import NDArray

from i2c_core import Reader
from i2c_core.examples import Example, held_out_examples

SIZES = (3, 5, 7, 9)
WRONG = 0.01  # of white
READ = 0.01  # of the pixels


@dataclass
class Figures:
    """Of each image: its size, the share of wrong pixels, whether all are equal; and seconds an image."""

    sizes: NDArray[np.int64]
    wrong: NDArray[np.float64]
    exact: NDArray[np.bool_]
    seconds: float

    def share(self, rows: NDArray[np.bool_] | slice = slice(None)) -> float:
        """The images that are read, in per cent."""
        return 100 * float((self.wrong[rows] <= READ).mean())


def measure(reader: Reader, examples: list[Example], strategy: str, refine: bool) -> Figures:
    """Read all examples by one strategy."""
    list(reader.read_many([examples[0].picture], 1, strategy=strategy, refine=refine))  # what happens once
    start = perf_counter()
    answers = list(reader.read_many([e.picture for e in examples], 1, strategy=strategy, refine=refine, invert=False))
    seconds = (perf_counter() - start) / len(examples)
    wrong, exact = [], []
    for example, answer in zip(examples, answers, strict=True):
        best = answer.candidates[0].picture if answer.candidates else np.zeros_like(example.picture)
        off = np.abs(best.astype(int) - example.picture.astype(int)).max(0)  # (H, W)
        wrong.append(float((off > WRONG * 255).mean()))
        exact.append(bool((off == 0).all()))
    return Figures(np.array([e.size for e in examples]), np.array(wrong), np.array(exact), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="", help="a checkpoint or a run's folder [default: the shipped weights]")
    parser.add_argument("--runs", nargs="*", default=(), metavar="RUN", help="runs to compare")
    parser.add_argument("--quick", action="store_true", help="fewer images")
    options = parser.parse_args()
    name = "reading_functions" + ("-trained" if options.weights else "") + ("-quick" if options.quick else "")
    bench = Benchmark(name, "held-out functions of up to 9 symbols read, numbers refined by the soft renderer, on CPU")
    with Reader.load(options.weights or "functions", device="cpu") as reader:
        train = reader.checkpoint.meta.get("train", {})
        bench.row(
            "weights", Path(options.weights).name or "shipped", train=train, step=reader.checkpoint.meta.get("step")
        )
        examples = held_out_examples(reader.family, SIZES, 15 if options.quick else 50, seed=0)
        found = measure(reader, examples, "auto", refine=True)
        share = found.share()
        bench.row(
            f"auto, refined: read of {len(examples)} held-out images, %",
            share,
            "at least 90",
            share >= 90,
            missed=[e.code for e, wrong in zip(examples, found.wrong, strict=True) if wrong > READ],
        )
        bench.row("auto, refined: every pixel equal, %", 100 * float(found.exact.mean()))
        for size in SIZES:
            rows = found.sizes == size
            bench.row(f"auto, refined: size {size}, % of {int(rows.sum())}", found.share(rows))
        bench.row("auto, refined: seconds an image", found.seconds)
        plain = measure(reader, examples, "auto", refine=False)
        bench.row("auto, not refined: read, %", plain.share(), seconds=plain.seconds)
        greedy = measure(reader, examples, "greedy", refine=True)
        bench.row("greedy, refined: read, %", greedy.share(), seconds=greedy.seconds)
    for run in options.runs:
        with Reader.load(run, device="cpu") as other:
            told = other.checkpoint.meta["model"].get("values", "none")
            results = other.checkpoint.meta["train"]["results"]
            steps = other.checkpoint.meta["step"]
            label = f"numbers by {told}, {steps} steps"
            bench.row(f"{label}: off by, in bins", results.get("held_out_numbers"), results=results)
            for strategy, refine in (("greedy", False), ("greedy", True)):
                figures = measure(other, examples, strategy, refine)
                how = "refined" if refine else "not refined"
                bench.row(f"{label}: {strategy}, {how}: read, %", figures.share(), seconds=figures.seconds)
    bench.finish()


if __name__ == "__main__":
    main()
