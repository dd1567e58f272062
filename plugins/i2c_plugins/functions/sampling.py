"""Functions that are worth looking at: random ones whose numbers matter.

A uniform sample is mostly flat: thresholds that nothing reaches, waves finer than a pixel. Here a function grows from
its leaves, and each number is drawn where it makes a difference: it is known what every part is on a coarse grid.
Numbers have two decimals, as people write them.

Legend: P points of the coarse grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.symbols import Bins
from i2c_plugins.functions.canonical import COMMUTATIVE, rank
from i2c_plugins.functions.machine import COLOUR, coordinates
from i2c_plugins.functions.render import symbols

GRID = (16, 16)
TRIES = 30  # attempts at one function, after which a variable must do
CONTRAST = 0.06  # the least standard deviation of what is drawn, of a range of 2
STEADY = 0.05  # the least share of points on either side of an edge
FLAT = 0.02  # the least standard deviation of a part
FINEST_WAVE = 20.0  # half turns of a sine over the picture, so that each has a pixel and a half of 32
LEVELS = 0.5  # how often a number is taken where a term could be
VARIABLES, USES = ("x", "y", "radius", "angle"), (0.3, 0.3, 0.25, 0.15)
NAN = float("nan")

# How often each symbol is tried, where it fits.
CHANCES = {"plus": 2, "minus": 1, "times": 2, "min": 1, "max": 1, "sin": 3, "mod": 2, "above": 2, "if": 3}
CHANCES |= {"shift": 2, "scale": 2}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a function: its tokens, their values (NaN for none), and what it is at each point (P,)."""

    tokens: tuple[str, ...]
    values: tuple[float, ...]
    points: NDArray[np.float64]

    @property
    def is_plain(self) -> bool:
        """Whether it takes one or two values only, so that a number would but rename them."""
        low, high = self.points.min(), self.points.max()
        return bool(((self.points == low) | (self.points == high)).all())

    def ends(self, share: float) -> tuple[float, float]:
        """What it is below at a share of the points, and above at as many."""
        ordered = np.sort(self.points)
        place = int(share * len(ordered))
        return float(ordered[place]), float(ordered[-1 - place])


class Dull(Exception):
    """What was made is flat, or a number has no place where it matters."""


def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
    """A canonical function of at most `size` tokens; of the size asked for where one of it is found soon."""
    grower = _Grower(family, rng)
    colour = COLOUR in family.vocabulary.ids
    for _ in range(TRIES):
        try:
            parts = grower.channels(size - 1) if colour else [grower.whole(size)]
            break
        except Dull:
            continue
    else:
        parts = [grower.variable() for _ in range(3 if colour else 1)]
    tokens = [*([COLOUR] if colour else []), *(t for p in parts for t in p.tokens)]
    values = [*([NAN] if colour else []), *(v for p in parts for v in p.values)]
    return family.from_tokens(family.vocabulary.names_to_ids(tokens), values)


