"""How many programs of each type and size there are, from context-free tables alone.

The arguments of a production are a *sequence* of types. Sequences share their tails, so the counts obey

    programs[y, s]  = sum over the groups of y:     tokens(group) * sequences[group's arguments, s - 1]
    sequences[q, s] = sum over the first's size s1: programs[first(q), s1] * sequences[rest(q), s - s1]

Counts are exact Python integers while that work stays under `EXACT_WORK`; beyond it they are base-2 logarithms in
float64, whose error is stated by `LOG_ERROR`.

Relations and orders count where they fold into types (see `i2c_core.datasets.tables`). Where registers remain there is
no exact count; the logarithms are then those of the programs without such rules, an upper bound.

Legend: Y types, Q argument sequences (0 is the empty one), G groups of productions with equal type and arguments,
S the largest size.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.tables import ContextFree, context_free
from i2c_core.errors import DataError
from i2c_core.vocabulary import Vocabulary

EXACT_WORK = 4_000_000  # products of integers, (Y + Q) * S * S / 2: a few seconds of Python
LOG_ERROR = 1e-9  # bits: every sum adds an error of some 1e-13 at counts of a thousand bits, S sums deep


@dataclass(frozen=True)
class Groups:
    """The productions of a language, grouped by type and arguments: a hundred integers are one group.

    Attributes:
        type, sequence: (G,) the type a group makes and the sequence of its arguments.
        start, count: (G,) where the group's tokens stand in `tokens`, and how many there are.
        tokens: the token ids of all groups, each group's in order.
        first, rest: (Q,) the first type of a sequence, and the sequence of the others; -1 at the empty one.
        of: (Y,) the groups of each type, as a range of G.
    """

    type: NDArray[np.int64]
    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]
    tokens: NDArray[np.int64]
    first: NDArray[np.int64]
    rest: NDArray[np.int64]
    of: tuple[range, ...]


def group_productions(language: Vocabulary | ContextFree) -> Groups:
    """Group the productions that can end by type and arguments."""
    tables = context_free(language) if isinstance(language, Vocabulary) else language
    type_, token, opened = _productions(tables)
    rows = np.column_stack([type_, opened])
    kinds, inverse = np.unique(rows, axis=0, return_inverse=True)  # by type first
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    count = np.bincount(inverse, minlength=len(kinds))
    start = np.cumsum(count) - count
    known: dict[tuple[int, ...], int] = {(): 0}
    first, rest = [-1], [-1]
    sequence = []
    for row in kinds[:, 1:].tolist():
        args = tuple(a for a in row if a >= 0)
        for tail in range(len(args) - 1, -1, -1):
            if args[tail:] not in known:
                known[args[tail:]] = len(first)
                first.append(args[tail])
                rest.append(known[args[tail + 1 :]])
        sequence.append(known[args])
    edges = np.searchsorted(kinds[:, 0], np.arange(len(tables.types) + 1)).tolist()
    return Groups(
        type=kinds[:, 0].astype(np.int64),
        sequence=np.array(sequence, np.int64),
        start=start.astype(np.int64),
        count=count.astype(np.int64),
        tokens=token[order].astype(np.int64),
        first=np.array(first, np.int64),
        rest=np.array(rest, np.int64),
        of=tuple(range(a, b) for a, b in itertools.pairwise(edges)),
    )


def _productions(tables: ContextFree) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """By type, then by token: the type and the token of every production, and the types that it opens (n, A)."""
    if tables.rules is None:
        type_, token = np.nonzero(tables.production >= 0)
        return type_, token, tables.args[tables.production[type_, token]].astype(np.int64)
    width = tables.args.shape[1]
    listed = [
        (sort, token, *args, *[-1] * (width - len(args)))
        for sort, tokens, args in tables.alternatives
        for token in tokens
    ]
    found = np.array(sorted(listed), np.int64).reshape(len(listed), 2 + width)
    return found[:, 0], found[:, 1], found[:, 2:]


class Counts:
    """The number of programs of every type and every size up to `max_size` that keep the signature's rules.

    What is in order counts, and what is not does not; of rewrite rules, what no rule changes. A family's own
    `normalise` is not looked at. Types are those of `tables`: the vocabulary's, or finer ones where rules were folded
    into them.

    Attributes:
        is_bound: whether registers hold rules that these tables do not know: then `log2` and `sizes` are upper bounds,
            and `of` refuses.
    """

    def __init__(self, vocabulary: Vocabulary, max_size: int, *, exact: bool | None = None) -> None:
        self.vocabulary = vocabulary
        self.max_size = max_size
        self.tables = context_free(vocabulary)
        self.is_bound = not self.tables.is_exact
        self.groups = group_productions(self.tables)
        work = (len(self.tables.types) + len(self.groups.first)) * max_size * max_size // 2
        self.exact = work <= EXACT_WORK if exact is None else exact
        self._programs: list[list[int]] = []  # Y, S + 1
        self._sequences: list[list[int]] = []  # Q, S + 1
        self._log_programs: NDArray[np.float64] = np.empty((0, 0))  # (Y, S + 1)
        self._log_sequences: NDArray[np.float64] = np.empty((0, 0))  # (Q, S + 1)
        if self.exact:
            self._count()
        else:
            self._count_logs()

    def of(self, size: int, type_: int = 0) -> int:
        """How many programs of exactly `size` symbols a type has; the root's unless told otherwise."""
        self._require(size)
        if self.is_bound:
            fact = f"the rules of {self.vocabulary.root} are held in registers, so its programs cannot be counted"
            raise DataError(fact, "use log2, an upper bound; or smaller ranges, so that the rules fold into types")
        if not self.exact:
            fact = f"programs of size {size} over {len(self.tables.types):,} types are counted by logarithm only"
            raise DataError(fact, "use log2, or a smaller size")
        return self._programs[type_][size]

    def log2(self, size: int, type_: int = 0) -> float:
        """The base-2 logarithm of the number of programs, -inf for none; error at most `LOG_ERROR` bits.

        Where `is_bound`, of the number of well-typed programs.
        """
        self._require(size)
        if not self.exact:
            return float(self._log_programs[type_, size])
        count = self._programs[type_][size]
        return math.log2(count) if count else -math.inf

    @cached_property
    def totals(self) -> list[int]:
        """The root's counts by size, from size 0 on."""
        return [self.of(size) for size in range(self.max_size + 1)]

    def sizes(self, least: int, most: int) -> list[int]:
        """The sizes from `least` to `most` that programs of the root type have."""
        return [s for s in range(max(least, 1), most + 1) if self.log2(s) > -math.inf]

    def group_weights(self, type_: int, size: int) -> list[float]:
        """For each group of a type, the share of its programs of `size` that begin with the group."""
        groups = self.groups
        sequences = [int(groups.sequence[g]) for g in groups.of[type_]]
        if self.exact:
            total = self._programs[type_][size]
            counts = [int(groups.count[g]) for g in groups.of[type_]]
            return [n * self._sequences[q][size - 1] / total for n, q in zip(counts, sequences, strict=True)]
        span = groups.of[type_]
        logs = np.log2(groups.count[span.start : span.stop]) + self._log_sequences[sequences, size - 1]
        shares: list[float] = np.exp2(logs - self._log_programs[type_, size]).tolist()
        return shares

    def split_weights(self, sequence: int, size: int) -> list[float]:
        """For each size 1, 2, ..., size - 1 of a sequence's first program, its share of the sequence's programs."""
        first, rest = int(self.groups.first[sequence]), int(self.groups.rest[sequence])
        if self.exact:
            programs, others, total = self._programs[first], self._sequences[rest], self._sequences[sequence][size]
            return [programs[s] * others[size - s] / total for s in range(1, size)]
        logs = self._log_programs[first, 1:size] + self._log_sequences[rest, size - 1 : 0 : -1]
        shares: list[float] = np.exp2(logs - self._log_sequences[sequence, size]).tolist()
        return shares

    def _require(self, size: int) -> None:
        if not 0 <= size <= self.max_size:
            raise DataError(f"size {size} is outside the counted sizes 0..{self.max_size}", "count to a larger size")

    def _count(self) -> None:
        groups = self.groups
        first, rest = groups.first.tolist(), groups.rest.tolist()
        multiplied = list(zip(groups.type.tolist(), groups.count.tolist(), groups.sequence.tolist(), strict=True))
        programs = [[0] * (self.max_size + 1) for _ in self.tables.types]
        sequences = [[0] * (self.max_size + 1) for _ in first]
        sequences[0][0] = 1
        for size in range(1, self.max_size + 1):
            for type_, count, sequence in multiplied:
                programs[type_][size] += count * sequences[sequence][size - 1]
            for q in range(1, len(first)):
                own = programs[first[q]]
                if rest[q] == 0:
                    sequences[q][size] = own[size]
                    continue
                others = sequences[rest[q]]
                sequences[q][size] = sum(own[s] * others[size - s] for s in range(1, size) if own[s])
        self._programs, self._sequences = programs, sequences

    def _count_logs(self) -> None:
        groups = self.groups
        first, rest = groups.first[1:], groups.rest[1:]
        single = rest == 0
        programs = np.full((len(self.tables.types), self.max_size + 1), -np.inf)  # (Y, S + 1)
        sequences = np.full((len(groups.first), self.max_size + 1), -np.inf)  # (Q, S + 1)
        sequences[0, 0] = 0.0
        weight = np.log2(groups.count)
        for size in range(1, self.max_size + 1):
            np.logaddexp2.at(programs[:, size], groups.type, weight + sequences[groups.sequence, size - 1])
            pairs = programs[first, 1:size] + sequences[rest, size - 1 : 0 : -1]  # (Q, size - 1)
            folded = np.logaddexp2.reduce(pairs, axis=1) if size > 1 else np.full(len(first), -np.inf)
            sequences[1:, size] = np.where(single, programs[first, size], folded)
        self._log_programs, self._log_sequences = programs, sequences
