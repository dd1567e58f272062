"""Whole programs through the mask, for training: the masks of all positions, or why one of them is closed.

Legend: B programs, T tokens of the longest, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from i2c_core.errors import ProgramError
from i2c_core.masks.rows import NEVER
from i2c_core.masks.states import Fields, State
from i2c_core.masks.tables import Tables

if TYPE_CHECKING:
    from i2c_core.masks.pushdown import PushdownMask

NAMED = ("node", "slack", "low", "high")  # what a mask is made of


def replay(mask: PushdownMask, ids: Tensor, budget: int | Tensor, root: int, check: bool) -> Tensor:
    """See `PushdownMask.replay`: steps through the tokens, then gathers all masks at once."""
    tables = mask.tables
    if check and ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) <= tables.pad:
        _refuse_number(ids, tables)
    state = mask.start(len(ids), budget, root)
    seen = [state.fields]
    for token in ids.to(tables.device, torch.int64).t().contiguous():
        state = mask.advance(state, token)
        seen.append(state.fields)
    if check and bool((mask.refused(state) | ~mask.done(state)).any()):
        _explain(tables, State(state.plan, _beside(seen)), ids, budget)
    before = _beside(seen[:-1]) if ids.shape[1] else seen[0]
    flat = Fields(**{n: p.reshape(-1) for n, p in zip(before._fields, before, strict=True) if p is not None})
    return mask.legal(State(state.plan, flat)).reshape(*ids.shape, tables.V)  # (B, T, V)


def _beside(seen: list[Fields[Any]]) -> Fields[Any]:
    """The fields that make a mask, (B, T) each."""
    found: dict[str, Any] = {}
    for name in NAMED:
        parts = [getattr(fields, name) for fields in seen]
        if parts[0] is not None:
            found[name] = np.stack(parts, 1) if isinstance(parts[0], np.ndarray) else torch.stack(parts, 1)
    return Fields(**found, stack=found["node"])


def _refuse_number(ids: Tensor, tables: Tables) -> None:
    row, position = ((ids < 0) | (ids > tables.pad)).nonzero()[0].tolist()
    fact = f"token {position + 1} of program {row + 1} is {int(ids[row, position])}, the vocabulary has {tables.V}"
    raise ProgramError(fact, f"use 0 to {tables.V - 1}, and {tables.pad} behind the end")


def _explain(tables: Tables, seen: State, ids: Tensor, budget: int | Tensor) -> None:
    """Raise for the first program that the mask did not let through to its end."""
    shape = seen.fields.slack.shape  # (B, T + 1)
    slack = seen.slack
    type_ = State(seen.plan, seen.fields._replace(node=seen.fields.node.reshape(-1))).type.view(shape)
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
    cost = tables.cost(here, token)
    if cost >= NEVER:
        name = tables.types[here - 1]
        raise ProgramError(f"{closed}expected {name}", f"{name} begins with {tables.openings(here)}")
    if seen.plan.guards is not None:
        guards: tuple[Any, ...] = (seen.fields.low, seen.fields.high)  # (B, T + 1) each
        low, high = (int(part[row, position - 1]) + seen.plan.guards.least for part in guards)
        _require_value(tables, here, token, low, high, closed)
    needed = limit - int(slack[row, position - 1]) + cost
    fact = f"the budget is {limit}, the shortest program that begins so has {needed} tokens"
    raise ProgramError(closed + fact, f"raise the budget to {needed} or more, or use shorter programs")


def _require_value(tables: Tables, type_: int, token: int, low: int, high: int, closed: str) -> None:
    """Raise where a token's value is not from `low` to `high`."""
    registers = tables.automaton.registers
    assert registers is not None
    values = registers.values[registers.space[type_]]  # (V,)
    if not registers.space[type_] or low <= values[token] <= high:
        return
    possible = tables.automaton.production[type_] >= 0
    open_ = np.flatnonzero(possible & (values >= low) & (values <= high))
    names = [tables.tokens[t] for t in open_[np.argsort(values[open_], kind="stable")]]
    hint = "change what was written before it, or this"
    if not names:
        raise ProgramError(f"{closed}no {tables.types[type_ - 1]} is left", hint)
    expected = names[0] if len(names) == 1 else f"a value from {names[0]} to {names[-1]}"
    raise ProgramError(f"{closed}expected {expected}", hint)