class _Grower:
    """Makes parts of functions of a stated number of tokens; raises `Dull` where one comes out flat."""

    def __init__(self, family: Family, rng: np.random.Generator) -> None:
        self.signature, self.rng = family.gamma, rng
        self.axes, self.apply = coordinates(GRID), _hard_symbols()

    def channels(self, size: int) -> list[Part]:
        """Red, green and blue, of `size` tokens in sum."""
        return [self.whole(n) for n in self.shares(size, 3)]

    def whole(self, size: int) -> Part:
        """What is drawn."""
        part = self.grow("Term", size)
        if float(part.points.clip(-1, 1).std()) < CONTRAST:
            raise Dull
        return part

    def variable(self) -> Part:
        name = VARIABLES[self.rng.choice(len(VARIABLES), p=USES)]
        return Part((name,), (NAN,), self.axes[name])

    def grow(self, kind: str, size: int) -> Part:
        """A part of type Form, Shifted or Term."""
        size -= (size + 1) % 2  # every part has an odd number of tokens
        if size < 3:
            return self.variable()
        closed = {"Form": ("shift", "scale"), "Shifted": ("scale",), "Term": ()}[kind]
        names = [n for n in CHANCES if n not in closed and (n != "if" or size >= 5)]
        chances = np.array([CHANCES[n] for n in names], float)
        name = names[self.rng.choice(len(names), p=chances / chances.sum())]
        if name in ("plus", "minus", "times", "min", "max"):
            return self.pair(name, size)
        return self.choice(size) if name == "if" else self.with_number(name, size)

    def varied(self, kind: str, size: int) -> Part:
        """A part that takes more than two values."""
        part = self.grow(kind, size)
        if part.is_plain:
            raise Dull
        return part

    def pair(self, name: str, size: int) -> Part:
        """Two terms, or with min and max a term and a level."""
        if name in ("min", "max") and self.rng.random() < LEVELS:
            one = self.varied("Term", size - 2)
            return self.made(name, one, self.number("Level", *one.ends(0.2)))
        first = 1 + 2 * int(self.rng.integers(0, (size - 1) // 2))
        one, other = self.grow("Term", first), self.grow("Term", size - 1 - first)
        if one.tokens == other.tokens and name != "times":
            raise Dull
        if name in COMMUTATIVE and rank(self.signature, one.tokens[0]) > rank(self.signature, other.tokens[0]):
            one, other = other, one
        return self.made(name, one, other)

    def choice(self, size: int) -> Part:
        """`if`, with terms or levels to choose from."""
        ends = self.rng.random(2) < LEVELS if size > 5 else (True, True)
        terms = 1 + sum(not level for level in ends)
        sizes = self.shares(size - 2 - sum(map(int, ends)), terms)
        asked = self.varied("Form", sizes.pop())
        edge = self.edge(asked)
        then, otherwise = (self.number("Level", -1, 1) if level else self.grow("Term", sizes.pop()) for level in ends)
        return self.made("if", asked, edge, then, otherwise)

    def shares(self, size: int, count: int) -> list[int]:
        """`size` tokens divided among so many parts, an odd number each."""
        if size < count:
            raise Dull
        extra = np.bincount(self.rng.integers(0, count, (size - count) // 2), minlength=count)
        return [1 + 2 * int(n) for n in extra]

    def with_number(self, name: str, size: int) -> Part:
        """A symbol of a part and a number."""
        inner = {"sin": "Shifted", "mod": "Shifted", "scale": "Shifted"}.get(name, "Form")
        part = self.varied(inner, size - 2)
        low, high = part.ends(0.0)
        if name == "sin":
            number = self.number("Frequency", 0.5, FINEST_WAVE / max(high - low, 1e-3), power=2)
        elif name == "mod":
            number = self.number("Period", max(0.1, (high - low) / 10), 0.9 * (high - low))
        elif name == "above":
            number = self.edge(part)
        elif name == "shift":
            number = self.number("Offset", -1, 1)
        else:
            number = self.number("Factor", 0.25, 3) if self.rng.random() < 0.7 else self.number("Factor", -3, -0.25)
        return self.made(name, part, number)

    def edge(self, part: Part) -> Part:
        """A threshold with points on either side."""
        return self.number("Threshold", *part.ends(2 * STEADY))

    def number(self, sort: str, low: float, high: float, power: float = 1) -> Part:
        """A number of two decimals in a range, and in that of its type; more of the lower ones with a higher power."""
        kind = self.signature.kinds[sort]
        assert isinstance(kind, Bins)
        low, high = max(low, kind.low), min(high, kind.high)
        if high < low:
            raise Dull
        value = round(low + (high - low) * self.rng.random() ** power, 2)
        value = min(max(value, kind.low), kind.high) + 0.0  # never -0.0
        return Part((f"{sort}:{kind.index(value)}",), (value,), np.array([value]))

    def made(self, name: str, *parts: Part) -> Part:
        """A symbol of its arguments, where it is not flat."""
        points = self.apply[name](*(p.points for p in parts))
        if name in ("above", "if"):
            share = float((parts[0].points > parts[1].points).mean())
            if not STEADY <= share <= 1 - STEADY:
                raise Dull
        if float(points.std()) < FLAT:
            raise Dull
        tokens = tuple(t for p in parts for t in p.tokens)
        return Part((name, *tokens), (NAN, *(v for p in parts for v in p.values)), points)


@lru_cache(maxsize=1)
def _hard_symbols() -> dict[str, Callable[..., Any]]:
    return symbols(np)
