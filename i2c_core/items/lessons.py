"""What the network learns from: scenes drawn by the sketch process, and canvases that are right, wrong or empty.

Legend: N images, M placements, W variants, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from i2c_core.datasets.pseudo import PseudoPairs
from i2c_core.errors import FamilyError
from i2c_core.items.catalogue import Catalogue
from i2c_core.items.screening import Screen, Screened
from i2c_core.references import resolve
from i2c_core.strokes import Style, draw, sketch

CLEAN = 0.12  # the share of images drawn clean
PENS = (0.06, 0.22)  # cells, the width of their lines
EMPTY, TRUE = 0.4, 0.12  # the shares of canvases that are empty, and that are the truth
CHANGED = 0.1  # of a wrong canvas: the chance of an item to be another variant
MOST_DROPPED = 0.7  # of a wrong canvas: items are left out with a chance drawn up to this
ADDED = 1.5  # of a wrong canvas: items too many, in the mean
NEGATIVES = 112  # placements of an image that are not drawn and are learned from, drawn at random


@dataclass(frozen=True, eq=False)
class Lesson:
    """A batch to learn from.

    Attributes:
        ink, canvas: (N, H, W).
        asked: M placements.
        state: (M,) what the canvas has in each of them: 0, or 1 + variant.
        target: (M,) what the truth has there.
        weight: (M,) how many placements each stands for.
    """

    ink: Tensor
    canvas: Tensor
    asked: Screened
    state: Tensor
    target: Tensor
    weight: Tensor

    def rows(self, rows: slice) -> Lesson:
        """Some of the images, with their placements."""
        first, last, _ = rows.indices(len(self.ink))
        image = self.asked.image
        there = ((image >= first) & (image < last)).nonzero()[:, 0]  # (M',)
        asked = Screened(image[there] - first, self.asked.placement[there])
        return Lesson(
            self.ink[rows], self.canvas[rows], asked, self.state[there], self.target[there], self.weight[there]
        )


@dataclass
class Lessons:
    """Batches as a function of seed and step, so that a run that was cut short goes on as it would have.

    Args:
        catalogue: of the family.
        size: height and width in pixels.
        batch: images.
        sizes: the fewest and the most tokens that programs are drawn for.
        seed: of all chance.
        device: where images are drawn and looked at.
        style: of the sketch process.
        pseudo: pictures and what a network read in them, to be mixed into the lessons.

    Raises:
        FamilyError: the family samples no scenes.
    """

    catalogue: Catalogue
    size: tuple[int, int]
    batch: int
    sizes: tuple[int, int]
    seed: int
    device: torch.device | str = "cpu"
    style: Style = field(default_factory=Style)
    pseudo: PseudoPairs | None = None

    def __post_init__(self) -> None:
        family = self.catalogue.family
        if family.sample is None:
            fact = f"{family.name} says nothing about which of its drawings are likely"
            raise FamilyError(fact, "give it sample=, or use another learner")
        self._sample = resolve(family.sample, f"family {family.name}")
        self._screen = Screen(self.catalogue, self.size, self.device)
        self._read = [] if self.pseudo is None else self.catalogue.from_ids(self.pseudo.pairs.ids)

    def scenes(self, rng: np.random.Generator, count: int) -> list[list[int]]:
        """Sets of items of random programs."""
        family = self.catalogue.family
        sizes = rng.integers(self.sizes[0], self.sizes[1] + 1, count)
        encoded = [family.to_tokens(self._sample(family, rng, int(size))) for size in sizes]
        return self.catalogue.from_ids(family.vocabulary.pack(encoded)[0])

    def lesson(self, step: int) -> Lesson:
        """The batch of a step."""
        rng = np.random.default_rng((self.seed, step))
        truth, ink = self.sheets(rng, self.batch)
        if self.pseudo is not None:
            self._mix(self.pseudo, truth, ink, step)
        asked = self._screen(ink)
        target = states(self.catalogue, asked, truth)
        canvases = self._canvases(rng, truth, asked)
        state = states(self.catalogue, asked, canvases)
        keep, weight = _some(target, state, asked, self.batch, self._generator(rng))
        canvas = draw(self.catalogue.strokes(canvases).to(self.device), self.size)
        return Lesson(ink, canvas, asked.select(keep), state[keep], target[keep], weight)

    def examination(self) -> tuple[Lesson, list[list[int]]]:
        """One batch of sketches with nothing on the canvas and every placement asked for, and its truth."""
        rng = np.random.default_rng((self.seed, 0))
        truth = self.scenes(rng, self.batch)
        ink = sketch(self.catalogue.strokes(truth).to(self.device), self.size, self._generator(rng), self.style)
        asked = self._screen(ink)
        target = states(self.catalogue, asked, truth)
        weight = torch.ones(len(asked), device=self.device)
        return Lesson(ink, torch.zeros_like(ink), asked, torch.zeros_like(target), target, weight), truth

    def sheets(self, rng: np.random.Generator, count: int) -> tuple[list[list[int]], Tensor]:
        """Random scenes and (N, H, W) what is drawn of them: most by hand, some clean, with pens of any width."""
        truth = self.scenes(rng, count)
        strokes = self.catalogue.strokes(truth).to(self.device)
        ink = sketch(strokes, self.size, self._generator(rng), self.style)
        for row in np.flatnonzero(rng.random(count) < CLEAN).tolist():
            one = strokes.select(slice(row, row + 1))
            ink[row] = draw(one, self.size, float(rng.uniform(*PENS)))[0]
        return truth, ink

    def _mix(self, pseudo: PseudoPairs, truth: list[list[int]], ink: Tensor, step: int) -> None:
        """Put pictures that were read, dark ink on light paper, in the places of some sheets."""
        for place, row in zip(*pseudo.places(step, len(truth)), strict=True):
            picture = torch.from_numpy(pseudo.pairs.pixels[row]).to(self.device)  # (C, H, W)
            truth[place], ink[place] = self._read[row], 1 - picture.float().mean(0) / 255

    def _generator(self, rng: np.random.Generator) -> torch.Generator:
        return torch.Generator(self.device).manual_seed(int(rng.integers(1 << 62)))

    def _canvases(self, rng: np.random.Generator, truth: list[list[int]], asked: Screened) -> list[list[int]]:
        """A canvas for each image."""
        catalogue = self.catalogue
        kinds = rng.random(len(truth))
        ends = torch.searchsorted(asked.image.cpu(), torch.arange(len(truth) + 1)).tolist()
        placements = asked.placement.cpu().numpy()
        canvases: list[list[int]] = []
        for row, items in enumerate(truth):
            if kinds[row] < EMPTY:
                canvases.append([])
                continue
            if kinds[row] < EMPTY + TRUE:
                canvases.append(items)
                continue
            drop, swap = rng.uniform(0, MOST_DROPPED), rng.random(len(items)) < CHANGED
            kept = {int(catalogue.placement[i]): i for i in items if rng.random() >= drop}
            for item, other in zip(items, swap, strict=True):
                place = int(catalogue.placement[item])
                if other and place in kept:
                    choices = catalogue.item_of[place]
                    kept[place] = int(rng.choice(choices[choices >= 0]))
            for _ in range(rng.poisson(ADDED) if ends[row + 1] > ends[row] else 0):
                place = int(placements[rng.integers(ends[row], ends[row + 1])])
                choices = catalogue.item_of[place]
                kept.setdefault(place, int(rng.choice(choices[choices >= 0])))
            canvases.append(list(kept.values()))
        return canvases


def states(catalogue: Catalogue, asked: Screened, sets: Sequence[Sequence[int]]) -> Tensor:
    """(M,) what a set of items for each image has in each placement asked for: 0 for nothing, else 1 + its variant."""
    table = torch.zeros(len(sets), len(catalogue.item_of), dtype=torch.int8)  # (N, P)
    rows = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
    items = np.array([i for s in sets for i in s], np.int64)
    table[rows, catalogue.placement[items]] = torch.from_numpy(1 + catalogue.variant[items]).to(torch.int8)
    return table.to(asked.image.device)[asked.image, asked.placement].long()


def _some(
    target: Tensor, state: Tensor, asked: Screened, images: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The placements to learn from, and how many each stands for: all that matter, and some of the others."""
    matters = (target > 0) | (state > 0)
    others = torch.bincount(asked.image[~matters], minlength=images)  # (N,)
    chance = (NEGATIVES / others.clamp(min=1)).clamp(max=1)[asked.image]  # (M,)
    keep = matters | (torch.rand(len(asked), generator=generator, device=generator.device) < chance)
    return keep.nonzero()[:, 0], torch.where(matters, 1.0, 1 / chance)[keep]
