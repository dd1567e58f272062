"""Readings of sketches corrected by their shortest programs with loops and reflections.

    python benchmarks/correcting.py [--fit] [--scenes 1000] [--keep FOLDER] [--only regular,hand]

Sketches are of random regular scenes (`i2c_core.examples.regular_examples`) with seeds that nothing was trained or
fitted on. `--fit` fits the weights instead, to other scenes, and writes them beside the family. The drawings by hand
are 40 of those of Ellis et al. 2018, found through the environment variable I2C_REAL_DATA: a development set, as their
figures say. `--keep` keeps what was read in a folder, so that a run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from common import Benchmark
from numpy.typing import NDArray

from i2c_core import Reader
from i2c_core.calibration import features_of as calibrated
from i2c_core.correction import Correction, Corrector, ranked
from i2c_core.correction.fitting import fit
from i2c_core.decoding import Candidate
from i2c_core.decoding.rounds import comparison_size, make_stages, search
from i2c_core.errors import I2cError
from i2c_core.examples import Example, pair_examples, regular_examples
from i2c_core.families import Family
from i2c_core.images import fit as fit_picture
from i2c_core.loops import Command, layout_of
from i2c_core.loops.random_programs import Accepts
from i2c_core.loops.tidiness import is_tidy
from i2c_core.raster import Renderer
from i2c_core.reliability import Reliability
from i2c_plugins.figures.scenes.tidy import Command as Plain
from i2c_plugins.figures.scenes.tidy import tidy

HELD_OUT, FITTED = 1, 2  # seeds
FITTED_SCENES = 500
AMONG = (1, 5, 10, 20)
READ = max(AMONG)  # candidates that a picture is read into; fewer are weighed


@dataclass(frozen=True)
class Reading:
    """One picture as the reader alone read it: candidates, the best first, with what it said of each.

    `sure` is its confidence in each, `seconds` what reading took.
    """

    name: str
    truth: str
    codes: list[str]
    scores: list[float]
    logprobs: list[float]
    distances: list[float]
    sure: list[float]
    seconds: float

    @property
    def right(self) -> int | None:
        """The place of the right program among the candidates, from 0."""
        return self.codes.index(self.truth) if self.truth in self.codes else None

    def candidates(self, family: Family) -> list[Candidate]:
        """The candidates again, without what they draw."""
        found = []
        empty = np.zeros((1, 1, 1), np.uint8)
        for code, score, logprob, distance in zip(self.codes, self.scores, self.logprobs, self.distances, strict=True):
            program = family.parse(code)
            found.append(Candidate(program, distance, logprob, program.size, empty, score))
        return found


@dataclass(frozen=True)
class Weighed:
    """A reading with the shortest programs of its candidates: what is looked at, the seconds, and the proven ones."""

    reading: Reading
    features: NDArray[np.float64]
    seconds: float
    proven: int


def read(reader: Reader, examples: Sequence[Example], keep: Path | None, framed: bool = True) -> Iterator[Reading]:
    """The readings of examples, by the default strategy; those that `keep` has are taken from there."""
    known = {}
    if keep is not None and keep.exists():
        for line in keep.read_text(encoding="utf-8").splitlines():
            one = Reading(**json.loads(line))
            known[one.name] = one
    renderer = Renderer(reader.family, workers=0)
    for example in examples:
        truth = reader.family.show(example.truth(reader.family))
        found = known.get(example.name)
        if found is None or found.truth != truth:
            found = _read(reader, renderer, example, truth, framed)
            if keep is not None:
                with keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(found)) + "\n")
        yield found


def _read(reader: Reader, renderer: Renderer, example: Example, truth: str, framed: bool) -> Reading:
    family = reader.family
    assert reader.calibration is not None
    began = time.perf_counter()
    picture = family.frame(example.picture) if framed else example.picture
    compared = fit_picture(picture, comparison_size(family, *picture.shape[1:], reader.proposer))
    (found,) = search(
        family,
        renderer,
        reader.proposer,
        fit_picture(picture, reader.image_size)[None],
        [compared],
        make_stages("auto", READ, reader.proposer),
        n=READ,
        budget=reader.budget,
        generator=torch.Generator().manual_seed(0),
    )
    if isinstance(found, I2cError):
        raise found
    sure = reader.calibration.apply(calibrated(found, compared)).tolist()
    seconds = time.perf_counter() - began
    columns = [[getattr(c, name) for c in found] for name in ("score", "logprob", "distance")]
    return Reading(example.name, truth, [family.show(c.program) for c in found], *columns, sure, seconds)


def weigh(corrector: Corrector, readings: Iterator[Reading], told: int = 50) -> Iterator[Weighed]:
    """Readings with the shortest programs of their candidates."""
    for number, reading in enumerate(readings, 1):
        candidates = corrector.weighable(reading.candidates(corrector.family))
        began = time.perf_counter()
        programs, features = corrector.look(candidates)
        seconds = time.perf_counter() - began
        if number % told == 0:
            print(f"  {number} weighed", flush=True)
        yield Weighed(reading, features, seconds, sum(p.optimal for p in programs))


def accepts_of(family: Family) -> Accepts:
    """Whether no other set of commands of `figures` draws the same scene, as far as its own scenes tell that."""
    layout = layout_of(family)

    def plain(command: Command) -> Plain:
        if command.symbol != "line":
            return (command.symbol, *command.args)
        *ends, tip, stroke = command.args
        return ("line", *ends, tip == "arrow", stroke == "dashed")

    def accepts(commands: Sequence[Command]) -> bool:
        written = [plain(c) for c in commands]
        return is_tidy(commands, layout) and set(tidy(written, len(written))) == set(written)

    return accepts


def orders(correction: Correction, weighed: Sequence[Weighed]) -> list[list[int]]:
    """Of each picture the places that the reader gave its candidates, in the order that they have now.

    Those that are not weighed stay behind the others.
    """
    return [[*ranked(correction.chances(w.features)), *range(len(w.features), len(w.reading.codes))] for w in weighed]


def fit_weights(reader: Reader, keep: Path | None, count: int) -> None:
    """Fit the weights and write them to where the family has them."""
    family = reader.family
    examples = regular_examples(family, count, FITTED, reader.image_size, accepts_of(family))
    weighed = list(weigh(Corrector(family, Correction({})), read(reader, examples, keep)))
    taught = [(w.features, w.reading.right) for w in weighed]
    found = fit([(features, right) for features, right in taught if right is not None and right < len(features)])
    reference = "" if family.loops is None else family.loops.correction or ""
    package, _, name = reference.partition(":")
    path = Path(str(resources.files(package) / name))
    path.write_text(found.dumps(), encoding="utf-8")
    before = sum(right == 0 for _, right in taught)
    after = sum(order[0] == right for order, (_, right) in zip(orders(found, weighed), taught, strict=True))
    print(f"wrote {path}\n{before} of {len(taught)} read right, {after} once corrected (the scenes it was fitted to)")
    print(found.dumps(), end="")


def gain(before: Sequence[bool], after: Sequence[bool]) -> tuple[float, tuple[float, float]]:
    """Points that a share grew by, in pairs, with a 95 % interval (normal, of the difference of paired shares)."""
    n = len(before)
    won = sum(a and not b for b, a in zip(before, after, strict=True))
    lost = sum(b and not a for b, a in zip(before, after, strict=True))
    mean = (won - lost) / n
    half = 1.96 * math.sqrt(max(0.0, won + lost - (won - lost) ** 2 / n)) / n
    return 100 * mean, (100 * (mean - half), 100 * (mean + half))


def regular_rows(bench: Benchmark, reader: Reader, count: int, keep: Path | None) -> None:
    family, corrector = reader.family, Corrector(reader.family)
    correction = corrector.correction
    assert correction is not None
    examples = regular_examples(family, count, HELD_OUT, reader.image_size, accepts_of(family))
    weighed = list(weigh(corrector, read(reader, examples, keep)))
    places = [w.reading.right for w in weighed]
    now = orders(correction, weighed)
    ranks = [None if p is None else order.index(p) for p, order in zip(places, now, strict=True)]
    before, after = [p == 0 for p in places], [r == 0 for r in ranks]
    named = f"{count} sketches of regular scenes"
    bench.row(f"{named}: exact as read, %", 100 * sum(before) / count)
    bench.row(f"{named}: exact once corrected, %", 100 * sum(after) / count)
    points, interval = gain(before, after)
    won = sum(a and not b for b, a in zip(before, after, strict=True))
    lost = sum(b and not a for b, a in zip(before, after, strict=True))
    bench.row(f"{named}: points gained", points, "at least 2", points >= 2, interval=interval, won=won, lost=lost)
    for name, found in (("as read", places), ("once corrected", ranks)):
        among = {n: sum(p is not None and p < n for p in found) for n in AMONG}
        bench.row(f"{named}: right among 5 {name}, %", 100 * among[5] / count, among=among)
    told = []
    for one, order in zip(weighed, now, strict=True):
        sure = _confidence(correction, one)
        told.append((sure, order[0] == one.reading.right))
    for name, pairs in (
        ("as read", [(w.reading.sure[0], b) for w, b in zip(weighed, before, strict=True)]),
        ("once corrected", told),
    ):
        reliability = Reliability.of(pairs)
        if reliability is not None:
            bench.row(f"{named}: calibration {name}", reliability.tell(), record=reliability.record())
    seconds = sorted(w.seconds for w in weighed)
    bench.row(
        f"{named}: seconds of all its candidates' programs, median", seconds[count // 2],
        worst=seconds[-1], at95=seconds[int(0.95 * (count - 1))],
        reading=sorted(w.reading.seconds for w in weighed)[count // 2],
        proven=sum(w.proven for w in weighed) / sum(len(w.features) for w in weighed),
    )  # fmt: skip


def _confidence(correction: Correction, one: Weighed) -> float:
    """The confidence of the candidate that is now the first."""
    return min(1.0, sum(one.reading.sure)) * float(correction.chances(one.features).max())


def hand_rows(bench: Benchmark, reader: Reader, keep: Path | None) -> None:
    real = os.environ.get("I2C_REAL_DATA")
    if not real:
        bench.row("drawings by hand", "skipped: I2C_REAL_DATA is not set")
        return
    examples = pair_examples(reader.family, Path(real) / "drawings")
    corrector = Corrector(reader.family)
    assert corrector.correction is not None
    weighed = list(weigh(corrector, read(reader, examples, keep, framed=False)))
    now = orders(corrector.correction, weighed)
    named = f"{len(examples)} drawings by hand (development set)"
    bench.row(f"{named}: exact as read", sum(w.reading.right == 0 for w in weighed))
    right = sum(order[0] == w.reading.right for w, order in zip(weighed, now, strict=True))
    bench.row(f"{named}: exact once corrected", right)
    changed = [(w.reading.name, w.reading.right, order[0]) for w, order in zip(weighed, now, strict=True) if order[0]]
    for what, found in (
        ("for better", [name for name, place, first in changed if place == first]),
        ("for worse", [name for name, place, _ in changed if place == 0]),
        ("from wrong to wrong", [name for name, place, first in changed if place not in (0, first)]),
    ):
        target = ("none", not found) if what == "for worse" else ("", None)
        bench.row(f"{named}: changed {what}", ", ".join(found) or "none", *target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="fit the weights to other scenes, and write them")
    parser.add_argument("--scenes", type=int, default=0, help="how many [default: 1000, to fit 500]")
    parser.add_argument("--keep", type=Path, help="a folder in which what was read is kept")
    parser.add_argument("--only", default="hand,regular", help="parts, between commas")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)

    def kept(name: str) -> Path | None:
        return options.keep / f"{name}.jsonl" if options.keep else None

    with Reader.load("figures", device="cpu") as reader:
        if options.fit:
            fit_weights(reader, kept("fitted"), options.scenes or FITTED_SCENES)
            return
        count = options.scenes or 1000
        whole = count == 1000 and options.only == "hand,regular"
        bench = Benchmark(
            "correcting" if whole else "correcting-quick", "readings corrected by their shortest programs"
        )
        parts = options.only.split(",")
        if "hand" in parts:
            hand_rows(bench, reader, kept("hand"))
        if "regular" in parts:
            regular_rows(bench, reader, count, kept("regular"))
        bench.finish()


if __name__ == "__main__":
    main()
