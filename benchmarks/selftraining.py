"""Self-training on drawings in a style that the sketch process lacks: strokes of which only the outlines are drawn.

    python benchmarks/selftraining.py [--quick] [--development]

The family `figures` ships weights that were trained on sketches of filled strokes. They read a folder of outlined
drawings without programs, and `i2c train --images` learns from the readings that they are sure of. Measured are other
outlined drawings and the usual sketches, before and after, image by image; and the same training without the folder.
The style, the settings of training and their numbers were chosen on the drawings of `--development`, which share no
seed with those that are measured. Programs of unlabelled drawings are used to count the right readings, nothing else.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import Benchmark
from PIL import Image
from torch import Tensor

from i2c_core import Reader
from i2c_core.evaluation import Evaluation, evaluate
from i2c_core.examples import Example, sketched_examples
from i2c_core.families import Family
from i2c_core.intervals import wilson
from i2c_core.learning import learn
from i2c_core.plugins import installed
from i2c_core.predictions import difference
from i2c_core.progress import make_progress
from i2c_core.selftraining import READINGS_FILE
from i2c_core.training import Trained
from i2c_core.training.run import STATE_FILE

FAMILY = "figures"
STRATEGIES = ["greedy", "auto"]
SIZES = range(5, 98)  # tokens, as training draws them
PEN = 5  # pixels that a stroke grows before its outline is drawn
SETTINGS = [
    *("optim.lr=5e-4", "optim.warmup=0.1", "run.batch_size=16", "data.images_share=0.5", "data.holdout=false"),
    *("run.threads=1", "run.device=cpu", "run.eval_every=0", "run.eval_samples=0", "run.save_every=50"),
    *("run.tensorboard=false", "run.log_every=20", "run.calibration_samples=64", "data.images_confidence=0.5"),
]


def outlined(ink: Tensor) -> Tensor:
    """(N, H, W) drawings of which only the edges of broad strokes are left."""
    wide = F.max_pool2d(ink[:, None], PEN, 1, PEN // 2)
    core = -F.max_pool2d(-wide, 3, 1, 1)
    return (wide - 0.95 * core).clamp(0, 1)[:, 0]


def in_style(examples: Sequence[Example]) -> list[Example]:
    """The same drawings, outlined."""
    ink = 1 - torch.from_numpy(np.stack([e.picture for e in examples])).float().mean(1) / 255
    pictures = (255 - 255 * outlined(ink)).round().byte().numpy()
    return [replace(e, picture=p[None]) for e, p in zip(examples, pictures, strict=True)]


def write_folder(examples: Sequence[Example], folder: Path) -> dict[str, str]:
    """Pictures without programs; returns the programs by file."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = {}
    for number, example in enumerate(examples):
        path = folder / f"{number:05d}.png"
        Image.fromarray(example.picture[0]).save(path)
        codes[str(path)] = example.code
    return codes


def train(family: Family, settings: Sequence[str], folder: Path) -> Trained:
    """A run from the shipped weights; one that was cut short goes on."""
    progress = make_progress(False)
    if (folder / STATE_FILE).exists():
        return learn(None, [], None, None, folder, None, None, progress)
    return learn(family, settings, folder, None, None, Path(FAMILY), None, progress)


def measure(weights: str | Path, family: Family, examples: Sequence[Example]) -> Evaluation:
    with Reader.load(weights, device="cpu", family=family) as reader:
        return evaluate(reader, examples, installed().metrics, make_progress(False), strategies=STRATEGIES)


def tell(bench: Benchmark, what: str, found: Evaluation, before: Evaluation | None = None) -> None:
    """The share that is read exactly, with its interval; and how it differs, image by image, from before."""
    for strategy in STRATEGIES:
        exact = sum(r.exact for r in found.readings[strategy])
        more = {"calibration": found.reliability[strategy].record()} if strategy in found.reliability else {}
        bench.row(
            f"{what}, {strategy}: exact of {found.images}, %", 100 * exact / found.images,
            interval=_percent(wilson(exact, found.images)), **more,
        )  # fmt: skip
        if before is not None:
            apart = difference("after", found.readings[strategy], "before", before.readings[strategy])
            bench.row(
                f"{what}, {strategy}: exact, less that before, %", 100 * apart.exact,
                interval=_percent(apart.exact_interval), record=apart.record(),
            )  # fmt: skip


def _percent(interval: tuple[float, float]) -> list[float]:
    return [100 * end for end in interval]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few drawings and steps; leaves no JSON of the full name")
    parser.add_argument("--development", action="store_true", help="other seeds: the drawings to choose settings on")
    parser.add_argument("--steps", type=int, default=400, help="batches to learn from [default: 400]")
    parser.add_argument("--unlabelled", type=int, default=800, help="drawings without programs [default: 800]")
    parser.add_argument("--measured", type=int, default=300, help="drawings of each kind to measure on [default: 300]")
    parser.add_argument("--without", action="store_true", help="train without the folder too, as a control")
    parser.add_argument("--folder", help="keep pictures and runs here, and go on with those that are here")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="a setting of training")
    options = parser.parse_args()
    if options.quick:
        options.steps, options.unlabelled, options.measured = 2, 12, 8
        options.settings += ["data.images_confidence=0", "run.calibration_samples=0"]
    apart = options.quick or options.development
    name = "selftraining-quick" if apart else "selftraining"
    bench = Benchmark(name, "figures learn to read outlined strokes from pictures without programs, one CPU thread")
    torch.set_num_threads(1)
    seeds = (201, 202, 203) if options.development else (101, 102, 103)
    with Reader.load(FAMILY, device="cpu") as reader:
        family, size = reader.family, reader.image_size
    unlabelled, outlines, usual = (
        sketched_examples(family, SIZES, count, seed, size)
        for count, seed in zip((options.unlabelled, options.measured, options.measured), seeds, strict=True)
    )
    outlines = in_style(outlines)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.folder or temporary)
        codes = write_folder(in_style(unlabelled), folder / "images")
        settings = [*SETTINGS, f"run.steps={options.steps}", *options.settings]
        images = f"data.images={folder / 'images'}"
        taught = train(family, [*settings, images], folder / "run")
        readings = [json.loads(line) for line in (taught.folder / READINGS_FILE).read_text("utf-8").splitlines()]
        read = [r for r in readings if "code" in r]
        accepted = [r for r in read if r["accepted"]]
        right = sum(r["code"] == codes[r["file"]] for r in accepted)
        bench.row(f"accepted of {len(read)} readings, %", 100 * len(accepted) / len(read))
        bench.row(
            f"right of the {len(accepted)} accepted, %", 100 * right / len(accepted),
            interval=_percent(wilson(right, len(accepted))),
        )  # fmt: skip
        everything = 100 * sum(r["code"] == codes[r["file"]] for r in read) / len(read)
        bench.row("right of all readings of the unlabelled, %", everything)
        old, old_usual = measure(FAMILY, family, outlines), measure(FAMILY, family, usual)
        tell(bench, "outlined drawings, before", old)
        tell(bench, "outlined drawings, after", measure(taught.checkpoint, family, outlines), old)
        tell(bench, "usual sketches, before", old_usual)
        tell(bench, "usual sketches, after", measure(taught.checkpoint, family, usual), old_usual)
        if options.without:
            alone = train(family, settings, folder / "alone")
            tell(bench, "outlined drawings, without the folder", measure(alone.checkpoint, family, outlines), old)
    bench.finish()


if __name__ == "__main__":
    main()
