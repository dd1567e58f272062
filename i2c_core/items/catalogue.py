"""All items of a family whose programs are lists of items: every command that could be drawn, with its strokes.

An *item* is one command with its arguments. Items that differ only in members of enumerations (an arrow or none, dashed
or solid) are *variants* of one *placement*. Programs become sets of item numbers, and sets programs.

Legend: I items, P placements, U outlines, K probes of a placement, A the most arguments, N programs, T tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2c_core.decoding.family_masks import family_constraint
from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.masks import PushdownMask, Tables
from i2c_core.raster import TokenBatch
from i2c_core.references import resolve
from i2c_core.strokes import Strokes
from i2c_core.strokes.strokes import locate
from i2c_core.symbols import Enumeration

ALONG = 16  # probes along a placement's strokes
BEYOND = (-0.9, -0.45, 0.45, 0.9)  # cells before the first end and behind the last one of a single open stroke
BESIDE = ((0.35, 0.24), (0.35, -0.24))  # cells inside its ends, and to their sides, where barbs of an arrow would be
PROBES = ALONG + len(BEYOND) + 2 * len(BESIDE)
MOST = 4_000_000  # ways to write a symbol that are gone through one by one
MOST_VARIANTS = 100  # of a placement: states of sets are bytes
CHUNK = 8192  # placements that are measured at once


@dataclass(frozen=True)
class Kind:
    """One symbol of items: its token, and which of its items are placed how.

    Attributes:
        token: the symbol's id.
        arity: the number of its arguments, all literals.
        variants: W, how many combinations its arguments have that are no positions.
        first, last: the symbol's placements, from first to before last.
    """

    name: str
    token: int
    arity: int
    variants: int
    first: int
    last: int


class Catalogue:
    """The items of a family.

    Attributes:
        kinds: the symbols of items.
        tokens: (I, 1 + A) int16 token ids of each item (int64 of large vocabularies), the family's padding behind
            its end.
        lengths: (I,) how many tokens an item takes in a list, with the one that continues the list.
        placement, variant: (I,) int64 of each item.
        kind: (P,) int64, the number of each placement's symbol.
        item_of: (P, W) int64, the item of a placement and a variant, -1 where it is not canonical.
        probes: (P, K, 2) float32, points along each placement's strokes, then some beyond its ends (of shapes that
            are closed or of several strokes: its middle), in shares of the canvas.
        size: (P, 2) float32, width and height in cells.
        outline: (P,) int64, the number of each placement's outline; placements drawn backwards share one.
        outline_probes: (U, ALONG, 2) float32.
        extent: columns and rows of the canvas.
    """

    def __init__(self, family: Family) -> None:
        if family.strokes is None:
            raise FamilyError(f"{family.name} does not say its strokes", "give it strokes=, or use another learner")
        self.family = family
        vocabulary = family.vocabulary
        self.pad = vocabulary.pad
        self.cons, self.nil, element = _list_of(family)
        if vocabulary.continuous.any():
            raise FamilyError(f"{family.name} has numbers that are not whole", "use another learner")
        width = 1 + int(vocabulary.arity.max())
        kinds, rows, placement, variant = [], [], [], []
        placed = 0
        for token in np.flatnonzero(vocabulary.production[element] >= 0).tolist():
            found, groups, variants = _items_of(family, token, element, self.cons, width)
            places, inverse = np.unique(groups, return_inverse=True)
            kinds.append(
                Kind(
                    vocabulary.tokens[token],
                    token,
                    int(vocabulary.arity[token]),
                    int(variants.max(initial=0)) + 1,
                    placed,
                    placed + len(places),
                )
            )
            rows.append(found)
            placement.append(inverse.reshape(-1) + placed)
            variant.append(variants)
            placed += len(places)
        self.kinds = tuple(kinds)
        self.tokens = np.concatenate(rows)  # (I, 1 + A)
        if not len(self.tokens):
            raise FamilyError(f"{family.name} has no command that is canonical", "look at its constraint=")
        self.lengths = 1 + (self.tokens != self.pad).sum(1)  # (I,) tokens of a list that each item is written with
        self.placement, self.variant = np.concatenate(placement), np.concatenate(variant)
        self.kind = np.concatenate([np.full(k.last - k.first, i) for i, k in enumerate(self.kinds)])
        self.most_variants = max(k.variants for k in self.kinds)
        if self.most_variants > MOST_VARIANTS:
            fact = f"a command of {family.name} has {self.most_variants} variants, more than {MOST_VARIANTS}"
            raise FamilyError(fact, "make numbers of what has many values, or use another learner")
        self.item_of = np.full((placed, self.most_variants), -1, np.int64)
        self.item_of[self.placement, self.variant] = np.arange(len(self.tokens))
        self._weights = np.random.default_rng(1).integers(-(1 << 62), 1 << 62, width)  # a hash, modulo 2**64
        keys = self.tokens @ self._weights
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._measure()

    def __len__(self) -> int:
        return len(self.tokens)

    def _measure(self) -> None:
        written = self.item_of >= 0  # (P, W)
        first = self.item_of[np.arange(len(written)), written.argmax(1)]  # (P,) the first item of each placement
        probes, sizes, keys = [], [], []
        weights = np.random.default_rng(0).integers(-(1 << 62), 1 << 62, 2 * ALONG)  # a hash, modulo 2**64
        for start in range(0, len(first), CHUNK):
            strokes = self._strokes(self._alone(first[start : start + CHUNK]))
            cells, size = _probes(strokes)
            self.extent = strokes.extent
            probes.append(cells / torch.tensor(self.extent))
            sizes.append(size)
            # A stroke and the same drawn backwards are one outline: the one whose first probe comes before its last.
            along = (cells[:, :ALONG] * 64).round().long()  # (P, ALONG, 2)
            ends = along[:, 0] - along[:, -1]  # (P, 2)
            back = (ends[:, 0] > 0) | ((ends[:, 0] == 0) & (ends[:, 1] > 0))
            along = torch.where(back[:, None, None], along.flip(1), along).flatten(1)  # (P, 2 * ALONG)
            keys.append(along.numpy() @ weights)
        self.probes, self.size = torch.cat(probes), torch.cat(sizes)
        _, where, self.outline = np.unique(np.concatenate(keys), return_index=True, return_inverse=True)
        self.outline = self.outline.reshape(-1)
        self.outline_probes = self.probes[torch.from_numpy(where), :ALONG].contiguous()

    # -- sets of items and programs

    def to_ids(self, sets: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """(N, T) token ids of the programs that list these items, in the order given."""
        counts = np.array([len(items) for items in sets], np.int64)
        items = np.array([i for items in sets for i in items], np.int64)
        row = np.repeat(np.arange(len(sets)), counts)
        lengths = self.lengths[items]
        ends = np.cumsum(lengths)
        before = np.concatenate(([0], ends))[np.concatenate(([0], np.cumsum(counts)))]  # (N + 1,) where each row begins
        at = ends - lengths - before[row]
        ids = np.full((len(sets), int(np.diff(before).max(initial=0)) + 1), self.pad, np.int64)
        ids[row, at] = self.cons
        for column in range(self.tokens.shape[1]):
            there = lengths > column + 1
            ids[row[there], at[there] + 1 + column] = self.tokens[items[there], column]
        ids[np.arange(len(sets)), np.diff(before)] = self.nil
        return ids

    def from_ids(self, ids: NDArray[np.int64]) -> list[list[int]]:
        """The items that programs (N, T) list; of canonical programs."""
        width = self.tokens.shape[1]
        ids = np.pad(ids, ((0, 0), (0, width + 1)), constant_values=self.pad)
        at = np.zeros(len(ids), np.int64)
        sets: list[list[int]] = [[] for _ in ids]
        arity = {k.token: k.arity for k in self.kinds}
        arities = np.zeros(self.pad + 1, np.int64)
        arities[list(arity)] = list(arity.values())
        while True:
            rows = np.flatnonzero(ids[np.arange(len(ids)), at] == self.cons)
            if not len(rows):
                return sets
            columns = at[rows, None] + 1 + np.arange(width)
            found = ids[rows[:, None], columns]  # (n, 1 + A)
            length = 1 + arities[found[:, 0]]
            found = np.where(np.arange(width) < length[:, None], found, self.pad)
            for row, item in zip(rows.tolist(), self.find(found).tolist(), strict=True):
                sets[row].append(item)
            at[rows] += 1 + length

    def find(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of items given as token ids (n, 1 + A).

        Raises:
            FamilyError: one of them is no canonical item.
        """
        keys = tokens @ self._weights
        at = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        found: NDArray[np.int64] = self._order[at]
        wrong = (self.tokens[found] != tokens).any(1)
        if wrong.any():
            names = [self.family.vocabulary.tokens[t] for t in tokens[wrong][0] if t < self.pad]
            raise FamilyError(f"{' '.join(names)} is no canonical command of {self.family.name}", "normalise first")
        return found

    def strokes(self, sets: Sequence[Sequence[int]]) -> Strokes:
        """The strokes of sets of items."""
        return self._strokes(self.to_ids(sets))

    def _alone(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, T) programs of one item each."""
        ids = np.full((len(items), self.tokens.shape[1] + 2), self.pad, np.int64)
        ids[:, 0], ids[:, 1:-1] = self.cons, self.tokens[items]
        ids[np.arange(len(items)), self.lengths[items]] = self.nil
        return ids

    def _strokes(self, ids: NDArray[np.int64]) -> Strokes:
        batch = TokenBatch(torch.from_numpy(ids), None, self.family.vocabulary)
        assert self.family.strokes is not None
        found: Strokes = resolve(self.family.strokes, f"family {self.family.name}")(batch)
        return found


@lru_cache(maxsize=4)
def catalogue_of(family: Family) -> Catalogue:
    """The catalogue of a family, made once."""
    return Catalogue(family)


def _list_of(family: Family) -> tuple[int, int, int]:
    """The tokens that continue and end the list that a family's programs are, and the type of its elements.

    Raises:
        FamilyError: its programs are no lists.
    """
    vocabulary = family.vocabulary
    opening = [vocabulary.productions[p] for p in vocabulary.production[0] if p >= 0]
    ends = [q for q in opening if not q.args]
    more = [q for q in opening if len(q.args) == 2 and q.args[1] == 0]
    if len(opening) != 2 or len(ends) != 1 or len(more) != 1:
        fact = f"programs of {family.name} are no lists of commands that may be empty"
        raise FamilyError(fact, "use another learner")
    return vocabulary.ids[more[0].token], vocabulary.ids[ends[0].token], more[0].args[0]


def _items_of(
    family: Family, token: int, element: int, cons: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The canonical items of a symbol: token ids (n, 1 + A), and (n,) each what its positions and its variant are."""
    vocabulary = family.vocabulary
    types = vocabulary.productions[vocabulary.production[element, token]].args
    choices = [np.flatnonzero(vocabulary.production[type_] >= 0) for type_ in types]
    if any((vocabulary.arity[c] > 0).any() for c in choices):
        fact = f"{vocabulary.tokens[token]} of {family.name} has an argument that is no literal"
        raise FamilyError(fact, "use another learner")
    total = int(np.prod([len(c) for c in choices], dtype=np.float64))
    if total > MOST:
        fact = f"{vocabulary.tokens[token]} of {family.name} can be written in {total:,} ways, more than {MOST:,}"
        raise FamilyError(fact, "use another learner, or a smaller canvas")
    rows = _canonical(family, [cons, token], len(types))  # (n, A of this symbol)
    found = np.full((len(rows), width), vocabulary.pad, np.int16 if vocabulary.pad < 1 << 15 else np.int64)
    found[:, 0], found[:, 1 : 1 + rows.shape[1]] = token, rows
    place, variant = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for column, (type_, choice) in enumerate(zip(types, choices, strict=True)):
        if isinstance(family.gamma.kind(vocabulary.types[type_]), Enumeration):
            variant = variant * len(choice) + np.searchsorted(choice, rows[:, column])
        else:
            place = place * vocabulary.size + rows[:, column]
    return found, place, variant


