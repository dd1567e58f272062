"""The pushdown mask: which tokens keep a program well typed and sure to end within its budget, for a whole batch at
once.

One step gathers the row of what stands on top of the stack under the slack, and the rows of what registers guard; a
token replaces the top by what its production opens and lowers the slack. No Python per sequence, no copy to the host,
static shapes, so that a decode can be captured whole. Masks fail closed: a token that is not open ends its sequence for
good.

Legend: B sequences, V tokens, T tokens of the longest program, W words of 32 bits. Token V pads.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from i2c_core.errors import ConfigError
from i2c_core.masks import eager
from i2c_core.masks.bits import pack_tensor, unpack
from i2c_core.masks.compiled import Compiled
from i2c_core.masks.host import Host
from i2c_core.masks.plans import Plan, has_rows
from i2c_core.masks.replaying import replay
from i2c_core.masks.rows import NEVER
from i2c_core.masks.states import (
    Fields,
    Ready,
    State,
    as_arrays,
    as_numbers,
    as_tensors,
    chosen_rows,
    first_fields,
    forked,
    no_numbers,
    own,
)
from i2c_core.masks.tables import Tables

Backend = Literal["auto", "torch", "compiled", "numpy"]
HOST_BATCH = 1 << 15  # sequences up to which NumPy, on one thread, is the faster on the CPU; measured on two cores


class PushdownMask:
    """The mask of one signature. `legal` and `advance` alternate, from `start` on; `fork` picks rows.

    Args:
        tables: what it is made of.
        backend: "torch" for tensor operations on the tables' device, "compiled" for the same under `torch.compile`,
            "numpy" for small batches on the CPU; "auto" takes NumPy for them and tensor operations otherwise. All give
            the same masks.

    >>> from i2c_core.symbols import Signature
    >>> from i2c_core.types import parse_type
    >>> from i2c_core.vocabulary import Vocabulary
    >>> signature = Signature.parse("h : (Image, Image) -> Image\\nB, W : Image")
    >>> mask = PushdownMask(Tables.from_vocabulary(Vocabulary(signature, parse_type("Image"))))
    >>> state = mask.advance(mask.start(batch=1, budget=3), torch.tensor([0]))
    >>> mask.legal(state).tolist()
    [[False, True, True]]
    """

    def __init__(self, tables: Tables, backend: Backend = "auto") -> None:
        if backend not in ("auto", "torch", "compiled", "numpy"):
            raise ConfigError(f"unknown backend {backend!r} of a mask", "use auto, torch, compiled or numpy")
        if backend == "numpy" and tables.device.type != "cpu":
            raise ConfigError(f"the backend numpy works on the CPU, the tables are on {tables.device}", "use torch")
        self.tables, self.backend = tables, backend
        self._hosts: dict[int, Host] = {}
        self._steps: dict[int, Compiled] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """A mask is pickled and copied as what it is made of; buffers and compiled steps are made again."""
        return type(self), (self.tables, self.backend)

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

    # -- the life of a state

    def start(self, batch: int, budget: int | Tensor, root: int = 0, history: int = 0) -> State:
        """The state before the first token.

        Args:
            batch: B.
            budget: the most tokens of a program, one for all or (B,), one a row. Only the latter are waited for, if
                they are on a GPU.
            root: the type of the programs, as the signature counts them.
            history: how many tokens `rollback` can take back. Each costs a copy of the state: a few numbers a row,
                and where stacks are in cells or there are registers, those.

        Raises:
            BudgetError: a budget is below the shortest program.
        """
        tables = self.tables
        if isinstance(budget, int):
            low = high = budget
            budgets = torch.full((batch,), budget, dtype=torch.int64, device=tables.device)  # (B,)
        else:
            low, high = (int(b) for b in budget.aminmax()) if batch else (tables.least[root + 1], 1)
            budgets = budget.to(tables.device, torch.int64).expand(batch)  # (B,)
        tables.require_budget(low, root)
        if high >= NEVER:
            raise ValueError(f"budget is {high}, expected less than {NEVER}")
        form, slots = tables.form(root + 1, high)
        slack = budgets - tables.least[root + 1]
        host = self._works_on_host(batch)
        plan = tables.plan(form)
        fields = first_fields(plan, slack, root + 1, slots, high // 2 + 2)
        if plan.guards is not None:
            fields = eager.guarded(plan, plan.guards, fields)
        if not host:
            return State(plan, fields, history)
        made = tables.host_plan(form)
        return State(made, as_numbers(fields) if batch == 1 else self._arrays(made, as_arrays(fields)), history)

    def advance(self, state: State, token: Tensor) -> State:
        """The state after `token` (B,): one of 0..V-1 in rows that are open, V in rows that have ended.

        A token that is not open, or no token at all, ends its row for good, with a slack below 0. The state handed in
        may be updated in place: use it no more.
        """
        fields, plan, history = state.raw, state.plan, state.history
        single = type(fields.slack) is int
        batch = 1 if single else len(fields.slack)
        if token.shape != (batch,):
            raise ValueError(f"{len(token)} tokens for a state of {batch} rows")
        if state.keep:
            history = (*history, fields)[-state.keep :]
            fields = own(fields)
        if single:
            return State(plan, self._host(plan).single.advance(fields, int(token.item())), state.keep, history)
        if type(fields.slack) is np.ndarray:
            read = token.numpy()
            if read.dtype != np.int64:
                read = read.astype(np.int64)
            return State(plan, self._host(plan).advance(fields, read), state.keep, history)
        if token.dtype != torch.int64:
            token = token.long()
        if self.backend == "compiled" and has_rows(plan):
            fields, ready = self._compiled(plan)(fields, token)
            return State(plan, fields, state.keep, history, ready)
        return State(plan, eager.advance(plan, fields, token), state.keep, history)

    def fork(self, state: State, index: Tensor) -> State:
        """The state whose row i is row index[i] of `state`; `index` is (B',), rows may repeat."""
        fields, history, picked = state.raw, state.history, index
        if type(fields.slack) is not Tensor:
            fields, history = self._arrays(state.plan, fields), tuple(self._arrays(state.plan, f) for f in history)
            picked = index.numpy()  # type: ignore[assignment]
        else:
            picked = index.to(self.device)
        ready = state.ready
        if ready is not None:
            wide = None if ready.bytes is None else ready.bytes.index_select(0, picked)
            ready = Ready(ready.bits.index_select(0, picked), wide)
        history = tuple(forked(past, picked) for past in history)
        return State(state.plan, forked(fields, picked), state.keep, history, ready)

    def rollback(self, state: State, n: int | Tensor) -> State:
        """The state `n` tokens ago, of those that `start` was told to remember.

        Args:
            state: a state made with `history`.
            n: how many tokens, one number for all or (B,), one a row. A row whose number is not in the history is
                refused, for nothing is waited for.

        Raises:
            ConfigError: one number for all, beyond the history.
        """
        past = (*state.history, state.raw)  # the latest last
        if isinstance(n, int):
            if not 0 <= n < len(past):
                fact = f"cannot take back {n} tokens, the state remembers {len(past) - 1}"
                raise ConfigError(fact, "start with a longer history")
            return State(state.plan, own(past[-1 - n]), state.keep, past[: len(past) - 1 - n])
        if len(past) > 1 and state.keep < len(past):
            past = past[-state.keep - 1 :]
        tensors = [as_tensors(fields) for fields in past]
        chosen = n.to(self.device)
        found = own(tensors[-1])
        for ago in range(1, len(tensors)):
            found = chosen_rows(chosen == ago, tensors[-1 - ago], found)
        known = (chosen >= 0) & (chosen < len(tensors))  # (B,)
        found = found._replace(
            node=found.node * known,
            slack=torch.where(known, found.slack, -1),
            stack=found.stack * known if found.depth is None else found.stack,
            top=None if found.top is None else found.top * known,
        )
        if type(state.raw.slack) is not Tensor:
            return State(state.plan, self._arrays(state.plan, as_arrays(found)), state.keep)
        return State(state.plan, found, state.keep)

    # -- what a state says

    def legal(self, state: State) -> Tensor:
        """The open tokens, bool (B, V); none in rows that have ended."""
        plan, tokens = state.plan, self.tables.V
        if state.ready is not None and state.ready.bytes is not None:
            return state.ready.bytes.view(torch.bool)[:, :tokens]
        if not has_rows(plan):
            return eager.compared(self.tables.plan(plan.form), as_tensors(state.fields))
        assert plan.rows is not None
        if plan.rows.bytes is None or (plan.guards is not None and plan.guards.at_least_bytes is None):
            return unpack(self.packed(state), tokens)
        if type(state.raw.slack) is not Tensor:
            found = self._host(plan).masks(state.raw, wide=True)
            return torch.from_numpy(found.view(np.bool_)[:, :tokens])
        return eager.masks(plan, state.raw, wide=True).view(torch.bool)[:, :tokens]

    def packed(self, state: State) -> Tensor:
        """The open tokens, (B, W) int32: token t is bit t % 32 of word t // 32; bits beyond V are 0."""
        plan = state.plan
        if state.ready is not None:
            return state.ready.bits
        if not has_rows(plan):
            return pack_tensor(self.legal(state))
        if type(state.raw.slack) is not Tensor:
            return torch.from_numpy(self._host(plan).masks(state.raw, wide=False))
        return eager.masks(plan, state.raw, wide=False)

    def additive(self, state: State, dtype: torch.dtype = torch.float32) -> Tensor:
        """(B, V) of a floating type: 0 where a token is open, -inf where it is closed; to be added to logits."""
        closed = torch.full((), -torch.inf, dtype=dtype, device=self.device)
        return torch.where(self.legal(state), torch.zeros_like(closed), closed)

    def apply(self, logits: Tensor, state: State) -> Tensor:
        """Logits (B, V) with -inf for what is closed, and for what is not a number. In rows that have ended all are.

        Raises:
            ConfigError: the logits are of another shape or on another device.
        """
        legal = self.legal(state)
        require_fit(logits, legal)
        return torch.where(legal & ~logits.isnan(), logits, -torch.inf)

    def done(self, state: State) -> Tensor:
        """Whether each row has ended, bool (B,)."""
        ended = state.raw.node == 0
        return torch.tensor([ended]) if type(ended) is bool else torch.as_tensor(ended)

    def refused(self, state: State) -> Tensor:
        """Whether each row met a token that was closed, bool (B,)."""
        refused = state.raw.slack < 0
        return torch.tensor([refused]) if type(refused) is bool else torch.as_tensor(refused)

    def cheapest(self, state: State) -> Tensor:
        """An open token of each row (B,), one on the way to the shortest end; V in rows that have ended."""
        plan = state.plan
        found = torch.as_tensor(plan.cheapest).index_select(0, torch.as_tensor(state.fields.node))  # (B,)
        if plan.guards is None:
            return found
        free = self.legal(_without_slack(state))  # (B, V), of cost 0
        first = torch.where(free.any(1), free.byte().argmax(1), self.legal(state).byte().argmax(1))
        return torch.where(found < self.tables.pad, first, found)

    def legal_at(
        self, type_ids: Tensor, slack: Tensor, low: Tensor | None = None, high: Tensor | None = None
    ) -> Tensor:
        """The open tokens at types under slacks, without a stack: bool, the shape of `type_ids` and V.

        Args:
            type_ids: the types, counted from 1; 0 where nothing is open.
            slack: of the same shape, tokens left minus the least that closes everything.
            low, high: of the same shape, the least and the largest value that is open; left out, the registers guard
                nothing beyond what the types say.
        """
        plan = self.tables.plan("cells")
        node, shape = type_ids.flatten().to(self.device, torch.int64), type_ids.shape
        fields = Fields(node, slack.flatten().to(self.device, torch.int64), node)
        if plan.guards is not None:
            guards = plan.guards
            least, most = guards.low.index_select(0, node), guards.high.index_select(0, node)
            if low is not None:
                least = torch.maximum(least, low.flatten().to(self.device) - guards.least).clamp(max=guards.top + 1)
            if high is not None:
                most = torch.minimum(most, high.flatten().to(self.device) - guards.least).clamp(min=-1)
            fields = fields._replace(low=least, high=most)
        return self.legal(State(plan, fields)).view(*shape, self.tables.V)

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
        return replay(self, ids, budget, root, check)

    # -- backends

    def _works_on_host(self, batch: int) -> bool:
        if self.backend == "numpy":
            return True
        return self.backend == "auto" and self.device.type == "cpu" and batch <= HOST_BATCH

    def _arrays(self, plan: Plan[Any], fields: Fields[Any]) -> Fields[Any]:
        """Fields of the host as its steps for many sequences keep them."""
        return self._host(plan).adopt(no_numbers(fields))

    def _host(self, plan: Plan[Any]) -> Host:
        found = self._hosts.get(id(plan))
        if found is None:
            found = self._hosts[id(plan)] = Host(plan)
        return found

    def _compiled(self, plan: Plan[Tensor]) -> Compiled:
        found = self._steps.get(id(plan))
        if found is None:
            found = self._steps[id(plan)] = Compiled(plan)
        return found


def _without_slack(state: State) -> State:
    return State(state.plan, state.fields._replace(slack=state.fields.slack * 0))


def require_fit(logits: Tensor, legal: Tensor) -> None:
    """Raise `ConfigError` where logits are of another shape or on another device than the mask."""
    if logits.shape != legal.shape:
        fact = f"the network gave logits of shape {tuple(logits.shape)}, expected {tuple(legal.shape)} from the mask"
        raise ConfigError(fact, "use a network and a mask of one vocabulary: a row a program, a column a token")
    if logits.device != legal.device:
        fact = f"the network gave logits on {logits.device}, the mask is on {legal.device}"
        raise ConfigError(fact, "put both on one device: family_mask(family, device)")
