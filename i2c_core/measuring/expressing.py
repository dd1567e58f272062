"""How much a language can say: the distinct images of its programs, by size.

At a small resolution all of them are counted, out of all images that the language's colours make there. At the family's
own size they are counted as far as the razor goes, and estimated above by sampling.

The estimate. Of the programs of a size that no rule changes there are C, counted exactly, and they are drawn uniformly.
Every image whose shortest program has that size has exactly one program that the razor would keep. So the images are C
times the share of such programs, and an interval for the share is one for the images. Whether a program is that one is
decided exactly, see `i2c_core.measuring.shortest`.

Where pictures are not tiled by those of their arguments, the images among N drawn programs give a lower bound (A. Chao,
"Nonparametric estimation of the number of classes in a population", Scandinavian Journal of Statistics 11, 1984).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.composing import compose
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import canonical_rows
from i2c_core.datasets.keys import pixel_keys
from i2c_core.datasets.razor import Razored, razor_table, sharp_razor
from i2c_core.datasets.sampling import Sampler, bin_centres, token_sampler
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.intervals import wilson
from i2c_core.measuring.geometry import flat_colours
from i2c_core.measuring.shortest import Shortest
from i2c_core.raster import Renderer

CANDIDATES = 600_000  # that a razor looks at for one size: a few seconds
BY_DRAWING = 60_000  # programs that are drawn one by one, at most
TRIED, SECONDS = 64, 5.0  # programs that are drawn to see how many are drawn in so long
LARGEST_SMALL = 41  # symbols of programs at a small resolution


@dataclass(frozen=True)
class Size:
    """Programs of one size, and the images that have their shortest program there.

    Attributes:
        programs: how many programs there are, None where rules in registers cannot be counted.
        canonical: how many that no rule changes; the programs themselves without rules.
        images: how many images, or the estimate.
        low, high: the interval of an estimate, of 95 %; `high` is infinite where the estimate is a lower bound.
        drawn: programs of the estimate, 0 where images are counted.
    """

    size: int
    programs: int | None
    canonical: int | None
    images: float
    low: float
    high: float
    drawn: int = 0

    @property
    def exact(self) -> bool:
        return not self.drawn


@dataclass(frozen=True)
class Resolution:
    """All images at a small resolution.

    Attributes:
        size: height and width in pixels.
        colours: how many colours the language's constants have, 0 where that is not known.
        images: by size of the shortest program, how many images.
        through: the size through which was looked; no size beyond it has more where `complete`.
        complete: whether every image that any program draws is among these.
    """

    size: tuple[int, int]
    colours: int
    images: dict[int, int]
    through: int
    complete: bool

    @property
    def reached(self) -> int:
        return sum(self.images.values())

    @property
    def all(self) -> int | None:
        """All images of these colours, None where the colours are not known."""
        return self.colours ** (self.size[0] * self.size[1]) if self.colours else None


def small(family: Family, size: tuple[int, int], renderer: Renderer, most: int = LARGEST_SMALL) -> Resolution:
    """The distinct images at a small resolution, (height, width), by the size of their shortest program."""
    if not family.any_size and tuple(size) != tuple(family.size):
        fact = f"{family.name} draws {family.size[1]}x{family.size[0]} pixels only"
        raise DataError(fact, "measure it at that size, or let its renderer draw any size")
    shelves = compose(family, size, most, renderer)
    if shelves is None:
        found = drawn_razor(family, size, renderer)
        return Resolution(size, 0, found.kept, max(found.kept, default=0), False)
    razored = razor_table(family, shelves, most, CANDIDATES, renderer)
    kept = {s: n for s, n in razored.kept.items() if n}
    through = max(razored.seen, default=0)
    colours = len(set(flat_colours(family, renderer).values()))
    whole = colours ** (size[0] * size[1]) if colours and size[0] * size[1] <= 64 else 0
    complete = bool(whole) and sum(kept.values()) == whole
    return Resolution(size, colours, kept, max(kept, default=0) if complete else through, complete)


def by_size(family: Family, through: int, renderer: Renderer) -> list[Size]:
    """Images counted by the sharp razor, through a size or its bound."""
    plain = Counts(without_rules(family).vocabulary, max(1, through))
    counts = Counts(family.vocabulary, max(1, through))
    shelves = compose(family, family.size, through, renderer)
    if shelves is None:
        kept = drawn_razor(family, family.size, renderer, through).kept
    else:
        kept = razor_table(family, shelves, through, CANDIDATES, renderer).kept
    found = []
    for size, images in kept.items():
        programs = None if plain.is_bound else plain.of(size)
        canonical = None if counts.is_bound else counts.of(size)
        found.append(Size(size, programs, canonical, images, images, images))
    return found


def sampled(family: Family, size: int, draws: int, renderer: Renderer, rng: np.random.Generator) -> Size:
    """The images of one size, estimated from `draws` programs.

    Raises:
        DataError: the family's programs cannot be drawn uniformly.
    """
    sampler = Sampler(family, size)
    if sampler.kind != "uniform":
        fact = f"programs of {family.name} are not drawn uniformly ({sampler.kind})"
        raise DataError(fact, "count small sizes; larger ones cannot be estimated")
    plain, counts = Counts(without_rules(family).vocabulary, size), Counts(family.vocabulary, size)
    total = 2.0 ** min(counts.log2(size), 1000.0)
    programs = plain.of(size) if plain.exact else None
    canonical = counts.of(size) if counts.exact else None
    ids, values = sampler.sample(rng, np.full(draws, size))
    pictures = renderer.render(ids, values)
    if compose(family, family.size, 1, renderer) is None:
        images, low = chao(pixel_keys(pictures.pixels[pictures.defined]))
        return Size(size, programs, canonical, images, low, math.inf, draws)
    with Shortest(family, renderer) as shortest:
        hits = sum(shortest.of(p) == tuple(row) for p, row in zip(pictures.pixels, ids.tolist(), strict=True))
    low, high = wilson(hits, draws)
    return Size(size, programs, canonical, total * hits / draws, total * low, total * high, draws)


def chao(keys: NDArray[np.uint64]) -> tuple[float, float]:
    """Chao's estimate of how many kinds there are, a lower bound, from a sample; and how many were seen.

    >>> chao(np.array([1, 1, 2, 3], np.uint64))
    (5.0, 3.0)
    """
    times = Counter(Counter(keys.tolist()).values())
    seen, once, twice = sum(times.values()), times[1], times[2]
    more = once * once / (2 * twice) if twice else once * (once - 1) / 2
    return seen + more, float(seen)


def drawn_razor(family: Family, size: tuple[int, int], renderer: Renderer, through: int | None = None) -> Razored:
    """The sharp razor by drawing, as far as programs are few enough to be drawn one by one.

    Raises:
        DataError: there are too many of the smallest size.
    """
    most = affordable(family, size, renderer)
    counts = Counts(family.vocabulary, through or family.budget)
    total, last = 0.0, 0
    for size_ in counts.sizes(1, counts.max_size):
        total += 2.0 ** min(counts.log2(size_), 60.0)
        if total > most:
            break
        last = size_
    if not last:
        first = counts.sizes(1, counts.max_size)[0]
        fact = f"{family.name} has more than {most:,} programs of its smallest size {first}, too many to draw each"
        raise DataError(fact, "its images cannot be counted")
    return sharp_razor(family, last, size, renderer=renderer, method="drawing")


def affordable(family: Family, size: tuple[int, int], renderer: Renderer) -> int:
    """How many small programs are drawn and looked at in `SECONDS`, by a try with a few."""
    counts = Counts(family.vocabulary, family.budget)
    ids = token_sampler(family.vocabulary, family.budget).sample(
        np.random.default_rng(0), np.full(TRIED, counts.sizes(1, family.budget)[0])
    )
    start = time.perf_counter()
    canonical_rows(family, ids)
    renderer.render(ids, bin_centres(family.vocabulary, ids), size)
    return int(min(BY_DRAWING, max(TRIED, TRIED * SECONDS / (time.perf_counter() - start))))


def without_rules(family: Family) -> Family:
    """The family as if it had adopted no rules."""
    return replace(family, rules=()) if family.rules else family
