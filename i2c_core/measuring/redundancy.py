"""How many programs say one image, and which symmetries of the language cause it.

Legend: N programs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.datasets.keys import pixel_keys
from i2c_core.datasets.sampling import bin_centres
from i2c_core.families import Family
from i2c_core.measuring.expressing import affordable, without_rules
from i2c_core.raster import Renderer
from i2c_core.rewriting import Rule, Term

LISTED = 30_000  # programs of the size that is looked at symbol by symbol
ANY = "*"  # in a pattern, any constant


@dataclass(frozen=True)
class Begun:
    """Programs of one size that begin with a symbol: how many, the images they draw, and how many programs say an
    image that another symbol begins as well."""

    symbol: str
    programs: int
    images: int
    shared: int


@dataclass(frozen=True)
class Symmetry:
    """Rules that differ in nothing but constants.

    Attributes:
        pattern: what they have in common, with * for constants.
        rules: how many there are.
        alone: by what factor they lower the number of programs of a size, without any other rule.
        besides: by what factor they do so beside all other rules.
    """

    pattern: str
    rules: int
    alone: float
    besides: float


def by_symbol(family: Family, renderer: Renderer, most: int = LISTED) -> tuple[int, list[Begun]]:
    """The largest size with at most `most` programs, and its programs by their first symbol."""
    plain = without_rules(family)
    most = min(most, affordable(plain, plain.size, renderer))
    counts = Counts(plain.vocabulary, plain.budget)
    sizes = [s for s in counts.sizes(1, plain.budget) if counts.log2(s) <= math.log2(most)]
    if not sizes:
        return 0, []
    first, keys = [], []
    for ids in enumerate_canonical(plain, sizes[-1]):
        drawn = renderer.render(ids, bin_centres(plain.vocabulary, ids))
        first.append(ids[drawn.defined, 0])
        keys.append(pixel_keys(drawn.pixels[drawn.defined]))
    token, key = np.concatenate(first), np.concatenate(keys)  # (N,) each
    pairs = np.unique(np.column_stack([key, token.astype(np.uint64)]), axis=0)
    images, owners = np.unique(pairs[:, 0], return_counts=True)
    several = images[owners > 1]
    found = []
    for symbol in np.unique(token).tolist():
        own = key[token == symbol]
        name = plain.vocabulary.tokens[symbol]
        found.append(Begun(name, len(own), len(np.unique(own)), int(np.isin(own, several).sum())))
    return sizes[-1], found


def symmetries(family: Family, rules: Sequence[Rule], size: int) -> list[Symmetry]:
    """What each kind of rules does to the number of programs of a size, from the most to the least."""
    kinds: dict[str, list[Rule]] = {}
    for rule in rules:
        kinds.setdefault(f"{_pattern(rule.left)} = {_pattern(rule.right)}", []).append(rule)
    plain = _log2(family, (), size)
    whole = _log2(family, rules, size)
    found = []
    for pattern, own in kinds.items():
        alone = plain - _log2(family, own, size)
        besides = _log2(family, [r for r in rules if r not in own], size) - whole
        found.append(Symmetry(pattern, len(own), 2.0**alone, 2.0**besides))
    return sorted(found, key=lambda f: -f.alone)


def _log2(family: Family, rules: Sequence[Rule], size: int) -> float:
    return Counts(replace(family, rules=tuple(map(str, rules))).vocabulary, size).log2(size)


def _pattern(term: Term) -> str:
    if term.args:
        return f"{term.name}({', '.join(map(_pattern, term.args))})"
    return term.name if term.is_variable else ANY
