"""A seeded, endless stream of batches for training: batch = f(seed, step).

Batches are drawn in *windows* of a few steps, each from its own random generator, so any step can be had at any time
and a resumed run sees what an uninterrupted one does. Within a window no two pictures are equal, pixel by pixel; the
smaller code stays.

Legend: B batch, T tokens, N pictures of a window, C channels, H W pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.keys import first_of_each, held_out, is_in, pixel_keys
from i2c_core.datasets.pairs import Pairs
from i2c_core.datasets.razor import Razored, compose, razor_table, rough_razor, sharp_razor
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.substructure import Substructure
from i2c_core.errors import ConfigError, DataError, suggest
from i2c_core.families import Family
from i2c_core.raster import Renderer

RAZORS = ("auto", "sharp", "rough", "none")
STALE = 5  # rounds without a new image after which a language counts as exhausted
WINDOW = 4096  # pictures drawn at once where drawing many costs little more than drawing few


@dataclass(frozen=True)
class StreamConfig:
    """What a stream gives.

    Attributes:
        batch_size: B.
        min_size, max_size: numbers of tokens of the programs.
        razor: which code an image gets. "sharp": the shortest one, from a table of all images up to `max_size`.
            "auto": the same while a size has at most `table_candidates` candidates; for the next sizes, combinations
            of shortest programs, then programs drawn uniformly, as for families whose zooms do not tile.
            "rough": one image a perceptual hash. "none": programs drawn uniformly.
        holdout: leave out the held-out images, one in ten by exact pixels.
        only_held_out: give nothing but those.
        size_power: a size with n programs is drawn in proportion to min(n, table_candidates) to this power, so that
            large sizes are frequent and small ones stay.
        table_candidates: see `razor`; a million take about ten seconds and a few hundred megabytes.
        max_rounds: how often a window is drawn on when pictures are missing to fill it.
    """

    batch_size: int = 256
    min_size: int = 1
    max_size: int = 11
    razor: str = "auto"
    holdout: bool = True
    only_held_out: bool = False
    size_power: float = 0.7
    table_candidates: int = 1_000_000
    max_rounds: int = 50

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigError(f"batch_size is {self.batch_size}, expected 1 or more", "raise it")
        if not 1 <= self.min_size <= self.max_size:
            fact = f"sizes {self.min_size}..{self.max_size} are no span"
            raise ConfigError(fact, "use 1 <= min_size <= max_size")
        if self.razor not in RAZORS:
            raise ConfigError(
                f"unknown razor {self.razor!r}", suggest(self.razor, RAZORS, f"use one of {', '.join(RAZORS)}")
            )


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs to learn from: ids (B, T) int64, V behind each end; values (B, T) or None; pixels (B, C, H, W) uint8."""

    ids: NDArray[np.int64]
    values: NDArray[np.float64] | None
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, which: NDArray[np.int64] | slice) -> Batch:
        """Some of the pairs."""
        return Batch(self.ids[which], None if self.values is None else self.values[which], self.pixels[which])


class Source(Protocol):
    """Where pairs come from; `longest` is T, `window` how many steps are drawn at once, `note` a word to the user."""

    longest: int
    window: int
    note: str

    def draw(self, seed: int, window: int, count: int) -> Batch:
        """`count` pairs, a function of the seed and the window's number alone."""


