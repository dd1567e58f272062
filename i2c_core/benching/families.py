"""What a family costs on this machine: pictures drawn, tokens masked and pictures read, a second.

Legend: N pictures.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from i2c_core.benching.records import Record, machine
from i2c_core.datasets.sampling import Sampler
from i2c_core.decoding import family_mask
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.progress import Progress
from i2c_core.raster import Renderer
from i2c_core.reader import Reader

ROUNDS = 3  # timed, after one that warms up
ROWS = 256  # programs that are masked at once
ALONE = 8  # pictures read one at a time


def measure_family(
    family: Family,
    progress: Progress,
    weights: Path | None,
    count: int,
    device: str = "auto",
    seed: int = 0,
) -> Record:
    """Figures of a family on this machine, of `count` random programs; pictures are read where there are weights.

    Raises:
        CheckpointError: `weights` are damaged, or of another family.
    """
    programs = _programs(family, count, seed)
    rows: list[dict[str, Any]] = []

    def tell(figure: str, amount: int, seconds: list[float]) -> None:
        rates = [amount / each for each in seconds]
        spread = f"{min(rates):.4g}..{max(rates):.4g}"
        rows.append({"figure": figure, "value": statistics.median(rates), "target": "", "met": None, "spread": spread})

    with progress.task(f"measuring {family.name}", 4) as task, torch.inference_mode():
        steps, seconds = _masked(family, seed)
        tell(f"random decoding under the mask, {ROWS} at once, tokens a second", steps, seconds)
        task.advance()
        if family.render is not None:
            with Renderer(family) as renderer:
                tell("programs drawn a second", count, timed(lambda: renderer.render_programs(programs)))
                drawn = renderer.render_programs(programs)
            pictures = list(drawn.pixels[drawn.defined])  # N of (C, H, W)
            task.advance()
            if pictures and (weights is not None or family.weights is not None):
                with Reader.load(weights or family.name, device, family) as reader:
                    few = pictures[:ALONE]
                    alone = timed(lambda: [reader.read(picture) for picture in few])
                    tell("pictures read one at a time, a second", len(few), alone)
                    task.advance()
                    tell("pictures read in one call, a second", len(pictures), timed(lambda: reader.read(pictures)))
                    task.advance()
    about = f"the family {family.name}, {count} random programs of up to {family.budget} tokens"
    return Record(family.name, about, machine(), rows)


def _programs(family: Family, count: int, seed: int) -> list[Program]:
    """Programs as the family samples them, of all sizes within its budget alike."""
    sampler, rng = Sampler(family, family.budget), np.random.default_rng(seed)
    ids, values = sampler.sample(rng, rng.choice(sampler.sizes(1, family.budget), count))  # (N, T)
    rows = zip(ids, values if values is not None else [None] * count, strict=True)
    return [family.from_tokens(tokens.tolist(), None if v is None else v.tolist()) for tokens, v in rows]


def _masked(family: Family, seed: int) -> tuple[int, list[float]]:
    """Tokens that random choices write under the family's mask, and the seconds that they take, a round each."""
    mask: Any = family_mask(family)
    written = 0

    def run() -> None:
        nonlocal written
        generator = torch.Generator().manual_seed(seed)
        state, written = mask.start(ROWS, family.budget), 0
        while not (done := mask.done(state)).all():
            written += int((~done).sum())
            chance = torch.rand(ROWS, mask.pad, generator=generator).masked_fill(~mask.legal(state), -1.0)
            state = mask.advance(state, torch.where(done, mask.pad, chance.argmax(1)))

    seconds = timed(run)
    return written, seconds


def timed(run: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Seconds of each of several runs, after one that warms up."""
    run()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return found
