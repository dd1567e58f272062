"""The learner of dense proposals, from settings to a checkpoint, read from top to bottom.

Lessons are functions of (seed, step), so that a run which is killed and resumed goes on as it would have.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from i2c_core.calibration import Calibration, calibrate
from i2c_core.config import TrainConfig
from i2c_core.datasets.pseudo import PseudoPairs, read_pseudo_pairs
from i2c_core.errors import ConfigError
from i2c_core.families import Family
from i2c_core.items.catalogue import Catalogue, catalogue_of
from i2c_core.items.lessons import Lesson, Lessons
from i2c_core.items.network import ItemNetwork, NetworkConfig
from i2c_core.items.proposer import ItemProposer
from i2c_core.progress import Progress
from i2c_core.raster import Renderer
from i2c_core.training import Precision, Session, Task, Trained, learn
from i2c_core.training.loss import Loss

NAME = "items"
EVALUATION_SEED = 2**31  # beyond those of runs: no scene of an evaluation is one of training
CALIBRATION_SEED = 2**31 + 1
EVALUATED = 128  # scenes
SIDE = 32  # pixels: sides of pictures are multiples of it


def train(
    family: Family,
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network that scores every item of a family's drawings.

    Args and errors are those of `i2c_core.training.train`; of the settings of the model, `channels`, `blocks` and
    `width` (of the networks of the symbols) are its own.

    Raises:
        FamilyError: the family does not say its strokes, or its programs are no lists of commands.
    """
    config = config.for_family(family)
    catalogue = catalogue_of(family)

    def build() -> tuple[ItemNetwork, NetworkConfig]:
        numbers = network_config(config)
        network = ItemNetwork(numbers, catalogue)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network, numbers

    def prepare(session: Session[ItemNetwork]) -> Task[Lesson, ItemNetwork]:
        network, device = session.network, session.device
        pseudo = read_pseudo_pairs(out, family, config)
        lessons = _lessons(catalogue, config, config.run.batch_size, config.run.seed, device, pseudo)
        validation = Validation(catalogue, config, device)
        own, batch = session.processes.rows(config.run.batch_size), config.run.batch_size

        def loss(lesson: Lesson, step: int, precision: Precision) -> tuple[Loss, Tensor]:
            with precision():
                logits = network(network.features(lesson.ink, lesson.canvas), lesson.asked, lesson.state)
            told = _loss(logits, lesson)
            return told, told.total / batch

        return Task(lambda step: lessons.lesson(step).rows(own), loss, validation, validation.calibrate, shares=True)

    return learn(family, config, out, build, prepare, name=NAME, resume=resume, init=init, progress=progress)


train.proposer = ItemProposer.of  # type: ignore[attr-defined]
train.takes_pseudo_pairs = True  # type: ignore[attr-defined]


def network_config(config: TrainConfig) -> NetworkConfig:
    """The network's numbers from settings that `for_family` has filled in.

    Raises:
        ConfigError: pictures whose sides are no multiples of SIDE.
    """
    model, data = config.model, config.data
    assert model.budget is not None
    assert data.height is not None
    assert data.width is not None
    if data.height % SIDE or data.width % SIDE:
        fact = f"pictures of {data.width}x{data.height} were asked for, the network halves its own five times"
        hint = f"use multiples of {SIDE}: --set data.width={_whole(data.width)} --set data.height={_whole(data.height)}"
        raise ConfigError(fact, hint)
    return NetworkConfig(
        size=(data.height, data.width),
        channels=model.channels,
        blocks=model.blocks,
        hidden=model.width,
        max_tokens=model.budget,
    )


def _whole(pixels: int) -> int:
    return max(SIDE, round(pixels / SIDE) * SIDE)


def _lessons(
    catalogue: Catalogue,
    config: TrainConfig,
    batch: int,
    seed: int,
    device: torch.device,
    pseudo: PseudoPairs | None = None,
) -> Lessons:
    data = config.data
    assert data.height is not None
    assert data.width is not None
    assert data.min_size is not None
    assert data.max_size is not None
    sizes = data.min_size, data.max_size
    return Lessons(catalogue, (data.height, data.width), batch, sizes, seed, device, pseudo=pseudo)


def _loss(logits: Tensor, lesson: Lesson) -> Loss:
    """Cross entropy over the placements, in nats: of all those of an image, whether they were drawn for it or not."""
    nats = F.cross_entropy(logits, lesson.target, reduction="none") * lesson.weight  # (M,)
    matters = lesson.target > 0
    correct = ((logits.argmax(1) == lesson.target) & matters).sum()
    return Loss(nats.sum(), correct, matters.sum())


@dataclass
class Validation:
    """Scenes that training never sees, sketched, and how many of them the network reads exactly."""

    catalogue: Catalogue
    config: TrainConfig
    device: torch.device

    def __post_init__(self) -> None:
        wanted = self.config.run.eval_samples
        count = EVALUATED if wanted is None else wanted
        self.lesson: Lesson | None = None
        self.truth: list[list[int]] = []
        if count:
            lessons = _lessons(self.catalogue, self.config, count, EVALUATION_SEED, self.device)
            self.lesson, self.truth = lessons.examination()

    @torch.no_grad()
    def __call__(self, network: ItemNetwork) -> dict[str, float]:
        """The share that is exact at the first look, and the loss in nats an image."""
        if self.lesson is None:
            return {}
        network.eval()
        lesson = self.lesson
        logits = network(network.features(lesson.ink, lesson.canvas), lesson.asked, lesson.state)
        network.train()
        loss = _loss(logits, lesson)
        wrong = torch.bincount(lesson.asked.image[logits.argmax(1) != lesson.target], minlength=len(self.truth))
        there = torch.bincount(lesson.asked.image[lesson.target > 0], minlength=len(self.truth))
        counts = torch.tensor([len(items) for items in self.truth], device=self.device)
        exact = (wrong == 0) & (there == counts)
        return {
            "held_out_loss": float(loss.total / loss.tokens.clamp(min=1)),
            "held_out_accuracy": float(loss.correct / loss.tokens.clamp(min=1)),
            "held_out_exact": float(exact.float().mean()),
        }

    def calibrate(self, network: ItemNetwork, count: int) -> Calibration | None:
        """How much to trust what the network answers, fitted on `count` drawings of their own, as training has them."""
        if not count:
            return None
        network.eval()
        family, proposer = self.catalogue.family, ItemProposer(network, self.catalogue)
        lessons = _lessons(self.catalogue, self.config, count, CALIBRATION_SEED, self.device)
        truth, ink = lessons.sheets(np.random.default_rng(CALIBRATION_SEED), count)
        paper = (255 - 255 * ink).round().byte().cpu().numpy()[:, None].repeat(family.channels, 1)
        programs = [family.canonical(family.from_tokens(ids)) for ids in self.catalogue.to_ids(truth).tolist()]
        size, budget = (ink.shape[1], ink.shape[2]), network.config.max_tokens
        with Renderer(family) as renderer:
            return calibrate(family, renderer, proposer, list(paper), programs, image_size=size, budget=budget)
