"""Rewrite rules of a language, found among all its terms: two that look alike are a rule, if no smaller rule says so.

Terms go from small to large, those with more variables first, then in the order of their tokens. A term that a rule
changes already is left out, so what is found is minimal: no left side has an instance of another in it. What is left
and looks like an earlier term is a new rule, towards the earlier one.

Where pictures are tiled by the pictures of the arguments, terms are compared by exact geometry, and rules are *proved*.
Else they are drawn in random contexts with random programs for their variables, and are *tested*, as often as is told.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from i2c_core.datasets.composing import compose
from i2c_core.errors import DataError, FamilyError
from i2c_core.families import Family
from i2c_core.measuring.geometry import VARIABLE, Geometry, Shape
from i2c_core.measuring.trying import Trials
from i2c_core.raster import Renderer
from i2c_core.rewriting import Rule, Rules, Term, is_decreasing, letters, variable

MAX_TERMS = 150_000  # that are looked at, of all sizes; half a minute
MANY = 12  # constants of a type beyond which only a variable stands for them
TRIED_SIZE = 9  # symbols of programs on which it is tried that pictures compose

Progress = Callable[[int, int, int], None]  # after each size: the size, terms and rules so far


@dataclass(frozen=True)
class FoundRules:
    """What was found.

    Attributes:
        rules: from small left sides to large.
        symmetries: terms that look alike of which neither is the smaller for all programs in them, such as both orders
            of a commutative symbol's arguments; no rule leads from one to the other.
        proved: whether the rules hold for all programs; else they were tested.
        instances: with how many drawings each rule was tested, 0 where it is proved.
        through: the size of left sides through which all rules are there.
        terms: how many terms were looked at.
    """

    rules: tuple[Rule, ...]
    symmetries: tuple[Rule, ...] = ()
    proved: bool = True
    instances: int = 0
    through: int = 0
    terms: int = 0

    def text(self) -> str:
        """The rules, one a line, under a remark."""
        how = "proved" if self.proved else f"tested with {self.instances} drawings each"
        head = f"# {len(self.rules)} rewrite rules of up to {self.through} symbols, {how}; made by i2c measure\n"
        return head + "".join(f"{rule}\n" for rule in self.rules)


def find_rules(
    family: Family, max_size: int, renderer: Renderer, progress: Progress | None = None, seed: int = 0
) -> FoundRules:
    """All rules whose left sides have at most `max_size` symbols, a variable counted as one.

    Args:
        family: one with a renderer; rules that it has adopted already are found again.
        max_size: see `FoundRules.through` for how far that went.
        renderer: of the family.
        progress: called after each size.
        seed: of all chance where rules are tested.
    """
    plain = replace(family, rules=()) if family.rules else family
    if max_size < 1:
        raise DataError(f"no rule has {max_size} symbols", "ask for 1 or more")
    if compose(plain, plain.size, TRIED_SIZE, renderer) is not None:
        return _Search(plain, max_size, _Exact(plain, max_size, renderer), progress).run()
    return _Search(plain, max_size, Trials(plain, renderer, seed), progress).run()


@dataclass
class _Exact:
    """Looks by geometry."""

    family: Family
    max_size: int
    renderer: Renderer
    proved = True
    instances = 0
    most = MAX_TERMS
    geometry: Geometry = field(init=False)

    def __post_init__(self) -> None:
        self.geometry = Geometry(self.family, self.max_size, self.renderer)

    def prepare(self, terms: Sequence[tuple[int, Shape]]) -> None:
        """Nothing is drawn."""

    def looks(self, type_: int, shape: Shape) -> list[tuple[object, Shape]]:
        """The looks of a term under all names for its variables; here one, for rectangles name variables."""
        return [(self.own(type_, shape), shape)]

    def own(self, type_: int, shape: Shape) -> object:
        """The look of a term whose variables have names in prefix order."""
        return type_, self.geometry.fingerprint(shape)

    def alike(self, type_: int, one: Shape, other: Shape) -> bool:
        return self.geometry.alike(one, other)

    def rule(self, left: Shape, right: Shape, names: Sequence[str]) -> Rule:
        """The rule, with variables named by where they are."""
        leaves = [leaf for leaf in self.geometry.leaves(left) if leaf[0] <= VARIABLE]
        known = dict(zip(leaves, names, strict=False))
        right_names = [known[leaf] for leaf in self.geometry.leaves(right) if leaf[0] <= VARIABLE]
        tokens = self.family.vocabulary.tokens
        return Rule(term_of(left, list(names), tokens), term_of(right, right_names, tokens))


class _Search:
    """One run through the terms of a language, size by size."""

    def __init__(self, family: Family, max_size: int, truth: _Exact | Trials, progress: Progress | None) -> None:
        self.vocabulary, self.max_size, self.truth, self.progress = family.vocabulary, max_size, truth, progress
        self.order = self.vocabulary.ids
        self.name = family.name
        self.terms: dict[tuple[int, int], list[Shape]] = {}  # by type and size, those that no rule changes
        self.heads: dict[int, list[Shape]] = {}  # left sides by token
        self.known: dict[object, list[Shape]] = {}  # by look, earlier terms; variables as the look names them
        self.rules: list[Rule] = []
        self.symmetries: list[Rule] = []
        self.count = 0

    def run(self) -> FoundRules:
        through = 0
        for size in range(1, self.max_size + 1):
            found = self._candidates(size)
            if found is None:
                break
            found = [f for f in found if not self._is_changed(f[1])]
            found.sort(key=lambda f: (-_variables(f[1]), _flat(f[1])))
            self.truth.prepare(found)
            for type_, shape in found:
                self._decide(type_, shape, size)
            through = size
            if self.progress is not None:
                self.progress(size, self.count, len(self.rules))
        kind = self.truth
        return FoundRules(tuple(self.rules), tuple(self.symmetries), kind.proved, kind.instances, through, self.count)

    def _candidates(self, size: int) -> list[tuple[int, Shape]] | None:
        """The terms of a size whose parts no rule changes; None where they are too many."""
        found: list[tuple[int, Shape]] = []
        vocabulary = self.vocabulary
        for type_ in range(len(vocabulary.types)):
            if size == 1:
                found.append((type_, (VARIABLE - type_,)))
            row = vocabulary.production[type_]
            tokens = np.flatnonzero(row >= 0).tolist()
            leaves = [t for t in tokens if not vocabulary.productions[row[t]].args]
            few = len(leaves) <= MANY
            for token in tokens:
                args = vocabulary.productions[row[token]].args
                if not args and size == 1 and few and not vocabulary.continuous[token]:
                    found.append((type_, (token,)))
                for sizes in _sizes(size - 1, len(args)) if args else ():
                    parts = [self.terms.get((a, s), []) for a, s in zip(args, sizes, strict=True)]
                    for kids in itertools.product(*parts):
                        found.append((type_, (token, *kids)))
                        if self.count + len(found) > self.truth.most:
                            return None
        self.count += len(found)
        return found

    def _decide(self, type_: int, shape: Shape, size: int) -> None:
        if self._is_changed(shape):
            return
        look = self.truth.own(type_, shape)
        for earlier in self.known.get(look, ()):
            if not self.truth.alike(type_, shape, earlier):
                continue
            rule = self.truth.rule(shape, earlier, self._names(shape))
            if self._holds(rule):
                self.rules.append(rule)
                self.heads.setdefault(shape[0], []).append(shape)
                return
            if not is_decreasing(rule, self.order) and size > 1:
                self._remember(rule)
            break
        self.terms.setdefault((type_, size), []).append(shape)
        for number, (other, named) in enumerate(self.truth.looks(type_, shape)):
            if number and other == look and self.truth.alike(type_, shape, named):
                self._remember(self.truth.rule(shape, named, self._names(shape)))
            self.known.setdefault(other, []).append(named)

    def _remember(self, rule: Rule) -> None:
        """Keep a symmetry, unless one that is kept says it already."""
        for known in self.symmetries:
            bound = _bound(known.left, rule.left)
            if bound is not None and _bound(known.right, rule.right) == {
                name: bound[name] for name in known.right.variables() if name in bound
            }:
                return
        self.symmetries.append(rule)

    def _is_changed(self, shape: Shape) -> bool:
        """Whether a rule changes a term at its root."""
        return any(_fits(left, shape) for left in self.heads.get(shape[0], ()))

    def _holds(self, rule: Rule) -> bool:
        """Whether a rule can be adopted: it leads to smaller programs, well typed wherever it applies."""
        if rule.left.is_variable or not is_decreasing(rule, self.order):
            return False
        try:
            Rules(self.vocabulary, [str(rule)], self.name)
        except FamilyError:
            return False
        return True

    def _names(self, shape: Shape) -> list[str]:
        return list(itertools.islice(letters(self.vocabulary.ids), _variables(shape)))


def term_of(shape: Shape, names: list[str], tokens: Sequence[str]) -> Term:
    """A shape as a term, its variables named in prefix order; `names` is used up."""
    token, *args = shape
    if token <= VARIABLE:
        return variable(names.pop(0))
    return Term(tokens[token], tuple(term_of(arg, names, tokens) for arg in args))


def _variables(shape: Shape) -> int:
    token, *args = shape
    return sum(map(_variables, args)) if args else int(token <= VARIABLE)


def _flat(shape: Shape) -> tuple[int, ...]:
    """The prefix tokens, variables behind all others."""
    token, *args = shape
    own = 1 << 30 if token <= VARIABLE else token
    return (own, *(t for arg in args for t in _flat(arg)))


def _fits(left: Shape, shape: Shape) -> bool:
    """Whether a left side matches a term."""
    if left[0] <= VARIABLE:
        return True
    return left[0] == shape[0] and all(_fits(a, b) for a, b in zip(left[1:], shape[1:], strict=True))


def _bound(pattern: Term, term: Term) -> dict[str, Term] | None:
    """What a pattern's variables stand for where it matches a whole term."""
    found: dict[str, Term] = {}
    pending = [(pattern, term)]
    while pending:
        one, other = pending.pop()
        if one.is_variable:
            if found.setdefault(one.name, other) != other:
                return None
            continue
        if one.name != other.name or other.is_variable:
            return None
        pending += zip(one.args, other.args, strict=True)
    return found


def _sizes(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """The ways to write a number as a sum of positive ones."""
    if parts == 1:
        if total >= 1:
            yield (total,)
        return
    for first in range(1, total - parts + 2):
        for rest in _sizes(total - first, parts - 1):
            yield first, *rest
