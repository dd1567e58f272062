"""A signature as tables: what may come next at a type under a slack, and what a token then does.

The *slack* of a partial program is the number of tokens left in its budget minus the least number that closes
everything open. A production lowers it by a constant of its own, its cost: how much longer it makes the shortest
completion. So a token is open at a type exactly when its cost is at most the slack, and what registers guard is open.

`Tables` holds the automaton and makes from it, when first needed, the tables that the steps read (see
`i2c_core.masks.plans`).

Legend: V tokens, Y types, P productions, A the largest arity, K the largest cost. Type 0 stands for "nothing is open",
and the signature's type y is y + 1; token V pads.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.automata import Automaton, compiled
from i2c_core.errors import BudgetError
from i2c_core.masks.bits import unpack
from i2c_core.masks.plans import Form, Plan, fits_bits, make_plan, mapped
from i2c_core.masks.rows import NEVER, ROWS_BOUND, make_rows
from i2c_core.masks.sequences import Sequences, number_sequences
from i2c_core.vocabulary import Vocabulary


class _Made:
    """What is made of an automaton once, for every device."""

    def __init__(self, automaton: Automaton, rows_bound: int) -> None:
        self.automaton, self.rows_bound = automaton, rows_bound
        self.plans: dict[Form, Plan[NDArray[Any]]] = {}
        self.moved: dict[tuple[Form, torch.device], Plan[Tensor]] = {}

    @cached_property
    def costs(self) -> NDArray[np.int32]:
        production = self.automaton.production
        return np.append(self.automaton.cost, NEVER).astype(np.int32)[production]

    @cached_property
    def sequences(self) -> Sequences:
        return number_sequences(self.automaton)


class Tables:
    """The tables of a pushdown mask; made by `from_vocabulary`, `from_automaton` or `from_arrays`, moved by `to`.

    Attributes:
        automaton: what they are made of.
        device: where masks made of them work.
        tokens, types: names for errors, V and Y of them, the types as the signature counts them (from 0).
        least: Y + 1 numbers on the host, the tokens of the shortest program of each type.
    """

    def __init__(self, made: _Made, device: torch.device) -> None:
        self._made, self.device = made, device
        self.automaton = made.automaton
        self.tokens, self.types = self.automaton.tokens, self.automaton.types
        self.least = tuple(map(int, self.automaton.least))

    @staticmethod
    def from_vocabulary(vocabulary: Vocabulary, rows_bound: int = ROWS_BOUND) -> Tables:
        """The tables of a grounded signature, on the CPU, compiled or found on disk.

        Args:
            vocabulary: of any signature.
            rows_bound: the most bytes of masks made ahead.

        Raises:
            SignatureError: its rules make an automaton beyond all bounds; names the symbol.
        """
        return Tables.from_automaton(compiled(vocabulary), rows_bound)

    @staticmethod
    def from_automaton(automaton: Automaton, rows_bound: int = ROWS_BOUND) -> Tables:
        """The tables of an automaton, on the CPU; `rows_bound` is the most bytes of masks made ahead."""
        return Tables(_Made(automaton, rows_bound), torch.device("cpu"))

    @staticmethod
    def from_arrays(
        production: NDArray[np.integer],
        prod_cost: NDArray[np.integer],
        prod_args: NDArray[np.integer],
        least: NDArray[np.integer],
        tokens: Sequence[str] = (),
        types: Sequence[str] = (),
        rows_bound: int = ROWS_BOUND,
    ) -> Tables:
        """The tables of a context-free language in plain arrays.

        Args:
            production: (Y, V), the production of a token at a type, -1 where it is impossible.
            prod_cost: (P,), by how much a production lowers the slack.
            prod_args: (P, A), the types it opens, the first first, -1 beyond its arity.
            least: (Y,), the tokens of the shortest program of each type.
            tokens, types: names for errors; numbers where left out.
            rows_bound: the most bytes of masks made ahead.
        """
        count, width = production.shape
        automaton = Automaton(
            tokens=tuple(tokens) or tuple(map(str, range(width))),
            types=tuple(types) or tuple(f"type {i}" for i in range(count)),
            production=np.concatenate([np.full((1, width), -1), production]).astype(np.int32),
            cost=np.asarray(prod_cost, np.int32),
            args=(np.asarray(prod_args) + 1).astype(np.int32),
            least=np.concatenate([[0], least]).astype(np.int32),
        )
        return Tables.from_automaton(automaton, rows_bound)

    @property
    def V(self) -> int:
        """The number of tokens; the id V itself pads."""
        return len(self.tokens)

    @property
    def Y(self) -> int:
        """The number of types, "nothing is open" not counted."""
        return len(self.types)

    @property
    def pad(self) -> int:
        return len(self.tokens)

    @cached_property
    def K(self) -> int:
        """The largest cost."""
        costs = self._made.costs
        return int(costs[costs < NEVER].max(initial=0))

    @cached_property
    def rows(self) -> Tensor | None:
        """((Y + 1) * (K + 1), V) bool: what is open at a type under a slack, registers aside, in row
        `type * (K + 1) + min(slack, K)`; None where that exceeds the bound. For looking at: steps have their own.
        """
        costs, bound = self._made.costs, self._made.rows_bound
        if costs.size * (self.K + 1) > bound:
            return None
        rows = make_rows(costs, np.arange(len(costs)), bound)
        assert rows is not None
        level = np.arange(self.K + 1) if rows.level is None else rows.level
        row = np.arange(len(costs))[:, None] * rows.levels + level  # (Y + 1, K + 1)
        packed = rows.bits[row if rows.row_of is None else rows.row_of[row]]  # (Y + 1, K + 1, W)
        return unpack(torch.from_numpy(packed.reshape(-1, packed.shape[2])), self.V).to(self.device)

    def to(self, device: torch.device | str) -> Tables:
        """The same tables on a device."""
        return Tables(self._made, torch.empty(0, device=device).device)

    def form(self, type_: int, budget: int) -> tuple[Form, int]:
        """The form of tables that serves stacks of a type (as counted here) within a budget, and their entries."""
        slots = self._made.sequences.slots(type_, budget)
        return ("bits" if fits_bits(self._made.sequences, self.V, slots) else "cells"), slots

    def host_plan(self, form: Form) -> Plan[NDArray[Any]]:
        """The tables of one form in NumPy."""
        made = self._made
        if form not in made.plans:
            made.plans[form] = make_plan(made.automaton, made.costs, made.sequences, form, made.rows_bound)
        return made.plans[form]

    def plan(self, form: Form) -> Plan[Tensor]:
        """The tables of one form as tensors on the device."""
        place = (form, self.device)
        if place not in self._made.moved:
            self._made.moved[place] = mapped(self.host_plan(form), self._move)
        return self._made.moved[place]

    def _move(self, part: NDArray[Any]) -> Tensor:
        return torch.from_numpy(part).to(self.device)

    def require_budget(self, budget: int, root: int = 0) -> None:
        """Raise `BudgetError` when no program of type `root` has at most `budget` tokens."""
        shortest = self.least[root + 1]
        if budget < shortest:
            fact = f"a budget of {budget} tokens is below the shortest {self.types[root]}, which has {shortest}"
            raise BudgetError(fact, f"use a budget of at least {shortest}")

    def openings(self, type_: int, most: int = 8) -> str:
        """The tokens that may begin a program of a type (as counted here, from 1), for errors: `h, v, q, B, W`."""
        names = [self.tokens[i] for i in np.flatnonzero(self._made.costs[type_] < NEVER)]
        return ", ".join(names[:most]) + (", ..." if len(names) > most else "")

    def cost(self, type_: int, token: int) -> int:
        """By how much a token at a type (as counted here) lowers the slack; `NEVER` where it is impossible."""
        return int(self._made.costs[type_, token])
