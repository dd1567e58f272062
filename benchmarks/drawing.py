"""Figures drawn a second, clean and sketched, on two threads.

    python benchmarks/drawing.py [--smoke]

Figures are random scenes of the family `figures`, up to 12 commands. Sampling and tokens are not part of the time;
turning tokens into strokes is. `--smoke` draws a few and writes no figures.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from common import Benchmark, spread, timed

from i2c_core import get_family
from i2c_core.datasets.sampling import Sampler
from i2c_core.raster import TokenBatch
from i2c_core.strokes import draw, sketch
from i2c_core.strokes.sheets import strokes_of

SIZE = (128, 128)
BATCH = 256  # figures drawn at once
THREADS = 2
LONGEST = 96  # tokens, some twelve commands
CLEAN, SKETCHED = 2000, 500  # figures a second to reach


def figures(count: int) -> TokenBatch:
    """Random scenes as the renderer gets them."""
    family = get_family("figures")
    rng = np.random.default_rng(0)
    ids, _ = Sampler(family, LONGEST).sample(rng, rng.integers(8, LONGEST + 1, count))
    return TokenBatch(torch.from_numpy(ids), None, family.vocabulary)


def seconds_of_pillow(batch: TokenBatch) -> float:
    """Seconds a figure of what a script would do: strokes one by one with Pillow, four times as large, scaled down."""
    from PIL import Image, ImageDraw

    strokes = strokes_of(get_family("figures"), batch)
    scale = 4 * SIZE[0] / strokes.extent[1]
    start = time.perf_counter()
    for n in range(len(strokes)):
        picture = Image.new("L", (4 * SIZE[1], 4 * SIZE[0]), 255)
        pen = ImageDraw.Draw(picture)
        for shape, arc, item in zip(
            strokes.shape[n].tolist(), strokes.arc[n].tolist(), strokes.item[n].tolist(), strict=True
        ):
            if item < 0:
                continue
            x1, y1, x2, y2 = (scale * v for v in shape[:4])
            if arc:
                pen.ellipse((x1 - x2, y1 - y2, x1 + x2, y1 + y2), outline=0, width=3)
            else:
                pen.line((x1, y1, x2, y2), fill=0, width=3)
        picture.resize((SIZE[1], SIZE[0]), Image.Resampling.BOX).tobytes()
    return (time.perf_counter() - start) / len(strokes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a few figures, and no JSON")
    smoke = parser.parse_args().smoke
    torch.set_num_threads(THREADS)
    family = get_family("figures")
    count = 16 if smoke else 4096
    batch = figures(count)
    parts = [TokenBatch(batch.ids[i : i + BATCH], None, batch.vocabulary) for i in range(0, count, BATCH)]
    bench = Benchmark("drawing", f"figures of up to 12 commands drawn at {SIZE[1]}x{SIZE[0]}, {THREADS} threads")
    generator = torch.Generator().manual_seed(0)

    def clean() -> None:
        for part in parts:
            draw(strokes_of(family, part), SIZE)

    def by_hand() -> None:
        for part in parts:
            sketch(strokes_of(family, part), SIZE, generator)

    with torch.inference_mode():
        for name, run, target in (("clean", clean, CLEAN), ("sketched", by_hand, SKETCHED)):
            seconds, rounds = timed(run, rounds=1 if smoke else 5)
            rate = count / seconds
            bench.row(f"{name}, figures a second", rate, f"at least {target:,}", rate >= target, spread=spread(rounds))
        strokes = (strokes_of(family, batch).item >= 0).sum(1).double()
    bench.row("strokes a figure, in the mean", float(strokes.mean()), detail=True)
    few = TokenBatch(batch.ids[:200], None, batch.vocabulary)
    bench.row("peer: Pillow, one figure at a time, without dashes, figures a second", 1 / seconds_of_pillow(few))
    if not smoke:
        bench.finish()


if __name__ == "__main__":
    main()
