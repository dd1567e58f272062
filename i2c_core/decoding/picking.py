"""Logits and masks to probabilities, and probabilities to tokens, padding included.

Here the vocabulary has one column more, V, for padding: rows that have ended have it alone, with probability 1. A logit
that is not a number counts as closed; where that leaves no open token, the cheapest legal one is forced (so that the
program still ends), and the row claims no probability from there on.

Legend: R rows, V tokens.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from i2c_core.masks import Mask


class Picker:
    """Masked scores of one decode, and the count of rows and steps in which the network gave no number.

    Attributes:
        undefined: (R,) int64, the steps of each row in which the logit of a legal token was NaN or infinite.
        forced: (R,) bool, the rows that took a token to which the network gave no number.
    """

    undefined: Tensor
    forced: Tensor

    def __init__(self, mask: Mask, rows: int) -> None:
        self.mask = mask
        self.undefined = torch.zeros(rows, dtype=torch.int64, device=mask.device)
        self.forced = torch.zeros(rows, dtype=torch.bool, device=mask.device)
        self._column = torch.arange(mask.pad + 1, device=mask.device)  # (V + 1,)

    def scores(self, logits: Tensor, state: Any) -> Tensor:
        """Logits (R, V) with closed tokens at -inf and padding last: (R, V + 1) float32, something open in each row."""
        legal = self.mask.legal(state)  # (R, V)
        number = torch.isfinite(logits)  # (R, V)
        open_ = legal & number
        self.undefined += (legal & ~number).any(1)
        masked = torch.where(open_, logits.float(), -torch.inf)  # (R, V)
        stuck = ~open_.any(1)  # (R,)
        self.forced |= stuck & legal.any(1)
        cheapest = self.mask.cheapest(state)  # (R,), padding in rows that have ended
        forced = (self._column == cheapest.unsqueeze(1)) & stuck.unsqueeze(1)  # (R, V + 1)
        return F.pad(masked, (0, 1), value=-torch.inf).masked_fill(forced, 0.0)

    def fork(self, index: Tensor) -> None:
        """Follow the rows at `index` (R,)."""
        self.undefined = self.undefined.index_select(0, index)
        self.forced = self.forced.index_select(0, index)


def draw(logq: Tensor, u: Tensor) -> Tensor:
    """(R,) a token of each row of log-probabilities (R, V + 1), by inverting their sum at u (R,) in [0, 1).

    Never one of probability 0: such a token does not raise the sum.
    """
    reached = logq.double().exp().cumsum(1)  # (R, V + 1)
    total = reached[:, -1]
    below_total = torch.nextafter(total, torch.zeros_like(total))
    target = torch.minimum(u * total, below_total)  # (R,)
    return (reached <= target.unsqueeze(1)).sum(1)


def chosen(values: Tensor, token: Tensor) -> Tensor:
    """(R,) float64, the value of `token` (R,) in each row of `values` (R, V + 1)."""
    return values.gather(1, token.unsqueeze(1)).squeeze(1).double()
