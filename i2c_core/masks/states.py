"""The state of B partial programs: plain fields, tensors or NumPy arrays alike.

Legend: B sequences, D slots of a stack, F frames.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from i2c_core.masks.plans import Plan

A = TypeVar("A")  # NDArray or Tensor


class Fields(NamedTuple, Generic[A]):
    """What is known of B sequences; None for what a language does not need.

    Attributes:
        node: (B,) int64, what stands on top of each stack (see `i2c_core.masks.plans`); 0 where nothing is open.
        slack: (B,) int64, tokens left minus the least that closes everything; below 0 after a token that was closed.
        stack: (B,) int64 words, or (B * D,) cells.
        depth: (B,) int64, the cell above each stack, counted through the whole array.
        top: (B,) int64, the sequence on top, in the form "cells".
        low, high: (B,) int64, the least and largest value that is open; `high` is None where steps know that it is a
            constant of the node, and `low` is then what registers say alone.
        registers: (B * F * cells of a frame,) int64, frame by frame; or (B,) int64 words, where there is no `frame`.
        frame: (B,) int64, where each current frame begins in `registers`.
        slot: (B,) int64, the cell of `registers` that takes the next value, or the bit where it begins.
        order: (B,) int64, `more << 1 | tight`.
        held: (B,) int64, what the register holds that takes the next value.
        tight: (B,) int64, 1 where the node has a place in a key and the order is tight.
    """

    node: A
    slack: A
    stack: A
    depth: A | None = None
    top: A | None = None
    low: A | None = None
    high: A | None = None
    registers: A | None = None
    frame: A | None = None
    slot: A | None = None
    order: A | None = None
    held: A | None = None
    tight: A | None = None


class Ready(NamedTuple):
    """Masks made ahead of being asked for: packed (B, W), and (B, E) words of a byte a token or None."""

    bits: Tensor
    bytes: Tensor | None


class State:
    """B partial programs, in the hands of one backend.

    Attributes:
        plan: the tables that its fields refer to.
        raw: what is known of each sequence; of a single one on the host, plain numbers (see `i2c_core.masks.single`).
        history: the fields before each of the latest tokens, the latest last.
        keep: how many of them are kept.
        ready: its masks, where the step that made it made them too.
    """

    __slots__ = ("history", "keep", "plan", "raw", "ready")

    def __init__(
        self,
        plan: Plan[Any],
        fields: Fields[Any],
        keep: int = 0,
        history: tuple[Fields[Any], ...] = (),
        ready: Ready | None = None,
    ) -> None:
        self.plan, self.raw, self.keep, self.history, self.ready = plan, fields, keep, history, ready

    @property
    def fields(self) -> Fields[Any]:
        """What is known of each sequence, as tensors or arrays, and with the guards that raw fields may leave out."""
        fields, guards = no_numbers(self.raw), self.plan.guards
        if guards is None or fields.slot is None or fields.high is not None:
            return fields
        low, node = guards.low[fields.node], fields.node  # see `i2c_core.masks.constants`
        return fields._replace(low=low if fields.low is None else np.maximum(low, fields.low), high=guards.high[node])

    @property
    def type(self) -> Tensor:
        """(B,) int64, the type of the node to come, counted from 1; 0 where nothing is open."""
        node = torch.as_tensor(self.fields.node)
        return node if self.plan.form == "cells" else torch.as_tensor(self.plan.first).index_select(0, node)

    @property
    def slack(self) -> Tensor:
        """(B,) int64, tokens left minus the least that closes everything; below 0 after a token that was closed."""
        return torch.as_tensor(self.fields.slack)


def first_fields(plan: Plan[Tensor], slack: Tensor, type_: int, slots: int, frames: int) -> Fields[Tensor]:
    """The fields of rows with `slack` (B,) before the first token of a program of `type_`.

    Args:
        plan: the tables.
        slack: (B,).
        type_: counted from 1.
        slots: the most entries of a stack below its top.
        frames: the most frames.
    """
    batch = torch.arange(len(slack), device=slack.device)  # (B,)
    top = torch.full_like(slack, type_)
    if plan.form == "bits":
        fields = Fields(top, slack, top)
    else:
        cells = slots + 3  # a 0 below all, one cell above to scribble on, and one more after a token that was closed
        stack = slack.new_zeros(len(slack) * cells)
        fields = Fields(top, slack, stack, batch * cells + 1, top)
    if plan.guards is None:
        return fields
    width = plan.guards.frame_cells * (frames if plan.guards.frames else 1)
    return fields._replace(
        registers=slack.new_zeros(len(slack) * width),
        frame=batch * width,
        order=torch.zeros_like(slack) if plan.guards.orders else None,
    )


def own(fields: Fields[Any]) -> Fields[Any]:
    """The fields with copies of what steps write in place."""
    copied = {"registers": fields.registers, "stack": fields.stack if fields.depth is not None else None}
    return fields._replace(
        **{n: p.clone() if isinstance(p, Tensor) else p.copy() for n, p in copied.items() if p is not None}
    )


def forked(fields: Fields[Any], index: Any) -> Fields[Any]:
    """The fields whose row i is row index[i]; `index` (B',) is a tensor or an array as they are."""
    rows = len(fields.slack)

    def pick(part: Any) -> Any:
        return part[index] if isinstance(part, np.ndarray) else part.index_select(0, index)

    found: dict[str, Any] = {}
    for name, part in zip(fields._fields, fields, strict=True):
        if part is not None:
            width = len(part) // max(rows, 1)
            found[name] = pick(part) if width <= 1 else pick(part.reshape(rows, width)).reshape(-1)
    if fields.depth is None and fields.frame is None:
        return Fields(**found)
    numbers = np.arange(len(index)) if isinstance(index, np.ndarray) else torch.arange(len(index), device=index.device)
    moved = numbers - index  # (B',), by how many rows each moves
    for name, cells in (("depth", fields.stack), ("frame", fields.registers), ("slot", fields.registers)):
        if name in found and (name == "depth" or fields.frame is not None):
            assert cells is not None
            found[name] = found[name] + moved * (len(cells) // max(rows, 1))
    return Fields(**found)


def chosen_rows(chosen: Tensor, first: Fields[Tensor], second: Fields[Tensor]) -> Fields[Tensor]:
    """The rows of `first` where `chosen` (B,), of `second` elsewhere."""

    def part(a: Tensor | None, b: Tensor | None) -> Any:
        if a is None or b is None:
            return None
        if len(a) == len(chosen):
            return torch.where(chosen, a, b)
        return torch.where(chosen.unsqueeze(1), a.view(len(chosen), -1), b.view(len(chosen), -1)).view(-1)

    return Fields(*(part(a, b) for a, b in zip(first, second, strict=True)))


def as_tensors(fields: Fields[Any]) -> Fields[Tensor]:
    """The fields as tensors that share their memory."""
    parts: list[Any] = [None if part is None else torch.as_tensor(part) for part in no_numbers(fields)]
    return Fields(*parts)


def as_arrays(fields: Fields[Tensor]) -> Fields[Any]:
    """The fields as NumPy arrays that share their memory."""
    parts: list[Any] = [None if part is None else part.numpy() for part in fields]
    return Fields(*parts)


def as_numbers(fields: Fields[Tensor]) -> Fields[Any]:
    """The fields of one sequence as plain numbers, and lists for what steps write in place."""
    parts = {n: None if part is None else part.tolist() for n, part in zip(fields._fields, fields, strict=True)}
    lists = {"registers", "stack"} if fields.depth is not None else {"registers"}
    return Fields(**{n: p[0] if p is not None and n not in lists else p for n, p in parts.items()})


def no_numbers(fields: Fields[Any]) -> Fields[Any]:
    """The fields as they are, or as arrays where they are plain numbers."""
    if type(fields.slack) is not int:
        return fields
    parts: list[Any] = [None if p is None else np.array(p if type(p) is list else [p], np.int64) for p in fields]
    return Fields(*parts)
