"""The learner of levels, from settings to a checkpoint, read from top to bottom.

Lessons are functions of (seed, step), so that a run which is killed and resumed goes on as it would have.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from i2c_core.calibration import Calibration, calibrate
from i2c_core.checkpoints import Checkpoint, fill
from i2c_core.config import TrainConfig
from i2c_core.errors import CheckpointError, ConfigError
from i2c_core.families import Family
from i2c_core.progress import Progress, make_progress
from i2c_core.raster import Renderer
from i2c_core.tiles.lessons import SHEET, Lesson, Lessons, sketched_page
from i2c_core.tiles.network import COARSEST, NetworkConfig, TileNetwork, standardised
from i2c_core.tiles.proposer import TileProposer
from i2c_core.tilesets import plain, tileset_of
from i2c_core.tilesets.random_levels import random_level
from i2c_core.training import Precision, Session, Task, Trained, learn
from i2c_core.training.loss import Loss
from i2c_core.training.processes import ALONE, Processes
from i2c_core.training.run import require_network

NAME = "tiles"
EVALUATION_SEED = 2**31  # beyond those of runs: no level of an evaluation is one of training
CALIBRATION_SEED = 2**31 + 1
EVALUATED = 128  # sheets
CHUNK = 32  # of them at once
FIELD = 1.0  # how much the grid's loss counts beside that of the kinds
INSIDE = 0.3


def train(
    family: Family,
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train the two networks that read levels of a tile set, from nothing, or from those of another tile set.

    Args and errors are those of `i2c_core.training.train`; of the settings of the model, `channels` and `blocks` are
    its own, of those of the data, `height` and `width` (of the pictures that show it how to find a grid).

    Raises:
        FamilyError: the family has no tile set.
    """
    config = config.for_family(family)
    progress = make_progress() if progress is None else progress

    def build() -> tuple[TileNetwork, NetworkConfig]:
        numbers = network_config(family, config)
        network = TileNetwork(numbers)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network, numbers

    def prepare(session: Session[TileNetwork]) -> Task[Lesson, TileNetwork]:
        network, device = session.network, session.device
        numbers = network.config
        lessons = Lessons(tileset_of(family), numbers.size, config.run.batch_size, config.run.seed, device)
        processes, batch = session.processes, config.run.batch_size
        own = processes.rows(batch)

        def loss(lesson: Lesson, step: int, precision: Precision) -> tuple[Loss, Tensor]:
            with precision():
                seen = network.field(standardised(lesson.grey).contiguous(memory_format=torch.channels_last))
                said = network.kind(standardised(lesson.upright).contiguous(memory_format=torch.channels_last))
            return losses(seen.float(), said.float(), lesson, batch, processes)

        def calibrated(trusted: TileNetwork, count: int) -> Calibration | None:
            return fit_confidence(family, trusted, count)

        validation = Validation(family, numbers, config, device)
        return Task(lambda step: lessons.lesson(step).rows(own), loss, validation, calibrated, shares=True)

    def begin_from(network: TileNetwork, weights: Checkpoint) -> None:
        _begin_from(network, weights, family, progress)

    return learn(
        *(family, config, out, build, prepare),
        name=NAME,
        resume=resume,
        init=init,
        begin_from=begin_from,
        progress=progress,
    )


train.proposer = TileProposer.of  # type: ignore[attr-defined]


def _begin_from(network: TileNetwork, weights: Checkpoint, family: Family, progress: Progress) -> None:
    """Fill in weights, of the family itself or of another tile set: grids look alike, and so do pens and paper.

    Raises:
        CheckpointError: they are not of these networks.
    """
    if weights.meta["learner"] != NAME:
        fact = f"{weights.name} was trained by the learner {weights.meta['learner']!r}, this run's is {NAME!r}"
        raise CheckpointError(fact, "begin from weights that read levels, or leave --init out")
    theirs = {k: v for k, v in weights.meta["model"].items() if k not in ("kinds", "max_tokens")}
    require_network(replace(weights, meta={**weights.meta, "model": theirs}), _Alike(network.config))
    own, tensors = network.state_dict(), dict(weights.tensors)
    if weights.meta["fingerprint"] != family.vocabulary.fingerprint:
        last = [name for name in own if name.startswith(f"kind.layers.{len(network.kind.layers) - 1}.")]
        tensors |= {name: own[name] for name in last}
        progress.say(f"beginning from {weights.meta['family']}, all but what tells its tiles apart")
    fill(network, tensors, weights.name)


class _Alike:
    """What of a network's numbers must be alike to begin from its weights."""

    def __init__(self, config: NetworkConfig) -> None:
        self.image, self.max_tokens = config.image, config.max_tokens
        self._numbers = {k: v for k, v in config.to_dict().items() if k not in ("kinds", "max_tokens")}

    def to_dict(self) -> dict[str, Any]:
        return self._numbers


