"""Every program of a size, in the order of its prefix tokens (by token id, the first difference decides).

Prefixes grow one token at a time, all together. What is open behind a prefix is a stack of types; equal stacks are one
*state*, so a level is one gather: (state, token) -> state. A state knows which numbers of tokens can close it, so that
no prefix is a dead end. Where rules are held in registers, what these close is left out on the way, and a prefix may
turn out to be a dead end.

Legend: N programs, T tokens, K prefixes in a block, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.irreducible import Irreducible
from i2c_core.datasets.tables import ContextFree, context_free
from i2c_core.datasets.walking import Rows, Walker
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.vocabulary import Vocabulary

CHUNK = 65_536  # programs in a chunk: a few megabytes of tokens


class _Stacks:
    """Stacks of open types as numbers; 0 is the empty one. They are made when they are first met."""

    def __init__(self, tables: ContextFree, size: int) -> None:
        self.tables = tables
        self.size = size
        self._limit = (1 << (size + 1)) - 1
        self._ends = _endings(tables, size)  # Y bit sets: bit s is set when the type has a program of size s
        self._known: dict[tuple[int, int], int] = {}
        self.top, self.below, self.ends = [-1], [-1], [1]

    def push(self, stack: int, type_: int) -> int:
        found = self._known.get((stack, type_))
        if found is None:
            found = self._known[stack, type_] = len(self.top)
            self.top.append(type_)
            self.below.append(stack)
            self.ends.append(_add_sizes(self._ends[type_], self.ends[stack]) & self._limit)
        return found

    def moves(self, stack: int, left: int) -> tuple[list[int], list[int]]:
        """The tokens, in order, after which exactly `left` more can close the stack, and the stacks behind them."""
        row = self.tables.production[self.top[stack]]
        tokens, stacks = [], []
        for token in np.flatnonzero(row >= 0).tolist():
            after = self.below[stack]
            for arg in reversed(self.tables.args[row[token]].tolist()):
                if arg >= 0:
                    after = self.push(after, arg)
            if self.ends[after] >> left & 1:
                tokens.append(token)
                stacks.append(after)
        return tokens, stacks


def enumerate_programs(
    vocabulary: Vocabulary, size: int, *, type_: int = 0, chunk: int = CHUNK
) -> Iterator[NDArray[np.int64]]:
    """Yield all programs of exactly `size` tokens as id arrays (n, size), n <= chunk, in prefix-token order.

    Programs that keep the signature's rules: relations hold, and lists are in their canonical order.
    Memory is bounded by about `chunk` * size * V tokens, however many programs there are.

    Args:
        vocabulary: of the root.
        size: the number of tokens.
        type_: the type whose programs are wanted, as the tables of `context_free(vocabulary)` count them.
        chunk: the most programs of an array.
    """
    if size < 1:
        return
    tables = context_free(vocabulary)
    if type_ and not tables.is_exact:
        fact = f"the rules of {vocabulary.root} are held in registers, so only its own programs can be enumerated"
        raise DataError(fact, f"make a vocabulary of the root {tables.types[type_]}")
    walker = None if tables.is_exact else Walker.of(tables)
    if type_ and tables.rules is not None:
        fact = f"the rules of {vocabulary.root} divide its types, so only its own programs can be enumerated"
        raise DataError(fact, f"make a vocabulary of the root {tables.types[type_]}")
    stacks: _Stacks | Irreducible = _Stacks(tables, size) if tables.rules is None else Irreducible(tables.rules, size)
    start = stacks.push(0, type_) if isinstance(stacks, _Stacks) else stacks.first
    if not stacks.ends[start] >> size & 1:
        return
    moves: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
    begun = None if walker is None else walker.start(1, size)
    # Prefixes (K, t), their stacks (K,), and what their registers hold.
    pending: list[tuple[NDArray[np.int64], NDArray[np.int64], Rows | None]] = [
        (np.empty((1, 0), np.int64), np.array([start]), begun)
    ]
    held: list[NDArray[np.int64]] = []
    while pending:
        prefixes, states, rows = pending.pop()
        if not len(prefixes):
            continue  # dead ends
        if prefixes.shape[1] == size:
            held.append(prefixes)
            if sum(map(len, held)) >= chunk:
                whole = np.concatenate(held)
                full = len(whole) // chunk * chunk
                for begin in range(0, full, chunk):
                    yield whole[begin : begin + chunk]
                held = [whole[full:]] if full < len(whole) else []
            continue
        if len(prefixes) > chunk:
            # The last in is the first out: the earliest slice goes on top.
            for begin in range((len(prefixes) - 1) // chunk * chunk, -1, -chunk):
                part = np.arange(begin, min(begin + chunk, len(prefixes)))
                pending.append((prefixes[part], states[part], None if rows is None else rows.pick(part)))
            continue
        left = size - prefixes.shape[1] - 1
        kinds, inverse = np.unique(states, return_inverse=True)
        for kind in kinds.tolist():
            if (kind, left) not in moves:
                moves[kind, left] = stacks.moves(kind, left)
        found = [moves[kind, left] for kind in kinds.tolist()]
        counts = np.array([len(tokens) for tokens, _ in found])
        starts = np.cumsum(counts) - counts
        tokens = np.array([t for each, _ in found for t in each], np.int64)
        after = np.array([s for _, each in found for s in each], np.int64)
        repeats = counts[inverse]
        row = np.repeat(np.arange(len(prefixes)), repeats)
        within = np.arange(len(row)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        place = np.repeat(starts[inverse], repeats) + within
        chosen = tokens[place]
        if walker is not None and rows is not None:
            kept = np.flatnonzero(walker.legal(rows)[row, chosen])
            row, place, chosen = row[kept], place[kept], chosen[kept]
            rows = rows.pick(row)
            walker.advance(rows, chosen)
        pending.append((np.column_stack([prefixes[row], chosen]), after[place], rows))
    if held:
        yield np.concatenate(held)


def enumerate_canonical(family: Family, size: int, *, chunk: int = CHUNK) -> Iterator[NDArray[np.int64]]:
    """As `enumerate_programs` for a family's root, without what is legal and not canonical."""
    for ids in enumerate_programs(family.vocabulary, size, chunk=chunk):
        kept = ids[canonical_rows(family, ids)]
        if len(kept):
            yield kept


