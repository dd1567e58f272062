"""The pushdown mask: which tokens keep a program well typed and sure to end within its budget, for a whole batch at
once.

One step gathers the row of the type on top of the stack under the slack; a token replaces that type by what its
production opens and lowers the slack. Tensor work only: no Python per sequence, no copy to the host, static shapes, so
that a decode can be captured whole. Masks fail closed: a token that is not open ends its sequence for good.

Legend: B sequences, V tokens, T tokens of the longest program. Token V pads.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from i2c_core.errors import ProgramError
from i2c_core.masks.stacks import StackForm, Stacks, stack_form
from i2c_core.masks.tables import NEVER, Tables


@dataclass(frozen=True, slots=True)
class State:
    """B partial programs.

    Attributes:
        form, stacks: the types that are open (see `i2c_core.masks.stacks`).
        type: (B,) int64, the type of the node to come, counted from 1; 0 where nothing is open.
        slack: (B,) int64, tokens left minus the least that closes everything; below 0 after a token that was closed.
    """

    form: StackForm
    stacks: Stacks
    type: Tensor
    slack: Tensor


class PushdownMask:
    """The mask of one signature. `legal` and `advance` alternate, from `start` on; `fork` picks rows.

    >>> from i2c_core.symbols import Signature
    >>> from i2c_core.types import parse_type
    >>> from i2c_core.vocabulary import Vocabulary
    >>> signature = Signature.parse("h : (Image, Image) -> Image\\nB, W : Image")
    >>> mask = PushdownMask(Tables.from_vocabulary(Vocabulary(signature, parse_type("Image"))))
    >>> state = mask.advance(mask.start(batch=1, budget=3), torch.tensor([0]))
    >>> mask.legal(state).tolist()
    [[False, True, True]]
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @property
    def pad(self) -> int:
        """V, the number of tokens, which is the id that pads too."""
        return self.tables.pad

    @property
    def device(self) -> torch.device:
        """Where its tables are."""
        return self.tables.device

    def require_budget(self, budget: int, root: int = 0) -> None:
        """Raise `BudgetError` when no program of type `root` has at most `budget` tokens."""
        self.tables.require_budget(budget, root)

    def start(self, batch: int, budget: int | Tensor, root: int = 0) -> State:
        """The state before the first token.

        Args:
            batch: B.
            budget: the most tokens of a program, one for all or (B,), one a row. Only the latter are waited for, if
                they are on a GPU.
            root: the type of the programs, as the signature counts them.

        Raises:
            BudgetError: a budget is below the shortest program.
        """
        tables = self.tables
        if isinstance(budget, int):
            low = high = budget
            budgets = torch.full((batch,), budget, dtype=torch.int64, device=tables.device)  # (B,)
        else:
            low, high = (int(b) for b in budget.aminmax()) if batch else (tables.least[root + 1], 1)
            budgets = budget.to(tables.device, torch.int64)  # (B,)
        tables.require_budget(low, root)
        if high >= NEVER:
            raise ValueError(f"budget is {high}, expected less than {NEVER}")
        form = stack_form(tables, high)
        stacks = form.start(batch, root + 1)
        return State(form, stacks, form.top(stacks), budgets - tables.least[root + 1])

    def legal(self, state: State) -> Tensor:
        """The open tokens, bool (B, V); none in rows that have ended."""
        tables = self.tables
        if tables.rows is None:
            return tables.costs.index_select(0, state.type) <= state.slack.unsqueeze(1)  # (B, V)
        row = state.type * (tables.K + 1) + state.slack.clamp(min=0, max=tables.K)  # (B,)
        return tables.rows.index_select(0, row)  # (B, V)

    def advance(self, state: State, token: Tensor) -> State:
        """The state after `token` (B,): one of 0..V-1 in rows that are open, V in rows that have ended.

        A token that is not open ends its row for good, with a slack below 0. The stacks may be updated in place: use
        the state handed in no more.
        """
        tables = self.tables
        production = tables.production.index_select(0, state.type * (tables.V + 1) + token)  # (B,)
        slack = state.slack - tables.cost.index_select(0, production)  # (B,)
        stacks = state.form.step(state.stacks, production, slack >= 0)
        return State(state.form, stacks, state.form.top(stacks), slack)

    def fork(self, state: State, index: Tensor) -> State:
        """The state whose row i is row index[i] of `state`; `index` is (B',), rows may repeat."""
        stacks = state.form.fork(state.stacks, index)
        return State(state.form, stacks, state.type.index_select(0, index), state.slack.index_select(0, index))

    def done(self, state: State) -> Tensor:
        """Whether each row has ended, bool (B,)."""
        return state.type == 0

    def cheapest(self, state: State) -> Tensor:
        """An open token of each row (B,), one on the way to the shortest end; V in rows that have ended."""
        return self.tables.cheapest.index_select(0, state.type)

    def refused(self, state: State) -> Tensor:
        """Whether each row met a token that was closed, bool (B,)."""
        return state.slack < 0

    def replay(self, ids: Tensor, budget: int | Tensor, root: int = 0, check: bool = True) -> Tensor:
        """The masks that whole programs meet on their way, for training.

        Args:
            ids: (B, T) integers, padded with V.
            budget: one for all, or (B,).
            root: the type of the programs.
            check: whether to raise where a program is not complete or one of its tokens is closed; this waits for the
                device once. Without it such rows have no open token from there on.

        Returns:
            (B, T, V) bool: the tokens that are open before token t; none behind the end.

        Raises:
            BudgetError: a budget is below the shortest program.
            ProgramError: a token is closed or missing; names symbol and position.
        """
        tables = self.tables
        if check and ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) <= tables.pad:
            _refuse_number(ids, tables)
        state = self.start(len(ids), budget, root)
        types, slacks = [state.type], [state.slack]
        for token in ids.to(tables.device, torch.int64).unbind(1):
            state = self.advance(state, token)
            types.append(state.type)
            slacks.append(state.slack)
        type_, slack = torch.stack(types, 1), torch.stack(slacks, 1)  # (B, T + 1)
        if check and bool(((slack[:, -1] < 0) | (type_[:, -1] > 0)).any()):
            _explain(tables, ids, budget, type_, slack)
        before = State(state.form, state.stacks, type_[:, :-1].flatten(), slack[:, :-1].flatten())
        return self.legal(before).view(*ids.shape, tables.V)  # (B, T, V)


