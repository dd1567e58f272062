"""What a production opens, as one number: sequences of types, and how deep stacks of them get.

A production opens a sequence of types. While its first type is being written, the rest of it waits. Sequences and all
their rests are numbered, with `first` and `rest` of each, so that a step moves at most one entry to or from the stack
however many types a production opens, and a list, whose last argument is again a list, needs no stack at all.

Legend: Y types (counted from 1, 0 for none), P productions, A the largest arity, Q sequences (from 1, 0 for none).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import Automaton

ROUNDS = 64  # a stack that is deeper than this is bounded by the budget alone

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sequences:
    """Numbered sequences. Sequence y is the one of type y alone, for y up to Y.

    Attributes:
        first: (Q + 1,) int64, the type that comes first.
        rest: (Q + 1,) int64, the sequence behind it, 0 for none.
        opened: (P,) int64, the sequence that a production opens, 0 for none.
        spent: (Q + 1,) int64, the sequence with `spent` of its first type in place of it.
        depth: (Y + 1,) int64, the most entries on the stack while a program of each type is written; -1 where only the
            budget bounds them.
        entry_least: the fewest tokens that close an entry of a stack.
    """

    first: Ints
    rest: Ints
    opened: Ints
    spent: Ints
    depth: Ints
    entry_least: int

    def slots(self, type_: int, budget: int) -> int:
        """The most entries on the stack of a program of a type within a budget: each costs a token to put there, and
        some to close it.
        """
        bound, known = (budget - 1) // (1 + self.entry_least), int(self.depth[type_])
        return bound if known < 0 else min(known, bound)


def number_sequences(automaton: Automaton) -> Sequences:
    """The sequences of an automaton."""
    args = automaton.args.astype(np.int64)  # (P, A)
    types = len(automaton.types)
    first, rest = [np.arange(types + 1)], [np.zeros(types + 1, np.int64)]
    arity = (args > 0).sum(1)  # (P,)
    opened = np.where(arity > 0, args[np.arange(len(args)), np.maximum(arity - 1, 0)] if args.size else 0, 0)  # (P,)
    count = types + 1
    for length in range(2, args.shape[1] + 1):
        longer = np.flatnonzero(arity >= length)
        key = args[longer, arity[longer] - length] * count + opened[longer]  # the type, and the number of its rest
        found, place = np.unique(key, return_inverse=True)
        opened[longer] = count + place.reshape(-1)
        first.append(found // count)
        rest.append(found % count)
        count += len(found)
    firsts, rests = np.concatenate(first), np.concatenate(rest)
    spent = np.arange(count)
    if automaton.registers is not None and count > 1:
        firsts, rests, spent = _with_spent(firsts, rests, automaton.registers.spent.astype(np.int64))
    depth = _depth(automaton, args, arity)
    return Sequences(firsts, rests, opened, spent, depth, _entry_least(automaton, firsts, rests, arity))


def _with_spent(first: Ints, rest: Ints, spent: Ints) -> tuple[Ints, Ints, Ints]:
    """`first` and `rest` with every sequence whose first type is spent, and the number of that one for each."""
    size = len(first)
    keys = first * size + rest
    wanted = spent[first] * size + rest
    new = np.setdiff1d(wanted, keys)
    keys = np.concatenate([keys, new])
    order = np.argsort(keys)
    found = order[np.searchsorted(keys, wanted, sorter=order)]
    return keys // size, keys % size, np.concatenate([found, np.arange(size, len(keys))])


def _entry_least(automaton: Automaton, first: Ints, rest: Ints, arity: Ints) -> int:
    """The fewest tokens that close a rest which waits while its first type opens something."""
    opens: NDArray[np.bool_] = np.any(np.append(arity, 0)[automaton.production] > 0, axis=1)  # (Y + 1,)
    if automaton.registers is not None:
        opens |= opens[automaton.registers.spent]
    waits = np.flatnonzero(opens[first] & (rest > 0))
    if not len(waits):
        return 1
    least = automaton.least.astype(np.int64)
    if automaton.registers is not None:
        least = np.minimum(least, least[automaton.registers.spent])
    closes = least[first]  # (Q + 1,), to be summed along the rests
    behind = rest
    while behind.any():
        closes = closes + least[first[behind]]
        behind = rest[behind]
    return max(1, int(closes[rest[waits]].min()))


def _depth(automaton: Automaton, args: Ints, arity: Ints) -> Ints:
    """The longest way down: an argument that is not the last leaves one entry behind where it opens anything."""
    types = len(automaton.types)
    depth = np.where(np.arange(types + 1) > 0, -1, 0)
    above, token = np.nonzero(automaton.production >= 0)
    production = automaton.production[above, token]
    opens = arity[production] > 0
    if not opens.any():
        return np.zeros(types + 1, np.int64)
    pairs = np.unique(np.stack([above[opens], production[opens].astype(np.int64)]), axis=1)
    owner, args = pairs[0], args[pairs[1]]  # (N,), (N, A)
    stands_for = np.arange(types + 1) if automaton.registers is None else automaton.registers.spent
    behind = np.arange(args.shape[1]) < (args > 0).sum(1, keepdims=True) - 1  # (N, A), something waits behind it
    for _ in range(ROUNDS):
        reached = np.where(depth[args] >= 0, depth[args] + behind, 0).max(1)  # (N,); a literal leaves nothing
        deeper = depth.copy()
        np.maximum.at(deeper, owner, reached)
        deeper = np.maximum(deeper, deeper[stands_for])
        if np.array_equal(deeper, depth):
            return np.maximum(depth, 0)
        depth = deeper
    return np.full(types + 1, -1)
