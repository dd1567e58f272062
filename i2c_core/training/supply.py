"""What a step of training needs, from the stream of pairs: pictures, programs, masks and places as tensors.

Made on the CPU, in the thread that makes batches ahead, while the network works on the batch before. Legend: B
programs, T tokens, V symbols, C channels, H W pixels.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from i2c_core.datasets.stream import Batch, Stream
from i2c_core.decoding import family_mask
from i2c_core.families import Family
from i2c_core.model import ModelConfig, Observation
from i2c_core.model.numbers import BinEdges
from i2c_core.model.zooms import family_places
from i2c_core.raster import Renderer


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """A batch for the network.

    Pixels (B, C, H, W) uint8, ids (B, T), legal (B, T, V), where (B, T, 4) or None, shares (B, T) of
    bins at which the exact numbers lie, NaN for none, or None.
    """

    pixels: Tensor
    ids: Tensor
    legal: Tensor
    where: Tensor | None
    shares: Tensor | None = None

    @property
    def observation(self) -> Observation:
        """What the network sees."""
        return Observation(self.pixels.float() / 255)

    def to(self, device: torch.device) -> TrainingBatch:
        """The batch on a device; the copy does not wait where the memory is pinned."""
        if device.type == "cpu":
            return self
        move = {n: getattr(self, n).to(device, non_blocking=True) for n in ("pixels", "ids", "legal")}
        for name in ("where", "shares"):
            part = getattr(self, name)
            move[name] = None if part is None else part.to(device, non_blocking=True)
        return replace(self, **move)

    def pinned(self) -> TrainingBatch:
        """The batch in memory that a GPU copies from without waiting."""
        pin = {n: getattr(self, n).pin_memory() for n in ("pixels", "ids", "legal")}
        for name in ("where", "shares"):
            part = getattr(self, name)
            pin[name] = None if part is None else part.pin_memory()
        return replace(self, **pin)


class Supply:
    """Training batches from pairs. Every target token must be open under the mask, or the family contradicts itself.

    Every process draws the whole batch, and makes tensors of its own `rows`.

    Attributes:
        drawing: held by whoever uses the renderer; the loop's evaluations and the thread that makes batches share it.
        drawn: seconds of `at` that rendering took so far.
    """

    def __init__(
        self,
        family: Family,
        network: ModelConfig,
        stream: Stream,
        renderer: Renderer,
        pinned: bool,
        rows: slice = slice(None),
    ) -> None:
        self.mask = family_mask(family)
        self.places = family_places(family, network.max_tokens) if network.where else None
        self.edges = BinEdges(family.vocabulary) if network.values != "none" else None
        self.budget = network.max_tokens
        self.drawing = threading.Lock()
        self.drawn = 0.0
        self._stream, self._renderer, self._pinned, self._rows = stream, renderer, pinned, rows

    def at(self, step: int) -> TrainingBatch:
        """The own rows of the batch of a step, which is a function of the stream's seed and the step."""
        with self.drawing:
            before = self._renderer.seconds
            batch = self._stream.batch(step)
            self.drawn += self._renderer.seconds - before
        return self.prepare(batch.rows(self._rows))

    def prepare(self, batch: Batch) -> TrainingBatch:
        """Pairs as tensors.

        Raises:
            ProgramError: a token is closed by the family's own mask; names symbol and position.
        """
        ids = torch.from_numpy(batch.ids)
        with torch.no_grad():
            legal = self.mask.replay(ids, self.budget)
            where = None if self.places is None else self.places.replay(ids)
        shares = None
        if self.edges is not None and batch.values is not None:
            shares = self.edges.shares(ids, torch.from_numpy(batch.values))
        made = TrainingBatch(torch.from_numpy(batch.pixels), ids, legal, where, shares)
        return made.pinned() if self._pinned else made
