"""Which paths of loops of constant length and reflections an optimal program may have: none of them is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from i2c_core.loops import Linear
from i2c_core.rerolling.contexts import LEAST, WHEN, Header, Path, loops_of
from i2c_core.rerolling.patterns import Patterns
from i2c_core.rerolling.points import Mirror
from i2c_core.rerolling.stairs import Stairs


class Paths:
    """The paths for a set.

    Args:
        patterns: of the set.
        mirrors: of the set.
        depth: how many loops and reflections a path may have.
    """

    def __init__(self, patterns: Patterns, mirrors: Iterable[Mirror], depth: int) -> None:
        self.patterns, self.depth, self.mirrors = patterns, depth, tuple(mirrors)
        self.counts = tuple(Linear(n) for n in range(patterns.longest + 1, LEAST - 1, -1))  # the longest save most
        self.heads: tuple[Header, ...] = (*self.counts, *self.mirrors)
        self.stairs = Stairs(patterns, self.mirrors, self.counts, depth)
        self._joint: dict[tuple[Header, Header], tuple[bool, bool]] = {}

    # -- loops of constant length, and reflections

    def one(self) -> Iterator[Path]:
        """Paths of one header."""
        if self.depth > 0:
            yield from ((head,) for head in self.heads)

    def two(self) -> Iterator[Path]:
        """Paths of two headers both of which some statement heeds."""
        if self.depth > 1:
            for outer in self.heads:
                for inner in self.heads:
                    yield from self._pair((outer,), inner)

    def three(self) -> Iterator[Path]:
        """Paths of three headers: the innermost is heeded with the second, and the first with either."""
        if self.depth < 3:
            return
        partners = {a: [b for b in self.heads if any(self.joint(a, b))] for a in self.heads}
        for a in self.heads:
            for b in self.heads:
                if b not in partners[a] and not any(c in partners[a] for c in partners[b]):
                    continue
                for c in partners[b]:
                    for path in _longer((a,), b):
                        yield from self._pair(path, c)

    def _pair(self, path: Path, inner: Header) -> Iterator[Path]:
        """A path with one more header, which some statement must heed together with the last one."""
        bare, within = self.joint(path[-1], inner)
        for longer in _longer(path, inner):
            on_last = isinstance(path[-1], Linear) and longer[-2] == WHEN
            if within if on_last else bare:
                yield longer

    def joint(self, outer: Header, inner: Header) -> tuple[bool, bool]:
        """Whether some statement can heed both headers, and so whatever stands around them; and in a condition."""
        key = (outer, inner)
        if key not in self._joint:
            self._joint[key] = self._together(outer, inner)
        return self._joint[key]

    def _together(self, outer: Header, inner: Header) -> tuple[bool, bool]:
        table = self.patterns.table
        if isinstance(outer, Mirror) and isinstance(inner, Mirror):
            found = outer != inner and _both(outer, inner, len(self.patterns.points.commands))
            return found, found
        if isinstance(outer, Linear) and isinstance(inner, Linear):
            grids = [any(table(2, (inner.b - k,) * (outer.b - within)).placed for k in (0, 1)) for within in (0, 1)]
            return grids[0], grids[1]
        loop, mirror = (outer, inner) if isinstance(outer, Linear) else (inner, outer)
        assert isinstance(loop, Linear)
        assert isinstance(mirror, Mirror)
        found = any(table(1, loop.b - k, (mirror,)).heeded for k in (0, 1))
        return found, found


def _longer(path: Path, head: Header) -> Iterator[Path]:
    """A path with one more header, as it is and in a condition of the innermost loop."""
    yield (*path, head)
    if isinstance(head, Linear):
        loops = loops_of(path)
        if loops and not loops[-1][1]:
            yield (*path, WHEN, head)


def _both(outer: Mirror, inner: Mirror, count: int) -> bool:
    """Whether some commands have all images in both reflections, and each reflection changes some."""
    found = 0
    for row in range(count):
        once = inner.closed(1 << row)
        twice = outer.closed(once) if once >= 0 else -1
        if twice >= 0:
            found |= (once != 1 << row) + 2 * (twice != once)
    return found == 3


__all__ = ["Paths"]
