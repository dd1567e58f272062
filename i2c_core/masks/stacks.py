"""Stacks of type ids, one a sequence, in two forms that behave alike.

`BitStack` keeps each stack in the bits of one word: pop is a shift to the right, push a shift to the left and an OR.
`ArrayStack` keeps one cell an entry and a depth, for many types or high stacks. Both hold a 0 below their lowest entry.

Legend: B sequences, S slots, A the largest arity, P productions (see `i2c_core.masks.tables`).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from i2c_core.masks.tables import Tables

WORD = 63  # bits of an int64 without its sign


class Stacks(NamedTuple):
    """B stacks: words (B,) and no depth, or cells (B, S + 2) and the index of each top."""

    cells: Tensor
    depth: Tensor | None


class StackForm(Protocol):
    """What a form of stacks does; all of it tensor work on the stacks' device."""

    def start(self, batch: int, type_: int) -> Stacks:
        """`batch` stacks that hold one entry, `type_`."""

    def top(self, stacks: Stacks) -> Tensor:
        """The upper entry of each stack (B,), 0 where it is empty."""

    def step(self, stacks: Stacks, production: Tensor, alive: Tensor) -> Stacks:
        """Pop one entry and push what `production` (B,) opens; stacks that are not `alive` (B,) are emptied."""

    def fork(self, stacks: Stacks, index: Tensor) -> Stacks:
        """The stacks at `index` (B',)."""


def height(budget: int, arity: int) -> int:
    """The most entries that a stack can hold within `budget` tokens when no production opens more than `arity`.

    After t tokens at most 1 + t * (arity - 1) entries are open, and each needs one of the budget - t tokens left.

    >>> height(31, 4)
    23
    """
    if arity < 2:
        return 1
    crossing = (budget - 1) // arity  # the last t where the first bound is the smaller
    return max(1, 1 + crossing * (arity - 1), min(budget - crossing - 1, 1 + (crossing + 1) * (arity - 1)))


def stack_form(tables: Tables, budget: int) -> StackForm:
    """The cheaper form that holds every stack within `budget` tokens: bits where they suffice."""
    slots = height(budget, tables.args.shape[1])
    return BitStack(tables) if slots * tables.Y.bit_length() <= WORD else ArrayStack(tables, slots)


class BitStack:
    """Stacks in the bits of one int64 each, the top in the lowest."""

    def __init__(self, tables: Tables) -> None:
        self.bits = tables.Y.bit_length()
        args = tables.args[:, : WORD // self.bits]  # (P + 2, A); what opens more exceeds every budget that bits serve
        place = torch.arange(args.shape[1], device=tables.device) * self.bits  # (A,), the first child lowest
        self.code = (args << place).sum(1)  # (P + 2,)
        self.shift = (tables.arity * self.bits).clamp(max=WORD)  # (P + 2,)

    def start(self, batch: int, type_: int) -> Stacks:
        return Stacks(self.code.new_full((batch,), type_), None)

    def top(self, stacks: Stacks) -> Tensor:
        return stacks.cells & ((1 << self.bits) - 1)  # (B,)

    def step(self, stacks: Stacks, production: Tensor, alive: Tensor) -> Stacks:
        left = stacks.cells >> self.bits << self.shift.index_select(0, production)  # (B,)
        return Stacks((left | self.code.index_select(0, production)) * alive, None)

    def fork(self, stacks: Stacks, index: Tensor) -> Stacks:
        return Stacks(stacks.cells.index_select(0, index), None)


class ArrayStack:
    """Stacks in arrays: slot 0 holds the 0 below everything, slot S + 1 takes what is written nowhere.

    `step` writes in place: the stacks handed in must not be used again.
    """

    def __init__(self, tables: Tables, slots: int) -> None:
        self.slots = slots
        self.args = tables.args
        self.arity = tables.arity
        self.child = torch.arange(tables.args.shape[1], device=tables.device)  # (A,)

    def start(self, batch: int, type_: int) -> Stacks:
        cells = self.args.new_zeros(batch, self.slots + 2)
        cells[:, 1] = type_
        return Stacks(cells, self.args.new_ones(batch))

    def top(self, stacks: Stacks) -> Tensor:
        assert stacks.depth is not None
        return stacks.cells.gather(1, stacks.depth.unsqueeze(1)).squeeze(1)  # (B,)

    def step(self, stacks: Stacks, production: Tensor, alive: Tensor) -> Stacks:
        assert stacks.depth is not None
        arity = self.arity.index_select(0, production)  # (B,)
        top = ((stacks.depth - 1).clamp(min=0) + arity) * alive  # (B,)
        slot = top.unsqueeze(1) - self.child  # (B, A)
        written = (self.child < arity.unsqueeze(1)) & alive.unsqueeze(1)  # (B, A)
        slot = torch.where(written, slot, self.slots + 1)  # (B, A)
        stacks.cells.scatter_(1, slot, self.args.index_select(0, production))
        return Stacks(stacks.cells, top)

    def fork(self, stacks: Stacks, index: Tensor) -> Stacks:
        assert stacks.depth is not None
        return Stacks(stacks.cells.index_select(0, index), stacks.depth.index_select(0, index))
