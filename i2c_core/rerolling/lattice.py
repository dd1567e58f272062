"""Which points of a set lie at equal steps from each other: rows, and how far patterns may reach from a corner."""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import copy
from itertools import permutations, product

import numpy as np

from i2c_core.rerolling.points import Points, Vector

Steps = tuple[Vector, ...]


class OutOfTime(Exception):
    """The deadline has passed: not all is known."""


class Lattice:
    """The steps in a set of points.

    Args:
        points: the set.
        deadline: in seconds of `time.monotonic`.

    Attributes:
        nexts: for each kind and step, which point it takes to which.
        rows: for each point and step, the bitmasks of the commands of 1, 2, 3... points that begin there.
        longest: points in a row.
        numbers: all that steps may change a number by.

    Raises:
        OutOfTime: the deadline has passed; so for all that is asked later.
    """

    def __init__(self, points: Points, deadline: float | None) -> None:
        self.points, self.deadline, self.both_ways = points, deadline, True
        self._take(self._steps())

    def _take(self, nexts: dict[tuple[int, Vector], dict[int, int]]) -> None:
        self.nexts = nexts
        self.rows = self._rows()
        self.longest = max((len(masks) for masks in self.rows.values()), default=1)
        self.numbers = sorted({n for _, step in nexts for n in step if n})
        self._corners: dict[int, tuple[list[tuple[int, Steps]], np.ndarray]] = {}
        self._inside: set[tuple[int, frozenset[int]]] = set()

    def frequent(self, few: int) -> Lattice:
        """The most frequent steps only, so many of each kind; patterns are looked for in one direction of each.

        Raises:
            OutOfTime: the deadline has passed.
        """
        order = sorted(self.nexts, key=lambda key: (-len(self.nexts[key]), sum(map(abs, key[1])), key))
        kept = [key for k in range(len(self.points.kinds)) for key in [f for f in order if f[0] == k][:few]]
        found = copy(self)
        found.both_ways = False
        found._take({key: self.nexts[key] for key in kept})
        return found

    def check(self) -> None:
        """Raises:
        OutOfTime: the deadline has passed.
        """
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime

    def _steps(self) -> dict[tuple[int, Vector], dict[int, int]]:
        found: dict[tuple[int, Vector], dict[int, int]] = {}
        for kind, places in enumerate(self.points.places):
            for here, a in places.items():
                self.check()
                for there, b in places.items():
                    if a != b:
                        step = tuple(t - h for h, t in zip(here, there, strict=True))
                        found.setdefault((kind, step), {})[a] = b
        return found

    def _rows(self) -> dict[tuple[int, Vector], list[int]]:
        found: dict[tuple[int, Vector], list[int]] = {}
        for (_, step), nexts in self.nexts.items():
            self.check()
            for start in nexts:
                masks, total = [], 0
                point: int | None = start
                while point is not None:
                    total |= 1 << self.points.points[point].row
                    masks.append(total)
                    point = nexts.get(point)
                found[start, step] = masks
        return found

    def covered(self, corner: int, steps: Steps, profile: object) -> int:
        """Bitmask of the commands that a pattern covers, see `patterns.Profile`."""
        if isinstance(profile, int):
            if profile == 1:
                return 1 << self.points.points[corner].row
            return self.rows[corner, steps[0]][profile - 1]
        assert isinstance(profile, tuple)
        along, covers = self.nexts[self.points.points[corner].kind, steps[0]], 0
        for n, inner in enumerate(profile):
            if not inner or not (isinstance(inner, int) or any(inner)):
                break  # rows without points come last, and there need be no point to begin them
            if n:
                corner = along[corner]
            covers |= self.covered(corner, steps[1:], inner)
        return covers

    def corners(self, dimensions: int) -> tuple[list[tuple[int, Steps]], np.ndarray]:
        """Where patterns of 2 or 3 dimensions may begin.

        Returns:
            points with a step for each dimension, no two of which change one number; and (N, most) or (N, most, most)
            how many points there are in the last dimension, for each number of steps in those before.
        """
        if dimensions not in self._corners:
            seen = self._seen(dimensions)
            corners = [
                (point, turned)
                for point, chosen in sorted(seen)
                for order in permutations(chosen)
                for turned in product(*((s, _turned(s)) if self.both_ways else (s,) for s in order))
            ]
            reaches = np.zeros((len(corners), *([self.longest] * (dimensions - 1))), dtype=np.int16)
            for n, (point, steps) in enumerate(corners):
                self.check()
                for m, here in enumerate(self._along(point, steps[0])):
                    if dimensions == 2:
                        reaches[n, m] = self._length(here, steps[1])
                    else:
                        for k, there in enumerate(self._along(here, steps[1])):
                            reaches[n, m, k] = self._length(there, steps[2])
            self._corners[dimensions] = (corners, reaches)
        return self._corners[dimensions]

    def components(self) -> tuple[list[int], list[frozenset[int]]]:
        """In which sets of commands patterns lie.

        Returns:
            bitmasks: whatever a pattern of up to three dimensions covers lies in one of these sets; and for each, the
            sizes of the coefficients of such a pattern, of either sign.
        """
        self.corners(2)
        self.corners(3)
        found = set(self._inside)
        for (_, step), masks in self.rows.items():
            found.add((masks[-1], frozenset(abs(n) for n in step if n)))
        listed = sorted(found, key=lambda pair: (pair[0], sorted(pair[1])))
        return [rows for rows, _ in listed], [sizes for _, sizes in listed]

    def _seen(self, dimensions: int) -> set[tuple[int, Steps]]:
        """Points with steps, each step in one of its two directions."""
        seen: set[tuple[int, Steps]] = set()
        around: dict[int, set[Vector]] = {}
        for (_, step), nexts in self.nexts.items():
            for point in nexts:
                around.setdefault(point, set()).add(max(step, _turned(step)))
        for point, steps in around.items():
            for chosen in _disjoint(sorted(steps), dimensions):
                self.check()
                if (point, chosen) not in seen:
                    component = self._component(point, chosen)
                    seen |= {(p, chosen) for p in component}
                    rows = sum(1 << row for row in {self.points.points[p].row for p in component})
                    self._inside.add((rows, frozenset(abs(n) for step in chosen for n in step if n)))
        return seen

    def _component(self, start: int, steps: Steps) -> set[int]:
        """All points that steps to and fro reach from a point."""
        kind = self.points.points[start].kind
        ways = [self.nexts.get((kind, s), {}) for step in steps for s in (step, _turned(step))]
        found, waiting = {start}, [start]
        while waiting:
            point = waiting.pop()
            for way in ways:
                if point in way and way[point] not in found:
                    found.add(way[point])
                    waiting.append(way[point])
        return found

    def _along(self, point: int, step: Vector) -> Iterator[int]:
        """A point, and all after it."""
        nexts = self.nexts.get((self.points.points[point].kind, step), {})
        here: int | None = point
        while here is not None:
            yield here
            here = nexts.get(here)

    def _length(self, point: int, step: Vector) -> int:
        return len(self.rows.get((point, step), ())) or 1


def _turned(step: Vector) -> Vector:
    return tuple(-n for n in step)


def _disjoint(steps: list[Vector], most: int) -> Iterator[Steps]:
    """All choices of some steps, no two of which change one number."""
    masks = [sum(1 << k for k, n in enumerate(step) if n) for step in steps]

    def chosen(first: int, used: int, left: int) -> Iterator[Steps]:
        if left == 0:
            yield ()
            return
        for n in range(first, len(steps)):
            if not masks[n] & used:
                for rest in chosen(n + 1, used | masks[n], left - 1):
                    yield (steps[n], *rest)

    return chosen(0, 0, most)


__all__ = ["Lattice", "OutOfTime", "Steps"]
