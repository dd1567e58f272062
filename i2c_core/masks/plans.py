"""The tables that steps read, in two forms.

*Bits*: the whole stack of a sequence is in one word, an entry in a few bits, the top in the lowest. A node is a
sequence of types (see `i2c_core.masks.sequences`); a move says what a token puts in its place, as a shift and a code.
For small languages and stacks: one look-up and a dozen operations on words.

*Cells*: the stack is an array, and the top is kept apart. A node is a type; a move says which sequence a token opens,
and the rest of the top sequence is known. A step writes one cell, the one above the stack (which may be
scribbled on), and reads one.

Node 0 stands for "nothing is open".

Legend: N nodes, M moves (see `i2c_core.masks.moves`), V tokens, Q sequences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton
from i2c_core.masks.guards import Guards, make_guards
from i2c_core.masks.moves import Moves, fits
from i2c_core.masks.rows import NEVER, Rows, make_rows
from i2c_core.masks.sequences import Sequences

Form = Literal["bits", "cells"]
WORD = 63  # bits of an int64 without its sign

A = TypeVar("A")  # NDArray or Tensor


@dataclass(frozen=True, eq=False)
class Plan(Generic[A]):
    """The tables of one form.

    Attributes:
        form: "bits" or "cells".
        entry: the bits of an entry of the stack; 0 in the form "cells".
        width: V + 2, the moves of a node.
        kind: (N * (V + 2),) int32, the number of each move; None where each is its own, and M is N * (V + 2).
        cost: (M,) int64, by how much a move lowers the slack; `NEVER` where it is refused.
        code: (M,) int64, the sequence that a move opens, 0 for none; in the form "bits" with what waits behind it.
        shift: (M,) int64, in the form "bits" the bits of `code`; None in the form "cells".
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
    kind: A | None
    cost: A
    code: A
    shift: A | None
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
    return fits(len(sequences.first), tokens) and (slots + 1) * entry_bits(sequences) <= WORD


def make_plan(
    automaton: Automaton, costs: NDArray[np.int32], sequences: Sequences, form: Form, rows_bound: int
) -> Plan[NDArray[Any]]:
    """The tables of one form; `costs` (Y + 1, V) is `NEVER` where a token is impossible."""
    types = np.arange(len(costs))
    first = types if form == "cells" else sequences.first  # (N,)
    moves = Moves(automaton.production, first)
    code, shift, spent = moves.of_productions(sequences.opened, 0, 0), None, sequences.spent
    if form == "cells":
        spent = types if automaton.registers is None else automaton.registers.spent.astype(np.int64)
    else:
        entry, rest = entry_bits(sequences), np.repeat(sequences.rest, costs.shape[1] + 2)  # (M,)
        shift = ((code > 0).astype(np.int64) + (rest > 0)) * entry
        code = code | np.where(code > 0, rest << entry, rest)  # what is opened, on what waits behind
    return Plan(
        form=form,
        entry=0 if form == "cells" else entry_bits(sequences),
        width=costs.shape[1] + 2,
        kind=moves.kind,
        cost=moves.of_productions(automaton.cost.astype(np.int64), 0, NEVER),
        code=code,
        shift=shift,
        first=sequences.first,
        rest=sequences.rest if form == "cells" else None,
        waits=-((sequences.rest == 0) & (sequences.first > 0)).astype(np.int64) if form == "cells" else None,
        cheapest=np.concatenate([[costs.shape[1]], costs[1:].argmin(1)]).astype(np.int64)[first],
        rows=make_rows(costs, first, rows_bound),
        guards=make_guards(automaton, first, spent, moves, rows_bound),
    )


def mapped(part: Any, convert: Callable[[NDArray[Any]], Any]) -> Any:
    """A dataclass of arrays with each array converted."""
    if isinstance(part, np.ndarray):
        return convert(part)
    if isinstance(part, tuple):
        return tuple(mapped(p, convert) for p in part)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{f.name: mapped(getattr(part, f.name), convert) for f in fields(part)})
    return part


def has_rows(plan: Plan[Any]) -> bool:
    """Whether masks are made of rows made ahead."""
    return plan.rows is not None and (plan.guards is None or plan.guards.at_least is not None)
