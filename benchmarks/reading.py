"""Reading images of the family `splits`: held-out images by size, the original program's images, and seconds.

    python benchmarks/reading.py [--weights RUN] [--quick]

Held-out images are one in ten of all distinct images at 32x32, by a hash of their pixels, so training never sees them;
for sizes 5 to 13 they come from the sharp razor's table (every one through size 11), for size 15 from random programs.
The images of the original program are found through the environment variable I2C_REAL_DATA. Nothing is tuned on either.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import Benchmark, timed

from i2c_core import Reader, get_family
from i2c_core.datasets.keys import held_out
from i2c_core.datasets.razor import sharp_razor
from i2c_core.evaluation import Evaluation, evaluate
from i2c_core.examples import Example, held_out_examples
from i2c_core.families import Family
from i2c_core.plugins import installed
from i2c_core.progress import make_progress
from i2c_core.raster import Renderer, to_png

SAMPLE = 1000  # images of sizes 13 and 15


def examples(family: Family, largest: int, rng: np.random.Generator) -> list[Example]:
    """The held-out images of the sharp razor's table: all of sizes 5 to 11, a sample beyond."""
    table = sharp_razor(family, largest)
    pixels = table.pixels  # (N, C, H, W), unpacked once
    rows = np.flatnonzero((table.sizes >= 5) & held_out(pixels))
    beyond = rows[table.sizes[rows] > 11]
    rows = np.concatenate([rows[table.sizes[rows] <= 11], rng.permutation(beyond)[:SAMPLE]])
    return [Example(str(r), pixels[r].copy(), table.code(r), int(table.sizes[r])) for r in rows.tolist()]


def tell(bench: Benchmark, found: Evaluation, reached: dict[str, float]) -> None:
    """One row a strategy and size, and one for sizes 5 to 11 together with its target."""
    for strategy in found.strategies:
        within = [row for row in found.rows if row.size <= 11]
        if within:
            images = sum(row.images for row in within)
            share = 100 * sum(row.exact[strategy] for row in within) / images
            shorter = sum(row.longer[strategy] for row in within)
            target = reached[strategy]
            bench.row(
                f"{strategy}: exact of {images} held-out images, sizes 5 to 11, %", share, f"at least {target}",
                share >= target, longer_than_shortest=shorter,
            )  # fmt: skip
        for row in found.rows:
            share = 100 * row.exact[strategy] / row.images
            bench.row(f"{strategy}: size {row.size}, % of {row.images}", share, **row.record())


def held_out_rows(bench: Benchmark, reader: Reader, quick: bool) -> None:
    rng = np.random.default_rng(0)
    pictures = examples(reader.family, 11 if quick else 13, rng)
    if quick:
        pictures = pictures[:: max(1, len(pictures) // 300)]
    else:
        pictures += held_out_examples(reader.family, [15], SAMPLE, seed=0)
    found = evaluate(reader, pictures, installed().metrics, make_progress(False))
    default = found.strategies[1]
    tell(bench, found, {"greedy": 97.0, default: 99.5})


def original_rows(bench: Benchmark, weights: str) -> None:
    real = os.environ.get("I2C_REAL_DATA")
    if not real:
        bench.row("images of the original program", "skipped: I2C_REAL_DATA is not set")
        return
    folder = Path(real) / "splits"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    exact, never_longer, differ = 0, 0, []
    for line in decode(weights, [str(folder / name) for name in truth], "--json").splitlines():
        record = json.loads(line)
        best, code = record["candidates"][0], truth[Path(record["file"]).name]
        exact += best["distance"] == 0
        longer = best["size"] > len(code.split())
        never_longer += not longer
        if best["distance"] or longer:
            differ.append({"file": Path(record["file"]).name, "ours": best["code"], "theirs": code})
    bench.row(f"exact of the original program's {len(truth)} images", exact, "at least 39", exact >= 39, differ=differ)
    bench.row("never longer than theirs", never_longer, "all", never_longer == len(truth))


def decode(weights: str, files: list[str], *options: str) -> str:
    """`i2c decode` as a process of its own."""
    command = [sys.executable, "-m", "i2c_cli", "decode", *files, *options, "--quiet"]
    command += ["--weights", weights] if weights else ["--family", "splits"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def time_rows(bench: Benchmark, weights: str, quick: bool) -> None:
    count = 100 if quick else 1000
    family = get_family("splits")
    with tempfile.TemporaryDirectory() as folder, Renderer(family) as renderer:
        table = sharp_razor(family, 11)
        rows = np.random.default_rng(1).choice(len(table), count, replace=False)
        files = []
        for number, pixels in enumerate(renderer.render(table.ids[rows], size=(64, 64)).pixels):
            files.append(str(Path(folder) / f"{number:04}.png"))
            to_png(pixels).save(files[-1])
        one, ones = timed(lambda: decode(weights, files[:1]), rounds=5)
        bench.row("one image, process start to printed code, seconds", one, "under 4", one < 4, rounds=ones)
        many, manys = timed(lambda: decode(weights, files, "--json"), rounds=1 if quick else 3, warm_up=0)
        each = 1000 * many / count
        bench.row(f"{count} images in one call, ms an image", each, "under 20", each < 20, rounds=manys)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="", help="a checkpoint or a run's folder [default: the shipped weights]")
    parser.add_argument("--quick", action="store_true", help="fewer images")
    options = parser.parse_args()
    name = "reading-trained" if options.weights else "reading"
    bench = Benchmark(
        f"{name}-quick" if options.quick else name, "exact answers and seconds of the family splits on CPU"
    )
    with Reader.load(options.weights or "splits", device="cpu") as reader:
        train = reader.checkpoint.meta.get("train", {})
        bench.row(
            "weights", Path(options.weights).name or "shipped", train=train, step=reader.checkpoint.meta.get("step")
        )
        held_out_rows(bench, reader, options.quick)
    original_rows(bench, options.weights)
    time_rows(bench, options.weights, options.quick)
    bench.finish()


if __name__ == "__main__":
    main()
