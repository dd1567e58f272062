"""Programs drawn uniformly among all of a given size, all rows together.

Every row is written from the root down: what is open is a stack of (argument sequence, tokens it will have). One step
draws how many tokens the first argument gets, then what it begins with, both in proportion to exact counts, by alias
tables (A. J. Walker, "An efficient method for generating discrete random variables with general distributions", 1977).

Where rules are held in registers there are no exact counts to draw by. Then programs are drawn token by token, in
proportion to the counts without those rules, among what the registers leave open (`GuardedTokens`): canonical, of the
size asked for, and not uniform.

Legend: N programs, T tokens of the longest, R table rows: a type or a sequence at a size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import canonical_rows
from i2c_core.datasets.guarded import GuardedTokens
from i2c_core.datasets.tables import context_free
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.references import resolve
from i2c_core.symbols import Bins
from i2c_core.vocabulary import Vocabulary

MAX_ROUNDS = 200  # draws again where a family's canonical programs are rare among the legal ones


class Sampler:
    """Draws canonical programs of a family, uniformly by size; or by the family's own `sample` where it has one.

    Values of continuous tokens are uniform inside their bins. With `normalise`, what is not canonical is drawn again,
    so the draw is uniform over the canonical programs.

    Attributes:
        kind: "own" for the family's `sample`, "uniform", or "guarded" where rules are held in registers: canonical
            programs of the size that is asked for, every one of them possible, not equally likely.
    """

    def __init__(self, family: Family, max_size: int) -> None:
        self.family = family
        self.max_size = max_size
        self._own: Callable[..., Any] | None = None
        if family.sample is not None:
            self._own = resolve(family.sample, f"family {family.name}")
        self._uniform: UniformTokens | GuardedTokens | None = None
        if self._own is None:
            self._uniform = token_sampler(family.vocabulary, max_size)
        self.kind: Literal["own", "uniform", "guarded"] = "own" if self._uniform is None else self._uniform.kind
        self._bins = _bin_edges(family.vocabulary)

    def sizes(self, least: int, most: int) -> list[int]:
        """The sizes in a span that have programs; all of them for a family that samples by itself."""
        if self._uniform is None:
            return list(range(max(least, self.family.vocabulary.shortest), most + 1))
        if isinstance(self._uniform, GuardedTokens):
            least = max(least, self._uniform.shortest)
        return self._uniform.counts.sizes(least, most)

    def log2(self, size: int) -> float:
        """The base-2 logarithm of how many programs a size has; 0 where the family samples by itself.

        An upper bound where `kind` is "guarded".
        """
        return 0.0 if self._uniform is None else self._uniform.counts.log2(size)

    def sample(
        self, rng: np.random.Generator, sizes: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        """Draw one program for each size.

        Args:
            rng: where the chance comes from; the same state gives the same programs.
            sizes: (N,) number of tokens of each program.

        Returns:
            ids (N, T) with V behind each end, T the largest of `sizes`; values (N, T), or None for a family without
            continuous tokens.

        Raises:
            DataError: a size without programs.
        """
        sizes = np.asarray(sizes, np.int64)
        if self._uniform is None:
            assert self._own is not None
            return self._sample_own(self._own, rng, sizes)
        ids = self._uniform.sample(rng, sizes)
        values = self.values(rng, ids)
        if self.family.normalise is None:
            return ids, values
        for _ in range(MAX_ROUNDS):
            wrong = np.flatnonzero(~canonical_rows(self.family, ids, values))
            if not len(wrong):
                return ids, values
            again = self._uniform.sample(rng, sizes[wrong])
            drawn = self.values(rng, again)
            ids[wrong, : again.shape[1]] = again
            if values is not None and drawn is not None:
                values[wrong, : again.shape[1]] = drawn
        fact = f"{len(wrong)} of {len(sizes)} drawn programs of {self.family.name} are still not canonical"
        raise DataError(f"{fact} after {MAX_ROUNDS} draws", "give the family a sampler of its own: sample=...")

    def values(self, rng: np.random.Generator, ids: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Values for tokens (N, T): uniform inside the bin of a continuous token, NaN at others."""
        if self._bins is None:
            return None
        low, width, bin_low, bin_width, index = (column[ids] for column in self._bins)
        values = bin_low + rng.random(ids.shape) * bin_width
        with np.errstate(invalid="ignore"):
            found = np.floor((values - low) / width)
            return np.where(found == index, values, bin_low + bin_width / 2)

    def _sample_own(
        self, own: Callable[..., Any], rng: np.random.Generator, sizes: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        rows = []
        for size in sizes.tolist():
            program = own(self.family, rng, size)
            if not isinstance(program, Program):
                fact = f"sample of {self.family.name} returned {type(program).__name__}, expected Program"
                raise DataError(fact, "return a program")
            rows.append(self.family.to_tokens(program))
        ids, values = self.family.vocabulary.pack(rows)
        return ids, values if self._bins is not None else None


def token_sampler(vocabulary: Vocabulary, max_size: int) -> UniformTokens | GuardedTokens:
    """What draws token rows of a vocabulary's root, uniformly where that can be done."""
    exact = context_free(vocabulary).is_exact
    return UniformTokens(vocabulary, max_size) if exact else GuardedTokens(vocabulary, max_size)


class UniformTokens:
    """Token rows drawn uniformly among all programs of a size that keep the signature's rules.

    Where registers hold rules, these are not looked at: use `token_sampler`. See the module's first lines.
    """

    kind: Literal["uniform"] = "uniform"

    def __init__(self, vocabulary: Vocabulary, max_size: int) -> None:
        self.counts = Counts(vocabulary, max_size)
        self.vocabulary = vocabulary
        self._types = len(self.counts.tables.types)
        self._span = max_size + 1
        self._first_group = np.array([span.start for span in self.counts.groups.of], np.int64)  # (Y,)
        rows = (self._types + len(self.counts.groups.first)) * self._span
        self._start = np.full(rows, -1, np.int64)  # (R,) where a row's cells begin; -1: not made yet
        self._length = np.zeros(rows, np.int64)  # (R,)
        self._keep = np.empty(0)  # (cells,) the share of a cell that is its own option's
        self._other = np.empty(0, np.int64)  # (cells,) the option, as a place in its row, that has the rest
        self._made: set[int] = set()

    def sample(self, rng: np.random.Generator, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Token ids (N, T), T the largest of `sizes` (N,), V behind each end."""
        for size in np.unique(sizes).tolist():
            self._prepare(size)
        count, longest = len(sizes), int(sizes.max(initial=1))
        order = np.argsort(-sizes, kind="stable")  # long ones first, so that the unfinished are a leading slice
        left = sizes[order]
        groups, types = self.counts.groups, self._types
        ids = np.full((count, longest), self.vocabulary.pad, np.int64)  # (N, T)
        stack = np.zeros((longest + 1, count), np.int64)  # sequences
        tokens = np.zeros((longest + 1, count), np.int64)  # what each will have
        depth = np.zeros(count, np.int64)
        for step in range(longest):
            active = int(np.searchsorted(-left, -step))  # rows whose size is above `step`
            every = np.arange(active)
            if step == 0:
                type_, size = np.zeros(active, np.int64), left.copy()
            else:
                top = depth[:active] - 1
                sequence, whole = stack[top, every], tokens[top, every]
                type_, rest, size = groups.first[sequence], groups.rest[sequence], whole.copy()
                several = np.flatnonzero(rest > 0)
                row = (types + sequence[several]) * self._span + whole[several]
                size[several] = 1 + self._draw(rng, row)
                stack[top, every] = rest
                tokens[top, every] = whole - size
                depth[:active] -= rest == 0
            group = self._first_group[type_] + self._draw(rng, type_ * self._span + size)
            choice = (rng.random(active) * groups.count[group]).astype(np.int64)
            ids[:active, step] = groups.tokens[groups.start[group] + choice]
            pushed = groups.sequence[group]
            rows = np.flatnonzero(pushed > 0)
            stack[depth[rows], rows] = pushed[rows]
            tokens[depth[rows], rows] = size[rows] - 1
            depth[rows] += 1
        out = np.empty_like(ids)
        out[order] = ids
        return out

    def _draw(self, rng: np.random.Generator, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """One option of each table row, as its place in the row."""
        place = rng.random(len(rows)) * self._length[rows]
        cell = place.astype(np.int64)
        share = place - cell
        at = self._start[rows] + cell
        return np.where(share < self._keep[at], cell, self._other[at])

    def _prepare(self, size: int) -> None:
        """Make the tables that a program of `size` can meet."""
        if size in self._made:
            return
        if not 1 <= size <= self.counts.max_size or self.counts.log2(size) == -np.inf:
            known = self.counts.sizes(1, self.counts.max_size)
            shown = ", ".join(map(str, known[:12])) + (", ..." if len(known) > 12 else "")
            raise DataError(f"no program of {self.vocabulary.root} has {size} tokens", f"use one of the sizes {shown}")
        groups, types = self.counts.groups, self._types
        keep, other = [self._keep], [self._other]
        end = len(self._keep)
        pending = [(0, size)]  # a type, or `types` + a sequence, and its size
        while pending:
            what, tokens = pending.pop()
            row = what * self._span + tokens
            if self._start[row] >= 0:
                continue
            if what < types:
                weights = self.counts.group_weights(what, tokens)
                used = [g for g, w in zip(groups.of[what], weights, strict=True) if w > 0]
                pending += [(types + int(groups.sequence[g]), tokens - 1) for g in used if groups.sequence[g] > 0]
            elif groups.rest[what - types] == 0:
                pending.append((int(groups.first[what - types]), tokens))
                continue
            else:
                sequence = what - types
                first, rest = int(groups.first[sequence]), int(groups.rest[sequence])
                weights = self.counts.split_weights(sequence, tokens)
                for own, weight in enumerate(weights, 1):
                    if weight > 0:
                        pending += [(first, own), (types + rest, tokens - own)]
            self._start[row], self._length[row] = end, len(weights)
            made = alias_table(weights)
            keep.append(made[0])
            other.append(made[1])
            end += len(weights)
        self._keep, self._other = np.concatenate(keep), np.concatenate(other)
        self._made.add(size)


def alias_table(weights: list[float]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walker's table: cell i is drawn evenly and stands for i with chance keep[i], else for other[i]."""
    count, total = len(weights), sum(weights)
    scaled = [w * count / total for w in weights]
    other = list(range(count))
    small = [i for i, w in enumerate(scaled) if w < 1]
    large = [i for i, w in enumerate(scaled) if w >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        scaled[high] -= 1 - scaled[low]
        if scaled[high] < 1:
            small.append(large.pop())
    for i in (*small, *large):
        # What is left over by rounding is whole, unless it had no weight at all.
        if weights[i] > 0:
            scaled[i] = 1.0
        else:
            scaled[i], other[i] = 0.0, max(range(count), key=weights.__getitem__)
    return np.array(scaled), np.array(other, np.int64)


def bin_centres(vocabulary: Vocabulary, ids: NDArray[np.integer]) -> NDArray[np.float64] | None:
    """(N, T) the middle of the bin of each continuous token, NaN at others; None where there are none."""
    edges = _bin_edges(vocabulary)
    return None if edges is None else (edges[2] + edges[3] / 2)[ids]


def _bin_edges(vocabulary: Vocabulary) -> tuple[NDArray[np.float64], ...] | None:
    """For each token and the pad: low and width in the scale of `Bins.index`, own low and width, own index; or None."""
    if not vocabulary.continuous.any():
        return None
    table = np.full((5, vocabulary.size + 1), np.nan)
    for token in np.flatnonzero(vocabulary.continuous).tolist():
        name, _, number = vocabulary.tokens[token].rpartition(":")
        kind = vocabulary.signature.kinds[name]
        assert isinstance(kind, Bins)
        index, width = int(number), (kind.high - kind.low) / kind.count
        table[:, token] = kind.low, width, kind.low + index * width, width, index
    return tuple(table)
