"""What decoding needs of a mask, so that a family's own constraints can stand beside the pushdown automaton.

Legend: B sequences, V tokens. Token V pads.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor


class Mask(Protocol):
    """Which tokens may come next in B partial programs, as tensor work on its device. States belong to the mask."""

    @property
    def pad(self) -> int:
        """V, the number of tokens, which is the id that pads too."""

    @property
    def device(self) -> torch.device:
        """Where its states are."""

    def require_budget(self, budget: int) -> None:
        """Raise `BudgetError` when no program has at most `budget` tokens."""

    def start(self, batch: int, budget: int) -> Any:
        """The state of `batch` sequences before the first token."""

    def legal(self, state: Any) -> Tensor:
        """The open tokens, bool (B, V); none in rows that have ended."""

    def advance(self, state: Any, token: Tensor) -> Any:
        """The state after `token` (B,), V in rows that have ended; use the state handed in no more."""

    def fork(self, state: Any, index: Tensor) -> Any:
        """The state whose row i is row index[i] of `state`."""

    def done(self, state: Any) -> Tensor:
        """Whether each row has ended, bool (B,)."""

    def cheapest(self, state: Any) -> Tensor:
        """An open token of each row (B,), one on the way to the shortest end; V in rows that have ended."""
