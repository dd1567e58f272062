"""What the network believes of an image when a set of items is drawn on the canvas.

Legend: C candidate placements of one image, K sets of items, W variants, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.items.astray import Astray
from i2c_core.items.catalogue import Catalogue
from i2c_core.items.network import ItemNetwork
from i2c_core.items.screening import Screened
from i2c_core.strokes import draw

LEAST = 5e-4  # the probability of being drawn below which a placement is no candidate
MOST = 320  # candidates of an image
FIRST = 0.05  # weight of the first look beside the last one in the score of a set
FIT = 1.0  # of the logarithm of how far a set and the ink are astray: in a clean drawing little says much
PRICE = 0.7  # nats of an item: what is on the canvas is easily believed, also where others explain its ink
BATCH = 16  # canvases looked at at once

Sets = NDArray[np.int8]  # (K, C): of each set what it has in each candidate, 0 for nothing, else 1 + variant


class Beliefs:
    """One image: its candidates, and what the network says of them, canvas by canvas.

    Attributes:
        candidates: (C,) int64 placements, the likeliest first.
        first: (C, 1 + W) log-probabilities, given an empty canvas.
    """

    def __init__(
        self, network: ItemNetwork, catalogue: Catalogue, ink: Tensor, screened: Tensor, choose: bool = True
    ) -> None:
        """Look at an image for the first time.

        Args:
            ink: (H, W) of the image.
            screened: (M,) placements that may be drawn in it.
            choose: take those that are likely; else all of them are candidates, in their order.
        """
        self.network, self.catalogue, self.ink = network, catalogue, ink
        self.astray = Astray(ink, catalogue.extent)
        self._known: dict[bytes, float] = {}  # how far sets that were looked at are astray
        asked = Screened(torch.zeros_like(screened), screened)
        empty = torch.zeros_like(ink)
        with torch.no_grad():
            maps = network.features(ink[None], empty[None])
            logits = network(maps, asked, torch.zeros_like(screened))  # (M, 1 + W)
        first = logits.masked_fill(~self._possible(screened), -torch.inf).log_softmax(1)
        order = torch.arange(len(screened), device=ink.device)
        if choose:
            drawn = -first[:, 0]  # grows with the probability of being drawn
            order = torch.argsort(drawn, descending=True, stable=True)
            order = order[(drawn[order] > LEAST)][:MOST]
        self.candidates: NDArray[np.int64] = screened[order].cpu().numpy()
        self.first: NDArray[np.float64] = first[order].double().cpu().numpy()

    def __len__(self) -> int:
        return len(self.candidates)

    def items(self, state: NDArray[np.int8]) -> list[int]:
        """The items of one set, in the order of the candidates."""
        return items_of(self.catalogue, self.candidates, state)

    def _possible(self, placement: Tensor) -> Tensor:
        """(M, 1 + W) what a set may have in each of M placements."""
        return torch.from_numpy(possible(self.catalogue, placement.cpu().numpy())).to(placement.device)

    def scores(self, sets: Sets, logp: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K,) how well sets explain the image, higher is better, in nats; `logp` is what `given` says of them."""
        astray = np.array([self._astray_of(state) for state in sets])
        found: NDArray[np.float64] = agreement(sets, logp) + self.prior(sets) - FIT * np.log1p(astray)
        return found

    def prior(self, sets: Sequence[NDArray[np.int8]] | Sets) -> NDArray[np.float64]:
        """(K,) the part of the score that needs no further look: that of the first one, and a price for each item."""
        states = np.asarray(sets)
        first = np.broadcast_to(self.first, (len(states), *self.first.shape))
        found: NDArray[np.float64] = FIRST * agreement(states, first) - PRICE * (states > 0).sum(1)
        return found

    def _astray_of(self, state: NDArray[np.int8]) -> float:
        """How far a set that was looked at and the ink of the image are astray, in nats."""
        if state.tobytes() not in self._known:
            self._given(state[None])
        return self._known[state.tobytes()]

    def given(self, sets: Sets) -> NDArray[np.float64]:
        """(K, C, 1 + W) log-probabilities of what is there, given each set on the canvas."""
        parts = [self._given(sets[k : k + BATCH]) for k in range(0, len(sets), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, *self.first.shape))

    def _given(self, sets: Sets) -> NDArray[np.float64]:
        device = self.ink.device
        strokes = self.catalogue.strokes([self.items(s) for s in sets])
        canvas = draw(strokes.to(device), (self.ink.shape[0], self.ink.shape[1]))  # (K, H, W)
        for state, astray in zip(sets, self.astray(canvas).tolist(), strict=True):
            self._known[state.tobytes()] = astray
        k, c = sets.shape
        image = torch.arange(k, device=device).repeat_interleave(c)
        placement = torch.from_numpy(self.candidates).to(device).repeat(k)
        state = torch.from_numpy(sets.reshape(-1).astype(np.int64)).to(device)
        with torch.no_grad():
            maps = self.network.features(self.ink.expand(k, -1, -1), canvas)
            logits = self.network(maps, Screened(image, placement), state)
        logits = logits.masked_fill(~self._possible(placement[:c]).repeat(k, 1), -torch.inf)
        found: NDArray[np.float64] = logits.log_softmax(1).double().cpu().numpy().reshape(k, c, self.first.shape[1])
        return found