def network_config(family: Family, config: TrainConfig) -> NetworkConfig:
    """The network's numbers from settings that `for_family` has filled in.

    Raises:
        ConfigError: pictures whose sides are no multiples of COARSEST.
    """
    model, data = config.model, config.data
    assert model.budget is not None
    assert data.height is not None
    assert data.width is not None
    if data.height % COARSEST or data.width % COARSEST:
        fact = f"pictures of {data.width}x{data.height} were asked for, the network halves its own four times"
        raise ConfigError(fact, f"use multiples of {COARSEST} for data.width and data.height")
    kinds = len(tileset_of(family).tiles)
    return NetworkConfig(kinds, model.channels, model.blocks, (data.height, data.width), model.budget)


def losses(seen: Tensor, said: Tensor, lesson: Lesson, batch: int, processes: Processes = ALONE) -> tuple[Loss, Tensor]:
    """The cross entropy of the kinds, in nats, to be told, and what is made less: it and the loss of the field.

    The field's places are learned by squares, so that a network that does not know comes near the middle of the circle.

    Args:
        seen: (N, 5, h, w) of the field network.
        said: (N, K + 1, R, C) logits.
        lesson: of N pictures, the rows of this process.
        batch: pictures of all processes; what each makes less adds up to the loss of the batch.
        processes: these.
    """
    share = len(lesson.kinds) / batch
    kinds = F.cross_entropy(said, lesson.kinds)
    apart = (seen[:, :4] - lesson.place).square().mean(1)  # (N, h, w)
    field = (apart * lesson.inside).sum() / processes.sum(lesson.inside.sum()).clamp(min=1)
    inside = F.binary_cross_entropy_with_logits(seen[:, 4], lesson.inside)
    correct = (said.argmax(1) == lesson.kinds).sum()
    count = torch.tensor(lesson.kinds.numel(), device=said.device)
    return Loss(kinds * count, correct, count), share * kinds + FIELD * field + INSIDE * (share * inside)


def fit_confidence(family: Family, network: TileNetwork, count: int) -> Calibration | None:
    """How much to trust what the networks read, fitted on `count` levels sketched and photographed as in training."""
    if not count:
        return None
    network.eval()
    tiles, rng = tileset_of(family), np.random.default_rng(CALIBRATION_SEED)
    pictures, programs = [], []
    for number in range(count):
        spans = zip(tiles.smallest, tiles.largest, strict=True)
        columns, rows = (int(rng.integers(low, min(high, 2 * SHEET) + 1)) for low, high in spans)
        level = random_level(tiles, rng, columns, rows)
        pitch, margin = int(rng.integers(12, 25)), int(rng.integers(0, 3))
        seed = CALIBRATION_SEED + number
        pictures.append(sketched_page(tiles, level, seed, camera=number % 2 == 1, pitch=pitch, margin=margin))
        programs.append(plain(family, level))
    proposer = TileProposer(network, family)
    with Renderer(family) as renderer:
        return calibrate(
            family, renderer, proposer, pictures, programs, image_size=network.config.size, budget=family.budget
        )


class Validation:
    """Sheets that training never sees, and how much of them the networks read."""

    def __init__(self, family: Family, numbers: NetworkConfig, config: TrainConfig, device: torch.device) -> None:
        wanted = config.run.eval_samples
        count = EVALUATED if wanted is None else wanted
        tiles = tileset_of(family)
        self.lessons = [
            Lessons(tiles, numbers.size, min(CHUNK, count - first), EVALUATION_SEED, device).lesson(first)
            for first in range(0, count, CHUNK)
        ]

    @torch.no_grad()
    def __call__(self, network: TileNetwork) -> dict[str, float]:
        """The share of tiles and of sheets that are right in upright pictures, and the field's mean error in tiles."""
        if not self.lessons:
            return {}
        network.eval()
        right: list[Tensor] = []
        far: list[Tensor] = []
        nats = 0.0
        for lesson in self.lessons:
            said = network.kinds(lesson.upright)
            right.append((said.argmax(1) == lesson.kinds).flatten(1))
            nats += float(F.nll_loss(said, lesson.kinds, reduction="sum"))
            column, row, _ = network.fields(lesson.grey)
            for found, first in ((column, 0), (row, 2)):
                truth = torch.complex(lesson.place[:, first], lesson.place[:, first + 1])
                far.append(((found * truth.conj()).angle().abs() / (2 * torch.pi))[lesson.inside > 0])
        network.train()
        all_right = torch.cat(right)
        return {
            "held_out_loss": nats / all_right.numel(),
            "held_out_accuracy": float(all_right.float().mean()),
            "held_out_exact": float(all_right.all(1).float().mean()),
            "held_out_far": float(torch.cat(far).mean()),
        }
