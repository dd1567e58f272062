"""Canonical programs drawn by chance where rules are held in registers and cannot be counted.

Every row is written from the root down as in `i2c_core.datasets.sampling`: how many tokens an argument gets, and what
it begins with, in proportion to the counts of programs without the rules. What the registers close is left out of each
choice. A row that comes to a dead end, because its size cannot be met under the rules, is drawn again.

Legend: N programs, T tokens of the longest, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.walking import Walker
from i2c_core.errors import DataError
from i2c_core.vocabulary import Vocabulary

ROUNDS = 50  # draws again of what came to a dead end


class GuardedTokens:
    """Token rows of canonical programs, every one of them possible, not equally likely.

    A row has the size that is asked for; where no such program was found in `ROUNDS` draws, a smaller one.
    """

    kind: Literal["guarded"] = "guarded"

    def __init__(self, vocabulary: Vocabulary, max_size: int) -> None:
        self.counts = Counts(vocabulary, max_size)
        self.vocabulary = vocabulary
        self._walker = Walker.of(self.counts.tables)
        self._weights: dict[tuple[int, int], NDArray[np.float64]] = {}
        self._sequences: dict[int, NDArray[np.int64]] = {}
        self._splits: dict[tuple[int, int], NDArray[np.float64]] = {}

    @property
    def shortest(self) -> int:
        """The number of tokens of the shortest canonical program."""
        return int(self._walker.automaton.least[1])

    def sample(self, rng: np.random.Generator, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Token ids (N, T), T the largest of `sizes` (N,), V behind each end."""
        for size in np.unique(sizes).tolist():
            if not self.shortest <= size <= self.counts.max_size:
                fact = f"no program of {self.vocabulary.root} has {size} tokens"
                raise DataError(fact, f"use sizes from {self.shortest} to {self.counts.max_size}")
        longest = int(sizes.max(initial=1))
        ids = np.full((len(sizes), longest), self.vocabulary.pad, np.int64)  # (N, T)
        left = np.array([i for i, s in enumerate(sizes.tolist()) if self.counts.log2(s) > -np.inf], np.int64)
        never = np.setdiff1d(np.arange(len(sizes)), left)
        for _ in range(ROUNDS):
            if not len(left):
                break
            drawn, whole = self._draw(rng, sizes[left])
            ids[left[whole], : drawn.shape[1]] = drawn[whole]
            left = left[~whole]
        left = np.concatenate([left, never])
        if len(left):
            drawn = self._within(rng, sizes[left])
            ids[left, : drawn.shape[1]] = drawn
        return ids

    def _draw(self, rng: np.random.Generator, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows of exactly these sizes, and which of them came to no dead end."""
        count, longest = len(sizes), int(sizes.max())
        ids = np.full((count, longest), self.vocabulary.pad, np.int64)  # (N, T)
        whole = np.ones(count, bool)
        stacks: list[list[tuple[int, int]]] = [[] for _ in range(count)]  # argument sequences and their sizes
        active, rows = np.arange(count), self._walker.start(count, sizes)
        goals = [(0, size) for size in sizes.tolist()]  # the type that each active row writes next, and its size
        for step in range(longest):
            weights = np.stack([self._token_weights(goal) for goal in goals]) * self._walker.legal(rows)  # (n, V)
            kept = np.flatnonzero(weights.sum(1) > 0)
            whole[np.delete(active, kept)] = False
            active, goals, rows = active[kept], [goals[k] for k in kept.tolist()], rows.pick(kept)
            token = pick(rng, weights[kept])
            ids[active, step] = token
            self._walker.advance(rows, token)
            going = []
            for place, row in enumerate(active.tolist()):
                type_, size = goals[place]
                sequence = int(self._opened(type_)[token[place]])
                if sequence:
                    stacks[row].append((sequence, size - 1))
                if stacks[row]:
                    going.append(place)
            active, rows = active[going], rows.pick(np.array(going, np.int64))
            if not len(active):
                break
            chances = rng.random(len(active)).tolist()
            goals = [self._next(stacks[row], chance) for row, chance in zip(active.tolist(), chances, strict=True)]
        return ids, whole

    def _next(self, stack: list[tuple[int, int]], chance: float) -> tuple[int, int]:
        """The type that is written next and the size that it gets; what is left goes back on the stack."""
        sequence, size = stack.pop()
        first, rest = int(self.counts.groups.first[sequence]), int(self.counts.groups.rest[sequence])
        if rest == 0:
            return first, size
        if (sequence, size) not in self._splits:
            self._splits[sequence, size] = np.cumsum(self.counts.split_weights(sequence, size))
        shares = self._splits[sequence, size]
        own = 1 + min(int(np.searchsorted(shares, chance * shares[-1], side="right")), size - 2)
        stack.append((rest, size - own))
        return first, own

    def _token_weights(self, goal: tuple[int, int]) -> NDArray[np.float64]:
        """(V,) the share of a type's programs of a size that begin with each token, without the rules."""
        if goal not in self._weights:
            groups, (type_, size) = self.counts.groups, goal
            found = np.zeros(self.vocabulary.size)
            for group, weight in zip(groups.of[type_], self.counts.group_weights(type_, size), strict=True):
                found[self._tokens(group)] = weight / groups.count[group]
            self._weights[goal] = found
        return self._weights[goal]

    def _opened(self, type_: int) -> NDArray[np.int64]:
        """(V,) the argument sequence that each token opens at a type."""
        if type_ not in self._sequences:
            found = np.zeros(self.vocabulary.size, np.int64)
            for group in self.counts.groups.of[type_]:
                found[self._tokens(group)] = self.counts.groups.sequence[group]
            self._sequences[type_] = found
        return self._sequences[type_]

    def _tokens(self, group: int) -> NDArray[np.int64]:
        groups = self.counts.groups
        return groups.tokens[groups.start[group] : groups.start[group] + groups.count[group]]

    def _within(self, rng: np.random.Generator, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of at most these sizes, every open token as likely as the others."""
        ids = np.full((len(sizes), int(sizes.max())), self.vocabulary.pad, np.int64)  # (N, T)
        active, rows = np.arange(len(sizes)), self._walker.start(len(sizes), sizes)
        for step in range(ids.shape[1]):
            token = pick(rng, self._walker.legal(rows).astype(np.float64))
            ids[active, step] = token
            self._walker.advance(rows, token)
            going = np.flatnonzero(rows.depth > 0)
            active, rows = active[going], rows.pick(going)
            if not len(active):
                break
        return ids


def pick(rng: np.random.Generator, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """(N,) one column of each row of weights (N, V), in proportion to them; every row has some weight."""
    total = np.cumsum(weights, 1)
    chance = rng.random(len(weights)) * total[:, -1]
    found: NDArray[np.int64] = (total > chance[:, None]).argmax(1).astype(np.int64)
    return found