def _canonical(family: Family, prefix: Sequence[int], arguments: int) -> NDArray[np.int64]:
    """(n, arguments) token ids of all literals that may stand behind a prefix of tokens."""
    mask: Any = PushdownMask(Tables.from_vocabulary(family.vocabulary))
    rule = None if family.constraint is None else family_constraint(family)
    budget = max(family.budget, len(prefix) + arguments + 2)
    state: Any = mask.start(1, budget)
    own = None if rule is None else rule.start(1, torch.tensor([budget]))
    rows = torch.zeros(1, 0, dtype=torch.int64)
    for place in range(len(prefix) + arguments):
        if place < len(prefix):
            index, token = torch.tensor([0]), torch.tensor([prefix[place]])
        else:
            legal = mask.legal(state)  # (n, V)
            legal = legal if rule is None else legal & rule.mask(own)
            index, token = legal.nonzero(as_tuple=True)
            rows = torch.cat((rows[index], token[:, None]), 1)
        if place + 1 < len(prefix) + arguments:
            state = mask.advance(mask.fork(state, index), token)
            own = None if rule is None else rule.advance(rule.fork(own, index), token)
    return rows.numpy()


def _probes(strokes: Strokes) -> tuple[Tensor, Tensor]:
    """(P, K, 2) points in cells and (P, 2) widths and heights, of figures of one item each."""
    n, _, _ = strokes.shape.shape
    shaft = (strokes.item >= 0) & ~strokes.tip  # (P, S)
    length = torch.where(shaft, strokes.length(), 0.0)
    total = length.sum(1, keepdim=True).clamp(min=1e-6)
    ends = length.cumsum(1)
    # Points at equal distances along all strokes of the item, in their order.
    way = (torch.arange(ALONG) + 0.5) / ALONG * total  # (P, ALONG)
    at = (ends[:, None] <= way[..., None]).sum(2).clamp(max=length.shape[1] - 1)  # (P, ALONG) the stroke
    rows = torch.arange(n)[:, None]
    t = (way - (ends - length)[rows, at]) / length[rows, at].clamp(min=1e-6)
    along = locate(strokes.shape[rows, at], strokes.arc[rows, at], t)  # (P, ALONG, 2)
    first = shaft.int().argmax(1)
    only = (shaft.sum(1) == 1) & ~strokes.arc[torch.arange(n), first]
    middle = (along.amax(1) + along.amin(1)) / 2
    stroke = strokes.shape[torch.arange(n), first]
    unit = torch.nn.functional.normalize(stroke[:, 2:4] - stroke[:, :2], dim=1)
    begin, end = stroke[:, :2], stroke[:, 2:4]
    side = torch.stack((-unit[:, 1], unit[:, 0]), 1)
    more = [(begin if b < 0 else end) + b * unit for b in BEYOND]
    more += [begin + inside * unit + aside * side for inside, aside in BESIDE]
    more += [end - inside * unit + aside * side for inside, aside in BESIDE]
    around = [torch.where(only[:, None], point, middle) for point in more]
    return torch.cat((along, torch.stack(around, 1)), 1).float(), along.amax(1) - along.amin(1)