def _refuse_number(ids: Tensor, tables: Tables) -> None:
    row, position = ((ids < 0) | (ids > tables.pad)).nonzero()[0].tolist()
    fact = f"token {position + 1} of program {row + 1} is {int(ids[row, position])}, the vocabulary has {tables.V}"
    raise ProgramError(fact, f"use 0 to {tables.V - 1}, and {tables.pad} behind the end")


def _explain(tables: Tables, ids: Tensor, budget: int | Tensor, type_: Tensor, slack: Tensor) -> None:
    """Raise for the first program that the mask did not let through to its end."""
    row = int(((slack[:, -1] < 0) | (type_[:, -1] > 0)).nonzero()[0])
    limit = int(torch.as_tensor(budget).expand(len(ids))[row])
    refused = (slack[row] < 0).nonzero().flatten().tolist()  # counted from 1, as positions are
    if not refused:
        open_ = int(type_[row, -1])
        fact = f"program {row + 1} ends after {ids.shape[1]} tokens, still open: {tables.types[open_ - 1]}"
        raise ProgramError(fact, f"{tables.types[open_ - 1]} begins with {tables.openings(open_)}")
    position = refused[0]
    token, here = int(ids[row, position - 1]), int(type_[row, position - 1])
    if token == tables.pad:
        fact = f"program {row + 1} ends after {position - 1} tokens, still open: {tables.types[here - 1]}"
        raise ProgramError(fact, f"{tables.types[here - 1]} begins with {tables.openings(here)}")
    closed = f"token {position} of program {row + 1}, {tables.tokens[token]!r}, is closed: "
    if here == 0:
        fact = f"the program is complete after {position - 1} tokens"
        raise ProgramError(closed + fact, f"pad behind the end with {tables.pad}")
    if int(tables.costs[here, token]) >= NEVER:
        name = tables.types[here - 1]
        raise ProgramError(f"{closed}expected {name}", f"{name} begins with {tables.openings(here)}")
    needed = limit - int(slack[row, position])
    fact = f"the budget is {limit}, the shortest program that begins so has {needed} tokens"
    raise ProgramError(closed + fact, f"raise the budget to {needed} or more, or use shorter programs")
