"""Paths with loops whose length depends on the variable of another loop: triangles, and all that else they can draw.

Such a loop is needed only where it has rounds for two values of the other variable at least, else its length were
constant. Statements that do not heed its own variable still are drawn only where it has rounds: it is a condition to
them. Where it is no more than that for all, a shorter loop does as well, unless it stands innermost of three.
"""

from __future__ import annotations

from collections.abc import Iterator

from i2c_core.loops import Linear
from i2c_core.rerolling.contexts import WHEN, Path, loops_of, profiles
from i2c_core.rerolling.patterns import Patterns, Profile
from i2c_core.rerolling.points import Mirror


class Stairs:
    """The paths for a set.

    Args:
        patterns: of the set.
        mirrors: of the set.
        counts: lengths of loops.
        depth: how many loops and reflections a path may have.
    """

    def __init__(self, patterns: Patterns, mirrors: tuple[Mirror, ...], counts: tuple[Linear, ...], depth: int) -> None:
        self.patterns, self.mirrors, self.counts, self.depth = patterns, mirrors, counts, depth
        self.most = patterns.longest + 1

    def two(self) -> Iterator[Path]:
        """Paths of two loops."""
        if self.depth > 1:
            for count in self.counts:
                for path in ((count,), (count, WHEN)):
                    yield from ((*path, stair) for stair in self._seconds(path, count.b))

    def three(self) -> Iterator[Path]:
        """Paths of three headers, but those of `twice`."""
        if self.depth < 3:
            return
        for count in self.counts:
            for path in ((count,), (count, WHEN)):
                yield from self._within(path, count.b)
        for a in self.counts:
            for b in self.counts:
                for whole in ((a, b), (a, WHEN, b), (a, b, WHEN), (a, WHEN, b, WHEN)):
                    yield from self._third(whole)

    def _seconds(self, path: Path, count: int) -> Iterator[Linear]:
        """Lengths of a second loop with which a statement heeds both, or is drawn less often."""
        first = len(path) - 1
        for stair in self.lengths(first, count - 1):
            if self._clips(stair, first, count) or self.fits((*path, stair), (0, 1)):
                yield stair

    def _within(self, path: Path, count: int) -> Iterator[Path]:
        """Paths that begin with a loop, and have one whose length depends on it, and another header."""
        first = len(path) - 1
        for stair in self._seconds(path, count):
            whole = (*path, stair)
            for mirror in self.mirrors:
                yield (*whole, mirror)
                yield (path[0], mirror, *whole[1:])
                yield (mirror, *whole)
            for inner in self.counts:
                for bare in (False, True):
                    most = max(_rounds(stair, first, count)) - bare
                    heeded = sum(n > bare for n in _rounds(stair, first, count))
                    if self.grid(most, inner.b) or (count - heeded > 1 and self.grid(heeded, inner.b)):
                        yield (*whole, WHEN, inner) if bare else (*whole, inner)
        for mirror in self.mirrors:
            for stair in self.conditions(first, count):
                yield (path[0], mirror, *path[1:], stair)

    def _third(self, path: Path) -> Iterator[Path]:
        """Paths of two loops with a third one, whose length depends on either."""
        (a, within), (b, inside) = loops_of(path)
        outer, inner = a.b - within, b.b - inside
        for stair in (*self.lengths(int(within), a.b - 1), *self.conditions(int(within), a.b)):
            rounds = _rounds(stair, int(within), a.b)
            clipped = [n for n in (sum(r > k for r in rounds) for k in (0, 1)) if n < outer]
            if self.grid(inner, max(rounds)) or any(self.grid(n, inner) for n in clipped):
                yield (*path, stair)
        if self.grid(outer, 2):
            for stair in self.lengths(int(inside), b.b - 1):
                whole = (*path, Linear(stair.b, stair.a, 1))
                if self._clips(stair, int(inside), b.b) or self.fits(whole, (1, 2)):
                    yield whole

    def twice(self, count: Linear) -> Iterator[tuple[Path, frozenset[tuple[int, Profile]]]]:
        """Paths that begin with a loop, and go on with two whose length depends on a variable; with their patterns."""
        if self.depth < 3:
            return
        for path in ((count,), (count, WHEN)):
            first = len(path) - 1
            lengths = list(self.lengths(first, count.b - 1, wide=True))
            for second in lengths:
                rounds = _rounds(second, first, count.b)
                most = min(max(rounds), self.most)
                for last in ((*path, second), (*path, second, WHEN)):
                    inside = len(last) - len(path) - 1
                    thirds = [*lengths, *self.conditions(first, count.b)]
                    if max(rounds) > 1 + inside:
                        inner = [*self.lengths(inside, most - 1, wide=True), *self.conditions(inside, most)]
                        thirds += [Linear(stair.b, stair.a, 1) for stair in dict.fromkeys(inner)]
                    for third in thirds:
                        whole = (*last, third)
                        if found := self.patterns_of(whole):
                            yield whole, found

    # -- lengths

    def lengths(self, first: int, last: int, wide: bool = False) -> Iterator[Linear]:
        """The lengths `a * v + b` for v from first to last, by which a row of the set may be as long as some round.

        A row may be one round shorter, in a condition.

        Args:
            first, last: of the variable's values.
            wide: whether only two rounds one after the other need be so short, not all.
        """
        for a in range(1 - self.most, self.most):
            if not a:
                continue
            ends = range(first + 1, last + 1) if wide else (last,)
            found = set()
            for end in ends:
                for top in range(1 + abs(a), self.most + 1):
                    found.add(top - a * (end if a > 0 else first + last - end))
            yield from (Linear(b, a, 0) for b in sorted(found))

    def conditions(self, first: int, count: int) -> Iterator[Linear]:
        """Lengths that are no more than conditions: from or up to some value of the variable, by any coefficient."""
        for a in self.patterns.numbers:
            for heeded in range(2, count - first):
                if 1 + abs(a) * (heeded - 1) > self.most:
                    yield Linear(1 - a * (count - heeded if a > 0 else first + heeded - 1), a, 0)

    def _clips(self, stair: Linear, first: int, count: int) -> bool:
        """Whether a loop is, in a condition at least, a condition to statements that do not heed its variable."""
        return any(n < 2 for n in _rounds(stair, first, count))

    # -- what is there

    def fits(self, path: Path, used: tuple[int, ...]) -> bool:
        """Whether a statement on a path can heed just these loops."""
        loops = loops_of(path)
        for within in (False, True):
            loops[-1] = (loops[-1][0], within)
            for some, profile, _ in profiles(tuple(loops)):
                if some == used and self.patterns.table(len(used), profile).placed:
                    return True
        return False

    def patterns_of(self, path: Path) -> frozenset[tuple[int, Profile]]:
        """The patterns of a statement at the end of a path of three loops, by dimensions.

        None unless some statement heeds the last loop with the second, or is drawn less often by one of both.
        """
        loops, found, needed = loops_of(path), set[tuple[int, Profile]](), False
        outer = {(used, profile) for used, profile, _ in profiles(tuple(loops[:2]))}
        if loops[2][0].variable == 0:  # without the second loop
            outer |= {
                ((0, 2), profile)
                for within in (False, True)
                for used, profile, _ in profiles((loops[0], (loops[2][0], within)))
                if used == (0, 1)
            }
        for within in (False, True):
            loops[-1] = (loops[-1][0], within)
            for used, profile, _ in profiles(tuple(loops)):
                if used and self.patterns.table(len(used), profile).placed:
                    needed |= len(used) > 1 and (used, profile) not in outer
                    found.add((len(used), profile))
        return frozenset(found) if needed else frozenset()

    def grid(self, outer: int, inner: int) -> bool:
        """Whether there is a grid of so many by so many points, or by one less."""
        table = self.patterns.table
        return outer > 1 and any(n > 1 and bool(table(2, (n,) * outer).placed) for n in (inner - 1, inner))


def _rounds(stair: Linear, first: int, count: int) -> list[int]:
    """How many rounds a loop has for each value of the other's variable, from the first to less than the count."""
    return [stair.a * v + stair.b for v in range(first, count)]


__all__ = ["Stairs"]
