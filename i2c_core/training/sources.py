"""Where the pairs come from: the stream to learn from, and what is kept apart from it to be measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.config import TrainConfig
from i2c_core.datasets.keys import pixel_keys
from i2c_core.datasets.pairs import Pairs, read_pairs
from i2c_core.datasets.pseudo import PseudoPairs
from i2c_core.datasets.stream import Batch, Stream, StreamConfig
from i2c_core.errors import ConfigError, DataError
from i2c_core.families import Family
from i2c_core.progress import Progress
from i2c_core.raster import Renderer

SAMPLES, SAMPLES_DRAWN_SINGLY = 512, 64  # held-out images of an evaluation; nine more are drawn and dropped for each
SMALL_TABLE = 50_000  # codes of the table of held-out images: larger ones are combinations of what it holds
EVALUATION_SEED = 1 << 31  # beyond every seed of a run, so that all runs are measured on the same images


class Sources:
    """The streams of a run. Both draw with the same renderer; pseudo pairs are learned from, never measured on.

    Attributes:
        stream: what is learned from, batch = f(seed, step).
        held_out: the images of every evaluation, or None where nothing is held out.
    """

    def __init__(
        self,
        family: Family,
        config: TrainConfig,
        renderer: Renderer,
        progress: Progress,
        pseudo: PseudoPairs | None = None,
    ) -> None:
        data = config.data
        assert data.min_size is not None
        assert data.max_size is not None
        pairs = read_pairs(data.pairs, family) if data.pairs else None
        if pairs is not None:
            _require_short(pairs, config)
        exclude = _keys(read_pairs(data.exclude, family)) if data.exclude else None
        stream = StreamConfig(
            batch_size=config.run.batch_size,
            min_size=data.min_size,
            max_size=data.max_size,
            razor=data.razor,
            holdout=data.holdout,
            size_power=data.size_power,
            table_candidates=data.table,
        )
        self.stream = Stream(family, stream, config.run.seed, renderer, exclude, pairs, pseudo)
        progress.say(f"learning from {self.stream.note}")
        self.held_out: Batch | None = None
        wanted = config.run.eval_samples
        count = wanted if wanted is not None else SAMPLES if family.batched else SAMPLES_DRAWN_SINGLY
        if count and data.holdout:
            apart = replace(stream, batch_size=count, only_held_out=True, table_candidates=min(data.table, SMALL_TABLE))
            try:
                self.held_out = Stream(family, apart, EVALUATION_SEED, renderer, exclude, pairs).batch(0)
            except DataError as error:  # a language of a few pictures has none to spare
                progress.say(f"nothing is measured on held-out images: {error.fact}")


def _keys(pairs: Pairs) -> NDArray[np.uint64]:
    return pixel_keys(pairs.pixels())


def _require_short(pairs: Pairs, config: TrainConfig) -> None:
    """Raise `ConfigError` where a program on disk is beyond the budget, before a step is spent on it."""
    longest = int(pairs.sizes.max())
    budget = config.model.budget
    if budget is not None and longest > budget:
        row = int(pairs.sizes.argmax())
        fact = f"the program of {pairs.files[row]} has {longest} tokens, above the budget of {budget}"
        raise ConfigError(fact, f"train with --set model.budget={longest}")
