"""Pairs of image and code for training, a second, on all cores that this process may use.

    python benchmarks/pairs.py

The peer is what a script would do: draw one program at a time with Pillow, in the same run.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from common import Benchmark, spread, timed
from razors import draw

from i2c_core import get_family
from i2c_core.datasets.stream import Stream, StreamConfig

BATCH, STEPS = 1024, 64


def main() -> None:
    family = get_family("splits")
    bench = Benchmark("pairs", "pairs of image and code a second, 32x32, batches of 1,024")
    for razor in ("auto", "none"):
        streams = [Stream(family, StreamConfig(batch_size=BATCH, razor=razor), seed=seed) for seed in range(2)]

        def run(streams: list[Stream] = streams) -> None:
            with ThreadPoolExecutor(2) as pool:  # two streams, as two loaders would run
                list(pool.map(lambda stream: [stream.batch(step) for step in range(STEPS)], streams))

        seconds, rounds = timed(run)
        rate = 2 * BATCH * STEPS / seconds
        # Drawn uniformly, most programs through size 11 draw an image that the window has: twins are what it costs.
        name = {"auto": "shortest codes (the default)", "none": "programs drawn uniformly, twins dropped"}[razor]
        reached = ("at least 50,000", rate >= 50_000) if razor == "auto" else ("", None)
        bench.row(f"{name}, pairs a second", rate, *reached, spread=spread(rounds))
    batch = Stream(family, StreamConfig(batch_size=BATCH, razor="none"), seed=0).batch(0)
    rows = random.Random(0).sample(range(BATCH), 500)
    start = time.perf_counter()
    for row in rows:
        ids = batch.ids[row]
        np.asarray(draw([family.vocabulary.tokens[i] for i in ids[ids < family.vocabulary.pad].tolist()]))
    rate = len(rows) / (time.perf_counter() - start)
    bench.row("peer: Pillow, one program at a time, one core, pictures a second", rate)
    bench.finish()


if __name__ == "__main__":
    main()
