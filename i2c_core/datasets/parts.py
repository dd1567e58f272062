"""The pairs of a build, a file's worth at a time: from a razor's table, or drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.batches import Batch, StreamConfig
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import read_pairs
from i2c_core.datasets.razored import Razored
from i2c_core.datasets.sources import Choice, SampleSource
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.inputs import Shard
from i2c_core.raster import Renderer

if TYPE_CHECKING:
    from i2c_core.datasets.build import BuildConfig

AT_ONCE = 65_536  # pictures whose keys are taken together


@dataclass(frozen=True, eq=False)
class Part:
    """The pairs of one file, with further columns of text by name."""

    batch: Batch
    more: Mapping[str, Sequence[str]] = field(default_factory=dict)


def choose(table: Razored, config: BuildConfig, shard: Shard) -> NDArray[np.int64]:
    """The rows of a table that a share of a build writes, in its order; no two shares have one in common."""
    rows = np.arange(len(table))
    if config.part != "all":
        keys = [pixel_keys(table.pictures[b : b + AT_ONCE]) for b in range(0, len(table), AT_ONCE)]
        rows = rows[held_out(np.concatenate(keys)) == (config.part == "held-out")]
    if config.count is not None and config.count < len(rows):
        rows = np.sort(np.random.default_rng(config.seed).permutation(rows)[: config.count])
    return rows[shard.index - 1 :: shard.count]


def from_table(table: Razored, rows: NDArray[np.int64], config: BuildConfig, first: int) -> Iterator[Part]:
    """Rows of a table, from the `first` file on."""
    for begin in range(first * config.shard_size, len(rows), config.shard_size):
        part = rows[begin : begin + config.shard_size]
        yield Part(Batch(table.ids[part].astype(np.int64), None, table.pictures[part]))


def from_samples(
    family: Family,
    out: Path,
    config: BuildConfig,
    shard: Shard,
    written: Sequence[Mapping[str, Any]],
    renderer: Renderer,
) -> Iterator[Part]:
    """Drawn pairs, no picture twice; files that are there already only say what they hold.

    Each share draws by a seed of its own. Only what it drew itself is known to it, so that a picture that two shares
    draw is in both.
    """
    assert config.count is not None
    assert config.max_size is not None
    seen = keys_of(family, out, written)
    left = shard.size(config.count) - sum(file["rows"] for file in written)
    number = len(written)
    choices = StreamConfig(
        max_size=config.max_size,
        razor="none",
        holdout=config.part == "train",
        only_held_out=config.part == "held-out",
    )
    seed = [config.seed] if shard.count == 1 else [config.seed, shard.index, shard.count]
    while left > 0:
        wanted = min(config.shard_size, left)
        source = SampleSource(family, Choice(choices, seen), renderer)
        try:
            batch = source.collect(np.random.default_rng([*seed, number]), wanted).first()
        except DataError:
            if number == 0:
                raise
            return  # no image is left that was not written before
        seen = np.union1d(seen, pixel_keys(batch.pixels))
        yield Part(batch)
        left -= len(batch)
        number += 1
        if len(batch) < wanted:
            return


def keys_of(family: Family, out: Path, written: Sequence[Mapping[str, Any]]) -> NDArray[np.uint64]:
    """The keys of the pictures in some files, ascending, each once."""
    seen = np.empty(0, np.uint64)
    for file in written:
        seen = np.union1d(seen, pixel_keys(read_pairs(out / file["file"], family).pixels()))
    return seen
