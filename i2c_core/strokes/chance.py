"""Random tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

CUT = 2.0  # standard deviations: what is farther off would change what a figure says


class Chance:
    """Random tensors of one generator, on its device."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator
        self.device = generator.device

    def normal(self, *shape: int) -> Tensor:
        """Of the standard normal distribution, cut off at CUT."""
        return torch.randn(shape, generator=self.generator, device=self.device).clamp(-CUT, CUT)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        """Drawn evenly on a scale of logarithms."""
        return low * (high / low) ** self.uniform(*shape)

    def happens(self, chance: float, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=self.device) < chance

    def choice(self, weights: Sequence[float], *shape: int) -> Tensor:
        """Numbers from 0, int64, drawn with weights."""
        table = torch.tensor(weights, device=self.device).cumsum(0)
        found = torch.searchsorted(table, self.uniform(*shape) * table[-1])
        return found.clamp(max=len(weights) - 1)


__all__ = ["CUT", "Chance"]