def possible(catalogue: Catalogue, placement: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(M, 1 + W) what a set may have in each of M placements: nothing, or a variant that is canonical there."""
    return np.concatenate((np.ones((len(placement), 1), bool), catalogue.item_of[placement] >= 0), 1)


def items_of(catalogue: Catalogue, candidates: NDArray[np.int64], state: NDArray[np.int8]) -> list[int]:
    """The items of one set (C,), in the order of the candidates."""
    chosen = np.flatnonzero(state)
    found: list[int] = catalogue.item_of[candidates[chosen], state[chosen] - 1].tolist()
    return found


def differences(sets: Sequence[NDArray[np.int8]] | Sets, logp: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, 2) how many items each set is expected to miss, and to have too many: the learned distance.

    Args:
        sets: (K, C).
        logp: (K, C, 1 + W) given each of them.
    """
    states = np.asarray(sets, np.int64)
    right = np.exp(np.take_along_axis(logp, states[..., None], 2)[..., 0])  # (K, C)
    there = 1 - np.exp(logp[..., 0])  # (K, C) that something is drawn in the placement
    missed = np.where(states > 0, there - right, there).clip(min=0)
    return np.stack((missed.sum(1), np.where(states > 0, 1 - right, 0).sum(1)), 1)


def agreement(sets: Sequence[NDArray[np.int8]] | Sets, logp: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K,) log-probability that each set (K, C) is right in every placement, under `logp` (K, C, 1 + W)."""
    states = np.asarray(sets, np.int64)
    found: NDArray[np.float64] = np.take_along_axis(logp, states[..., None], 2)[..., 0].sum(1)
    return found


def likeliest(logp: NDArray[np.float64], n: int) -> tuple[Sets, NDArray[np.float64]]:
    """The n likeliest sets under independent placements (C, 1 + W), the likeliest first, and their log-probabilities.

    Sets are the likeliest one with some placements changed. Changes are taken in order of their cost, and sets of them
    from a heap, as E. Lawler, "A procedure for computing the k best solutions" (1972), lists solutions.
    """
    from heapq import heappop, heappush

    best = logp.argmax(1)  # (C,)
    top = np.take_along_axis(logp, best[:, None], 1)[:, 0]  # (C,)
    cost = top[:, None] - logp  # (C, 1 + W)
    cost[np.arange(len(best)), best] = np.inf
    place, value = np.divmod(np.argsort(cost, axis=None, kind="stable"), cost.shape[1])
    costs = cost[place, value]
    keep = np.isfinite(costs)
    place, value, costs = place[keep], value[keep], costs[keep]
    total = float(top.sum())
    found, scores = [best.astype(np.int8)], [total]
    heap: list[tuple[float, tuple[int, ...]]] = [(float(costs[0]), (0,))] if len(costs) else []
    while heap and len(found) < n:
        spent, changes = heappop(heap)
        where = place[list(changes)]
        if len(np.unique(where)) == len(where):  # two changes of one placement are none
            state = best.astype(np.int8)
            state[where] = value[list(changes)]
            found.append(state)
            scores.append(total - spent)
        last = changes[-1]
        if last + 1 < len(costs):
            step = float(costs[last + 1])
            heappush(heap, (spent + step, (*changes, last + 1)))
            heappush(heap, (spent + step - float(costs[last]), (*changes[:-1], last + 1)))
    return np.stack(found), np.array(scores)
