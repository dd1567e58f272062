"""Sets of items by the ink of an image alone, without a network: what the network is measured against.

A set is as good as its clean drawing lies on the ink, and the ink on it; ink that no item of the set explains proposes
more. Both by distances, each pixel to the nearest ink, as drawings by hand never match pixel for pixel.

Legend: C candidate placements of one image, K sets of items, W variants, H W pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.items.astray import Astray
from i2c_core.items.believing import BATCH, MOST, Sets, items_of, possible
from i2c_core.items.catalogue import ALONG, Catalogue
from i2c_core.strokes import draw

ITEM = 3.0  # nats of an item, so that nothing is drawn twice, nor in small parts
BEGUN, ADDED = 6.0, 2.0  # items that a draw adds in the mean: to nothing, and to a set
SHARP = 4.0  # how much more likely placements are that lie on ink along more of their way
LITTLE = 1.0  # cells of ink to explain, below which less is added
KEPT = 0.85  # the chance of an item of a set to stay as it is
LEAST = 1e-9  # the chance of what is possible
LEFT_OUT = 0.4  # of an item that does not: to be left out, where it could be another variant too


class InkFit:
    """One image by its ink: candidates, and what a set leaves to explain. It answers as `Beliefs` does.

    Attributes:
        candidates: (C,) int64 placements.
        first: (C, 1 + W) log-probabilities that a draw goes by, given an empty canvas.
    """

    def __init__(self, catalogue: Catalogue, ink: Tensor, screened: Tensor, choose: bool = True) -> None:
        """Measure an image.

        Args:
            ink: (H, W) of the image.
            screened: (M,) placements that may be drawn in it.
            choose: take those that lie on ink best; else all of them are candidates, in their order.
        """
        self.catalogue, self.size = catalogue, (ink.shape[0], ink.shape[1])
        self.astray = Astray(ink.cpu(), catalogue.extent)
        placement = screened.cpu()
        pixels = self._pixels(placement)  # (M, ALONG)
        near = 1 - self.astray.far.flatten()[pixels]
        if choose:
            order = torch.argsort(near.mean(1), descending=True, stable=True)[:MOST]
            placement, pixels, near = placement[order], pixels[order], near[order]
        self.candidates: NDArray[np.int64] = placement.numpy()
        self.pixels, self.near = pixels, near  # (C, ALONG)
        self.possible = possible(catalogue, self.candidates)  # (C, 1 + W)
        self.length = catalogue.size[placement].sum(1).double().numpy()  # (C,) cells, as many along as across
        self.first = self._chances(np.zeros((1, len(self)), np.int8), near[None], BEGUN)[0]

    def __len__(self) -> int:
        return len(self.candidates)

    def items(self, state: NDArray[np.int8]) -> list[int]:
        """The items of one set, in the order of the candidates."""
        return items_of(self.catalogue, self.candidates, state)

    def given(self, sets: Sets) -> NDArray[np.float64]:
        """(K, C, 1 + W) log-probabilities of a draw beside each set: most of it stays, where ink is left more comes."""
        parts = [np.zeros((0, *self.first.shape))]
        for start in range(0, len(sets), BATCH):
            some = sets[start : start + BATCH]
            covered = 1 - self.astray.from_ink(self._canvas(some) > 0.5).flatten(1)[:, self.pixels]  # (K, C, ALONG)
            parts.append(self._chances(some, self.near * (1 - covered), ADDED))
        return np.concatenate(parts)

    def scores(self, sets: Sets, logp: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K,) how well sets explain the ink, higher is better; `logp` is not looked at."""
        parts = [np.zeros(0)]
        for start in range(0, len(sets), BATCH):
            some = sets[start : start + BATCH]
            parts.append(-self.astray(self._canvas(some)).numpy() - ITEM * (some > 0).sum(1))
        return np.concatenate(parts)

    def _canvas(self, sets: Sets) -> Tensor:
        return draw(self.catalogue.strokes([self.items(s) for s in sets]), self.size)

    def _pixels(self, placement: Tensor) -> Tensor:
        height, width = self.size
        probes = self.catalogue.probes[placement, :ALONG]  # (M, ALONG, 2)
        column = (probes[..., 0] * width).long().clamp(0, width - 1)
        row = (probes[..., 1] * height).long().clamp(0, height - 1)
        return row * width + column

    def _chances(self, sets: Sets, unexplained: Tensor, added: float) -> NDArray[np.float64]:
        """(K, C, 1 + W) from how much of each probe's ink (K, C, ALONG) no item explains, from 0 to 1."""
        share = unexplained.double().mean(2).numpy()  # (K, C)
        weight = self.length * share**SHARP
        total = np.maximum(weight.sum(1, keepdims=True), LITTLE)
        new = np.minimum(0.5, added * weight / total)[..., None]  # (K, C, 1)
        variants = self.possible[:, 1:] / np.maximum(self.possible[:, 1:].sum(1, keepdims=True), 1)  # (C, W)
        chance = np.concatenate((1 - new, new * variants), 2)  # (K, C, 1 + W)
        k, c = np.nonzero(sets)
        others = self.possible[c].copy()  # (R, 1 + W) of the items that are there
        others[np.arange(len(c)), 0] = others[np.arange(len(c)), sets[k, c]] = False
        left_out = np.where(others.any(1), LEFT_OUT, 1.0)
        change = others * ((1 - left_out) / np.maximum(others.sum(1), 1))[:, None]
        change[:, 0] = left_out
        chance[k, c] = (1 - KEPT) * change
        chance[k, c, sets[k, c]] = KEPT
        found: NDArray[np.float64] = np.where(self.possible, np.log(np.maximum(chance, LEAST)), -np.inf)
        return found
