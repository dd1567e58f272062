"""The two decoders, with and without being shown the place of the next token, trained alike on the family `splits`.

    python benchmarks/decoders.py [--steps 1500]

Same data, recipe and number of pairs, one CPU thread each; held-out images of sizes 5 to 11 are never trained on.
The choice of the default decoder rests on this table.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from common import Benchmark
from reading import examples

from i2c_core import Reader
from i2c_core.evaluation import evaluate
from i2c_core.plugins import installed
from i2c_core.progress import make_progress

VARIANTS = {
    "transformer, shown its place": ["model.decoder=transformer"],
    "recurrent, shown its place": ["model.decoder=recurrent"],
    "transformer, image alone": ["model.decoder=transformer", "model.where=false", "model.crop=0"],
    "recurrent, image alone": ["model.decoder=recurrent", "model.where=false", "model.crop=0"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1500, help="batches of 64 pairs for each variant")
    steps = parser.parse_args().steps
    bench = Benchmark("decoders", f"two decoders behind one interface, {steps} batches of 64 pairs each")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    for name, settings in VARIANTS.items():
        with tempfile.TemporaryDirectory() as out:
            start = time.perf_counter()
            command = [sys.executable, "-m", "i2c_cli", "train", "--family", "splits", "--out", out, "--quiet"]
            for setting in (f"run.steps={steps}", "data.max_size=11", "run.device=cpu", *settings):
                command += ["--set", setting]
            subprocess.run(command, check=True, env=environment)
            seconds = time.perf_counter() - start
            with Reader.load(out, device="cpu") as reader:
                pictures = examples(reader.family, 11, np.random.default_rng(0))
                found = evaluate(reader, pictures, installed().metrics, make_progress(True))
        for strategy in found.strategies:
            share = 100 * found.total().exact[strategy] / found.images
            each = 1000 * found.seconds[strategy]
            bench.row(f"{name}: {strategy}, exact %", share, seconds_to_train=seconds, ms_an_image=each)
        bench.row(f"{name}: seconds to train", seconds)
    bench.finish()


if __name__ == "__main__":
    main()
