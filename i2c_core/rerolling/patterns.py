"""Where a pattern of loops lies in a set of commands: rows, grids, staircases and boxes of points at equal steps.

A profile says how far a pattern reaches from its corner: of k dimensions, it is an array of k - 1 dimensions that
holds, for the first k - 1 coordinates, how many points there are in the last. 4 is a row of four points, `(3, 2, 1)` a
triangle, `(4, 4)` a grid of two by four.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from i2c_core.rerolling.lattice import Lattice, Steps
from i2c_core.rerolling.points import Mirror

Profile = tuple[int, ...] | tuple[tuple[int, ...], ...] | int


@dataclass(frozen=True, slots=True)
class Placed:
    """A pattern in a set.

    Attributes:
        covers: bitmask of the rows that it covers, a row being a command of the set.
        features: bitmask of its coefficients, see `Patterns.feature`.
        corner: the point at its corner.
        steps: what is added to the corner's numbers for each step in each dimension.
    """

    covers: int
    features: int
    corner: int
    steps: Steps


@dataclass(slots=True, eq=False)
class Table:
    """All places of a pattern with its images in some mirrors, for P places, R rows and F features.

    Attributes:
        placed: (P) what is drawn, mirror images included.
        rows: (P, R) the same as flags.
        heeded: bitmask of the mirrors, innermost first, each of which changes some place.
        own: (P) whether the outermost mirror changes it; all of them where there is none.
        uses: (P, F) flags of features, once they were asked for.
    """

    placed: list[Placed]
    rows: np.ndarray
    heeded: int
    own: list[bool]
    uses: np.ndarray | None = None


class Patterns:
    """All patterns in a set of points.

    Args:
        lattice: the steps in the set.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.points, self.lattice = lattice.points, lattice
        self.longest, self.numbers = self.lattice.longest, self.lattice.numbers
        self.coefficients: list[int] = []  # of each feature
        self._features: dict[int, int] = {}
        self._tables: dict[tuple[int, Profile, tuple[Mirror, ...]], Table] = {}
        self._inside: tuple[np.ndarray, list[int], np.ndarray] | None = None

    # -- coefficients

    def feature(self, coefficient: int) -> int:
        """The bit of a coefficient."""
        if coefficient not in self._features:
            self._features[coefficient] = 1 << len(self.coefficients)
            self.coefficients.append(coefficient)
        return self._features[coefficient]

    def place(self, coefficient: int) -> int | None:
        """The place of a coefficient among the features, None for one that nothing asked for yet."""
        bit = self._features.get(coefficient)
        return None if bit is None else bit.bit_length() - 1

    def _features_of(self, steps: Steps) -> int:
        found = 0
        for step in steps:
            for number in step:
                if number:
                    found |= self.feature(number)
        return found

    # -- places

    def table(self, dimensions: int, profile: Profile, mirrors: tuple[Mirror, ...] = ()) -> Table:
        """All places of a pattern of which all mirror images are in the set, the nicest way of each.

        Args:
            dimensions, profile: of the pattern; 0 dimensions are a point.
            mirrors: innermost first.
        """
        key = (dimensions, profile, mirrors)
        found = self._tables.get(key)
        if found is None:
            if mirrors:
                found = self._mirrored(self.table(dimensions, profile, mirrors[:-1]), mirrors)
            else:
                placed = self._fits(dimensions, profile)
                found = Table(placed, self.flags([p.covers for p in placed]), 0, [True] * len(placed))
            self._tables[key] = found
        return found

    def _fits(self, dimensions: int, profile: Profile) -> list[Placed]:
        best: dict[int, list[tuple[tuple[int, ...], Placed]]] = {}
        for placed in self._all(dimensions, profile):
            rank, features = _rank(placed), placed.features
            kept = best.setdefault(placed.covers, [])
            if any(not o.features & ~features and (o.features != features or r <= rank) for r, o in kept):
                continue
            kept[:] = [(r, o) for r, o in kept if features & ~o.features]
            kept.append((rank, placed))
        return [placed for kept in best.values() for _, placed in kept]

    def _all(self, dimensions: int, profile: Profile) -> Iterator[Placed]:
        self.lattice.check()
        if dimensions == 0:
            yield from (Placed(1 << p.row, 0, n, ()) for n, p in enumerate(self.points.points))
        elif isinstance(profile, int):
            for (start, step), masks in self.lattice.rows.items():
                if len(masks) >= profile:
                    yield Placed(masks[profile - 1], self._features_of((step,)), start, (step,))
        else:
            corners, reaches = self.lattice.corners(dimensions)
            wanted = np.array(profile, dtype=np.int16)
            if not corners or any(a > b for a, b in zip(wanted.shape, reaches.shape[1:], strict=True)):
                return
            window = reaches[(slice(None), *(slice(0, n) for n in wanted.shape))]
            for place in np.flatnonzero((window >= wanted).reshape(len(window), -1).all(1)):
                corner, steps = corners[place]
                covers = self.lattice.covered(corner, steps, profile)
                yield Placed(covers, self._features_of(steps), corner, steps)

    def _mirrored(self, table: Table, mirrors: tuple[Mirror, ...]) -> Table:
        mirror, count = mirrors[-1], len(self.points.commands)
        if not table.placed:
            return Table([], table.rows, 0, [])
        outside = np.array([image < 0 for image in mirror.images])
        back = np.full(count, count)
        for row, image in enumerate(mirror.images):
            if image >= 0:
                back[image] = row
        kept = np.flatnonzero(~table.rows[:, outside].any(1))
        before = table.rows[kept]
        rows = before | np.concatenate([before, np.zeros((len(kept), 1), bool)], 1)[:, back]
        changed = (rows != before).any(1)
        best: dict[int, list[tuple[int, int]]] = {}
        masks = [int.from_bytes(bytes(row), "little") for row in np.packbits(rows, axis=1, bitorder="little")]
        for n, covers in enumerate(masks):
            features = table.placed[kept[n]].features
            rivals = best.setdefault(covers, [])
            if not any(f & ~features == 0 for f, _ in rivals):
                rivals[:] = [(f, m) for f, m in rivals if features & ~f]
                rivals.append((features, n))
        chosen = sorted(n for rivals in best.values() for _, n in rivals)
        placed = []
        for n in chosen:
            old = table.placed[kept[n]]
            placed.append(Placed(masks[n], old.features, old.corner, old.steps))
        bit = 1 << len(mirrors) - 1 if changed.any() else 0
        return Table(placed, rows[chosen], table.heeded | bit, [bool(changed[n]) for n in chosen])

    def components(self) -> tuple[np.ndarray, list[int], np.ndarray]:
        """In which sets of rows patterns lie.

        Returns:
            (N, R) flags: whatever a pattern covers lies in one of these sets; the sizes of coefficients; and (N, S)
            flags: which of them such a pattern has, with one sign or the other.
        """
        if self._inside is None:
            masks, used = self.lattice.components()
            sizes = sorted({abs(n) for n in self.numbers})
            uses = np.array([[size in some for size in sizes] for some in used], bool).reshape(len(masks), -1)
            self._inside = (self.flags(masks), sizes, uses)
        return self._inside

    def flags(self, masks: list[int]) -> np.ndarray:
        """(len(masks), R) the rows in bitmasks."""
        count = len(self.points.commands)
        size = (count + 7) // 8
        data = np.frombuffer(b"".join(m.to_bytes(size, "little") for m in masks), np.uint8).reshape(len(masks), size)
        return np.unpackbits(data, axis=1, count=count, bitorder="little").astype(bool)


def _rank(placed: Placed) -> tuple[int, ...]:
    """Nicest first: few coefficients, positive ones."""
    numbers = [n for step in placed.steps for n in step if n]
    return (sum(n < 0 for n in numbers), sum(abs(n) for n in numbers), len(numbers), placed.corner)


__all__ = ["Patterns", "Placed", "Profile", "Table"]
