"""What each part of reading drawings is worth: strategies with and without it, on sketches that training never saw.

    python benchmarks/ablation.py [--family NAME] [--weights RUN] [--scenes N] [--seed S] [--strategies A,B] [--smoke]

Scenes come from the family's sampler and are drawn by the sketch process, from seeds beyond those of any training run.
The network sees them at its own size, and reads each by every strategy of its learner, one scene at a time. A command
that the best answer lacks is missed, one that it has too many is invented. `--smoke` takes a network of random weights
where there is none, reads two small scenes, and writes no figures.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from common import Benchmark

from i2c_core import get_family
from i2c_core.checkpoints import describe_model, find_weights, load_checkpoint, save_checkpoint
from i2c_core.config import resolve_config
from i2c_core.families import Family
from i2c_core.items.catalogue import catalogue_of
from i2c_core.items.learner import NAME, network_config
from i2c_core.items.lessons import Lessons
from i2c_core.items.network import ItemNetwork
from i2c_core.items.proposer import STRATEGIES, ItemProposer
from i2c_core.items.searching import SetSearch
from i2c_core.model import Observation

SEED = 2**31 + 2**16  # runs have seeds below 2**31, and their evaluations take the first ones above
AT_ONCE = 50  # scenes drawn together
CANDIDATES = 5
ABOUT = {
    "greedy": "proposer alone, the likeliest set",
    "beam": "proposer alone, the likeliest sets",
    "smc": "proposer and learned distance, no repair",
    "repair": "the likeliest set, repaired",
    "auto": "proposer, learned distance and repair: the default",
    "thorough": "the same, with more particles and rounds",
    "pixels": "without learned distance",
    "search": "search alone, without a network",
}

FIGURES = {
    "within five, %": "top5",
    "commands missed a scene": "missed",
    "commands invented a scene": "invented",
    "seconds a scene, median": "seconds",
}


@dataclass
class Tally:
    """What one strategy made of the scenes."""

    scenes: int = 0
    first: int = 0
    five: int = 0
    missed: int = 0
    invented: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, truth: set[int], answers: list[set[int]], seconds: float) -> None:
        best = answers[0] if answers else set()
        self.scenes += 1
        self.first += best == truth
        self.five += truth in answers[:CANDIDATES]
        self.missed += len(truth - best)
        self.invented += len(best - truth)
        self.seconds.append(seconds)

    def record(self) -> dict[str, float]:
        n = max(1, self.scenes)
        return {
            "scenes": self.scenes,
            "top1": 100 * self.first / n,
            "top5": 100 * self.five / n,
            "missed": self.missed / n,
            "invented": self.invented / n,
            "seconds": statistics.median(self.seconds) if self.seconds else 0.0,
        }


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    family = get_family(options.family)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(options.weights) if options.weights else None
        checkpoint = load_checkpoint(
            find_weights(family, path) if path or not options.smoke else _random(family, folder)
        )
        proposer = ItemProposer.of(checkpoint, family, torch.device("cpu"))
    count = 2 if options.smoke else options.scenes
    bench = Benchmark("ablation", f"{count} sketches of {family.name} read by each strategy, {options.threads} threads")
    train = checkpoint.meta["train"]
    step, samples = checkpoint.meta["step"], train.get("samples")
    bench.row("weights", "random" if options.smoke and not path else options.weights or "shipped", step=step,
              samples=samples, hardware=train.get("hardware"), seed=options.seed)  # fmt: skip
    tallies = {name: Tally() for name in options.strategies}
    data = resolve_config(train.get("config") or family.recipe).for_family(family).data
    assert data.min_size is not None
    assert data.max_size is not None
    sizes = (data.min_size, min(data.max_size, 16) if options.smoke else data.max_size)
    for first in range(0, count, AT_ONCE):
        batch = min(AT_ONCE, count - first)
        seed = SEED + options.seed * (1 << 20) + first
        lessons = Lessons(proposer.catalogue, proposer.network.config.size, batch, sizes, seed)
        examination, truth = lessons.examination()
        for number, items in enumerate(truth):
            paper = Observation((1 - examination.ink[number])[None, None])
            for name, tally in tallies.items():
                begin = time.perf_counter()
                answers = read(proposer, paper, STRATEGIES[name])
                tally.add(set(items), answers, time.perf_counter() - begin)
    for name, tally in tallies.items():
        found = tally.record()
        bench.row(f"{name}: exact at the first answer, %", found["top1"], about=ABOUT.get(name, ""), **found)
        for figure, key in FIGURES.items():
            bench.row(f"{name}: {figure}", found[key])
    if not options.smoke:
        bench.finish()


def read(proposer: ItemProposer, paper: Observation, how: SetSearch) -> list[set[int]]:
    """The answers to one scene, best first, as sets of items."""
    budget = proposer.network.config.max_tokens
    found = proposer.propose(paper, n=how.tries(CANDIDATES), strategy=how, budget=budget, generator=0)
    ids = found.ids[0].numpy()
    return [set(items) for items in proposer.catalogue.from_ids(ids[ids[:, 0] != proposer.catalogue.pad])]


def _random(family: Family, folder: str) -> Path:
    """A checkpoint that nobody trained."""
    config = resolve_config(family.recipe, options=["model.channels=8", "model.blocks=1", "model.width=16"])
    numbers = network_config(config.for_family(family))
    torch.manual_seed(0)
    network = ItemNetwork(numbers, catalogue_of(family))
    path = Path(folder) / "random.safetensors"
    save_checkpoint(path, network.state_dict(), describe_model(family, numbers, {"samples": 0}, 0, NAME))
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="figures", help="whose learner is items [default: figures]")
    parser.add_argument("--weights", default="", help="a checkpoint or a run's folder [default: the shipped weights]")
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the scenes; each is beyond those of training")
    parser.add_argument("--strategies", default=",".join(ABOUT), type=lambda names: names.split(","))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="two small scenes, and no JSON")
    options = parser.parse_args()
    unknown = [name for name in options.strategies if name not in STRATEGIES]
    if unknown:
        parser.error(f"there is no strategy {unknown[0]}: use some of {','.join(STRATEGIES)}")
    return options


if __name__ == "__main__":
    main()
