"""The least error of every part of an image for every number of symbols, by dynamic programming over rectangles.

Legend: R rectangles, S = budget + 1 numbers of symbols, Z sizes of materials, A arguments of a cut, n rectangles of one
shape, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders
from i2c_core.families import Box, Family

if TYPE_CHECKING:
    from i2c_core.search.materials import Materials

MOST = 1 << 18  # rectangles: all of an image of 256x256 that is halved again and again
CHECKED = 8  # programs by which it is checked that a cut draws nothing but its arguments

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cut:
    """A symbol whose arguments are whole programs that tile its place: its token, and a box for each argument."""

    token: int
    boxes: tuple[Box, ...]

    def parts(self, rectangles: Ints) -> Ints:
        """(n, A, 4) the arguments' rectangles x0, y0, x1, y1 in pixels, of rectangles (n, 4), edges rounded down."""
        corner, extent = rectangles[:, [0, 1, 0, 1]], (rectangles[:, 2:] - rectangles[:, :2])[:, [0, 1, 0, 1]]
        return np.stack(
            [
                corner + extent * np.array([f.numerator for f in b]) // np.array([f.denominator for f in b])
                for b in self.boxes
            ],
            1,
        )


def cuts(family: Family) -> list[Cut]:
    """The symbols of a family that divide: all arguments are of the root type, and tile the place."""
    vocabulary, found = family.vocabulary, []
    for name in family.zooms:
        boxes, token = family.zoom(name), vocabulary.ids.get(name)
        production = -1 if token is None else int(vocabulary.production[0, token])
        if token is None or production < 0 or not boxes or name in vocabulary.related:
            continue
        if all(argument == 0 for argument in vocabulary.productions[production].args) and _tile(boxes):
            found.append(Cut(token, boxes))
    return found


def _tile(boxes: tuple[Box, ...]) -> bool:
    """Whether boxes cover the unit square, each point once."""
    area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    apart = all(a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1] for a, b in combinations(boxes, 2))
    return area == 1 and apart and all(0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1 for x0, y0, x1, y1 in boxes)


def tiling(family: Family, renderer: Renders, cut: Cut, materials: Materials, image: NDArray[np.uint8]) -> bool:
    """Whether a cut draws its arguments' pictures side by side and nothing else, as far as a few random ones tell."""
    height, width = size = (int(image.shape[1]), int(image.shape[2]))
    rng = np.random.default_rng(0)
    arity = len(cut.boxes)
    if not len(materials.ids):
        return False
    chosen = rng.integers(0, len(materials.ids), (CHECKED, arity))
    pad, rows = family.vocabulary.pad, []
    for each in chosen.tolist():
        rows.append([cut.token, *(t for m in each for t in materials.ids[m].tolist() if t < pad)])
    longest = max(map(len, rows))
    rows = [row + [pad] * (longest - len(row)) for row in rows]
    drawn = renderer.render(np.array(rows, np.int64), None, size)
    wanted = np.zeros_like(drawn.pixels)
    defined = np.ones(len(chosen), bool)
    for place, (x0, y0, x1, y1) in enumerate(cut.parts(np.array([[0, 0, width, height]]))[0].tolist()):
        if x0 < x1 and y0 < y1:
            pixels, fine = materials.pictures((y1 - y0, x1 - x0))
            wanted[:, :, y0:y1, x0:x1] = pixels[chosen[:, place]]
            defined &= fine[chosen[:, place]]
    return bool((drawn.pixels[defined] == wanted[defined]).all())


