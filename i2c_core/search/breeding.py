"""How children are made of programs: a node takes the place of another of its type, or single tokens change.

Legend: N programs, T tokens (the budget), V tokens of the vocabulary, Y types, G groups of tokens that open the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import compiled
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.tables import has_rules
from i2c_core.datasets.walking import Walker
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.search.surgery import Ints, Nodes, lawful, nodes, replaced
from i2c_core.vocabulary import Vocabulary

Bools = NDArray[np.bool_]
CROSS, PLANT, LIFT, CHANGE = range(4)  # what may happen to a mother


@dataclass(frozen=True)
class Habits:
    """How children are made.

    Attributes:
        crossing: the share of children that get a node of another parent (crossover).
        planting: the share that get a node of a random program (subtree mutation).
        lifting: the share in which one of a node's own parts takes its place (hoist mutation); the rest have tokens
            changed (point mutation).
        changing: the chance of every other token to change beside the first.
        near: the share of changed tokens that become a neighbour in the vocabulary: the next number, the next bin.
        drift: the chance of a continuous value to be drawn anew inside its bin.
        depth: the most levels of a child; as many as its mother has where that is more (Koza's limit is 17).
    """

    crossing: float = 0.5
    planting: float = 0.15
    lifting: float = 0.1
    changing: float = 0.05
    near: float = 0.5
    drift: float = 0.1
    depth: int = 17


@dataclass(frozen=True, eq=False)
class Litter:
    """Programs as tokens (N, T), padded with V to the budget, and values (N, T) or None."""

    ids: Ints
    values: NDArray[np.float64] | None
    pad: int

    @property
    def sizes(self) -> Ints:
        """(N,) tokens."""
        found: Ints = (self.ids < self.pad).sum(1)
        return found

    def pick(self, index: NDArray[np.integer] | Bools) -> Litter:
        """Those at an index, which may repeat some."""
        return Litter(self.ids[index], None if self.values is None else self.values[index], self.pad)

    def put(self, rows: Bools, other: Litter) -> Litter:
        """These programs, those of another litter of as many in the rows (N,) that are set."""
        ids = np.where(rows[:, None], other.ids, self.ids)
        if self.values is None or other.values is None:
            return Litter(ids, None, self.pad)
        return Litter(ids, np.where(rows[:, None], other.values, self.values), self.pad)

    @staticmethod
    def together(litters: Sequence[Litter]) -> Litter:
        """All of them."""
        values = [each.values for each in litters if each.values is not None]
        ids = np.concatenate([each.ids for each in litters])
        return Litter(ids, np.concatenate(values) if len(values) == len(litters) else None, litters[0].pad)


class Breeder:
    """What breeding needs to know of a family, within a budget of T tokens."""

    def __init__(self, family: Family, budget: int, rng: np.random.Generator, habits: Habits) -> None:
        family.vocabulary.require_budget(budget)
        self.family, self.budget, self.rng, self.habits = family, budget, rng, habits
        self.pad = family.vocabulary.pad
        self._walker = Walker(compiled(family.vocabulary)) if has_rules(family.vocabulary) else None
        self._sampler = Sampler(family, budget)
        self._sizes = np.array(self._sampler.sizes(1, budget), np.int64)
        self._continuous = np.append(family.vocabulary.continuous, False)  # (V + 1,)
        self._groups = _Groups.of_vocabulary(family.vocabulary)

    def strangers(self, count: int) -> Litter:
        """Random programs of all sizes within the budget; no more than `count`."""
        ids, values = self._sampler.sample(self.rng, self.rng.choice(self._sizes, count))
        fits = (ids < self.pad).sum(1) <= self.budget  # a family's own sampler may take a size for a wish
        return self._litter(ids[fits], None if values is None else values[fits])

    def children(self, mothers: Litter, fathers: Litter) -> Litter:
        """A child of each of N pairs; the mother herself where what came out is no program."""
        count, habits = len(mothers.ids), self.habits
        kind = np.searchsorted(
            np.cumsum([habits.crossing, habits.planting, habits.lifting]), self.rng.random(count), side="right"
        )
        donors = fathers.put(kind == LIFT, mothers)
        planted = np.flatnonzero(kind == PLANT)
        if len(planted):
            wild = self.strangers(len(planted))
            if len(wild.ids):
                turn = np.zeros(count, np.int64)
                turn[planted] = np.arange(len(planted)) % len(wild.ids)
                donors = donors.put(kind == PLANT, wild.pick(turn))
        mine, theirs = nodes(self.family.vocabulary, mothers.ids), nodes(self.family.vocabulary, donors.ids)
        begin = self._any(mine.type > 0)  # (N,) a node of each mother
        fitting = self._fitting(mine, theirs, begin, mothers.sizes, kind == LIFT)  # (N, T)
        swapped = fitting.any(1) & (kind != CHANGE)
        child = mothers.put(swapped, self._swapped(mothers, donors, mine, theirs, begin, self._any(fitting)))
        child = child.put(~swapped, self._changed(mothers, mine))
        return self._lawful(self._valued(child), mothers)

    def _any(self, allowed: Bools) -> Ints:
        """(N,) a column of each row (N, T) that is allowed, each as likely; any where none is."""
        found: Ints = (self.rng.random(allowed.shape) * allowed).argmax(1)
        return found

    def _fitting(self, mine: Nodes, theirs: Nodes, begin: Ints, sizes: Ints, inside: Bools) -> Bools:
        """(N, T) the donors' nodes that may take the place of the nodes at `begin` (N,): of their type, neither too
        long nor too deep; where `inside` (N,), only parts of the very nodes.
        """
        every, column = np.arange(len(begin)), np.arange(theirs.type.shape[1])
        end = mine.end[every, begin]
        room = self.budget - sizes + end - begin  # (N,) tokens
        levels = np.maximum(self.habits.depth, mine.height[:, 0]) - mine.depth[every, begin]  # (N,)
        found = (theirs.type == mine.type[every, begin][:, None]) & (theirs.type > 0)
        found &= (theirs.end - column <= room[:, None]) & (theirs.height <= levels[:, None])
        part = (column > begin[:, None]) & (column < end[:, None])
        fitting: Bools = found & (part | ~inside[:, None])
        return fitting

    def _swapped(self, mothers: Litter, donors: Litter, mine: Nodes, theirs: Nodes, begin: Ints, first: Ints) -> Litter:
        """The mothers with their nodes at `begin` (N,) replaced by the donors' at `first` (N,)."""
        every = np.arange(len(begin))
        cut = (begin, mine.end[every, begin])
        piece = (first, theirs.end[every, first])
        ids = replaced(mothers.ids, cut, donors.ids, piece, self.pad)
        if mothers.values is None or donors.values is None:
            return Litter(ids, None, self.pad)
        return Litter(ids, replaced(mothers.values, cut, donors.values, piece, np.nan), self.pad)

    def _changed(self, mothers: Litter, mine: Nodes) -> Litter:
        """The mothers with one token, or a few, exchanged for others that open the same types."""
        groups, ids = self._groups, mothers.ids.copy()
        chosen = (self.rng.random(ids.shape) < self.habits.changing) & (mine.type > 0)  # (N, T)
        chosen[np.arange(len(ids)), self._any(mine.type > 0)] = True
        row, place = np.nonzero(chosen)
        type_, token = mine.type[row, place], ids[row, place]
        group, own = groups.of[type_, token], groups.place[type_, token]
        count = groups.count[group]
        step = np.where(self.rng.random(len(row)) < 0.5, 1, -1)
        near = np.clip(own + step, 0, count - 1)
        anywhere = (self.rng.random(len(row)) * count).astype(np.int64)
        other = np.where(self.rng.random(len(row)) < self.habits.near, near, anywhere)
        ids[row, place] = groups.tokens[groups.start[group] + other]
        if mothers.values is None:
            return Litter(ids, None, self.pad)
        return Litter(ids, np.where(ids == mothers.ids, mothers.values, np.nan), self.pad)

    def _valued(self, litter: Litter) -> Litter:
        """The same with a value at every continuous token: drawn in the bin where there is none, and now and then."""
        if litter.values is None:
            return litter
        fresh = self._sampler.values(self.rng, litter.ids)
        assert fresh is not None
        drawn = np.isnan(litter.values) | (self.rng.random(litter.ids.shape) < self.habits.drift)
        values = np.where(drawn, fresh, litter.values)
        return Litter(litter.ids, np.where(self._continuous[litter.ids], values, np.nan), self.pad)

    def _lawful(self, litter: Litter, mothers: Litter) -> Litter:
        """The children that keep relations and orders, others in canonical form, and the mothers of those that have
        none.
        """
        if self._walker is None:
            return litter
        wrong = np.flatnonzero(~lawful(self._walker, litter.ids))
        mended = np.zeros(len(litter.ids), bool)
        encoded = []
        for row in wrong.tolist():  # few, and each a program of its own
            values = None if litter.values is None else litter.values[row].tolist()
            try:
                program = self.family.canonical(self.family.from_tokens(litter.ids[row].tolist(), values))
            except I2cError:
                continue
            if program.size <= self.budget:
                encoded.append(self.family.to_tokens(program))
                mended[row] = True
        kept = np.ones(len(litter.ids), bool)
        kept[wrong] = mended[wrong]
        if encoded:
            repaired = self._litter(*self.family.vocabulary.pack(encoded))
            index = np.zeros(len(kept), np.int64)
            index[mended] = np.arange(len(encoded))
            litter = litter.put(mended, repaired.pick(index))
        return mothers.put(kept, litter)

    def _litter(self, ids: Ints, values: NDArray[np.float64] | None) -> Litter:
        """Programs of at most T tokens, padded to T."""
        width = min(ids.shape[1], self.budget)
        whole = np.full((len(ids), self.budget), self.pad, np.int64)
        whole[:, :width] = ids[:, :width]
        if not self._continuous.any() or values is None:
            return Litter(whole, None, self.pad)
        numbers = np.full(whole.shape, np.nan)
        numbers[:, :width] = values[:, :width]
        return Litter(whole, numbers, self.pad)


@dataclass(frozen=True, eq=False)
class _Groups:
    """The tokens that may stand for one another: of one type, opening the same types.

    Attributes:
        of, place: (Y + 1, V + 1) the group of a token at a type, and its place in the group.
        start, count: (G,) where a group's tokens are in `tokens`, and how many; in the vocabulary's order.
    """

    of: Ints
    place: Ints
    start: Ints
    count: Ints
    tokens: Ints

    @staticmethod
    def of_vocabulary(vocabulary: Vocabulary) -> _Groups:
        type_, token = np.nonzero(vocabulary.production >= 0)  # by type, then by token
        rows = np.column_stack([type_, vocabulary.prod_args[vocabulary.production[type_, token]]])
        _, group = np.unique(rows, axis=0, return_inverse=True)
        group = group.reshape(-1)
        order = np.argsort(group, kind="stable")
        count = np.bincount(group)
        start = np.cumsum(count) - count
        shape = (vocabulary.production.shape[0] + 1, vocabulary.size + 1)
        of, place = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        of[type_ + 1, token] = group
        place[type_[order] + 1, token[order]] = np.arange(len(order)) - np.repeat(start, count)
        return _Groups(of, place, start, count, token[order].astype(np.int64))
