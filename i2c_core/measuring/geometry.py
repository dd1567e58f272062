"""What terms of a language of zooms look like, exactly: which leaf covers what of the unit square.

A term's leaves are constants and variables. A variable's picture can be anything, so two terms draw the same for all
programs in their variables exactly when each variable lives at the same rectangle in both, and the constants colour the
rest alike. Coordinates are integers of a grid on which every edge lies, so that nothing is rounded.

Equal looks are found by a fingerprint: a constant adds its measure of its rectangle, a product of random numbers of the
edges, and a variable a random number of its own. What has one fingerprint is then compared cell by cell; that is proof.
"""

from __future__ import annotations

import math
import random
from functools import cache
from typing import Any

import numpy as np

from i2c_core.families import Family
from i2c_core.raster import Renderer
from i2c_core.vocabulary import Vocabulary

Rectangle = tuple[int, int, int, int]  # x0, y0, x1, y1
Shape = tuple[Any, ...]  # a token and the shapes of its arguments; (VARIABLE - type,) for a variable

VARIABLE = -1  # and below: a variable of type y is VARIABLE - y
PRIME = (1 << 127) - 1  # of the fingerprints
LOOKED = ((1, 1), (5, 7), (16, 16))  # sizes at which a constant must be one colour to count as flat


class Geometry:
    """The rectangles of a family's terms of up to `max_size` symbols.

    Attributes:
        colours: by token without arguments, what it covers its rectangle with; tokens that are not of one colour are
            left out, and are then like variables of their own.
    """

    def __init__(self, family: Family, max_size: int, renderer: Renderer) -> None:
        self.vocabulary = family.vocabulary
        self._boxes = {
            family.vocabulary.ids[t]: boxes for t, boxes in family.zooms.items() if t in family.vocabulary.ids
        }
        edges = [edge for boxes in self._boxes.values() for box in boxes for edge in box]
        fan = min((len(boxes) for boxes in self._boxes.values()), default=1)
        self.grid = math.lcm(*(e.denominator for e in edges)) ** max(1, -(-(max_size - 1) // max(1, fan)))
        self.colours = flat_colours(family, renderer)
        draw = random.Random(20261121)  # any fixed numbers do: what they find equal is proved
        self._across, self._down = (cache(lambda _: draw.randrange(PRIME)) for _ in range(2))
        self._named = cache(lambda _: draw.randrange(PRIME))
        self.cut = cache(self._cut)
        self._whole: dict[tuple[Shape, Rectangle], int] = {}

    def fingerprint(self, shape: Shape) -> int:
        """A number that is equal for terms that look alike."""
        return self._print(shape, (0, 0, self.grid, self.grid))

    def _print(self, shape: Shape, where: Rectangle) -> int:
        key = shape, where
        found = self._whole.get(key)
        if found is None:
            token, *args = shape
            if args:
                parts = zip(args, self.cut(token, where), strict=True)
                found = sum(self._print(arg, part) for arg, part in parts) % PRIME
            elif token in self.colours:
                x0, y0, x1, y1 = where
                area = (self._across(x1) - self._across(x0)) * (self._down(y1) - self._down(y0))
                found = area * self._named(self.colours[token]) % PRIME
            else:
                found = self._named((token, where))
            self._whole[key] = found
        return found

    def leaves(self, shape: Shape) -> list[tuple[int, Rectangle]]:
        """The leaves in prefix order, each with its rectangle."""
        found = []
        pending = [(shape, (0, 0, self.grid, self.grid))]
        while pending:
            (token, *args), where = pending.pop()
            if args:
                pending += reversed(list(zip(args, self.cut(token, where), strict=True)))
            else:
                found.append((token, where))
        return found

    def alike(self, one: Shape, other: Shape) -> bool:
        """Whether two terms look the same whatever their variables stand for; exact."""
        sides = [self.leaves(one), self.leaves(other)]
        xs = sorted({x for side in sides for _, (x0, _, x1, _) in side for x in (x0, x1)})
        ys = sorted({y for side in sides for _, (_, y0, _, y1) in side for y in (y0, y1)})
        column, row = {x: i for i, x in enumerate(xs)}, {y: i for i, y in enumerate(ys)}
        names: dict[object, int] = {}
        looks = []
        for side in sides:
            cells = np.zeros((len(ys) - 1, len(xs) - 1), np.int64)
            for token, where in side:
                name = self.colours.get(token, (token, where))
                x0, y0, x1, y1 = where
                cells[row[y0] : row[y1], column[x0] : column[x1]] = names.setdefault(name, len(names) + 1)
            looks.append(cells)
        return bool((looks[0] == looks[1]).all())

    def _cut(self, token: int, where: Rectangle) -> tuple[Rectangle, ...]:
        x0, y0, x1, y1 = where
        wide, high = x1 - x0, y1 - y0
        return tuple(
            (int(x0 + a * wide), int(y0 + b * high), int(x0 + c * wide), int(y0 + d * high))
            for a, b, c, d in self._boxes[token]
        )


def flat_colours(family: Family, renderer: Renderer) -> dict[int, bytes]:
    """The colours (C,) of the constants that are whole programs and of one colour at every size."""
    vocabulary = family.vocabulary
    tokens = [t for t in np.flatnonzero(vocabulary.production[0] >= 0).tolist() if _is_leaf(vocabulary, t)]
    tokens = [t for t in tokens if not vocabulary.continuous[t]]
    found: dict[int, bytes] = {}
    if not tokens:
        return found
    ids = np.array(tokens, np.int64)[:, None]
    seen: dict[int, set[bytes]] = {t: set() for t in tokens}
    for size in LOOKED:
        drawn = renderer.render(ids, None, size)
        for token, pixels, defined in zip(tokens, drawn.pixels, drawn.defined, strict=True):
            flat = pixels.reshape(len(pixels), -1)
            one = bool(defined) and bool((flat == flat[:, :1]).all())
            seen[token].add(flat[:, 0].tobytes() if one else b"not one colour")
    for token, colours in seen.items():
        (colour, *more) = colours
        if not more and colour != b"not one colour":
            found[token] = colour
    return found


def _is_leaf(vocabulary: Vocabulary, token: int) -> bool:
    return int(vocabulary.arity[token]) == 0
