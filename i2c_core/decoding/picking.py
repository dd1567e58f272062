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

from i2c_core.errors import ConfigError
from i2c_core.masks import Mask

LARGEST = 1e30  # of logits: a difference of two is a finite float32


class Picker:
    """Masked scores of one decode, and the count of rows and steps in which the network gave no number.

    Attributes:
        undefined: (R,) int64, the steps of each row in which the logit of a legal token was NaN or infinite.
        forced: (R,) bool, the rows that took a token to which the network gave no number.
        stuck: (R,) bool, those of them that take one in the step of the latest `scores`.
    """

    undefined: Tensor
    forced: Tensor
    stuck: Tensor

    def __init__(self, mask: Mask, rows: int) -> None:
        self.mask = mask
        self.undefined = torch.zeros(rows, dtype=torch.int64, device=mask.device)
        self.forced = torch.zeros(rows, dtype=torch.bool, device=mask.device)
        self.stuck = self.forced
        self._column = torch.arange(mask.pad + 1, device=mask.device)  # (V + 1,)

    def scores(self, logits: Tensor, state: Any) -> Tensor:
        """Logits (R, V) with closed tokens at -inf and padding last: (R, V + 1) float32, something open in each row.

        Raises:
            ConfigError: the logits are of another shape or on another device than the mask.
        """
        legal = self.mask.legal(state)  # (R, V)
        _require_fit(logits, legal)
        number = torch.isfinite(logits)  # (R, V)
        open_ = legal & number
        self.undefined += (legal & ~number).any(1)
        finite = logits.float().clamp(-LARGEST, LARGEST)  # so that no softmax gives an open token log-probability -inf
        masked = torch.where(open_, finite, -torch.inf)  # (R, V)
        nothing = ~open_.any(1)  # (R,)
        self.stuck = nothing & legal.any(1)
        self.forced |= self.stuck
        cheapest = self.mask.cheapest(state)  # (R,), padding in rows that have ended
        forced = (self._column == cheapest.unsqueeze(1)) & nothing.unsqueeze(1)  # (R, V + 1)
        return F.pad(masked, (0, 1), value=-torch.inf).masked_fill(forced, 0.0)

    def fork(self, index: Tensor) -> None:
        """Follow the rows at `index` (R,)."""
        self.undefined = self.undefined.index_select(0, index)
        self.forced = self.forced.index_select(0, index)


def _require_fit(logits: Tensor, legal: Tensor) -> None:
    if logits.shape != legal.shape:
        fact = f"the network gave logits of shape {tuple(logits.shape)}, expected {tuple(legal.shape)} from the mask"
        raise ConfigError(fact, "use a network and a mask of one vocabulary: a row a program, a column a token")
    if logits.device != legal.device:
        fact = f"the network gave logits on {logits.device}, the mask is on {legal.device}"
        raise ConfigError(fact, "put both on one device: family_mask(family, device)")


def tempered(scores: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float = 1.0) -> Tensor:
    """(R, V + 1) log-probabilities to draw from: scores as `Picker` gives them, tempered, then cut to the likeliest.

    Args:
        scores: (R, V + 1), closed tokens at -inf; they stay there.
        temperature: above 0; lower is bolder.
        top_k: the most tokens of a row to keep; of equals the first.
        top_p: from above 0 to 1; keeps the fewest likeliest tokens that together reach it (the nucleus of Holtzman et
            al. 2020, arXiv:1904.09751), at least one.
    """
    if temperature != 1:
        # From the largest down, in float64: no temperature makes a number overflow.
        scores = (scores - scores.amax(1, keepdim=True)).double() / temperature
    logq = scores.log_softmax(1)  # (R, V + 1)
    if top_p >= 1 and (top_k is None or top_k >= logq.shape[1]):
        return logq
    ordered, token = logq.sort(dim=1, descending=True, stable=True)  # (R, V + 1)
    before = F.pad(ordered.double().exp().cumsum(1)[:, :-1], (1, 0))  # (R, V + 1), of the likelier ones together
    keep = before < top_p if top_p < 1 else torch.ones_like(ordered, dtype=torch.bool)
    if top_k is not None:
        keep[:, top_k:] = False
    kept = torch.zeros_like(keep).scatter(1, token, keep)  # (R, V + 1)
    return logq.masked_fill(~kept, -torch.inf).log_softmax(1)


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
