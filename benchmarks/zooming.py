"""Decoding `splits` level by level against token by token: pictures deeper than any in training, and seconds.

    python benchmarks/zooming.py [--weights RUN] [--quick]

Training shows pictures of 32x32 pixels whose shortest programs have up to 13 symbols, so at most 6 levels of splits
above a leaf. The deep pictures have 9, at 256x256: `uniform` are of programs drawn uniformly among those of sizes 19
to 41 with exactly 9 levels; `needed` are those of 512x512 of which an exact search shows that no program of fewer than
9 levels draws them. Exact is what draws every pixel again, at the full size of the picture.

Specks are squares of 1 to 3 pixels anywhere in pictures of one colour: what training has least of, and up to 16 levels
deep.

Speed is of held-out pictures of sizes 13 to 21 (see `i2c eval`), read by both in the same run, in turns, all in one
call; the median of the rounds. `default` is what a reader does unless told otherwise: the likeliest program first and
beams where that does not draw the picture, against beams of four and wider ones. Nothing is tuned on any of these
pictures.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from common import Benchmark
from numpy.typing import NDArray

from i2c_core import Reader, get_family
from i2c_core.datasets.sampling import Sampler
from i2c_core.examples import Example, held_out_examples
from i2c_core.families import Family
from i2c_core.intervals import wilson
from i2c_core.programs import Program
from i2c_core.raster import Renderer

TRAINED = 6  # levels of splits in the deepest program of 13 symbols
DEEPER = 3
SIZES = (19, 41)  # of the programs of deep pictures
FASTER = 5.0
SPECKLED = 256  # pixels a side

Pixels = NDArray[np.uint8]


def levels(program: Program) -> int:
    """The most splits above a leaf."""
    return 1 + max(map(levels, program.args)) if program.args else 0


def needs(picture: Pixels, wanted: int) -> bool:
    """Whether no program of fewer than `wanted` levels draws a square picture (H, W) whose side is a power of two."""
    white = (picture > 0).astype(np.int64).cumsum(0).cumsum(1)
    sums = np.pad(white, ((1, 0), (1, 0)))

    @cache
    def least(x0: int, y0: int, x1: int, y1: int) -> int:
        ink = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
        if ink in (0, (x1 - x0) * (y1 - y0)):
            return 0
        x, y = (x0 + x1) // 2, (y0 + y1) // 2
        found = 1000
        if y > y0:
            found = min(found, 1 + max(least(x0, y0, x1, y), least(x0, y, x1, y1)))
        if x > x0:
            found = min(found, 1 + max(least(x0, y0, x, y1), least(x, y0, x1, y1)))
        if x > x0 and y > y0:
            quarters = (x0, y0, x, y), (x, y0, x1, y), (x0, y, x, y1), (x, y, x1, y1)
            found = min(found, 1 + max(least(*q) for q in quarters))
        return found

    return least(0, 0, *picture.shape[::-1]) >= wanted


def deep_pictures(family: Family, count: int, side: int, needed: bool) -> list[tuple[Program, Pixels]]:
    """`count` distinct pictures (C, side, side) of programs of TRAINED + DEEPER levels."""
    rng = np.random.default_rng((0, side))
    sampler, wanted = Sampler(family, SIZES[1]), TRAINED + DEEPER
    sizes = np.array(sampler.sizes(*SIZES), np.int64)
    found: dict[bytes, tuple[Program, Pixels]] = {}
    with Renderer(family) as renderer:
        while len(found) < count:
            ids, _ = sampler.sample(rng, rng.choice(sizes, 512))
            programs = [p for p in map(family.from_tokens, ids.tolist()) if levels(p) == wanted]
            for program, picture in zip(programs, renderer.render_programs(programs, (side, side)).pixels, strict=True):
                if not needed or needs(picture[0], wanted):
                    found.setdefault(picture.tobytes(), (program, picture))
    return list(found.values())[:count]


def deep_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    for what, side, needed, count in (("uniform", 256, False, 200), ("needed", 512, True, 100)):
        some = deep_pictures(reader.family, count // 10 if quick else count, side, needed)
        for strategy in ("greedy", "zoom"):
            exact = shorter = longer = 0
            for (program, picture), answer in zip(
                some, reader.read_many([p for _, p in some], 1, strategy=strategy), strict=True
            ):
                if not answer.candidates:
                    continue
                best = answer.candidates[0]
                if np.array_equal(reader.draw(best.program, (side, side)), picture):
                    exact += 1
                    longer += best.size > program.size
                    shorter += best.size < program.size
            share = 100 * exact / len(some)
            bench.row(
                f"{strategy}: exact of {len(some)} pictures of {TRAINED + DEEPER} levels, {what}, {side}x{side}, %",
                share, "at least 95" if strategy == "zoom" else "", share >= 95 if strategy == "zoom" else None,
                interval=wilson(exact, len(some)), shorter_than_drawn=shorter, longer_than_drawn=longer,
            )  # fmt: skip


def speck_rows(bench: Benchmark, reader: Reader, count: int) -> None:
    rng = np.random.default_rng(2)
    for specks in (1, 3):
        some = []
        for number in range(count):
            picture = np.zeros((SPECKLED, SPECKLED), np.uint8)
            for _ in range(specks):
                side = int(rng.integers(1, 4))
                y, x = rng.integers(0, SPECKLED - side + 1, 2)
                picture[y : y + side, x : x + side] = 255
            some.append(picture if number % 2 else 255 - picture)
        for strategy in ("greedy", "zoom"):
            answers = reader.read_many(some, 1, strategy=strategy)
            found = [a.candidates[0].picture[0] if a.candidates else None for a in answers]
            exact = sum(f is not None and np.array_equal(f, p) for f, p in zip(found, some, strict=True))
            bench.row(
                f"{strategy}: exact of {count} pictures of one colour with {specks} squares of 1 to 3 pixels, "
                f"{SPECKLED}x{SPECKLED}, %",
                100 * exact / count, interval=wilson(exact, count),
            )  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """Seconds of one reading of all pictures, those of them in the proposer, and answers: exact, longer than drawn."""

    whole: float
    proposing: float
    exact: int
    longer: int


def read(reader: Reader, examples: list[Example], strategy: str) -> Turn:
    proposing, propose = 0.0, reader.proposer.propose

    def timed(*args: Any, **rest: Any) -> Any:
        nonlocal proposing
        begin = time.perf_counter()
        found = propose(*args, **rest)
        proposing += time.perf_counter() - begin
        return found

    reader.proposer.propose = timed  # type: ignore[method-assign]
    try:
        begin = time.perf_counter()
        answers = list(reader.read_many([e.picture for e in examples], 1, strategy=strategy))
        whole = time.perf_counter() - begin
    finally:
        reader.proposer.propose = propose  # type: ignore[method-assign]
    pairs = [(a.candidates[0], e) for a, e in zip(answers, examples, strict=True) if a.candidates]
    right = [(c, e) for c, e in pairs if np.array_equal(c.picture, e.picture)]
    return Turn(whole, proposing, len(right), sum(c.size > e.size for c, e in right))


def speed_rows(bench: Benchmark, zoom: Reader, prefix: Reader, count: int, rounds: int) -> None:
    examples = held_out_examples(zoom.family, range(13, 22, 2), count, seed=0)
    for name, ours, theirs in (("default", "zoom", "auto"), ("greedy", "greedy", "greedy")):
        readers = {"zoom": (zoom, ours), "token by token": (prefix, theirs)}
        turns: dict[str, list[Turn]] = {who: [] for who in readers}
        for _ in range(rounds + 1):
            for who, (reader, strategy) in readers.items():
                turns[who].append(read(reader, examples, strategy))
        whole, proposing = (
            {who: statistics.median(getattr(t, part) for t in found[1:]) for who, found in turns.items()}
            for part in ("whole", "proposing")
        )
        for who, found in turns.items():
            exact = found[-1].exact
            bench.row(
                f"{name}, {who}: exact of {len(examples)} held-out pictures of sizes 13 to 21, %",
                100 * exact / len(examples), interval=wilson(exact, len(examples)), longer_than_drawn=found[-1].longer,
            )  # fmt: skip
            for part, seconds in (
                ("decoding", proposing[who]),
                ("decoding, checking, drawing and comparing", whole[who]),
            ):
                bench.row(f"{name}, {who}: {part}, ms a picture", 1000 * seconds / len(examples))
        no_worse = turns["zoom"][-1].exact >= turns["token by token"][-1].exact
        for part, seconds in (("decoding", proposing), ("all of it", whole)):
            ratio = seconds["token by token"] / seconds["zoom"]
            aimed = name == "default" and part == "decoding"
            bench.row(
                f"{name}: {part}, times faster than token by token", ratio,
                f"at least {FASTER:g}, at no lower accuracy" if aimed else "",
                ratio >= FASTER and no_worse if aimed else None,
                rounds={who: [vars(t) for t in found] for who, found in turns.items()},
            )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="a run of the learner zoom, instead of the shipped weights")
    parser.add_argument("--quick", action="store_true", help="a tenth of the pictures")
    args = parser.parse_args()
    bench = Benchmark("zooming", "pictures of splits decoded level by level, and against token by token", args.quick)
    family = get_family("splits")
    with Reader.load("splits") as prefix:
        zoom = Reader.load(args.weights, family=family) if args.weights else prefix.that_knows("zoom")
        deep_rows(bench, zoom, args.quick)
        speck_rows(bench, zoom, 10 if args.quick else 50)
        speed_rows(bench, zoom, prefix, 20 if args.quick else 200, 1 if args.quick else 5)
    bench.finish()


if __name__ == "__main__":
    main()