class Cutting:
    """An image divided to a depth, and what each part costs.

    Args:
        cuts: how rectangles may be divided.
        materials: what fills those that are not.
        image: (C, H, W) uint8.
        budget: the most symbols.

    Attributes:
        complete: whether all parts are known; not in images that have more than `MOST`.
    """

    def __init__(self, cuts: list[Cut], materials: Materials, image: NDArray[np.uint8], budget: int) -> None:
        self.cuts, self.materials, self.image, self.budget = cuts, materials, image, budget
        self.complete = True
        height, width = image.shape[1:]
        self._whole = np.array([[0, 0, width, height]], np.int64)
        self._rectangles = np.empty((0, 4), np.int64)  # (R, 4), in the order of their keys
        self._leaf = np.empty((0, len(materials.counts)))  # (R, Z) the least error of materials
        self._which = np.empty((0, len(materials.counts)), np.int64)  # (R, Z) and of which
        self._newest = self._whole
        self._add(self._whole)
        self._table = self._solve()

    @property
    def finished(self) -> bool:
        """Whether dividing deeper gives nothing new."""
        return not len(self._newest)

    def deepen(self) -> None:
        """Divide what was divided last."""
        parts = [self._divided(cut, self._newest).reshape(-1, 4) for cut in self.cuts]
        fresh = np.unique(np.concatenate([*parts, np.empty((0, 4), np.int64)]), axis=0)
        fresh = fresh[(fresh[:, 0] < fresh[:, 2]) & (fresh[:, 1] < fresh[:, 3])]
        fresh = fresh[self._row(fresh) < 0]
        if len(fresh) + len(self._rectangles) > MOST:
            fresh = fresh[:0]
            self.complete = False
        self._newest = fresh
        if len(fresh):
            self._add(fresh)
            self._table = self._solve()

    def best(self) -> tuple[list[int], float]:
        """The tokens of the closest program within the budget, the smallest of equals, and its sum of absolute
        differences; nothing where no program fits.
        """
        row = int(self._row(self._whole)[0])
        error = float(self._table[row, self.budget])
        return (self._tokens(row, self.budget), error) if np.isfinite(error) else ([], error)

    # -- rectangles

    def _divided(self, cut: Cut, rectangles: Ints) -> Ints:
        """(n, A, 4) the parts of rectangles; a rectangle of which one part is all of it is left out."""
        parts = cut.parts(rectangles)
        found: Ints = parts[~(parts == rectangles[:, None]).all(2).any(1)]
        return found

    def _keys(self, rectangles: Ints) -> Ints:
        side = int(self._whole.max()) + 1
        found: Ints = rectangles @ np.array([1, side, side**2, side**3])
        return found

    def _row(self, rectangles: Ints) -> Ints:
        """(n,) where rectangles stand in the tables, -1 for those that do not."""
        known, wanted = self._keys(self._rectangles), self._keys(rectangles)
        found = np.full(len(wanted), -1, np.int64)
        if len(known):
            place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
            found[:] = np.where(known[place] == wanted, place, -1)
        return found

    def _add(self, rectangles: Ints) -> None:
        least, which = self._filled(rectangles)
        rectangles = np.concatenate([self._rectangles, rectangles])
        order = np.argsort(self._keys(rectangles))
        self._rectangles = rectangles[order]
        self._leaf = np.concatenate([self._leaf, least])[order]
        self._which = np.concatenate([self._which, which])[order]

    def _filled(self, rectangles: Ints) -> tuple[NDArray[np.float64], Ints]:
        """What materials cost on rectangles (n, 4), those of one shape together."""
        least = np.full((len(rectangles), self._leaf.shape[1]), np.inf)
        which = np.zeros(least.shape, np.int64)
        for (width, height), rows in _by_shape(rectangles):
            x, y = rectangles[rows, 0], rectangles[rows, 1]
            windows = np.lib.stride_tricks.sliding_window_view(self.image, (height, width), axis=(1, 2))
            least[rows], which[rows] = self.materials.errors(windows[:, y, x].transpose(1, 0, 2, 3))
        return least, which

    # -- errors

    def _solve(self) -> NDArray[np.float64]:
        """(R, S) the least error of each rectangle with at most so many symbols, parts before wholes."""
        table = np.full((len(self._rectangles), self.budget + 1), np.inf)
        for column, count in enumerate(self.materials.counts):
            table[:, count:] = np.minimum(table[:, count:], self._leaf[:, column, None])
        for _, rows in _by_shape(self._rectangles):
            for cut in self.cuts:
                parts = cut.parts(self._rectangles[rows])  # (n, A, 4)
                place = np.stack([self._place(parts[:, a]) for a in range(parts.shape[1])], 1)  # (n, A)
                usable = (place != -1).all(1) & (place != rows[:, None]).all(1)
                some = rows[usable]
                if len(some):
                    table[some, 1:] = np.minimum(table[some, 1:], self._together(table, place[usable])[:, :-1])
        return table

    def _place(self, parts: Ints) -> Ints:
        """(n,) the rows of parts (n, 4), -1 for those that are not there, -2 for empty ones."""
        empty = (parts[:, 0] >= parts[:, 2]) | (parts[:, 1] >= parts[:, 3])
        return np.where(empty, -2, self._row(parts))

    def _errors(self, table: NDArray[np.float64], place: Ints) -> NDArray[np.float64]:
        """(n, S) what the rectangles at rows (n,) cost; empty ones nothing, from the smallest material on."""
        found = table[np.maximum(place, 0)]
        nothing = np.full(found.shape[1], np.inf)
        if len(self.materials.counts):
            nothing[self.materials.counts[0] :] = 0
        return np.where((place == -2)[:, None], nothing, found)

    def _together(self, table: NDArray[np.float64], place: Ints) -> NDArray[np.float64]:
        """(n, S) the least error of parts at rows (n, A) together, with at most so many symbols."""
        found = self._errors(table, place[:, 0])
        for argument in range(1, place.shape[1]):
            found = _shared(found, self._errors(table, place[:, argument]))
        return found

    # -- programs

    def _tokens(self, row: int, symbols: int) -> list[int]:
        """The tokens of the smallest of the best programs of a rectangle with at most so many symbols."""
        wanted = self._table[row, symbols]
        symbols = int(np.argmax(self._table[row] == wanted))
        for column, count in enumerate(self.materials.counts):
            if count <= symbols and self._leaf[row, column] == wanted:
                return self._material(int(self._which[row, column]))
        for cut in self.cuts:
            parts = cut.parts(self._rectangles[[row]])[0]  # (A, 4)
            place = self._place(parts)  # (A,)
            if (place == -1).any() or (place == row).any():
                continue
            each = self._errors(self._table, place)  # (A, S)
            left = [each[0][None]]
            for argument in range(1, len(each)):
                left.append(_shared(left[-1], each[argument][None]))
            if left[-1][0, symbols - 1] != wanted:
                continue
            counts, total = [], symbols - 1
            for argument in range(len(each) - 1, 0, -1):
                own = np.arange(total + 1)
                sums = left[argument - 1][0, total - own] + each[argument, own]
                counts.append(int(own[np.argmax(sums == left[argument][0, total])]))
                total -= counts[-1]
            counts.append(total)
            tokens = [cut.token]
            for part, count in zip(place.tolist(), counts[::-1], strict=True):
                tokens += self._material(0) if part == -2 else self._tokens(part, count)
            return tokens
        raise AssertionError("the table has an error that no program has")

    def _material(self, number: int) -> list[int]:
        tokens: list[int] = self.materials.ids[number, : self.materials.sizes[number]].tolist()
        return tokens


def _by_shape(rectangles: Ints) -> list[tuple[tuple[int, int], Ints]]:
    """The rows of rectangles (n, 4) by width and height, the smallest areas first."""
    shapes = rectangles[:, 2:] - rectangles[:, :2]
    kinds, which = np.unique(shapes, axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(kinds.prod(1), kind="stable").tolist()
    return [((int(kinds[k, 0]), int(kinds[k, 1])), np.flatnonzero(which == k)) for k in order]


def _shared(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, S) the least sum of both (n, S), which never rise, when they share so many symbols."""
    found = np.full(one.shape, np.inf)
    for own in range(one.shape[1]):
        found[:, own:] = np.minimum(found[:, own:], one[:, own, None] + other[:, : one.shape[1] - own])
    return found
