"""The learner of zooming, from settings to a checkpoint, read from top to bottom.

Lessons are functions of (seed, step), so that a run which is killed and resumed goes on as it would have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from i2c_core.calibration import Calibration, calibrate
from i2c_core.config import TrainConfig
from i2c_core.datasets.stream import Batch
from i2c_core.decoding import Greedy
from i2c_core.families import Family
from i2c_core.model import Observation
from i2c_core.progress import Progress
from i2c_core.training import Precision, Session, Task, Trained, learn
from i2c_core.training.loss import Loss, masked_loss
from i2c_core.training.sources import Sources
from i2c_core.zooming.lessons import Lesson, Lessons
from i2c_core.zooming.network import NetworkConfig, ZoomNetwork
from i2c_core.zooming.proposer import ZoomProposer
from i2c_core.zooming.tables import ZoomTables

NAME = "zoom"
AT_ONCE = 64  # held-out pictures whose nodes are seen at a time


def train(
    family: Family,
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network that says which symbol stands at the root of a part of a picture.

    Args and errors are those of `i2c_core.training.train`; of the settings of the model, `width`, `channels`, `blocks`
    and `crop` (cells a side of what it sees of a part) are its own.

    Raises:
        FamilyError: the family cannot be decoded by zooming, with the reason.
    """
    config = config.for_family(family)
    tables = ZoomTables.of(family)

    def build() -> tuple[ZoomNetwork, NetworkConfig]:
        numbers = network_config(family, tables, config)
        network = ZoomNetwork(numbers)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network, numbers

    def prepare(session: Session[ZoomNetwork]) -> Task[Lesson, ZoomNetwork]:
        network, device = session.network, session.device
        renderer = session.renderer(family, config)
        sources = Sources(family, config, renderer, session.progress)
        processes, own = session.processes, session.processes.rows(config.run.batch_size)
        lessons = Lessons(family, sources.stream, renderer, network.config.cells, config.run.seed, own)
        validation = Validation(sources.held_out, lessons, device)
        legal = tables.legal.to(device)  # (Y, V)

        def loss(made: Lesson, step: int, precision: Precision) -> tuple[Loss, Tensor]:
            lesson = made.to(device)
            with precision():
                logits = network(lesson.seen, lesson.type, lesson.role)  # (M, V)
            told = masked_loss(logits[None], lesson.target[None], legal[lesson.type][None])
            return told, told.total / processes.sum(told.tokens)

        plain = not family.batched
        return Task(lessons.at, loss, validation, validation.calibrate, lambda: lessons.drawn, plain, shares=True)

    return learn(family, config, out, build, prepare, name=NAME, resume=resume, init=init, progress=progress)


train.proposer = ZoomProposer.of  # type: ignore[attr-defined]


def network_config(family: Family, tables: ZoomTables, config: TrainConfig) -> NetworkConfig:
    """The network's numbers from settings that `for_family` has filled in.

    Raises:
        ConfigError: a number of cells that the network cannot halve.
    """
    model, data = config.model, config.data
    assert model.budget is not None
    assert data.height is not None
    assert data.width is not None
    return NetworkConfig(
        vocabulary=tables.pad,
        types=tables.types,
        roles=tables.roles,
        cells=model.crop or 0,
        channels=model.channels,
        blocks=model.blocks,
        width=model.width,
        image=(family.channels, data.height, data.width),
        max_tokens=model.budget,
    )


class Validation:
    """How well a network reads pictures that it has not learned from, the same ones every time.

    Args:
        held_out: the pictures; where there are none, nothing is measured.
        lessons: makes lessons of them, and has the renderer.
        device: where the network is.
    """

    def __init__(self, held_out: Batch | None, lessons: Lessons, device: torch.device) -> None:
        self.held_out, self.lessons, self.device = held_out, lessons, device

    @torch.no_grad()
    def __call__(self, network: ZoomNetwork) -> dict[str, float]:
        """Nats a node, share of nodes whose token was likeliest, share of pictures that greedy zooming redraws."""
        if self.held_out is None:
            return {}
        network.eval()
        family, renderer = self.lessons.family, self.lessons.renderer
        legal = self.lessons.tables.legal.to(self.device)
        proposer = ZoomProposer(network, family)
        sums: dict[str, Any] = dict.fromkeys(("nats", "correct", "nodes", "exact"), 0.0)
        for first in range(0, len(self.held_out), AT_ONCE):
            pairs = self.held_out.rows(slice(first, first + AT_ONCE))
            lesson = self.lessons.lesson(pairs).to(self.device)
            logits = network(lesson.seen, lesson.type, lesson.role)
            loss: Loss = masked_loss(logits[None], lesson.target[None], legal[lesson.type][None])
            sums["nats"] += float(loss.total)
            sums["correct"] += int(loss.correct)
            sums["nodes"] += int(loss.tokens)
            image = torch.from_numpy(pairs.pixels).float() / 255
            found = proposer.propose(Observation(image), strategy=Greedy(), budget=network.config.max_tokens)
            ids = found.ids[:, 0].cpu().numpy()  # (B, T)
            with self.lessons.drawing:
                pictures = renderer.render(ids, None, (pairs.pixels.shape[2], pairs.pixels.shape[3]))
            sums["exact"] += int(((pictures.pixels == pairs.pixels).all((1, 2, 3)) & pictures.defined).sum())
        network.train()
        return {
            "held_out_loss": sums["nats"] / sums["nodes"],
            "held_out_accuracy": sums["correct"] / sums["nodes"],
            "held_out_exact": sums["exact"] / len(self.held_out),
        }

    def calibrate(self, network: ZoomNetwork, count: int) -> Calibration | None:
        """How much to trust what the network answers, fitted on the first `count` of the held-out pictures; None where
        there are none, or none could be read.
        """
        if self.held_out is None or count == 0:
            return None
        network.eval()
        family = self.lessons.family
        pairs = self.held_out.rows(slice(count))
        values: list[Any] = [None] * len(pairs) if pairs.values is None else pairs.values.tolist()
        with self.lessons.drawing:
            found = calibrate(
                family,
                self.lessons.renderer,
                ZoomProposer(network, family),
                list(pairs.pixels),
                [family.from_tokens(ids, own) for ids, own in zip(pairs.ids.tolist(), values, strict=True)],
                image_size=family.size,
                budget=network.config.max_tokens,
            )
        network.train()
        return found
