"""The learner `paired`: samples programs, renders them, and learns to invert the renderer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from i2c_core.config import TrainConfig
from i2c_core.datasets.pseudo import read_pseudo_pairs
from i2c_core.families import Family
from i2c_core.model import Model, ModelConfig, build
from i2c_core.model.numbers import number_spans
from i2c_core.progress import Progress
from i2c_core.training.loop import Precision, Session, Task, Trained, learn
from i2c_core.training.loss import Loss, masked_loss, number_loss
from i2c_core.training.sources import Sources
from i2c_core.training.supply import Supply, TrainingBatch
from i2c_core.training.validation import Validation


def train(
    family: Family,
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network that reads a family's pictures.

    Args:
        family: the language and its renderer.
        config: the settings; what the family decides is filled in.
        out: the run's folder.
        resume: go on with the run in `out`, after a kill at any moment.
        init: a checkpoint of the same family to begin from, instead of from random weights.
        progress: where to tell how far it is; stderr where it is None.

    Returns:
        Where the checkpoint is. After Ctrl-C or SIGTERM it is saved and `finished` is False.

    Raises:
        ConfigError: settings that contradict each other, the family or the machine.
        CheckpointError: weights or a run of another family or network, or a damaged file.
        TrainingError: a folder with another run, or a loss that is no number.
        DiskError: the disk is full; what was saved before is whole.
    """
    config = config.for_family(family)
    family = _at_size(family, config)

    def new() -> tuple[Model, ModelConfig]:
        numbers = network_config(family, config)
        return build(numbers), numbers

    def prepare(session: Session[Model]) -> Task[TrainingBatch, Model]:
        model, device = session.network, session.device
        renderer = session.renderer(family, config)
        pseudo = read_pseudo_pairs(out, family, config)
        sources = Sources(family, config, renderer, session.progress, pseudo)
        processes, pinned = session.processes, device.type == "cuda"
        own = processes.rows(config.run.batch_size)
        supply = Supply(family, model.config, sources.stream, renderer, pinned, own)
        validation = Validation(sources.held_out, supply, renderer, device)

        def loss(made: TrainingBatch, step: int, precision: Precision) -> tuple[Loss, Tensor]:
            batch = made.to(device)
            if config.model.dropout:
                torch.manual_seed(_step_seed(config.run.seed, step, processes.rank))
            with precision():
                logits, shares = model.read(batch.observation, batch.ids, batch.where)  # (B, T, V), (B, T)
            told = masked_loss(logits, batch.ids, batch.legal)
            mean = told.total / processes.sum(told.tokens)
            return told, mean + number_loss(shares, batch.shares, processes)

        plain = not family.batched
        return Task(supply.at, loss, validation, validation.calibrate, lambda: supply.drawn, plain, shares=True)

    return learn(family, config, out, new, prepare, resume=resume, init=init, progress=progress)


train.takes_pseudo_pairs = True  # type: ignore[attr-defined]


def network_config(family: Family, config: TrainConfig) -> ModelConfig:
    """The network's numbers from settings that `for_family` has filled in."""
    model, data = config.model, config.data
    assert model.budget is not None
    assert data.height is not None
    assert data.width is not None
    return ModelConfig(
        vocabulary=family.vocabulary.size,
        max_tokens=model.budget,
        image=(family.channels, data.height, data.width),
        decoder=model.decoder,  # type: ignore[arg-type]  # one of its choices
        width=model.width,
        layers=model.layers,
        heads=model.heads,
        channels=model.channels,
        blocks=model.blocks,
        where=bool(model.where),
        crop=model.crop or 0,
        dropout=model.dropout,
        values=model.values,  # type: ignore[arg-type]  # one of its choices
        numbers=number_spans(family.vocabulary) if model.values != "none" else (),
    )


def _at_size(family: Family, config: TrainConfig) -> Family:
    """The family with the pictures of the run as its own, where the run wants another size."""
    size = (config.data.height or family.size[0], config.data.width or family.size[1])
    return family if size == family.size else replace(family, size=size)


def _step_seed(seed: int, step: int, rank: int) -> int:
    words = (seed, step, rank) if rank else (seed, step)
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0])
