"""Rules that no table of types says, as constraints of a family's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from i2c_core.vocabulary import Vocabulary

BALANCED = "h : (Image, Image) -> Image\nB, W : Image"


class Blind:
    """As many B as W, in a language of h, B and W; it does not say how many tokens suffice to close.

    A state is (B, 2): images still open, and by how many the B are more than the W.
    """

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.tokens = vocabulary.tokens
        opens = {"h": (1, 0), "B": (-1, 1), "W": (-1, -1)}
        self.steps = torch.tensor([*(opens[t] for t in self.tokens), (0, 0)], device=device)  # (V + 1, 2)

    def start(self, batch: int, budget: int | Tensor) -> Tensor:
        return torch.tensor([1, 0], device=self.steps.device).repeat(batch, 1)  # (B, 2)

    def mask(self, state: Tensor) -> Tensor:
        """Closed is only what would end with unequal numbers."""
        after = state.unsqueeze(1) + self.steps[:-1]  # (B, V, 2)
        return (after[..., 0] > 0) | (after[..., 1] == 0)

    def advance(self, state: Tensor, token: Tensor) -> Tensor:
        return state + self.steps[token]

    def fork(self, state: Tensor, index: Tensor) -> Tensor:
        return state[index]

    def legal(self, tokens: Sequence[str]) -> set[str]:
        open_ = 1 + sum(1 if t == "h" else -1 for t in tokens)
        more = tokens.count("B") - tokens.count("W")
        return {"h"} | {t for t, by in (("B", 1), ("W", -1)) if open_ > 1 or more + by == 0}


class Balanced(Blind):
    """As many B as W, and how many tokens that takes: each h adds an image and two tokens."""

    def least(self, state: Tensor) -> Tensor:
        open_, more = state.unbind(1)  # (B,)
        extra = (more.abs() - open_).clamp(min=0)  # images that equal numbers need beyond those open
        extra = extra + (open_ + extra + more) % 2
        return torch.where(open_ > 0, open_ + 2 * extra, 0)


def balanced(vocabulary: Vocabulary, device: torch.device) -> Any:
    return Balanced(vocabulary, device)