def canonical_rows(
    family: Family, ids: NDArray[np.int64], values: NDArray[np.float64] | None = None
) -> NDArray[np.bool_]:
    """(N,) which programs are canonical; all of them for a family without `normalise`."""
    if family.normalise is None:
        return np.ones(len(ids), bool)
    kept = np.empty(len(ids), bool)
    for row, tokens in enumerate(ids.tolist()):
        kept[row] = family.is_canonical(family.from_tokens(tokens, None if values is None else values[row].tolist()))
    return kept


def _endings(tables: ContextFree, size: int) -> list[int]:
    """The sizes up to `size` that programs of each type have, as bit sets."""
    limit = (1 << (size + 1)) - 1
    types, tokens = np.nonzero(tables.production >= 0)
    rows = np.column_stack([types, tables.args[tables.production[types, tokens]]])
    shapes = [(type_, [a for a in args if a >= 0]) for type_, *args in np.unique(rows, axis=0).tolist()]
    ends = [0] * len(tables.types)
    while True:
        before = list(ends)
        for type_, args in shapes:
            sizes = 2  # the production's own token
            for arg in args:
                sizes = _add_sizes(sizes, ends[arg]) & limit
            ends[type_] |= sizes
        if ends == before:
            return ends


def _add_sizes(one: int, other: int) -> int:
    """The bit set of all sums of a member of `one` and a member of `other`."""
    total = 0
    while other:
        low = other & -other
        total |= one * low
        other ^= low
    return total
