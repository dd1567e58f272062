"""How beginnings of programs are completed under the mask, and how likely each next token is on the way.

Legend: R rows, T tokens (the budget), V tokens of the vocabulary, which pads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.decoding.family_masks import family_mask
from i2c_core.decoding.loops import Rows, Run
from i2c_core.decoding.picking import draw, tempered
from i2c_core.families import Family
from i2c_core.search.network import Network

ENDING = 0.1  # the share of its chance that an ending keeps while a random program is to grow, and all else afterwards


@dataclass(frozen=True, eq=False)
class Completed:
    """Whole programs that go on from beginnings.

    Attributes:
        ids: (R, T) int64, padded with V.
        logp: (R, T, V) float32, the log-probability of each token where the row's token stands: -inf for closed ones,
            and for all behind the end.
        whole: (R,) bool; a mask that is not exact may lead a row to where no token is open before its program ends.
    """

    ids: NDArray[np.int64]
    logp: NDArray[np.float32]
    whole: NDArray[np.bool_]


class Policy(Protocol):
    """What a tree search knows before it has tried."""

    def complete(self, beginnings: Sequence[Sequence[int]]) -> Completed:
        """A whole program behind each of R beginnings, which are open under the mask."""


class RandomPolicy:
    """Random programs under the mask, of random sizes.

    Tokens that open the same types share one chance, so that a hundred numbers do not outweigh one split. Every row
    grows until a step of its own, drawn evenly, from which on it seeks to end.
    """

    def __init__(self, family: Family, budget: int, seed: int) -> None:
        self.budget = budget
        self._mask: Any = family_mask(family)
        self._rng = np.random.default_rng(seed)
        vocabulary = family.vocabulary
        kinds: dict[tuple[int, ...], list[int]] = {}
        for token, production in zip(vocabulary.prod_token.tolist(), vocabulary.productions, strict=True):
            kinds.setdefault(production.args, []).append(token)
        self._share = np.zeros(vocabulary.size)  # (V,)
        for tokens in kinds.values():
            self._share[tokens] = np.maximum(self._share[tokens], 1 / len(set(tokens)))
        self._ends = vocabulary.arity == 0  # (V,)

    def complete(self, beginnings: Sequence[Sequence[int]]) -> Completed:
        mask, pad, count = self._mask, len(self._share), len(beginnings)
        given = _padded(beginnings, self.budget, pad)  # (R, T)
        ids = np.full((count, self.budget), pad, np.int64)
        logp = np.full((count, self.budget, pad), -np.inf, np.float32)
        turn = self._rng.integers(0, self.budget, (count, 1))  # (R, 1) the step from which a row seeks to end
        state = mask.start(count, self.budget)
        for step in range(self.budget):
            weights = mask.legal(state).numpy() * self._share  # (R, V)
            going = weights.sum(1) > 0
            with np.errstate(divide="ignore", invalid="ignore"):
                logp[going, step] = np.log(weights[going] / weights[going].sum(1, keepdims=True))
            weights = weights * np.where(self._ends == (step < turn), ENDING, 1.0)
            reached = weights.cumsum(1)
            token = (reached <= self._rng.random((count, 1)) * reached[:, -1:]).sum(1)
            token = np.where(given[:, step] < pad, given[:, step], np.where(going, np.minimum(token, pad - 1), pad))
            ids[:, step] = token
            state = mask.advance(state, torch.from_numpy(token))
            if bool(mask.done(state).all()):
                break
        return Completed(ids, logp, ~_refused(mask, state))


class NetworkPolicy:
    """What a trained network says of one image, and its likeliest programs, or samples of them.

    Args:
        network: one that writes token by token.
        image: (C, H, W) uint8.
        budget: the most tokens.
        seed: of sampling.
        temperature: of what is written behind the beginnings; 0 takes the likeliest token.
    """

    def __init__(
        self, network: Network, image: NDArray[np.uint8], budget: int, seed: int, temperature: float = 0.0
    ) -> None:
        proposer = network.stepwise
        self.budget, self.temperature = budget, temperature
        self._mask, self._places, self._model = proposer.mask, proposer.places, proposer.model
        self._observation = network.observe(image).to(self._mask.device)
        self._features: Any = None
        self._chance = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def complete(self, beginnings: Sequence[Sequence[int]]) -> Completed:
        if self._features is None:
            self._features = self._model.encode(self._observation)
        size = (1, len(beginnings))
        run = Run(self._model.decoder, self._features, self._mask, self._places, size, self._observation)
        rows, pad = Rows(run, self.budget), self._mask.pad
        given = torch.from_numpy(_padded(beginnings, self.budget, pad)).to(self._mask.device)  # (R, T)
        logp = torch.full((len(beginnings), self.budget, pad), -torch.inf, device=self._mask.device)
        for step, scores in rows:
            logp[:, step] = scores.log_softmax(1)[:, :pad]
            forced = given[:, step]
            rows.take(torch.where(forced < pad, forced, self._next(scores)))
        return Completed(rows.ids.cpu().numpy(), logp.cpu().numpy(), ~_refused(self._mask, rows.state))

    def _next(self, scores: Tensor) -> Tensor:
        """(R,) what is written behind scores (R, V + 1)."""
        if self.temperature == 0:
            return scores.argmax(1)
        u = torch.rand(len(scores), dtype=torch.float64, generator=self._chance).to(scores.device)
        return draw(tempered(scores, self.temperature), u)


def _refused(mask: Any, state: Any) -> NDArray[np.bool_]:
    """(R,) the rows that ended before their programs were whole."""
    if getattr(mask, "exact", True):
        return np.zeros(len(mask.done(state)), bool)
    found: NDArray[np.bool_] = mask.refused(state).cpu().numpy()
    return found


def _padded(beginnings: Sequence[Sequence[int]], width: int, pad: int) -> NDArray[np.int64]:
    found = np.full((len(beginnings), width), pad, np.int64)
    for row, tokens in enumerate(beginnings):
        found[row, : len(tokens)] = tokens
    return found
