"""Razors over the language of image splits: counts against the published table, time against the plain pipeline.

    python benchmarks/razors.py [--quick]

The plain pipeline draws each program with Pillow and hashes it with imagehash, one at a time; it is timed in the same
run on a sample of programs and scaled to all of them.
"""

from __future__ import annotations

import argparse
import random
import time

import imagehash
from common import Benchmark, spread, timed
from PIL import Image, ImageDraw

from i2c_core import get_family
from i2c_core.datasets.razor import rough_razor, sharp_razor

PUBLISHED = {1: (2, 2), 3: (8, 4), 5: (80, 26), 7: (1024, 232), 9: (14848, 2348), 11: (231936, 25536)}
SAMPLE = 600  # programs of the plain pipeline that are timed


def draw(tokens: list[str], size: int = 32) -> Image.Image:
    """The plain renderer: Pillow, one rectangle a leaf."""
    picture = Image.new("L", (size, size))
    pen = ImageDraw.Draw(picture)
    places = [(0, 0, size, size)]
    for token in tokens:
        x0, y0, x1, y1 = places.pop()
        x, y = x0 + (x1 - x0) // 2, y0 + (y1 - y0) // 2
        if token == "h":
            places += [(x0, y, x1, y1), (x0, y0, x1, y)]
        elif token == "v":
            places += [(x, y0, x1, y1), (x0, y0, x, y1)]
        elif token == "q":
            places += [(x, y, x1, y1), (x0, y, x, y1), (x, y0, x1, y), (x0, y0, x, y)]
        elif x1 > x0 and y1 > y0:
            pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=255 if token == "W" else 0)
    return picture


def plain_seconds(names: tuple[str, ...], rows: list[list[int]]) -> float:
    start = time.perf_counter()
    for row in rows:
        imagehash.phash(draw([names[i] for i in row]), hash_size=32, highfreq_factor=4)
    return (time.perf_counter() - start) / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="stop at size 9")
    largest = 9 if parser.parse_args().quick else 11
    family = get_family("splits")
    bench = Benchmark("razors" if largest == 11 else "razors-quick", "rough and sharp razor of image splits at 32x32")
    rough = rough_razor(family, largest, hash_size=32, highfreq_factor=4)
    seen = {s: int(rough.seen[s]) for s in PUBLISHED if s <= largest}
    kept = {s: int((rough.sizes == s).sum()) for s in seen}
    wanted = {s: PUBLISHED[s] for s in seen}
    bench.row(
        "programs seen by size",
        seen,
        str({s: w[0] for s, w in wanted.items()}),
        seen == {s: w[0] for s, w in wanted.items()},
    )
    bench.row(
        "kept by the rough razor",
        kept,
        str({s: w[1] for s, w in wanted.items()}),
        kept == {s: w[1] for s, w in wanted.items()},
    )

    rng = random.Random(0)
    rows = [r[r < family.vocabulary.size].tolist() for r in rough.ids[rough.sizes == largest]]
    sample = rng.sample(rows, min(SAMPLE, len(rows)))
    before = plain_seconds(family.vocabulary.tokens, sample)
    seconds, all_seconds = timed(lambda: rough_razor(family, largest, hash_size=32, highfreq_factor=4))
    after = plain_seconds(family.vocabulary.tokens, sample)
    plain = (before + after) / 2 * sum(seen.values())
    ratio = plain / seconds
    bench.row(f"rough razor through size {largest}, seconds", seconds, spread=spread(all_seconds))
    bench.row("plain pipeline, seconds (scaled from a sample)", plain, per_program=[before, after])
    bench.row("plain / ours", ratio, "at least 50", ratio >= 50)

    seconds, all_seconds = timed(lambda: sharp_razor(family, largest))
    bench.row(
        f"sharp razor through size {largest}, seconds", seconds, "under 2", seconds < 2, spread=spread(all_seconds)
    )
    if largest == 11:
        start = time.perf_counter()
        sharp = sharp_razor(family, 13)
        seconds = time.perf_counter() - start
        bench.row("sharp razor through size 13, seconds", seconds, "under 60", seconds < 60)
        bench.row("kept by the sharp razor", {int(s): int((sharp.sizes == s).sum()) for s in range(1, 14, 2)})
    bench.finish()


if __name__ == "__main__":
    main()
