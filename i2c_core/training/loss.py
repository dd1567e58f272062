"""The loss: cross entropy with the softmax over the legal tokens only.

The network spends nothing on learning what the mask knows already. Legend: B programs, T tokens, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from i2c_core.training.processes import ALONE, Processes

UNIFORM = 12.0  # 1 / the variance of a number that may be anywhere in its bin


@dataclass(frozen=True, slots=True)
class Loss:
    """Sums over the tokens of a batch, left on its device: nats, tokens that were likeliest, and tokens."""

    total: Tensor
    correct: Tensor
    tokens: Tensor

    @property
    def mean(self) -> Tensor:
        """Nats a token."""
        return self.total / self.tokens

    @property
    def accuracy(self) -> Tensor:
        """Share of tokens that were the likeliest legal one, given those before them."""
        return self.correct / self.tokens


def number_loss(shares: Tensor | None, targets: Tensor | None, processes: Processes = ALONE) -> Tensor | float:
    """How far numbers lie from where they should in their bins: the mean square, 1 where nothing is known of them.

    Args:
        shares: (B, T) from 0 to 1, as the network says; None where it says none, which costs nothing.
        targets: (B, T), NaN for tokens without a number.
        processes: those that have other rows of the batch; their losses add up to that of the batch.
    """
    if shares is None or targets is None:
        return 0.0
    has = ~targets.isnan()  # (B, T)
    wrong = (shares.float() - targets.nan_to_num()).square() * has  # (B, T)
    return wrong.sum() / processes.sum(has.sum()).clamp(min=1) * UNIFORM


def masked_loss(logits: Tensor, ids: Tensor, legal: Tensor) -> Loss:
    """The loss of programs under the mask.

    Args:
        logits: (B, T, V), those at t predict token t.
        ids: (B, T), padded with V.
        legal: (B, T, V) bool, the tokens that may come at t; what it says behind a program's end does not matter.
    """
    written = ids < logits.shape[2]  # (B, T)
    open_ = legal | ~written.unsqueeze(2)  # (B, T, V), so that no row is all closed and no gradient is NaN
    masked = logits.float().masked_fill(~open_, -torch.inf)  # (B, T, V)
    target = ids.where(written, -100)  # (B, T)
    total = F.cross_entropy(masked.flatten(0, 1), target.flatten(), ignore_index=-100, reduction="sum")
    correct = (masked.argmax(2) == target).sum()
    return Loss(total, correct, written.sum())
