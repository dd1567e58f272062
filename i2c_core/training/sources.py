"""Where the pairs come from: the stream to learn from, and what is kept apart from it to be measured on."""

from __future__ import annotations

from i2c_core.config import TrainConfig
from i2c_core.datasets.stream import Batch, Stream, StreamConfig
from i2c_core.families import Family
from i2c_core.raster import Renderer


def open_stream(family: Family, config: TrainConfig, renderer: Renderer) -> Stream:
    data = config.data
    sc = StreamConfig(batch_size=config.run.batch_size, min_size=data.min_size, max_size=data.max_size, razor=data.razor, holdout=data.holdout)
    return Stream(family, sc, config.run.seed, renderer=renderer)


def held_out_batches(family: Family, config: TrainConfig, renderer: Renderer) -> list[Batch]:
    return []
