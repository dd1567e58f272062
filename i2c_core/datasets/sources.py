"""Where the stream's pairs come from: a razor's table, programs drawn uniformly, or pairs from disk.

Legend: T tokens, N pictures of a window, n pairs offered.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.batches import Batch, StreamConfig
from i2c_core.datasets.composing import compose
from i2c_core.datasets.keys import first_of_each, held_out, is_in, pixel_keys
from i2c_core.datasets.pairs import Pairs
from i2c_core.datasets.pool import Pool
from i2c_core.datasets.razor import razor_table, rough_razor, sharp_razor
from i2c_core.datasets.razored import Razored
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.substructure import Substructure
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.raster import Renderer

STALE = 5  # rounds without a new image after which a language counts as exhausted
WINDOW = 4096  # pictures drawn at once where drawing many costs little more than drawing few


class Source(Protocol):
    """Where pairs come from; `longest` is T, `window` how many steps are drawn at once, `note` a word to the user."""

    longest: int
    window: int
    note: str

    def draw(self, seed: int, window: int, count: int) -> Batch:
        """`count` pairs, a function of the seed and the window's number alone."""


class Choice:
    """Which pictures may be given."""

    def __init__(self, config: StreamConfig, exclude: NDArray[np.uint64]) -> None:
        self.config, self.exclude = config, exclude

    def allowed(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        allowed = ~is_in(keys, self.exclude)
        if self.config.only_held_out:
            allowed &= held_out(keys)
        elif self.config.holdout:
            allowed &= ~held_out(keys)
        return allowed

    def reasons(self, keys: NDArray[np.uint64]) -> str:
        """How many pictures are left out, and why, for errors."""
        held, excluded = int(held_out(keys).sum()), int(is_in(keys, self.exclude).sum())
        part = f"{len(keys) - held} not held out" if self.config.only_held_out else f"{held} held out"
        return f"{len(keys)} different images, {part if self._splits else 'none held out'}, {excluded} excluded"

    @property
    def _splits(self) -> bool:
        return self.config.holdout or self.config.only_held_out


class PairSource:
    """Pairs from disk, each once an epoch; twins by exact pixels are dropped once, the smaller code stays."""

    def __init__(self, pairs: Pairs, choice: Choice) -> None:
        pixels = pairs.pixels()
        keys = pixel_keys(pixels)
        by_size = np.lexsort((np.arange(len(pairs)), pairs.sizes))
        rows = by_size[first_of_each(keys[by_size])]
        rows = np.sort(rows[choice.allowed(keys[rows])])
        if not len(rows):
            raise DataError(f"the pairs leave nothing to give: {choice.reasons(np.unique(keys))}", "give more pairs")
        self._pool = Batch(pairs.ids, pairs.values, pixels).rows(rows)
        self.longest, self.window = pairs.ids.shape[1], 1
        self.note = f"{len(rows):,} of {len(pairs):,} pairs, each once an epoch"

    def draw(self, seed: int, window: int, count: int) -> Batch:
        total = len(self._pool)
        epochs, places = np.divmod(np.arange(window * count, (window + 1) * count), total)
        rows = np.empty(count, np.int64)
        for epoch in np.unique(epochs).tolist():
            order = np.random.default_rng([seed, epoch]).permutation(total)
            rows[epochs == epoch] = order[places[epochs == epoch]]
        return self._pool.rows(rows)


def table_source(family: Family, choice: Choice, renderer: Renderer) -> Source:
    """The source for razors that keep one code an image."""
    config = choice.config
    if config.razor == "rough":
        return TableSource(rough_razor(family, config.max_size, renderer=renderer), None, choice, renderer)
    if config.razor == "sharp":
        return TableSource(sharp_razor(family, config.max_size, renderer=renderer), None, choice, renderer)
    shelves = compose(family, family.size, config.max_size, renderer)
    if shelves is None:
        return SampleSource(family, choice, renderer)
    table = razor_table(family, shelves, config.max_size, config.table_candidates, renderer)
    return TableSource(table, shelves, choice, renderer)


class TableSource:
    """Pairs from a table of one code an image; beyond its sizes, combinations of shortest programs, then any program.

    What is drawn beyond the table is dropped where the table has its picture: a smaller code.
    """

    def __init__(self, table: Razored, shelves: Substructure | None, choice: Choice, renderer: Renderer) -> None:
        config = choice.config
        self._choice, self._table, self._renderer = choice, table, renderer
        keys = np.concatenate([pixel_keys(table.pictures[b : b + 65_536]) for b in range(0, len(table), 65_536)])
        self._known = np.sort(keys)
        allowed = choice.allowed(keys) & (table.sizes >= config.min_size)
        rows = np.flatnonzero(allowed)  # by size
        self._rows, self._shelves = rows, shelves
        sizes, counts = np.unique(table.sizes[rows], return_counts=True)
        self._spans = {int(s): (int(e - c), int(e)) for s, c, e in zip(sizes, counts, np.cumsum(counts), strict=True)}
        weights = {s: _weight(math.log2(b - a), config) for s, (a, b) in self._spans.items()}
        self._composed: set[int] = set()
        self._sampler: Sampler | None = None
        if shelves is not None and shelves.built < config.max_size:
            self._sampler = Sampler(table.family, config.max_size)
            for size in self._sampler.sizes(max(shelves.built + 1, config.min_size), config.max_size):
                total = shelves.total(size)
                if total is not None:
                    self._composed.add(size)
                weights[size] = _weight(math.log2(total) if total else self._sampler.log2(size), config)
        if not weights:
            fact = f"{table.family.name} has no image to give of sizes {config.min_size}..{config.max_size}"
            raise DataError(f"{fact}: {choice.reasons(keys)}", "allow larger programs")
        self._sizes = np.array(list(weights), np.int64)
        self._share = np.cumsum(list(weights.values())) / sum(weights.values())
        self.longest = int(self._sizes.max())
        images = len(rows) + sum(WINDOW for s in weights if s not in self._spans)
        # A window takes at most a quarter of the images, so that large sizes do not crowd out what is rare.
        self.window = max(1, min(WINDOW, images // 4) // config.batch_size)
        self._enough = images >= config.batch_size
        self.note = f"a table of {len(rows):,} images, each with one code ({table.method})"
        if self._composed:
            self.note += f"; combinations of shortest programs to size {max(self._composed)}"
        if self._sampler is not None and self.longest not in self._composed:
            self.note += f"; programs drawn uniformly to size {self.longest}"
        if not self._enough:
            self.note += f"; batches of {config.batch_size} repeat images"

    def draw(self, seed: int, window: int, count: int) -> Batch:
        rng = np.random.default_rng([seed, window])
        pool = Pool(self._table.family, self.longest, count)
        for _ in range(self._choice.config.max_rounds):
            missing = count - len(pool)
            if missing <= 0 or (not self._enough and len(pool) == len(self._rows)):
                break
            sizes = self._sizes[np.searchsorted(self._share, rng.random(missing + missing // 16), side="right")]
            self._draw_sizes(rng, sizes, pool)
        return pool.full(rng)

    def _draw_sizes(self, rng: np.random.Generator, sizes: NDArray[np.int64], pool: Pool) -> None:
        spans = np.array([self._spans.get(s, (-1, -1)) for s in range(self.longest + 1)])[sizes]  # (n, 2)
        there = spans[:, 0] >= 0
        place = spans[there, 0] + (rng.random(int(there.sum())) * (spans[there, 1] - spans[there, 0])).astype(np.int64)
        rows = self._rows[place]
        pixels = self._table.pictures[rows]
        pool.add(self._table.ids[rows], None, pixels, pixel_keys(pixels), np.flatnonzero(there))
        for size in np.unique(sizes[~there]).tolist():
            assert self._shelves is not None
            assert self._sampler is not None
            where = np.flatnonzero(sizes == size)
            values = None
            if size in self._composed:
                ids, pixels = self._shelves.draw(rng, size, len(where))
                defined = np.ones(len(ids), bool)
            else:
                ids, values = self._sampler.sample(rng, sizes[where])
                drawn = self._renderer.render(ids, values)
                pixels, defined = drawn.pixels, drawn.defined
            keys = pixel_keys(pixels)
            good = defined & self._choice.allowed(keys) & ~is_in(keys, self._known)
            pool.add(ids[good], None if values is None else values[good], pixels[good], keys[good], where[good])
        pool.close_round()


class SampleSource:
    """Programs drawn uniformly by size and rendered; of equal pictures in a window the smaller code stays."""

    def __init__(self, family: Family, choice: Choice, renderer: Renderer) -> None:
        config = choice.config
        self._family, self._choice, self._renderer = family, choice, renderer
        self._sampler = Sampler(family, config.max_size)
        sizes = self._sampler.sizes(config.min_size, config.max_size)
        if not sizes:
            fact = f"{family.name} has no program of sizes {config.min_size}..{config.max_size}"
            raise DataError(fact, f"allow sizes from {family.vocabulary.shortest} on")
        self._sizes = np.array(sizes, np.int64)
        logs = np.array([self._sampler.log2(s) for s in sizes])
        shares = np.array([_weight(log, config) for log in logs])
        self._share = np.cumsum(shares) / shares.sum()
        self.longest = int(self._sizes.max())
        # A slow renderer should not have to draw many batches before the first; a small language has no more to give.
        programs = int(np.exp2(np.minimum(logs, 40)).sum())
        wanted = WINDOW if family.batched else 0
        self.window = max(1, min(wanted, programs // 8) // config.batch_size)
        self.note = "programs drawn uniformly by size"

    def draw(self, seed: int, window: int, count: int) -> Batch:
        rng = np.random.default_rng([seed, window])
        pool = self.collect(rng, count)
        if len(pool) < count:
            self.note = f"programs drawn uniformly by size; batches repeat images, {len(pool)} are different"
        return pool.full(rng)

    def collect(self, rng: np.random.Generator, count: int) -> Pool:
        """`count` different images, or as many as enough draws find; raises `DataError` where they find none."""
        pool = Pool(self._family, self.longest, count)
        undefined, refused, stale = 0, 0, 0
        for _ in range(self._choice.config.max_rounds):
            before = len(pool)
            if before >= count or stale >= STALE:
                break
            wanted = (count - before) * 5 // 4 + (32 if self._family.batched else 1)
            sizes = self._sizes[np.searchsorted(self._share, rng.random(wanted), side="right")]
            ids, values = self._sampler.sample(rng, sizes)
            drawn = self._renderer.render(ids, values)
            keys = pixel_keys(drawn.pixels)
            good = np.flatnonzero(drawn.defined & self._choice.allowed(keys))
            undefined += int((~drawn.defined).sum())
            refused += int(drawn.defined.sum()) - len(good)
            pool.add(ids[good], None if values is None else values[good], drawn.pixels[good], keys[good], good)
            pool.close_round()
            stale = stale + 1 if len(pool) == before else 0
        if not len(pool):
            fact = f"{self._family.name} gave no image: {undefined} programs without a picture"
            raise DataError(f"{fact}, {refused} held out or excluded", "allow larger programs")
        return pool


def _weight(log2_count: float, config: StreamConfig) -> float:
    """How often a size is drawn, from the base-2 logarithm of its number of programs."""
    return float(2.0 ** (min(log2_count, math.log2(config.table_candidates)) * config.size_power))
