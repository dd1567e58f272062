"""The proposer of levels: what a picture shows as plain programs, the likeliest first.

Legend: B images, K programs of an image, T tokens, R C rows and columns of tiles.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.checkpoints import Checkpoint, rebuild
from i2c_core.decoding import Proposals, Strategy
from i2c_core.errors import ConfigError, ImageError
from i2c_core.families import Family
from i2c_core.model import Observation
from i2c_core.programs import Program
from i2c_core.tiles.looking import look
from i2c_core.tiles.matching import match_render
from i2c_core.tiles.network import NetworkConfig, TileNetwork, grey_of
from i2c_core.tilesets import level_of, plain, tileset_of

LARGEST = 2048  # pixels a side of the pictures that are looked at
CHANGED = 12  # tiles that are thought about when more than one level is asked for


@dataclass(frozen=True)
class TileSearch:
    """How a level is read.

    Attributes:
        renders: look first whether the picture is what the renderer draws of a level.
    """

    renders: bool = True

    def tries(self, n: int) -> int:
        return n


STRATEGIES: dict[str, TileSearch] = {"auto": TileSearch(), "greedy": TileSearch(), "network": TileSearch(renders=False)}

Level = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Seen:
    """The levels that a picture may show.

    Attributes:
        levels: (R, C) each, the likeliest first.
        logprob: of each.
        logp: (K, R, C) the log-probabilities of tiles, or None where the picture is a render.
    """

    levels: list[Level]
    logprob: list[float]
    logp: NDArray[np.float32] | None


class TileProposer:
    """Programs of what a picture shows, tile by tile; candidates keep the order of their probabilities."""

    ranks = True
    whole = LARGEST  # pictures come at their own size, one by one
    sized = True  # takes `size`, columns and rows of the level
    strategies = tuple(STRATEGIES)

    def __init__(self, network: TileNetwork, family: Family) -> None:
        self.network, self.family, self.tiles = network, family, tileset_of(family)
        self.device = next(network.parameters()).device
        self._last: Seen | None = None

    def costs(self, program: Program) -> NDArray[np.float64] | None:
        """(R, C, K) what each tile costs at each place of the level proposed last, in nats; None for another level."""
        seen = self._last
        if seen is None or seen.logp is None or seen.logp.shape[1:] != level_of(self.family, program).shape:
            return None
        return -seen.logp.astype(np.float64).transpose(1, 2, 0)

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
        strategy: Strategy | TileSearch = STRATEGIES["auto"],
        budget: int = 64,
        generator: torch.Generator | int | None = None,
        size: tuple[int, int] | None = None,
    ) -> Proposals:
        """Programs for B observations, n an image, the likeliest first.

        Args:
            size: columns and rows of the levels, where they are known.

        Raises:
            ImageError: a picture shows no level, or one whose program is longer than the budget.
            ConfigError: a strategy of another proposer, or a size that no level has.
        """
        if not isinstance(strategy, TileSearch):
            fact = f"{type(strategy).__name__} writes programs token by token, this network reads tiles"
            raise ConfigError(fact, f"use one of {', '.join(STRATEGIES)}")
        if size is not None:
            require_size(self.family, size)
        seen = [self.read(image, n, strategy, size) for image in observation.image]
        self._last = seen[-1]
        return self._proposals(seen, budget)

    @torch.no_grad()
    def read(
        self,
        image: torch.Tensor,
        n: int = 1,
        strategy: TileSearch = STRATEGIES["auto"],
        size: tuple[int, int] | None = None,
    ) -> Seen:
        """The levels that a picture (C, H, W) from 0 to 1 may show; errors are those of `propose`."""
        if size is None and bool((image == image[:, :1, :1]).all()):
            raise ImageError("the picture has one colour all over, no grid of tiles", "check the file")
        if strategy.renders:
            pixels = (image * 255).round().byte().cpu().numpy()
            matched = match_render(self.tiles, pixels, size)
            if matched is not None:
                return Seen([matched.level], [0.0], None)
        grey = grey_of(image.to(self.device))  # (1, H, W)
        sight = look(self.network, self.tiles, grey, size)
        levels, logprob = likeliest(sight.logp, n)
        return Seen(levels, logprob, sight.logp)

    def _proposals(self, seen: list[Seen], budget: int) -> Proposals:
        family = self.family
        programs = [[family.to_tokens(plain(family, level)) for level in each.levels] for each in seen]
        lengths = [len(p.ids) for each in programs for p in each]
        if max(lengths) > budget:
            fact = f"the level's plain form takes {max(lengths)} tokens, above the budget of {budget}"
            raise ImageError(fact, f"use a budget of at least {max(lengths)}")
        most = max(len(each) for each in programs)
        ids = torch.full((len(seen), most, max(lengths)), family.vocabulary.size)
        logprob = torch.full((len(seen), most), -torch.inf, dtype=torch.float64)
        for b, each in enumerate(programs):
            for k, encoded in enumerate(each):
                ids[b, k, : len(encoded.ids)] = torch.as_tensor(encoded.ids)
                logprob[b, k] = seen[b].logprob[k]
        zero = torch.zeros_like(logprob)
        return Proposals(ids, logprob, zero, None, zero.long(), logprob.clone(), None, logprob.exp())

    @classmethod
    def of(cls, checkpoint: Checkpoint, family: Family, device: torch.device) -> TileProposer:
        """The proposer of a checkpoint that the learner `tiles` has written."""
        network = rebuild(checkpoint, NetworkConfig.from_dict, TileNetwork)
        return cls(network.to(device).eval(), family)


def require_size(family: Family, size: tuple[int, int]) -> None:
    """Raise `ConfigError` for columns and rows that no level of the family has."""
    tiles = tileset_of(family)
    low, high = tiles.smallest, tiles.largest
    if any(not a <= n <= b for n, a, b in zip(size, low, high, strict=True)):
        fact = f"a level of {size[0]}x{size[1]} tiles was asked for"
        raise ConfigError(fact, f"{family.name} has {low[0]}x{low[1]} to {high[0]}x{high[1]}")


def likeliest(logp: NDArray[np.float32], n: int) -> tuple[list[Level], list[float]]:
    """The n likeliest levels of independent tiles (K, R, C), and their log-probabilities.

    Beside the likeliest one, those that differ from it in the least sure of its tiles, each by its second choice.
    """
    order = logp.argsort(0)
    first = order[-1].astype(np.uint8)
    total = float(np.take_along_axis(logp, order[-1:], 0).sum())
    if n == 1 or len(logp) < 2:
        return [first], [total]
    second = order[-2].astype(np.uint8)
    margins = (np.take_along_axis(logp, order[-1:], 0) - np.take_along_axis(logp, order[-2:-1], 0))[0]
    places = np.argsort(margins, axis=None)[: min(CHANGED, margins.size)]
    costs = margins.ravel()[places]
    levels, said = [first], [total]
    # Subsets of the places by their sum, as in the k best of a knapsack: extend by the next place, or exchange for it.
    heap: list[tuple[float, tuple[int, ...]]] = [(float(costs[0]), (0,))]
    while heap and len(levels) < n:
        cost, subset = heapq.heappop(heap)
        level = first.copy()
        level.ravel()[places[list(subset)]] = second.ravel()[places[list(subset)]]
        levels.append(level)
        said.append(total - cost)
        last = subset[-1]
        if last + 1 < len(places):
            heapq.heappush(heap, (cost + float(costs[last + 1]), (*subset, last + 1)))
            exchanged = (*subset[:-1], last + 1)
            heapq.heappush(heap, (cost - float(costs[last]) + float(costs[last + 1]), exchanged))
    return levels, said


__all__ = ["STRATEGIES", "Seen", "TileProposer", "TileSearch", "likeliest", "require_size"]
