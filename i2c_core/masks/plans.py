"""The tables that steps read, in two forms.

*Bits*: the whole stack of a sequence is in one word, an entry in a few bits, the top in the lowest. A node is a
sequence of types (see `i2c_core.masks.sequences`); its `moves` say what a token puts in its place, as a shift and a
code. For small languages and stacks: one look-up and a dozen operations on words.

*Cells*: the stack is an array, and the top is kept apart. A node is a type; its `moves` say which sequence a token
opens, and the rest of the top sequence is known. A step writes one cell, the one above the stack (which may be
scribbled on), and reads one.

A move is `cost << 32 | payload`. Column V of a node pads, column V + 1 refuses; node 0 stands for "nothing is open".

Legend: N nodes, V tokens, Q sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton
from i2c_core.masks.guards import Guards, make_guards
from i2c_core.masks.rows import NEVER, Rows, make_rows
from i2c_core.masks.sequences import Sequences

Form = Literal["bits", "cells"]
WORD = 63  # bits of an int64 without its sign
COST = 32  # bits of a move below its cost
SHIFT = 6  # bits of a shift, the lowest of a payload of the form "bits"
MOVES_BOUND = 1 << 26  # bytes of moves by sequence; beyond it they are kept by type

A = TypeVar("A")  # NDArray or Tensor


@dataclass(frozen=True, eq=False)
class Plan(Generic[A]):
    """The tables of one form.

    Attributes:
        form: "bits" or "cells".
        entry: the bits of an entry of the stack; 0 in the form "cells".
        width: V + 2, the columns of `moves`.
        moves: (N * (V + 2),) int64.
        first: (N or Q + 1,) int64, the type of each node, or in the form "cells" of each sequence.
        rest: (Q + 1,) int64, in the form "cells" the rest of each sequence; None in the form "bits".
        waits: (Q + 1,) int64, 0 where there is a rest, or no sequence at all, -1 elsewhere; None as `rest`.
        cheapest: (N,) int64, a token of cost 0 at each node; V at node 0.
        rows: the masks made ahead, or None where they exceed the bound.
        guards: what registers guard, or None without registers.
    """

    form: Form
    entry: int
    width: int
    moves: A
    first: A
    rest: A | None
    waits: A | None
    cheapest: A
    rows: Rows[A] | None
    guards: Guards[A] | None


def entry_bits(sequences: Sequences) -> int:
    """The bits of an entry of a stack in one word."""
    return (len(sequences.first) - 1).bit_length()


def fits_bits(sequences: Sequences, tokens: int, slots: int) -> bool:
    """Whether stacks of `slots` entries below their top fit a word, and moves by sequence the bound."""
    entry = entry_bits(sequences)
    if len(sequences.first) * (tokens + 2) * 8 > MOVES_BOUND or 2 * entry > COST - SHIFT:
        return False
    return (slots + 1) * entry <= WORD


def make_plan(
    automaton: Automaton, costs: NDArray[np.int32], sequences: Sequences, form: Form, rows_bound: int
) -> Plan[NDArray[Any]]:
    """The tables of one form; `costs` (Y + 1, V) is `NEVER` where a token is impossible."""
    opened = np.append(sequences.opened, 0)[automaton.production]  # (Y + 1, V), the sequence that a token opens
    types = np.arange(len(costs))
    cheapest = np.concatenate([[costs.shape[1]], costs[1:].argmin(1)]).astype(np.int64)  # (Y + 1,)
    if form == "cells":
        spent = types if automaton.registers is None else automaton.registers.spent.astype(np.int64)
        return Plan(
            form=form,
            entry=0,
            width=costs.shape[1] + 2,
            moves=_moves(costs, opened),
            first=sequences.first,
            rest=sequences.rest,
            waits=-((sequences.rest == 0) & (sequences.first > 0)).astype(np.int64),
            cheapest=cheapest,
            rows=make_rows(costs, types, rows_bound),
            guards=make_guards(automaton, types, spent, rows_bound),
        )
    entry, first = entry_bits(sequences), sequences.first
    code, rest = opened[first], sequences.rest[:, None]  # (Q + 1, V), (Q + 1, 1)
    shift = ((code > 0).astype(np.int64) + (rest > 0)) * entry  # (Q + 1, V)
    code = code | np.where(code > 0, rest << entry, rest)  # what is opened, on what waits behind
    return Plan(
        form=form,
        entry=entry,
        width=costs.shape[1] + 2,
        moves=_moves(costs[first], shift | code << SHIFT),
        first=first,
        rest=None,
        waits=None,
        cheapest=cheapest[first],
        rows=make_rows(costs, first, rows_bound),
        guards=make_guards(automaton, first, sequences.spent, rows_bound),
    )


def _moves(costs: NDArray[np.int32], payload: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N * (V + 2),) moves of nodes with these costs and payloads (N, V); what is impossible has no payload."""
    nodes, tokens = costs.shape
    moves = np.full((nodes, tokens + 2), np.int64(NEVER) << COST, np.int64)
    open_ = costs < NEVER
    moves[:, :tokens] = np.where(open_, costs.astype(np.int64) << COST | payload, moves[:, :tokens])
    moves[0, tokens] = 0
    return moves.reshape(-1)
