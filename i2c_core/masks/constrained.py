"""A constraint of one's own beside the automaton: for rules that no table of types says, such as "as many B as W".

A constraint is tensor work for a whole batch, like the automaton: it says which tokens its rule leaves open, and
follows those that are taken. A token is open when both say so. That alone may lead into a dead end, where the rule
needs more tokens than are left, so a constraint may also say how many tokens surely suffice to close (`least`). Then
every open token is tried ahead, and one after which too few tokens would be left is closed: no row meets a dead end,
and where `least` is the least number indeed, the mask is exact. Without `least` the mask is not: a row for which
nothing is left open is refused and ends there, incomplete. It is told by `refused`, and decoding drops it. No mask is
ever opened.

Legend: B sequences, V tokens, T tokens of the longest program. Token V pads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from i2c_core.errors import BudgetError, FamilyError, ProgramError
from i2c_core.masks.mask import Mask

METHODS = ("start", "mask", "advance", "fork", "legal")


class Constraint(Protocol):
    """A rule about which tokens may come next, beside the types. States belong to the constraint, on its device."""

    def start(self, batch: int, budget: int | Tensor) -> Any:
        """The state of `batch` sequences before the first token, within `budget` tokens, one for all or (B,)."""

    def mask(self, state: Any) -> Tensor:
        """The tokens that the rule leaves open, bool (B, V). What types and budget close may be open here."""

    def advance(self, state: Any, token: Tensor) -> Any:
        """The state after `token` (B,), V in rows that have ended; the state handed in may be changed."""

    def fork(self, state: Any, index: Tensor) -> Any:
        """A state of its own whose row i is row index[i] of `state`; rows may repeat."""

    def legal(self, tokens: Sequence[str]) -> set[str]:
        """The slow truth in plain Python: the tokens that `mask` leaves open behind these."""


@runtime_checkable
class Closing(Protocol):
    """What a constraint adds so that its mask has no dead ends."""

    def least(self, state: Any) -> Tensor:
        """The tokens that surely suffice to close each row (B,) under the types and the rule, 0 in rows that ended.

        Some open token must lower it by 1 at least.
        """


@dataclass(frozen=True, slots=True)
class ConstrainedState:
    """B partial programs.

    Attributes:
        base, rule: what mask and constraint know.
        left: (B,) int64, tokens left.
        open: (B, V) bool, what may come next.
        cheapest: (B,) int64, an open token of each row, V where there is none.
        refused: (B,) bool, the rows that ended before their program was whole.
    """

    base: Any
    rule: Any
    left: Tensor
    open: Tensor
    cheapest: Tensor
    refused: Tensor


class ConstrainedMask:
    """A mask and a constraint together.

    With `least` a step costs a fork and an advance of the constraint over B * V rows beside the mask's own step.

    Attributes:
        exact: whether there are no dead ends: the constraint has `least`.
    """

    def __init__(self, base: Mask, constraint: Constraint) -> None:
        self.base = base
        self.constraint = constraint
        self.exact = isinstance(constraint, Closing)
        self._shortest: dict[int, int] = {}

    @property
    def pad(self) -> int:
        """V, the number of tokens, which is the id that pads too."""
        return self.base.pad

    @property
    def device(self) -> torch.device:
        """Where its states are."""
        return self.base.device

    def require_budget(self, budget: int) -> None:
        """Raise `BudgetError` when no program has at most `budget` tokens; without `least` only the types are asked."""
        self.base.require_budget(budget)
        if budget not in self._shortest and isinstance(self.constraint, Closing):
            self._shortest[budget] = int(self._least(self.constraint.start(1, budget), 1)[0])  # waits once a budget
        shortest = self._shortest.get(budget, 0)
        if shortest > budget:
            fact = f"a budget of {budget} tokens is below the shortest that its constraint leaves, which has {shortest}"
            raise BudgetError(fact, f"use a budget of at least {shortest}")

    def start(self, batch: int, budget: int | Tensor) -> ConstrainedState:
        """The state of `batch` sequences before the first token; `budget` is one for all or (B,), one a row."""
        one = budget if isinstance(budget, int) else int(budget.min()) if batch else None
        if one is not None:
            self.require_budget(one)
        left = torch.as_tensor(budget, dtype=torch.int64, device=self.device).expand(batch)  # (B,)
        rule = self.constraint.start(batch, budget)
        return self._state(self.base.start(batch, budget), rule, left, torch.zeros_like(left, dtype=torch.bool))  # type: ignore[arg-type]

    def legal(self, state: ConstrainedState) -> Tensor:
        """The open tokens, bool (B, V); none in rows that have ended."""
        return state.open

    def advance(self, state: ConstrainedState, token: Tensor) -> ConstrainedState:
        """The state after `token` (B,), V in rows that have ended; one that is closed ends its row for good."""
        ended = self.base.done(state.base)  # (B,)
        known = token.clamp(max=self.pad - 1).unsqueeze(1)  # (B, 1)
        closed = ~ended & ~(state.open.gather(1, known).squeeze(1) & (token < self.pad))  # (B,)
        taken = token.masked_fill(closed, self.pad)  # (B,); the base refuses padding too where something is open
        late = ended & (token != self.pad)  # (B,)
        rule = self.constraint.advance(state.rule, taken.masked_fill(ended, self.pad))
        left = state.left - (taken < self.pad).long()  # (B,)
        return self._state(self.base.advance(state.base, taken), rule, left, state.refused | closed | late)

    def fork(self, state: ConstrainedState, index: Tensor) -> ConstrainedState:
        """The state whose row i is row index[i] of `state`; `index` is (B',), rows may repeat."""
        parts = (state.left, state.open, state.cheapest, state.refused)
        rows = (part.index_select(0, index) for part in parts)
        return ConstrainedState(self.base.fork(state.base, index), self.constraint.fork(state.rule, index), *rows)

    def done(self, state: ConstrainedState) -> Tensor:
        """Whether each row has ended, bool (B,)."""
        return self.base.done(state.base) | state.refused

    def refused(self, state: ConstrainedState) -> Tensor:
        """Whether each row ended before its program was whole, bool (B,): at a closed token, or where none is open."""
        return state.refused

    def cheapest(self, state: ConstrainedState) -> Tensor:
        """An open token of each row (B,), one on the way to a short end; V in rows that have ended."""
        return state.cheapest

    def replay(self, ids: Tensor, budget: int | Tensor, check: bool = True) -> Tensor:
        """The masks (B, T, V) that whole programs `ids` (B, T) meet on their way, for training.

        Raises:
            ProgramError: with `check`, a program is not complete or one of its tokens is closed; this waits for the
                device.
        """
        if check and hasattr(self.base, "replay"):
            self.base.replay(ids, budget)  # whose errors name types
        state, found = self.start(len(ids), budget), []
        for token in ids.to(self.device, torch.int64).unbind(1):
            found.append(self.legal(state))
            state = self.advance(state, token)
        legal = torch.stack(found, 1) if found else state.open.new_zeros(len(ids), 0, self.pad)  # (B, T, V)
        if check and bool((self.refused(state) | ~self.done(state)).any()):
            _explain(ids.to(self.device), legal, self.pad)
        return legal

    def _state(self, base: Any, rule: Any, left: Tensor, refused: Tensor) -> ConstrainedState:
        """The state with what is open in it, which decides whether a row goes on."""
        batch, tokens = len(left), self.pad
        found = self.constraint.mask(rule)  # (B, V)
        _require(found, "mask", (batch, tokens), torch.bool)
        legal = self.base.legal(base) & found & ~refused.unsqueeze(1)  # (B, V)
        cheapest = self.base.cheapest(base)  # (B,)
        if isinstance(self.constraint, Closing):
            # Every open token of every row, tried; padding where closed, which changes nothing.
            row = torch.arange(batch, device=left.device).repeat_interleave(tokens)  # (B * V,)
            token = torch.arange(tokens, device=left.device).repeat(batch)  # (B * V,)
            tried = torch.where(legal.flatten(), token, tokens)  # (B * V,)
            after = self.constraint.advance(self.constraint.fork(rule, row), tried)
            least = self._least(after, batch * tokens).view(batch, tokens)  # (B, V)
            legal = legal & (least < left.unsqueeze(1))
            # Behind the last token of one row nothing is needed, whatever another's costs.
            cheapest = torch.where(legal, least, torch.iinfo(least.dtype).max).argmin(1) if tokens else cheapest
        else:
            known = cheapest.clamp(max=tokens - 1).unsqueeze(1)  # (B, 1)
            cheapest = torch.where(legal.gather(1, known).squeeze(1), cheapest, legal.long().argmax(1))
        some = legal.any(1)  # (B,)
        refused = refused | ~(some | self.base.done(base))
        return ConstrainedState(base, rule, left, legal, torch.where(some, cheapest, tokens), refused)

    def _least(self, rule: Any, batch: int) -> Tensor:
        assert isinstance(self.constraint, Closing)
        least = self.constraint.least(rule)
        _require(least, "least", (batch,), None)
        return least


class ConstrainedOracle:
    """The slow truth about a constrained mask, by looking for a whole program behind every token; for small budgets.

    Args:
        oracle: the truth about the types: `legal_tokens(prefix, budget)`.
        constraint: of which `legal` is asked.
    """

    def __init__(self, oracle: Any, constraint: Constraint) -> None:
        self.oracle = oracle
        self.constraint = constraint
        self._ends: dict[tuple[int, tuple[str, ...]], bool] = {}

    def legal_tokens(self, prefix: Sequence[str], budget: int) -> set[str]:
        """The tokens with which some program within the budget goes on behind `prefix` under types and constraint."""
        here = tuple(prefix)
        return {name for name in self._steps(here, budget) if self._can_end((*here, name), budget)}

    def _steps(self, prefix: tuple[str, ...], budget: int) -> set[str]:
        found: set[str] = self.oracle.legal_tokens(prefix, budget)
        return found & self.constraint.legal(prefix) if found else found

    def _can_end(self, prefix: tuple[str, ...], budget: int) -> bool:
        key = budget, prefix
        if key not in self._ends:
            whole = not self.oracle.legal_tokens(prefix, budget)
            steps = () if whole else self._steps(prefix, budget)
            self._ends[key] = whole or any(self._can_end((*prefix, name), budget) for name in steps)
        return self._ends[key]


def _require(found: Tensor, name: str, shape: tuple[int, ...], dtype: torch.dtype | None) -> None:
    if tuple(found.shape) != shape or dtype not in (None, found.dtype):
        got = f"{str(found.dtype).removeprefix('torch.')} {tuple(found.shape)}"
        wanted = f"{'bool' if dtype is torch.bool else 'integers'} {shape}"
        raise FamilyError(f"{name} of the constraint returned {got}, expected {wanted}", "return a row a sequence")


def _explain(ids: Tensor, legal: Tensor, pad: int) -> None:
    """Raise for the first token that the constraint closed; types and budget are in order."""
    known = ids.clamp(max=pad - 1).unsqueeze(2)  # (B, T, 1)
    closed = (ids < pad) & ~legal.gather(2, known).squeeze(2)  # (B, T)
    row, position = closed.nonzero()[0].tolist()
    fact = f"token {position + 1} of program {row + 1}, number {int(ids[row, position])}, is closed by the constraint"
    raise ProgramError(fact, "let the family's sampler and normalise keep to its own constraint")