class Stream:
    """Batches for training; see the module's first lines.

    Args:
        family: whose programs.
        config: see `StreamConfig`.
        seed: together with the step it decides each batch.
        renderer: one to draw with, not used by another thread meanwhile; made here otherwise.
        exclude: keys (see `pixel_keys`) of pictures that must not be given.
        pairs: read from disk, to be given in place of drawn ones: each once an epoch, in an order from the seed.

    Attributes:
        note: a word for the user: which code an image gets, and where batches repeat images for want of more.

    Raises:
        DataError: nothing to give, with the reason.
    """

    def __init__(
        self,
        family: Family,
        config: StreamConfig,
        seed: int,
        renderer: Renderer | None = None,
        exclude: NDArray[np.uint64] | None = None,
        pairs: Pairs | None = None,
    ) -> None:
        self.family, self.config, self.seed = family, config, seed
        self.renderer = Renderer(family) if renderer is None else renderer
        choice = Choice(config, np.unique(exclude) if exclude is not None else np.empty(0, np.uint64))
        self.source: Source
        if pairs is not None:
            self.source = PairSource(pairs, choice)
        elif config.razor != "none":
            self.source = table_source(family, choice, self.renderer)
        else:
            self.source = SampleSource(family, choice, self.renderer)
        self._window: tuple[int, Batch] | None = None

    @property
    def note(self) -> str:
        return self.source.note

    def batch(self, step: int) -> Batch:
        """The batch of a step, from 0 on; always full, T the same for every step."""
        size, steps = self.config.batch_size, self.source.window
        number, place = divmod(step, steps)
        if self._window is None or self._window[0] != number:
            self._window = number, self.source.draw(self.seed, number, steps * size)
        return self._window[1].rows(slice(place * size, (place + 1) * size))


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
            if size in self._composed:
                ids, pixels = self._shelves.draw(rng, size, len(where))
            else:
                ids, values = self._sampler.sample(rng, sizes[where])
                drawn = self._renderer.render(ids, values)
                ids, pixels, where = ids[drawn.defined], drawn.pixels[drawn.defined], where[drawn.defined]
            keys = pixel_keys(pixels)
            good = self._choice.allowed(keys) & ~is_in(keys, self._known)
            pool.add(ids[good], None, pixels[good], keys[good], where[good])
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


class Pool:
    """The pairs of a window while it fills: of equal pictures the smaller code, then the first in token order."""

    def __init__(self, family: Family, longest: int, count: int) -> None:
        self._family, self._longest, self._count = family, longest, count
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]] = []
        self._keys: list[NDArray[np.uint64]] = []
        self._places: list[NDArray[np.int64]] = []
        self._held = 0

    def __len__(self) -> int:
        return self._held

    def add(
        self,
        ids: NDArray[np.integer],
        values: NDArray[np.float64] | None,
        pixels: NDArray[np.uint8],
        keys: NDArray[np.uint64],
        places: NDArray[np.int64],
    ) -> None:
        """Offer pairs; `places` is where each stands in the round, so that sizes stay mixed."""
        width = min(ids.shape[1], self._longest)
        wide = np.full((len(ids), self._longest), self._family.vocabulary.pad, np.int64)
        wide[:, :width] = ids[:, :width]
        numbers = np.full(wide.shape if self._has_values else (len(ids), 0), np.nan)
        if values is not None and self._has_values:
            numbers[:, :width] = values[:, :width]
        self._parts.append((wide, numbers, pixels))
        self._keys.append(keys)
        self._places.append(places)

    @property
    def _has_values(self) -> bool:
        return bool(self._family.vocabulary.continuous.any())

    def close_round(self) -> None:
        """Drop the twins of all that was offered."""
        ids, values, pixels = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        keys, places = np.concatenate(self._keys), np.concatenate(self._places)
        if len(np.unique(keys)) == len(keys):
            kept = np.arange(len(keys))
        else:
            order = np.lexsort([*ids.T[::-1], (ids < self._family.vocabulary.pad).sum(1)])
            kept = np.sort(order[first_of_each(keys[order])])
        fresh = kept >= self._held
        kept = kept[np.lexsort((np.where(fresh, places[kept], 0), fresh))]
        self._parts = [(ids[kept], values[kept], pixels[kept])]
        self._keys, self._places = [keys[kept]], [places[kept]]
        self._held = len(kept)

    def first(self) -> Batch:
        """The first `count` pairs, or fewer where there are not as many."""
        ids, values, pixels = self._parts[0]
        return Batch(ids, values if self._has_values else None, pixels).rows(slice(self._count))

    def full(self, rng: np.random.Generator) -> Batch:
        """`count` pairs: the first ones, repeated in a random order where there are not enough."""
        ids, values, pixels = self._parts[0]
        rows = np.arange(min(self._count, self._held))
        while len(rows) < self._count:
            rows = np.concatenate([rows, rng.permutation(self._held)])[: self._count]
        return Batch(ids, values if self._has_values else None, pixels).rows(rows)
