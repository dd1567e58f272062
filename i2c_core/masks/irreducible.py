"""The mask of a language with rewrite rules: what leads to a program that no rule changes, and to nothing else.

The machine of `i2c_core.rewriting.machine` as tensor work: a step gathers the costs of what is open in a hole, adds
what each class of it costs in the frames below, and compares the least of these sums with the tokens that are left. No
Python per sequence, no copy to the host, static shapes. Masks fail closed, as those of `PushdownMask`.

Legend: B sequences, V tokens, T tokens of the longest program, D the depth of the stack, R classes. Token V pads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from i2c_core.errors import BudgetError, ConfigError, ProgramError
from i2c_core.rewriting import NEVER, Rules


class State(NamedTuple):
    """B partial programs.

    Attributes:
        hole: (B,) what is open, 0 behind the end.
        left: (B,) tokens left.
        depth: (B,) the place of the frame on top.
        frames: (B, D + 1), the last for what is not kept; `costs` (B, D + 1, R) the least that is needed for each
            class that a frame gets, all below included.
        refused: (B,) bool, the rows that met a closed token.
    """

    hole: Tensor
    left: Tensor
    depth: Tensor
    frames: Tensor
    costs: Tensor
    refused: Tensor


class IrreducibleMask:
    """As `PushdownMask`, for a language with rewrite rules.

    Args:
        rules: of the language.
        device: where its tables and states are.

    >>> from i2c_core.symbols import Signature
    >>> from i2c_core.types import parse_type
    >>> from i2c_core.vocabulary import Vocabulary
    >>> signature = Signature.parse("h : (Image, Image) -> Image\\nB, W : Image")
    >>> mask = IrreducibleMask(Rules(Vocabulary(signature, parse_type("Image")), ["h(B, B) = B"]))
    >>> state = mask.advance(mask.advance(mask.start(1, 3), torch.tensor([0])), torch.tensor([1]))
    >>> mask.legal(state)  # behind h B
    tensor([[False, False,  True]])
    """

    exact = True

    def __init__(self, rules: Rules, device: torch.device | str = "cpu") -> None:
        machine = rules.machine
        self.rules, self._device = rules, torch.device(device)
        self._V, self._R = len(rules.tokens), machine.classes
        self._leaf, self._hole, self._frame = (self._put(t) for t in (machine.leaf, machine.hole, machine.frame))
        self._then_hole, self._then_frame = self._put(machine.then_hole), self._put(machine.then_frame)
        self._cost, self._rest = self._put(machine.cost), self._put(machine.rest)
        self._shortest = machine.shortest

    def _put(self, table: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> Tensor:
        return torch.from_numpy(table.astype(np.int32)).to(self._device)

    @property
    def pad(self) -> int:
        """V, the number of tokens, which is the id that pads too."""
        return self._V

    @property
    def device(self) -> torch.device:
        """Where its states are."""
        return self._device

    def require_budget(self, budget: int) -> None:
        """Raise `BudgetError` when no program has at most `budget` tokens."""
        if budget < self._shortest:
            fact = f"a budget of {budget} tokens is below the shortest that the rules leave, which has {self._shortest}"
            raise BudgetError(fact, f"use a budget of at least {self._shortest}")

    def start(self, batch: int, budget: int | Tensor) -> State:
        """The state of `batch` sequences before the first token; `budget` is one for all or (B,), one a row."""
        if isinstance(budget, Tensor) and budget.shape != (batch,):
            raise ConfigError(f"budgets of shape {tuple(budget.shape)} for {batch} sequences", "give one a sequence")
        least, most = (budget, budget) if isinstance(budget, int) else _range(budget, self._shortest)
        self.require_budget(least)
        deep = most // 2 + 2  # a frame on top of another needs a token for itself and one for what it waits for
        left = torch.as_tensor(budget, dtype=torch.int64, device=self._device).expand(batch).clone()
        costs = torch.full((batch, deep + 1, self._R), NEVER, dtype=torch.int32, device=self._device)
        costs[:, 0, 0] = 0
        nothing = torch.zeros(batch, dtype=torch.int64, device=self._device)
        frames = torch.zeros(batch, deep + 1, dtype=torch.int64, device=self._device)
        return State(
            torch.ones_like(nothing), left, nothing, frames, costs, torch.zeros_like(nothing, dtype=torch.bool)
        )

    def legal(self, state: State) -> Tensor:
        """The open tokens, bool (B, V); none in rows that have ended."""
        return self._needed(state) <= state.left.unsqueeze(1)

    def advance(self, state: State, token: Tensor) -> State:
        """The state after `token` (B,), V in rows that have ended; one that is closed ends its row for good."""
        token = token.to(self._device, torch.int64)
        ended = state.hole == 0  # (B,)
        known = token.clamp(0, self._V - 1)
        open_ = self.legal(state).gather(1, known.unsqueeze(1)).squeeze(1) & (token == known)  # (B,)
        cell = state.hole * self._V + known
        class_ = self._leaf.flatten()[cell].long()  # (B,)
        ends = class_ >= 0
        top = self._on_top(state.frames, state.depth) * self._R + class_.clamp(min=0)
        hole = torch.where(ends, self._then_hole.flatten()[top], self._hole.flatten()[cell]).long()
        frame = torch.where(ends, self._then_frame.flatten()[top], self._frame.flatten()[cell]).long()
        hole, frame = hole * open_, frame * open_
        below = (state.depth - ends.long()).clamp(min=0)
        waits = frame > 0
        depth = below + waits.long()
        kept = self._on_top(state.costs, below)  # (B, R)
        needed = (self._rest[frame] + kept.unsqueeze(1)).amin(2).clamp(max=NEVER)  # (B, R)
        spare = torch.full_like(depth, state.frames.shape[1] - 1)
        place = torch.where(waits, depth, spare).unsqueeze(1)  # (B, 1)
        frames = state.frames.scatter(1, place, frame.unsqueeze(1))
        costs = state.costs.scatter(1, place.unsqueeze(2).expand(-1, 1, self._R), needed.unsqueeze(1))
        refused = state.refused | (~ended & ~open_) | (ended & (token != self._V))
        return State(hole, state.left - open_.long(), depth, frames, costs, refused)

    def fork(self, state: State, index: Tensor) -> State:
        """The state whose row i is row index[i] of `state`; `index` is (B',), rows may repeat."""
        return State(*(part.index_select(0, index.to(self._device)) for part in state))

    def done(self, state: State) -> Tensor:
        """Whether each row has ended, bool (B,)."""
        return state.hole == 0

    def refused(self, state: State) -> Tensor:
        """Whether each row met a token that was closed, bool (B,)."""
        return state.refused

    def cheapest(self, state: State) -> Tensor:
        """An open token of each row (B,), one on the way to the shortest end; V in rows that have ended."""
        return torch.where(state.hole == 0, self._V, self._needed(state).argmin(1))

    def replay(self, ids: Tensor, budget: int | Tensor, check: bool = True) -> Tensor:
        """The masks (B, T, V) that whole programs `ids` (B, T) meet on their way, for training.

        Raises:
            BudgetError: a budget is below the shortest program.
            ProgramError: with `check`, a program is not complete or one of its tokens is closed; this waits for the
                device.
        """
        state, found = self.start(len(ids), budget), []
        for token in ids.to(self._device, torch.int64).unbind(1):
            found.append(self.legal(state))
            state = self.advance(state, token)
        shape = (len(ids), 0, self._V)
        legal = torch.stack(found, 1) if found else torch.zeros(shape, dtype=torch.bool, device=self._device)
        if check and bool((self.refused(state) | ~self.done(state)).any()):
            self._explain(ids.to(self._device), legal)
        return legal

    def _needed(self, state: State) -> Tensor:
        """(B, V) the least number of tokens that each token leads to, NEVER and above for none."""
        top = self._on_top(state.costs, state.depth)  # (B, R)
        return (self._cost[state.hole] + top.unsqueeze(1)).amin(2)

    def _on_top(self, stack: Tensor, depth: Tensor) -> Tensor:
        """What a stack (B, D + 1, ...) has at a depth (B,)."""
        return stack[torch.arange(len(depth), device=self._device), depth]

    def _explain(self, ids: Tensor, legal: Tensor) -> None:
        """Raise for the first program that the mask did not let through to its end."""
        pad = self._V
        open_ = legal.gather(2, ids.clamp(0, pad - 1).unsqueeze(2)).squeeze(2) & (ids < pad)  # (B, T)
        wrong = ((ids < pad) | legal.any(2)) & ~open_
        if not bool(wrong.any()):
            raise ProgramError(f"a program does not end within {ids.shape[1]} tokens", "give whole programs")
        row, position = wrong.nonzero()[0].tolist()
        token = int(ids[row, position])
        if token == pad:
            fact = f"program {row + 1} ends after {position} tokens, something is still open"
            raise ProgramError(fact, "give whole programs")
        name = self.rules.tokens[token] if 0 <= token < pad else str(token)
        fact = f"token {position + 1} of program {row + 1}, {name!r}, is closed under the rewrite rules and the budget"
        raise ProgramError(fact, "rewrite the program, as Family.canonical does, or raise the budget")


def _range(budget: Tensor, empty: int) -> tuple[int, int]:
    """The least and the largest of some budgets; waits for the device once, before the first step."""
    if not len(budget):
        return empty, empty
    return int(budget.min()), int(budget.max())
