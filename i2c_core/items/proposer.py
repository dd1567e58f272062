"""The proposer of families whose programs are lists of drawn commands: every placement is scored, then sets are sought.

Legend: B images, K programs of an image, T tokens, C candidate placements of an image, H W pixels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.checkpoints import Checkpoint, rebuild
from i2c_core.decoding import Proposals, Strategy
from i2c_core.errors import BudgetError, ConfigError
from i2c_core.families import Family
from i2c_core.items.believing import Beliefs, agreement, likeliest
from i2c_core.items.catalogue import Catalogue, catalogue_of
from i2c_core.items.inkfit import InkFit
from i2c_core.items.network import ItemNetwork, NetworkConfig
from i2c_core.items.screening import Screen
from i2c_core.items.searching import Scored, SetSearch, search
from i2c_core.model import Observation

UNSEEN = 1.0  # nats by which the score of a set is lowered that was not looked at
FILL = 256  # of such sets, at most, beyond the number asked for

STRATEGIES: dict[str, SetSearch] = {
    "auto": SetSearch(),
    "greedy": SetSearch(particles=0, rounds=0, repair=False, answers=1),
    "beam": SetSearch(particles=0, rounds=0, repair=False),
    "smc": SetSearch(repair=False),
    "repair": SetSearch(particles=1, rounds=0),
    "pixels": SetSearch(learned=False),
    # A round is quick without a network.
    "search": SetSearch(particles=24, rounds=32, proposer=False, learned=False, looks=2400),
    "thorough": SetSearch(particles=32, rounds=16, looks=960),
}

# A set, its score, and the log-probability that it is right, as the network says.
Ranked = tuple[NDArray[np.int8], float, float]


@dataclass(frozen=True, eq=False)
class Found:
    """A set of items for an image, and its numbers as `Proposals` tells them."""

    items: list[int]
    score: float
    logprob: float
    confidence: float


class ItemProposer:
    """Programs as sets of items; candidates keep the order of their scores."""

    ranks = True
    anytime = True
    strategies = tuple(STRATEGIES)

    def __init__(self, network: ItemNetwork, catalogue: Catalogue) -> None:
        self.network, self.catalogue = network, catalogue
        self.device = next(network.parameters()).device
        self.screen = Screen(catalogue, network.config.size, self.device)

    def stages(self, name: str, n: int) -> tuple[Strategy, ...] | None:
        """What the name of a strategy stands for."""
        found = STRATEGIES.get(name)
        return None if found is None else (found,)  # type: ignore[return-value]  # it runs in no loop of tokens

    @torch.no_grad()
    def propose(
        self,
        observation: Observation,
        *,
        n: int = 1,
        strategy: Strategy | SetSearch = STRATEGIES["auto"],
        budget: int = 64,
        generator: torch.Generator | int | None = None,
        deadline: float | None = None,
    ) -> Proposals:
        """Programs for B observations, dark ink on light paper; n an image, the best first.

        Args:
            deadline: `time.monotonic()` seconds by which the best so far is wanted, of all images together.

        Raises:
            BudgetError: the budget is below the shortest program.
            ConfigError: a strategy of another proposer.
        """
        if not isinstance(strategy, SetSearch):
            fact = f"{type(strategy).__name__} writes programs token by token, this network proposes whole commands"
            raise ConfigError(fact, f"use one of {', '.join(STRATEGIES)}")
        if budget < self.catalogue.family.vocabulary.shortest:
            self.catalogue.family.vocabulary.require_budget(budget)
            raise BudgetError(f"a budget of {budget} tokens is too small", "use a larger one")
        seed = generator.initial_seed() if isinstance(generator, torch.Generator) else generator or 0
        ink = 1 - observation.image.to(self.device).mean(1)  # (B, H, W)
        found: list[list[Found]] = []
        for number, image in enumerate(ink):
            chance = torch.Generator().manual_seed(seed)
            until = math.inf
            if deadline is not None:  # what is left is shared by the images that are left
                now = time.monotonic()
                until = now + (deadline - now) / (len(ink) - number)
            found.append(self._read(image, n, strategy, budget, chance, until))
        return self._proposals(found, n)

    def _read(
        self, ink: Tensor, n: int, how: SetSearch, budget: int, generator: torch.Generator, until: float
    ) -> list[Found]:
        beliefs, judge = self._look(ink, how)
        if not how.particles or time.monotonic() > until:
            states, logp = likeliest(beliefs.first, n)
            return self._fitting(beliefs, list(zip(states, logp.tolist(), logp.tolist(), strict=True)), budget, n)
        rounds = search(beliefs, how, generator, until, judge)
        ranked = next(rounds)
        while time.monotonic() <= until and (better := next(rounds, None)) is not None:
            ranked = better
        return self._fitting(beliefs, _with_unseen(beliefs, ranked, n), budget, n)

    def _look(self, ink: Tensor, how: SetSearch) -> tuple[Beliefs | InkFit, Beliefs | InkFit]:
        """What proposes sets for an image, and what weighs them."""
        screened = self.screen(ink[None]).placement

        def network(placements: Tensor, choose: bool) -> Beliefs:
            return Beliefs(self.network, self.catalogue, ink, placements, choose)

        def pixels(placements: Tensor, choose: bool) -> InkFit:
            return InkFit(self.catalogue, ink, placements, choose)

        proposes, weighs = (network if part else pixels for part in (how.proposer, how.learned))
        beliefs = proposes(screened, True)
        if proposes is weighs:
            return beliefs, beliefs
        return beliefs, weighs(torch.from_numpy(beliefs.candidates).to(ink.device), False)

    def _fitting(self, beliefs: Beliefs | InkFit, ranked: Sequence[Ranked], budget: int, n: int) -> list[Found]:
        """The first n sets whose programs have at most `budget` tokens; where none does, the best one cut to it."""
        found = []
        for state, score, said in ranked:
            items = beliefs.items(state)
            if self._tokens(items) <= budget:
                logprob = float(agreement([state], beliefs.first[None])[0])
                found.append(Found(items, score, logprob, math.exp(min(0.0, said))))
            if len(found) == n:
                return found
        if not found:
            items = beliefs.items(ranked[0][0])
            while self._tokens(items) > budget:
                items.pop()  # the least likely ones come last
            found.append(Found(items, -math.inf, -math.inf, 0.0))
        return found

    def _tokens(self, items: Sequence[int]) -> int:
        return int(self.catalogue.lengths[list(items)].sum()) + 1

    def _proposals(self, found: Sequence[Sequence[Found]], n: int) -> Proposals:
        most = max((len(f) for f in found), default=0)
        flat = self.catalogue.to_ids([sorted(f.items) for each in found for f in each])
        ids = torch.full((len(found), max(most, 1), flat.shape[1]), self.catalogue.pad)
        numbers = torch.full((3, len(found), max(most, 1)), -torch.inf, dtype=torch.float64)
        row = 0
        for b, each in enumerate(found):
            ids[b, : len(each)] = torch.from_numpy(flat[row : row + len(each)])
            row += len(each)
            for k, one in enumerate(each):
                numbers[:, b, k] = torch.tensor([one.score, one.logprob, one.confidence], dtype=torch.float64)
        scores, logprob, confidence = numbers
        zero = torch.zeros_like(scores)
        return Proposals(ids, logprob, zero, None, zero.long(), scores, None, confidence.clamp(min=0))

    @classmethod
    def of(cls, checkpoint: Checkpoint, family: Family, device: torch.device) -> ItemProposer:
        """The proposer of a checkpoint that the learner `items` has written."""
        catalogue = catalogue_of(family)
        network = rebuild(checkpoint, NetworkConfig.from_dict, lambda config: ItemNetwork(config, catalogue))
        return cls(network.to(device).eval(), catalogue)


def _with_unseen(beliefs: Beliefs | InkFit, ranked: Sequence[Scored], n: int) -> list[Ranked]:
    """The sets that were looked at, and likely ones that were not, as the best one makes them seem."""

    def said(scored: Scored) -> float:
        return float(agreement([scored.state], scored.logp[None])[0])

    def prior(state: NDArray[np.int8]) -> float:
        return float(beliefs.prior([state])[0]) if isinstance(beliefs, Beliefs) else 0.0

    found: dict[bytes, Ranked] = {s.key: (s.state, s.score, said(s)) for s in ranked}
    best = ranked[0]
    if n > 1:
        states, logp = likeliest(best.logp, min(n, FILL) + 8)
        shift = best.score - said(best) - prior(best.state)  # the part of the score that only a look can tell
        for state, p in zip(states, logp.tolist(), strict=True):
            found.setdefault(state.tobytes(), (state, p + prior(state) + shift - UNSEEN, p - UNSEEN))
    return sorted(found.values(), key=lambda one: -one[1])
