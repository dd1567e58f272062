"""How well a network reads a family's pictures: exact answers by size, with intervals, and what went wrong.

Legend: N pictures, C channels, H W pixels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.answers import Answer
from i2c_core.datasets.pairs import held_out, pixel_keys, read_pairs
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.metrics import measure
from i2c_core.plugins import Registered
from i2c_core.progress import Progress
from i2c_core.raster import Renderer
from i2c_core.reader import Reader

Z = 1.96  # standard normal quantile of a 95 % interval
ROUNDS = 20  # draws before a size is said to have no more held-out pictures
DRAWN = 16  # programs drawn for each picture wanted: one in ten is held out, some are twins
CHUNK = 20_000  # most programs drawn at once
SHOWN = 10  # failures that a record keeps


@dataclass(frozen=True)
class Example:
    """One picture with its code: (C, H, W) uint8, and the size of its program."""

    name: str
    picture: NDArray[np.uint8] = field(repr=False)
    code: str
    size: int


@dataclass
class Row:
    """The figures of all pictures of one size, `exact` and `longer` by strategy."""

    size: int
    images: int = 0
    exact: dict[str, int] = field(default_factory=dict)
    longer: dict[str, int] = field(default_factory=dict)  # exact answers with more symbols than the truth

    def record(self) -> dict[str, Any]:
        intervals = {s: [round(x, 6) for x in wilson(k, self.images)] for s, k in self.exact.items()}
        return {
            "size": self.size,
            "images": self.images,
            "exact": self.exact,
            "interval": intervals,
            "longer": self.longer,
        }


@dataclass(frozen=True)
class Failure:
    """A picture that was not drawn back exactly, by the strategy that failed."""

    name: str
    size: int
    truth: str
    answer: str
    distance: float  # infinite where no candidate has a picture

    def record(self) -> dict[str, Any]:
        return vars(self) | {"distance": self.distance if math.isfinite(self.distance) else None}


@dataclass(frozen=True)
class Evaluation:
    """What was measured. `seconds` a picture and `metrics` (means) are by strategy."""

    family: str
    strategies: tuple[str, ...]
    rows: list[Row]
    seconds: dict[str, float]
    metrics: dict[str, dict[str, float]]
    failures: dict[str, list[Failure]]
    data: str

    @property
    def images(self) -> int:
        return sum(row.images for row in self.rows)

    def total(self) -> Row:
        """All sizes together; its `size` is 0."""
        whole = Row(0, self.images)
        for strategy in self.strategies:
            whole.exact[strategy] = sum(row.exact[strategy] for row in self.rows)
            whole.longer[strategy] = sum(row.longer[strategy] for row in self.rows)
        return whole

    def record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "family": self.family,
            "data": self.data,
            "images": self.images,
            "strategies": list(self.strategies),
            "all": {k: v for k, v in self.total().record().items() if k != "size"},
            "sizes": [row.record() for row in self.rows],
            "seconds_per_image": {s: round(v, 6) for s, v in self.seconds.items()},
            "metrics": {s: {m: round(v, 6) for m, v in found.items()} for s, found in self.metrics.items()},
            "failures": {s: [f.record() for f in found[:SHOWN]] for s, found in self.failures.items()},
        }


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, "Probable inference", JASA 1927); (0, 1) without trials.

    >>> tuple(round(x, 3) for x in wilson(98, 100))
    (0.93, 0.994)
    """
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, Z * Z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def parse_sizes(text: str) -> list[int]:
    """Sizes from text: `7`, `5..11`, or several of them between commas.

    >>> parse_sizes("5..7,11")
    [5, 6, 7, 11]
    """
    sizes: set[int] = set()
    for part in text.split(","):
        low, dots, high = (p.strip() for p in part.partition(".."))
        if not low.isdecimal() or (dots and not high.isdecimal()) or int(low) < 1 or int(high or low) < int(low):
            raise ConfigError(f"{text!r} are no sizes", "write them as in 5..11 or 5,7,9")
        sizes.update(range(int(low), int(high or low) + 1))
    return sorted(sizes)


def trained_sizes(reader: Reader) -> list[int]:
    """The sizes that a checkpoint was trained on, as far as it says."""
    data = reader.checkpoint.meta.get("train", {}).get("config", {}).get("data", {})
    low = int(data.get("min_size", reader.family.vocabulary.shortest))
    return list(range(low, int(data.get("max_size", reader.budget)) + 1))


