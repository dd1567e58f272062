"""Reading images of the family `boxes`: held-out images by number of boxes, and what random legal programs become.

    python benchmarks/reading_boxes.py [--weights RUN] [--quick]

Images are held out by their exact pixels at 32x32, one in ten, of boxes as the family's own sampler draws them; there
are as many of one box as of five. An answer is exact that draws every pixel again. Nothing is tuned on them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from time import perf_counter

import numpy as np
from common import Benchmark, timed
from numpy.typing import NDArray

from i2c_core import Reader
from i2c_core.answers import Answer
from i2c_core.datasets.sampling import UniformTokens
from i2c_core.evaluation import wilson
from i2c_core.examples import Example, held_out_examples
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Renderer

SIZES = tuple(range(10, 43))  # of programs with 1 to 5 boxes
MOST = 5  # boxes
LEGAL = 17, 24, 31, 38, 45  # sizes of random legal programs without piles
SHOWN = 10  # failures that a record keeps


def boxes_of(program: Program) -> int:
    """The boxes of a program."""
    return sum(node.name in ("box", "pile") for node in program.nodes())


def evenly(family: Family, count: int) -> list[Example]:
    """Held-out images, `count` of each number of boxes."""
    kept: dict[int, list[Example]] = {n: [] for n in range(1, MOST + 1)}
    for example in held_out_examples(family, SIZES, count, seed=1):
        some = kept.get(boxes_of(family.parse(example.code)), [])
        if len(some) < count:
            some.append(example)
    return [example for some in kept.values() for example in some]


def failure(answer: Answer, example: Example, truth: Program) -> str:
    """What is wrong with an answer that is not exact, in a few words."""
    if not answer.candidates:
        return "no answer"
    best = answer.candidates[0]
    found, wanted = boxes_of(best.program), boxes_of(truth)
    wrong = (best.picture.astype(int) != example.picture.astype(int)).any(0)  # (H, W)
    more = "as many boxes" if found == wanted else "fewer boxes" if found < wanted else "more boxes"
    return f"{more}, {'up to a tenth' if wrong.mean() <= 0.1 else 'more than a tenth'} of the pixels wrong"


def tell(bench: Benchmark, reader: Reader, examples: list[Example], strategy: str, target: float | None) -> None:
    """The figures of one strategy."""
    family = reader.family
    truths = [family.parse(example.code) for example in examples]
    counts = np.array([boxes_of(truth) for truth in truths])
    list(reader.read_many([examples[0].picture], 1, strategy=strategy))  # what happens once
    start = perf_counter()
    answers = list(reader.read_many([example.picture for example in examples], 1, strategy=strategy))
    seconds = (perf_counter() - start) / len(examples)
    exact = np.array([bool(a.candidates) and a.candidates[0].distance == 0 for a in answers])
    missed = np.flatnonzero(~exact).tolist()
    longer = sum(exact[n] and boxes_of(answer.candidates[0].program) > counts[n] for n, answer in enumerate(answers))
    share = 100 * float(exact.mean())
    bench.row(
        f"{strategy}: exact of {len(examples)} held-out images of 1 to 5 boxes, %",
        share,
        "" if target is None else f"at least {target:g}",
        None if target is None else share >= target,
        interval=[round(100 * x, 2) for x in wilson(int(exact.sum()), len(exact))],
        more_boxes_than_the_truth=int(longer),
        failures=dict(Counter(failure(answers[n], examples[n], truths[n]) for n in missed)),
        missed=[examples[n].code for n in missed[:SHOWN]],
    )
    for count in range(1, MOST + 1):
        rows = counts == count
        bench.row(f"{strategy}: {count} boxes, % of {int(rows.sum())}", 100 * float(exact[rows].mean()))
    bench.row(f"{strategy}: ms an image, in one call", 1000 * seconds)


def legal_rows(bench: Benchmark, family: Family, count: int) -> None:
    """What becomes of random legal programs, most of whose boxes are hidden, cut or out of place."""
    rng = np.random.default_rng(0)
    sampler = UniformTokens(family.vocabulary, max(LEGAL))
    ids: NDArray[np.int64] = sampler.sample(rng, rng.choice(LEGAL, count))
    programs = [family.from_tokens(row) for row in ids.tolist()]
    start = perf_counter()
    canonical = [family.canonical(program) for program in programs]
    seconds = perf_counter() - start
    with Renderer(family) as renderer:
        before, after = (renderer.render_programs(some).pixels for some in (programs, canonical))
        encoded, _ = family.vocabulary.pack([family.to_tokens(program) for program in canonical])
        drawing, rounds = timed(lambda: renderer.render(encoded))
    same = 100 * float((before == after).reshape(count, -1).all(1).mean())
    bench.row(f"random legal programs made canonical that keep their picture, % of {count}", same, "100", same == 100)
    kept = sum(map(boxes_of, canonical)) / sum(map(boxes_of, programs))
    bench.row("boxes that are left of them, %", 100 * kept)
    bench.row("ms a program", 1000 * seconds / count)
    bench.row("pictures drawn a second, 32x32", count / drawing, rounds=rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="", help="a checkpoint or a run's folder [default: the shipped weights]")
    parser.add_argument("--quick", action="store_true", help="fewer images")
    options = parser.parse_args()
    name = "reading_boxes" + ("-trained" if options.weights else "") + ("-quick" if options.quick else "")
    bench = Benchmark(name, "held-out images of up to 5 boxes read back exactly, on CPU")
    with Reader.load(options.weights or "boxes", device="cpu") as reader:
        train = reader.checkpoint.meta.get("train", {})
        bench.row(
            "weights", Path(options.weights).name or "shipped", train=train, step=reader.checkpoint.meta.get("step")
        )
        examples = evenly(reader.family, 10 if options.quick else 60)
        tell(bench, reader, examples, "auto", 95.0)
        tell(bench, reader, examples, "greedy", None)
        legal_rows(bench, reader.family, 500 if options.quick else 2000)
    bench.finish()


if __name__ == "__main__":
    main()
