"""The measure of image splits: rewrite rules, what they do to redundancy, and all images at 4x4 against brute force.

    python benchmarks/measuring.py [--quick]

`--quick` leaves out the rules of up to 9 symbols. Nothing here is trained.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from common import Benchmark, spread, timed

from i2c_core import get_family
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.datasets.keys import pixel_keys
from i2c_core.decoding import family_mask
from i2c_core.families import Family
from i2c_core.measuring import find_rules
from i2c_core.measuring.expressing import sampled, small
from i2c_core.raster import Renderer

SIZE = 11  # symbols of the programs whose redundancy is told
ROWS, BUDGET = 256, 31  # of the masks that are timed
Picture = tuple[tuple[int, ...], ...]


@cache
def brute(picture: Picture) -> int:
    """The symbols of the shortest program of a black and white picture, straight from what h, v and q mean."""
    if len({c for row in picture for c in row}) == 1:
        return 1
    y, x = len(picture) // 2, len(picture[0]) // 2
    halves = picture[:y], picture[y:]
    sides = tuple(r[:x] for r in picture), tuple(r[x:] for r in picture)
    found = []
    if y:
        found.append(sum(map(brute, halves)))
    if x:
        found.append(sum(map(brute, sides)))
    if x and y:
        found.append(sum(brute(tuple(r[part] for r in half)) for half in halves for part in (slice(x), slice(x, None))))
    return 1 + min(found)


def by_brute_force() -> dict[int, int]:
    """All black and white images of 4x4 pixels by the size of their shortest program."""
    found: dict[int, int] = {}
    for bits in itertools.product((0, 1), repeat=16):
        size = brute((bits[:4], bits[4:8], bits[8:12], bits[12:]))
        found[size] = found.get(size, 0) + 1
    return dict(sorted(found.items()))


def images(family: Family, renderer: Renderer, size: int) -> tuple[int, int, int]:
    """Programs of a size that the family lists, their distinct images, and those that no smaller program has."""
    known: set[int] = set()
    keys: list[int] = []
    for tokens in range(1, size + 1):
        keys = [k for ids in enumerate_programs(family.vocabulary, tokens) for k in _keys(renderer, ids)]
        if tokens < size:
            known.update(keys)
    return len(keys), len(set(keys)), len(set(keys) - known)


def _keys(renderer: Renderer, ids: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> list[int]:
    found: list[int] = pixel_keys(renderer.render(ids).pixels).tolist()
    return found


def mask_seconds(family: Family) -> tuple[float, list[float]]:
    """Seconds of a step of the mask for ROWS programs, random choices, from beginning to end."""

    def run() -> None:
        mask: Any = family_mask(family)
        generator = torch.Generator().manual_seed(0)
        state = mask.start(ROWS, BUDGET)
        for _ in range(BUDGET):
            chance = torch.rand(ROWS, mask.pad, generator=generator).masked_fill(~mask.legal(state), -1.0)
            state = mask.advance(state, torch.where(mask.done(state), mask.pad, chance.argmax(1)))

    seconds, every = timed(run)
    return seconds / BUDGET, [s / BUDGET for s in every]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out rules of up to 9 symbols")
    quick = parser.parse_args().quick
    family = get_family("splits")
    bench = Benchmark("measuring-quick" if quick else "measuring", "rewrite rules and expressiveness of image splits")
    with Renderer(family) as renderer:
        programs, distinct, new = images(family, renderer, SIZE)
        bench.row(f"programs of size {SIZE}", programs)
        bench.row("distinct images a program, no rules", distinct / programs, "0.12 before", None, new=new / programs)
        for most in (7,) if quick else (7, 9):
            start = time.perf_counter()
            found = find_rules(family, most, renderer)
            seconds = time.perf_counter() - start
            proved = found.proved and found.through == most
            bench.row(f"rules of up to {most} symbols", len(found.rules), proved=found.proved, terms=found.terms)
            target = ("all, proved, in under 60 s", proved and seconds < 60) if most == 7 else ("", None)
            bench.row(f"rules of up to {most} symbols, seconds", seconds, *target)
            ruled = replace(family, rules=found.text(), weights=None)
            programs, distinct, new = images(ruled, renderer, SIZE)
            bench.row(f"programs of size {SIZE} that none of them changes", programs)
            share = distinct / programs
            bench.row("distinct images a canonical program", share, "at least 0.9", share >= 0.9)
            bench.row(f"images that no smaller program has, a canonical program of size {SIZE}", new / programs)
            rng = np.random.default_rng(0)
            for size in (17, 23, 31):
                guess = sampled(ruled, size, 400, renderer, rng)
                total = Counts(ruled.vocabulary, size).of(size)
                span = [guess.low / total, guess.high / total]
                bench.row(f"the same of size {size} at 32x32 pixels, estimated", guess.images / total, interval=span)
            step, every = mask_seconds(ruled)
            bench.row(f"mask with these rules, seconds a step of {ROWS} programs", step, spread=spread(every))
        step, every = mask_seconds(family)
        bench.row(f"mask without rules, seconds a step of {ROWS} programs", step, spread=spread(every))
        start = time.perf_counter()
        at_four = small(family, (4, 4), renderer)
        bench.row("images at 4x4 by shortest program", at_four.images, seconds=time.perf_counter() - start)
        start = time.perf_counter()
        truth = by_brute_force()
        exact = at_four.images == truth and at_four.complete
        bench.row("the same by brute force", truth, "equal", exact, seconds=time.perf_counter() - start)
        bench.row("images at 4x4 that are reached", f"{at_four.reached:,} of {at_four.all:,}")
    bench.finish()


if __name__ == "__main__":
    main()
