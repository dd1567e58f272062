"""What terms of any language look like, as far as drawing tells: in random contexts, with random programs in them.

A *context* is a program with one part taken out. Parts and contexts come from sampled programs, so that they are well
typed and of all the kinds that the language has. A term's look is the pictures that it draws in a few of them; terms of
one look are drawn in many more before they count as alike.

Legend: K drawings of a look, N rows, T tokens.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import compiled
from i2c_core.datasets.keys import pixel_keys
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.tables import has_rules
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.measuring.geometry import VARIABLE, Shape
from i2c_core.raster import Renderer
from i2c_core.rewriting import Rule, Term, variable

LOOK = 8  # drawings that make a look
INSTANCES = 200  # drawings on which terms of one look are compared
SAMPLED = 400  # programs that contexts and parts are taken from
SIDE = 16  # pixels a side of the drawings, where the family draws at any size
NAMES = 3  # variables of one type in a term; of more, no other order is looked at
VARIANTS = 12  # orders of variables of one term
MOST = 6_000  # terms that are looked at: about a minute
BATCH = 4_096  # programs drawn at once


@dataclass(frozen=True)
class Part:
    """Tokens and their values, NaN for none."""

    ids: tuple[int, ...]
    values: tuple[float, ...]


class Trials:
    """Looks of a family's terms.

    Attributes:
        proved, instances: see `FoundRules`.
        most: terms that are looked at.

    Raises:
        DataError: the types of programs depend on what stands beside them, so that no part can be put anywhere.
    """

    proved = False
    instances = INSTANCES
    most = MOST

    def __init__(self, family: Family, renderer: Renderer, seed: int = 0) -> None:
        vocabulary = family.vocabulary
        if compiled(vocabulary).registers is not None or has_rules(vocabulary):
            fact = f"programs of {family.name} have relations or orders, so a part cannot stand everywhere"
            raise DataError(fact, "no rewrite rules are looked for in such a language")
        self.family, self.vocabulary, self.renderer = family, vocabulary, renderer
        self._types = len(vocabulary.types)
        self._rng = np.random.default_rng(seed)
        self._size = (SIDE, SIDE) if family.any_size else family.size
        self._parts: list[list[Part]] = [[] for _ in vocabulary.types]
        self._contexts: list[list[tuple[Part, Part]]] = [[] for _ in vocabulary.types]
        self._collect()
        self._drawn: dict[tuple[int, Shape], tuple[int, ...]] = {}
        self._fixed = self._chance(LOOK)

    # -- what a search asks

    def prepare(self, terms: Sequence[tuple[int, Shape]]) -> None:
        """Draw the looks of many terms at once."""
        wanted = [(t, named) for t, shape in terms for named in self._variants(shape) if (t, named) not in self._drawn]
        for begin in range(0, len(wanted), max(1, BATCH // LOOK)):
            some = wanted[begin : begin + max(1, BATCH // LOOK)]
            rows = [self._row(t, named, *self._fixed[k]) for t, named in some for k in range(LOOK)]
            keys = self._draw(rows).reshape(len(some), LOOK)
            self._drawn.update(zip(some, map(tuple, keys.tolist()), strict=True))

    def looks(self, type_: int, shape: Shape) -> list[tuple[object, Shape]]:
        """The looks of a term under all names for its variables, each with the term so named."""
        return [((type_, self._drawn[type_, named]), named) for named in self._variants(shape)]

    def own(self, type_: int, shape: Shape) -> object:
        """The look of a term whose variables have names in prefix order."""
        return type_, self._drawn[type_, self._numbered(shape)]

    def alike(self, type_: int, one: Shape, other: Shape) -> bool:
        """Whether a term and another one, whose variables have names, draw the same `INSTANCES` times.

        Half of the drawings at least must be pictures: what was hardly ever seen is not called alike.
        """
        own = self._numbered(one)
        chances = self._chance(INSTANCES)
        rows = [self._row(type_, shape, *chance) for shape in (own, other) for chance in chances]
        keys = self._draw(rows).reshape(2, INSTANCES)
        return bool((keys[0] == keys[1]).all() and (keys[0] != 0).mean() >= 0.5)

    def rule(self, left: Shape, right: Shape, names: Sequence[str]) -> Rule:
        """The rule, with variables named."""
        codes = [leaf for leaf in _leaves(self._numbered(left)) if leaf <= VARIABLE]
        known = dict(zip(codes, names, strict=False))
        for code in _leaves(right):
            if code <= VARIABLE and code not in known:
                known[code] = f"?{len(known)}"  # stands on the right only: no rule that can be adopted
        return Rule(self._term(self._numbered(left), known), self._term(right, known))

    # -- names

    def _numbered(self, shape: Shape) -> Shape:
        """A term with the variables of each type numbered in prefix order."""
        return self._named(shape, [*range(16)] * 8)

    def _variants(self, shape: Shape) -> list[Shape]:
        """A term under all names for its variables, the order of prefix first."""
        kinds = [VARIABLE - leaf for leaf in _leaves(shape) if leaf <= VARIABLE]
        count = {k: kinds.count(k) for k in kinds}
        if any(n > NAMES for n in count.values()):
            return [self._numbered(shape)]
        ways = [list(itertools.permutations(range(NAMES), n)) for n in count.values()]
        found = []
        for choice in itertools.islice(itertools.product(*ways), VARIANTS):
            left = {k: list(names) for k, names in zip(count, choice, strict=True)}
            found.append(self._named(shape, [left[k].pop(0) for k in kinds]))
        own = self._numbered(shape)
        return [own, *(f for f in found if f != own)]

    def _named(self, shape: Shape, numbers: Sequence[int]) -> Shape:
        """A term whose variables have these numbers; where there are more than numbers, by type and prefix order."""
        kinds: dict[int, int] = {}
        given: Iterator[int] = iter(numbers)
        plain = len(numbers) >= 16

        def walk(part: Shape) -> Shape:
            token, *args = part
            if args or token > VARIABLE:
                return (token, *(walk(a) for a in args))
            kind = VARIABLE - token
            number = kinds.get(kind, 0) if plain else next(given)
            kinds[kind] = kinds.get(kind, 0) + 1
            return (VARIABLE - (kind + self._types * number),)

        return walk(shape)

    def _term(self, shape: Shape, names: dict[int, str]) -> Term:
        token, *args = shape
        if token <= VARIABLE:
            return variable(names[token])
        return Term(self.vocabulary.tokens[token], tuple(self._term(a, names) for a in args))

    # -- drawings

    def _collect(self) -> None:
        """Take parts and contexts out of sampled programs."""
        vocabulary, family = self.vocabulary, self.family
        most = max(vocabulary.shortest, min(family.budget, vocabulary.shortest + 14))
        sampler = Sampler(family, most)
        sizes = np.array(sampler.sizes(1, most), np.int64)
        ids, values = sampler.sample(self._rng, self._rng.choice(sizes, SAMPLED))
        known = np.full(ids.shape, np.nan) if values is None else values
        for row, numbers in zip(ids.tolist(), known.tolist(), strict=True):
            tokens = [t for t in row if t != vocabulary.pad]
            for type_, begin, end in _spans(vocabulary.production, vocabulary.productions, tokens):
                part = Part(tuple(tokens[begin:end]), tuple(numbers[begin:end]))
                before = Part(tuple(tokens[:begin]), tuple(numbers[:begin]))
                behind = Part(tuple(tokens[end:]), tuple(numbers[end : len(tokens)]))
                self._parts[type_].append(part)
                self._contexts[type_].append((before, behind))
        for parts in self._parts:
            parts.sort(key=lambda p: len(p.ids))  # small ones are the likelier, so that much is seen of each
        nothing = Part((), ())
        self._contexts[0] += [(nothing, nothing)] * max(1, len(self._contexts[0]))

    def _chance(self, count: int) -> list[tuple[int, int]]:
        """Seeds of drawings: one for the context, one for the programs in it."""
        return [(int(a), int(b)) for a, b in self._rng.integers(0, 1 << 40, (count, 2))]

    def _row(self, type_: int, shape: Shape, where: int, what: int) -> tuple[list[int], list[float]]:
        contexts = self._contexts[type_]
        if not contexts:
            return [], []
        before, behind = contexts[where % len(contexts)]
        ids, values = [*before.ids], [*before.values]
        for leaf in _leaves_all(shape):
            if leaf > VARIABLE:
                ids.append(leaf)
                values.append(float("nan"))
                continue
            kind, number = (VARIABLE - leaf) % self._types, (VARIABLE - leaf) // self._types
            parts = self._parts[kind]
            # The square of a chance: small programs more often.
            share = (
                ((what * 0x9E3779B97F4A7C15 + (number + 7) * 0xBF58476D1CE4E5B9 + kind * 977) >> 7) % 100_003 / 100_003
            )
            part = parts[int(share * share * len(parts))]
            ids += part.ids
            values += part.values
        return [*ids, *behind.ids], [*values, *behind.values]

    def _draw(self, rows: Sequence[tuple[list[int], list[float]]]) -> NDArray[np.uint64]:
        """(N,) the keys of the pictures of rows, 0 where one has no picture."""
        pad, found = self.vocabulary.pad, np.zeros(len(rows), np.uint64)
        for begin in range(0, len(rows), BATCH):
            some = rows[begin : begin + BATCH]
            longest = max(1, max(len(ids) for ids, _ in some))
            ids = np.full((len(some), longest), pad, np.int64)  # (N, T)
            values = np.full((len(some), longest), np.nan)
            for row, (own, numbers) in enumerate(some):
                ids[row, : len(own)] = own
                values[row, : len(own)] = numbers
            whole = ids[:, 0] != pad
            if not whole.any():
                continue
            numbers_too = values[whole] if self.vocabulary.continuous.any() else None
            drawn = self.renderer.render(ids[whole], numbers_too, self._size)
            found[begin : begin + len(some)][whole] = np.where(drawn.defined, pixel_keys(drawn.pixels), np.uint64(0))
        return found


def _leaves(shape: Shape) -> Iterator[int]:
    """The tokens and variables without arguments, in prefix order."""
    token, *args = shape
    if not args:
        yield token
    for arg in args:
        yield from _leaves(arg)


def _leaves_all(shape: Shape) -> Iterator[int]:
    """All tokens and variables in prefix order."""
    token, *args = shape
    yield token
    for arg in args:
        yield from _leaves_all(arg)


def _spans(
    production: NDArray[np.int32], productions: Sequence[Any], tokens: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """The type of every part of a whole program, and where it begins and ends."""
    types: list[int] = []
    pending = [0]
    arity = []
    for token in tokens:
        type_ = pending.pop()
        types.append(type_)
        args = productions[production[type_, token]].args
        arity.append(len(args))
        pending += reversed(args)
    ends = [0] * len(tokens)
    for begin in range(len(tokens) - 1, -1, -1):
        end = begin + 1
        for _ in range(arity[begin]):
            end = ends[end]
        ends[begin] = end
    for begin, type_ in enumerate(types):
        yield type_, begin, ends[begin]