def held_out_examples(family: Family, sizes: Sequence[int], count: int, seed: int) -> list[Example]:
    """At most `count` distinct pictures a size that training never saw, by the size of the program that drew them.

    Programs are drawn uniformly among those of a size; of their pictures at the family's reference size those are kept
    that the rule of `i2c_core.datasets.pairs.held_out` holds out, each once, at the first size that has it. Small sizes
    may have fewer than `count`.
    """
    sampler = Sampler(family, max(sizes))
    possible = set(sampler.sizes(min(sizes), max(sizes)))
    rng = np.random.default_rng(seed)
    seen: set[Any] = set()
    found: list[Example] = []
    with Renderer(family) as renderer:
        for size in (s for s in sizes if s in possible):
            kept = 0
            for _ in range(ROUNDS):
                ids, values = sampler.sample(rng, np.full(min(count * DRAWN, CHUNK), size, np.int64))  # (N, T)
                pictures = renderer.render(ids, values)
                rows = np.flatnonzero(pictures.defined & held_out(pictures.pixels))
                for row, key in zip(rows.tolist(), pixel_keys(pictures.pixels[rows]).tolist(), strict=True):
                    if key not in seen and kept < count:
                        seen.add(key)
                        kept += 1
                        program = family.from_tokens(
                            ids[row].tolist(), None if values is None else values[row].tolist()
                        )
                        name = f"size {size}, number {kept}"
                        found.append(Example(name, pictures.pixels[row], family.show(program), program.size))
                if kept >= count:
                    break
    if not found:
        shown = ", ".join(map(str, sizes[:12]))
        raise DataError(f"{family.name} has no held-out picture of size {shown}", "choose other sizes with --sizes")
    return found


def pair_examples(family: Family, path: Path) -> list[Example]:
    """The pictures and codes of a Parquet file or a folder."""
    pairs = read_pairs(path, family)
    return [Example(p.file, p.image, p.code, size) for p, size in zip(pairs, pairs.sizes.tolist(), strict=True)]


def evaluate(
    reader: Reader,
    examples: Sequence[Example],
    metrics: Mapping[str, Registered],
    progress: Progress,
    data: str = "",
    strategies: Sequence[str] = ("greedy", "auto"),
) -> Evaluation:
    """Read every picture by every strategy, and compare what the best candidate draws with it, pixel by pixel."""
    rows = {size: Row(size) for size in sorted({e.size for e in examples})}
    for example in examples:
        rows[example.size].images += 1
    seconds: dict[str, float] = {}
    means: dict[str, dict[str, float]] = {}
    failures: dict[str, list[Failure]] = {}
    list(reader.read_many([examples[0].picture], 1))  # so that no figure holds what happens once
    for strategy in strategies:
        for row in rows.values():
            row.exact[strategy] = row.longer[strategy] = 0
        pictures: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []  # input, and what the best code draws
        answered: list[Answer] = []
        failures[strategy] = []
        began = time.perf_counter()
        with progress.task(f"reading ({strategy})", len(examples)) as task:
            for answer in reader.read_many((e.picture for e in examples), 1, strategy=strategy):
                answered.append(answer)
                task.advance()
        seconds[strategy] = (time.perf_counter() - began) / len(examples)
        for example, answer in zip(examples, answered, strict=True):
            if answer.picture is None:
                assert answer.error is not None
                raise answer.error
            best = answer.candidates[0] if answer.candidates else None
            pictures.append((answer.picture, np.zeros_like(answer.picture) if best is None else best.picture))
            if best is not None and np.array_equal(answer.picture, best.picture):
                rows[example.size].exact[strategy] += 1
                rows[example.size].longer[strategy] += best.size > example.size
            else:
                code, distance = ("nothing that draws", math.inf) if best is None else (best.code, best.distance)
                failures[strategy].append(Failure(example.name, example.size, example.code, code, distance))
        means[strategy] = dict(_means(reader.family, metrics, pictures))
    return Evaluation(reader.family.name, tuple(strategies), list(rows.values()), seconds, means, failures, data)


def _means(
    family: Family, metrics: Mapping[str, Registered], pictures: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]]
) -> Iterator[tuple[str, float]]:
    """The mean of each metric over pairs of input and answer; pictures of one shape are measured together."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for number, (truth, _) in enumerate(pictures):
        by_shape.setdefault(truth.shape, []).append(number)
    for name, metric in metrics.items():
        total = 0.0
        for numbers in by_shape.values():
            truth = np.stack([pictures[i][0] for i in numbers])  # (N, C, H, W)
            answer = np.stack([pictures[i][1] for i in numbers])
            total += float(measure(metric, family, truth, answer).sum())
        yield name, total / len(pictures)
