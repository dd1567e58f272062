"""How well a network reads a family's pictures: exact answers by size, with intervals, and what went wrong.

An answer is *exact* that draws every pixel of its picture again. In a family whose pictures may be drawn by hand, it is
exact too where it is the very program, or where the family says how hands draw and it draws the same as the truth.
Where programs are lists, their elements are compared as well.

Legend: N pictures, C channels, H W pixels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.answers import Answer, Candidate
from i2c_core.calibration import is_right
from i2c_core.elements import Elements, elements_of, has_elements
from i2c_core.examples import Example
from i2c_core.families import Family
from i2c_core.intervals import wilson as wilson
from i2c_core.metrics import measure
from i2c_core.plugins import Registered
from i2c_core.programs import Program
from i2c_core.progress import Progress
from i2c_core.reader import Reader
from i2c_core.reliability import Reliability

SHOWN = 10  # failures that a record keeps
ROWS, THIN = 8, 5  # of a table: more rows than this, of fewer pictures each, are put together
FEW, MANY = 5, 100  # candidates among which the right one is looked for, where programs are lists


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
class Reading:
    """One picture as one strategy read it.

    Attributes:
        example: the picture and its truth.
        answer: what was answered, cut to the best candidate.
        exact: whether the best candidate is.
        rank: the place of the right program among the candidates, from 1; None where it is not among them.
        iou: of the elements of truth and answer; None where programs are no lists.
        seconds, renders: what it took, of time and of programs drawn; None where pictures were read together.
    """

    example: Example
    answer: Answer
    exact: bool
    rank: int | None
    iou: float | None
    seconds: float | None
    renders: int | None = None

    @property
    def best(self) -> Candidate | None:
        """The best candidate."""
        return self.answer.candidates[0] if self.answer.candidates else None


@dataclass(frozen=True)
class Evaluation:
    """What was measured, by strategy: `seconds` a picture, `metrics` (means), and of families whose programs are lists
    `elements` and `top` (how many right programs are among the first so many candidates).

    `unit` is what sizes count: symbols, or elements of lists; `by_hand` says that pictures may be sketches.
    `reliability` has the strategies whose answers have a confidence, `times` (the median and the longest, in seconds)
    those whose pictures were read one by one.
    """

    family: str
    strategies: tuple[str, ...]
    rows: list[Row]
    seconds: dict[str, float]
    metrics: dict[str, dict[str, float]]
    failures: dict[str, list[Failure]]
    data: str
    unit: str = "symbols"
    by_hand: bool = False
    elements: dict[str, Elements] = field(default_factory=dict)
    top: dict[str, dict[int, int]] = field(default_factory=dict)
    reliability: dict[str, Reliability] = field(default_factory=dict)
    times: dict[str, tuple[float, float]] = field(default_factory=dict)
    readings: dict[str, list[Reading]] = field(default_factory=dict, repr=False)

    @property
    def images(self) -> int:
        return sum(row.images for row in self.rows)

    def total(self) -> Row:
        """All sizes together; its `size` is 0."""
        return replace(self._together(self.rows), size=0)

    def table(self) -> list[tuple[str, Row]]:
        """The rows to show, each with its size, or some together, as `40..59`, where most have few pictures."""
        if len(self.rows) <= ROWS or self.images >= THIN * len(self.rows):
            return [(str(row.size), row) for row in self.rows]
        parts: list[list[Row]] = [[]]
        read = 0
        for row in self.rows:
            if parts[-1] and read * ROWS >= self.images * len(parts):
                parts.append([])
            parts[-1].append(row)
            read += row.images
        labels = (str(p[0].size) if len(p) == 1 else f"{p[0].size}..{p[-1].size}" for p in parts)
        return list(zip(labels, (self._together(p) for p in parts), strict=True))

    def _together(self, rows: Sequence[Row]) -> Row:
        whole = Row(rows[0].size, sum(row.images for row in rows))
        for strategy in self.strategies:
            whole.exact[strategy] = sum(row.exact[strategy] for row in rows)
            whole.longer[strategy] = sum(row.longer[strategy] for row in rows)
        return whole

    def means(self, strategy: str) -> dict[str, float]:
        """The means to show beside the counts; not `exact` where those compare programs, as it compares pixels."""
        programs = bool(self.elements) or self.by_hand
        return {name: mean for name, mean in self.metrics[strategy].items() if not (programs and name == "exact")}

    def record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "family": self.family,
            "data": self.data,
            "images": self.images,
            "strategies": list(self.strategies),
            "all": {k: v for k, v in self.total().record().items() if k != "size"},
            "unit": self.unit,
            "sizes": [row.record() for row in self.rows],
            "seconds_per_image": {s: round(v, 6) for s, v in self.seconds.items()},
            "seconds_median_worst": {s: [round(x, 6) for x in pair] for s, pair in self.times.items()},
            "metrics": {s: {m: round(v, 6) for m, v in found.items()} for s, found in self.metrics.items()},
            "top": {s: {str(n): count for n, count in found.items()} for s, found in self.top.items()},
            "elements": {s: found.record() for s, found in self.elements.items()},
            "calibration": {s: found.record() for s, found in self.reliability.items()},
            "failures": {s: [f.record() for f in found[:SHOWN]] for s, found in self.failures.items()},
        }


def strategies_of(reader: Reader) -> tuple[str, ...]:
    """The strategies that are measured unless told otherwise: the fastest one and the default, of those that there
    are.
    """
    own: tuple[str, ...] | None = getattr(reader.proposer, "strategies", None)
    return ("greedy", "auto") if own is None else tuple(name for name in ("greedy", "auto") if name in own) or own[:1]


def evaluate(
    reader: Reader,
    examples: Sequence[Example],
    metrics: Mapping[str, Registered],
    progress: Progress,
    data: str = "",
    strategies: Sequence[str] | None = None,
    one_by_one: bool = False,
    **options: Any,
) -> Evaluation:
    """Read every picture by every strategy, and compare the best candidate with the truth.

    Where programs are lists, pictures are read one by one, each with its time, for `FEW` candidates; those whose right
    program is not among them once more for `MANY`, without the time.

    Args:
        reader: what is measured.
        examples: pictures and their programs, at least one.
        metrics: of pictures, by name.
        progress: where to tell how far it is.
        data: what the examples are, in words.
        strategies: by name; those of `strategies_of` where None.
        one_by_one: whether to read one picture at a time, each with its seconds and renders.
        options: what else `Reader.read_many` takes.
    """
    strategies = tuple(strategies_of(reader) if strategies is None else strategies)
    found, truths = prepare(reader.family, strategies, examples, data)
    list(reader.read_many([examples[0].picture], 1))  # so that no figure holds what happens once
    for strategy in strategies:
        _measure(found, strategy, reader, examples, truths, metrics, progress, one_by_one, options)
    return found


def prepare(
    family: Family, strategies: Sequence[str], examples: Sequence[Example], data: str
) -> tuple[Evaluation, list[Program | None]]:
    """An evaluation without figures, and the truths of the examples where they are compared as programs, else None."""
    lists, by_hand = has_elements(family), is_drawn_by_hand(family)
    truths: list[Program | None] = [None] * len(examples)
    if lists or by_hand:
        truths = [example.truth(family) for example in examples]
    sizes = [_size(example, truth, lists) for example, truth in zip(examples, truths, strict=True)]
    rows = [Row(size, sizes.count(size)) for size in sorted(set(sizes))]
    unit = "elements" if lists else "symbols"
    return Evaluation(family.name, tuple(strategies), rows, {}, {}, {}, data, unit=unit, by_hand=by_hand), truths


def _size(example: Example, truth: Program | None, lists: bool) -> int:
    return len(elements_of(truth)) if lists and truth is not None else example.size


def _measure(
    found: Evaluation,
    strategy: str,
    reader: Reader,
    examples: Sequence[Example],
    truths: Sequence[Program | None],
    metrics: Mapping[str, Registered],
    progress: Progress,
    one_by_one: bool,
    options: Mapping[str, Any],
) -> None:
    """Add the figures of one strategy."""
    lists = found.unit == "elements"
    alone = lists or one_by_one
    readings: list[Reading] = []
    whole = _Watch()
    with progress.task(f"reading ({strategy})", len(examples)) as task:
        more: dict[str, Any] = {"batch": 1} if alone else {}
        source = (e.picture for e in examples)
        answers = reader.read_many(source, FEW if lists else 1, strategy=strategy, **more, **options)
        for example, truth in zip(examples, truths, strict=True):
            before = reader.that_knows(strategy).renders
            with whole.running() as lap:
                answer = next(answers)
            drawn = reader.that_knows(strategy).renders - before
            if answer.picture is None:
                assert answer.error is not None
                raise answer.error
            rank = rank_of(reader.family, reader.draw, answer, truth)
            if rank is None and lists and answer.candidates:
                (longer,) = reader.read_many([example.picture], MANY, strategy=strategy, **options)
                rank = rank_of(reader.family, reader.draw, longer, truth)
                rank = None if rank is None else max(rank, FEW + 1)  # a strategy may choose others for more
            one = replace(answer, candidates=answer.candidates[:1])
            spent = (lap.seconds, drawn) if alone else (None, None)
            readings.append(Reading(example, one, rank == 1, rank, None, *spent))
            task.advance()
    tally(found, strategy, reader.family, readings, truths, metrics)
    found.seconds[strategy] = whole.seconds / len(examples)
    if lists:
        times = sorted(r.seconds for r in readings if r.seconds is not None)
        found.times[strategy] = times[len(times) // 2], times[-1]


def tally(
    found: Evaluation,
    strategy: str,
    family: Family,
    readings: Sequence[Reading],
    truths: Sequence[Program | None],
    metrics: Mapping[str, Registered],
) -> None:
    """Add what readings come to: all figures but seconds. Each reading is kept with its intersection over union."""
    rows = {row.size: row for row in found.rows}
    for row in found.rows:
        row.exact[strategy] = row.longer[strategy] = 0
    failures = found.failures[strategy] = []
    kept = found.readings[strategy] = []
    lists = found.unit == "elements"
    elements = Elements()
    pictures: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []  # input, and what the best code draws
    for reading, truth in zip(readings, truths, strict=True):
        example, best = reading.example, reading.best
        size = _size(example, truth, lists)
        iou = elements.add(truth, None if best is None else best.program) if lists and truth is not None else None
        kept.append(replace(reading, iou=iou))
        given = reading.answer.picture
        assert given is not None
        pictures.append((given, np.zeros_like(given) if best is None else best.picture))
        if best is not None and reading.exact:
            rows[size].exact[strategy] += 1
            rows[size].longer[strategy] += best.size > example.size
        else:
            code, distance = ("nothing that draws", math.inf) if best is None else (best.code, best.distance)
            failures.append(Failure(example.name, size, example.code, code, distance))
    found.metrics[strategy] = dict(_means(family, metrics, pictures))
    told = [(r.best.confidence, r.exact) for r in kept if r.best is not None and r.best.confidence is not None]
    reliability = Reliability.of(told)
    if reliability is not None:
        found.reliability[strategy] = reliability
    if lists:
        found.elements[strategy] = elements
        ranks = [r.rank for r in kept]
        found.top[strategy] = {n: sum(rank is not None and rank <= n for rank in ranks) for n in (1, FEW, MANY)}


def is_drawn_by_hand(family: Family) -> bool:
    """Whether pictures of a family may be sketches, which no program draws again pixel by pixel."""
    return family.strokes is not None or family.sketches is not None


Draws = Callable[[Program, tuple[int, int]], NDArray[np.uint8]]  # a program at a height and width, (C, H, W)


def rank_of(family: Family, draw: Draws, answer: Answer, truth: Program | None) -> int | None:
    """The place of the first candidate that is right, from 1; without a truth only a picture can be."""
    picture = answer.picture
    assert picture is not None
    # Many programs may mean what a sketch shows. They are drawn as large as the family draws: in a small picture of
    # much, other programs may look the same.
    meant = None if truth is None or family.sketches is None else draw(truth, family.size)
    for place, candidate in enumerate(answer.candidates, 1):
        if truth is None:
            right = np.array_equal(candidate.picture, picture)
        elif meant is not None:
            right = np.array_equal(draw(candidate.program, family.size), meant)
        else:
            right = is_right(candidate.program, candidate.picture, truth, picture)
        if right:
            return place
    return None


@dataclass
class _Lap:
    seconds: float = 0.0


@dataclass
class _Watch:
    """Adds up the seconds of its laps."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[_Lap]:
        lap, began = _Lap(), time.perf_counter()
        yield lap
        lap.seconds = time.perf_counter() - began
        self.seconds += lap.seconds


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
