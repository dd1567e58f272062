"""Logits and masks to probabilities, and probabilities to tokens, padding included.

Here the vocabulary has one column more, V, for padding: rows that have ended have it alone, with probability 1. A logit
that is not a number counts as closed; where that leaves no open token, the cheapest legal one is forced (so that the
program still ends), and the row is counted.

Legend: R rows, V tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from i2c_core.masks import PushdownMask, State


class Picker:
    """Masked scores of one decode, and the count of rows and steps in which the network gave no number.

    Attributes:
        undefined: (R,) int64, the steps of each row in which the logit of a legal token was NaN or infinite.
    """

    undefined: Tensor

    def __init__(self, mask: PushdownMask, rows: int) -> None:
        tables = mask.tables
        self.mask = mask
        self.undefined = torch.zeros(rows, dtype=torch.int64, device=tables.device)
        self._column = torch.arange(tables.V + 1, device=tables.device)  # (V + 1,)

    def scores(self, logits: Tensor, state: State) -> Tensor:
        """Logits (R, V) with closed tokens at -inf and padding last: (R, V + 1) float32, something open in each row."""
        legal = self.mask.legal(state)  # (R, V)
        number = torch.isfinite(logits)  # (R, V)
        open_ = legal & number
        self.undefined += (legal & ~number).any(1)
        masked = torch.where(open_, logits.float(), -torch.inf)  # (R, V)
        cheapest = self.mask.tables.cheapest.index_select(0, state.type)  # (R,), padding in rows that have ended
        forced = (self._column == cheapest.unsqueeze(1)) & ~open_.any(1, keepdim=True)  # (R, V + 1)
        return F.pad(masked, (0, 1), value=-torch.inf).masked_fill(forced, 0.0)

    def fork(self, index: Tensor) -> None:
        """Follow the rows at `index` (R,)."""
        self.undefined = self.undefined.index_select(0, index)


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
