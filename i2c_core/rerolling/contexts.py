"""Where a statement may stand: paths of loops and reflections, and all that one statement can draw there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from i2c_core.loops import Linear
from i2c_core.rerolling.patterns import Patterns, Profile, Table
from i2c_core.rerolling.points import Mirror, Vector


@dataclass(frozen=True, slots=True)
class Condition:
    """`if (i > 0)`, of the innermost loop so far."""


WHEN = Condition()
LEAST = 3  # rounds of a loop: what one of two rounds can do, a cheaper one of three can do in a condition
Header = Linear | Mirror | Condition
Path = tuple[Header, ...]
Round = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A statement on its path.

    Attributes:
        covers: bitmask of the rows that it draws.
        features: bitmask of its coefficients.
        within: whether it stands in a condition of its own.
        corner: a point of it.
        steps: for each loop on its path, what a round adds to its numbers.
        at: values of the loops' variables where it draws the corner.
    """

    covers: int
    features: int
    within: bool
    corner: int
    steps: tuple[Vector | None, ...]
    at: Round


def loops_of(path: Path) -> list[tuple[Linear, bool]]:
    """The loops of a path, outermost first, each with whether its condition stands on the path."""
    found: list[tuple[Linear, bool]] = []
    for header in path:
        if isinstance(header, Linear):
            found.append((header, False))
        elif isinstance(header, Condition):
            found[-1] = (found[-1][0], True)
    return found


def mirrors_of(path: Path) -> list[Mirror]:
    """The reflections of a path, innermost first."""
    return [header for header in reversed(path) if isinstance(header, Mirror)]


@lru_cache(maxsize=200_000)
def profiles(loops: tuple[tuple[Linear, bool], ...]) -> tuple[tuple[tuple[int, ...], Profile, Round], ...]:
    """For each choice of loops that a statement heeds: those, the pattern of their rounds, and its least round."""
    found: list[tuple[tuple[int, ...], Profile, Round]] = [((), 0, ())]
    counts = [count for count, _ in loops]
    first = [int(within) for _, within in loops]
    if not loops:
        return tuple(found)
    cube: list[list[int]] = []  # where the last loop ends, for each value of the variables before
    if len(loops) == 1:
        cube = [[counts[0].b]]
    elif len(loops) == 2:
        cube = [[counts[1].at((i,)) if i >= first[0] else 0 for i in range(counts[0].b)]]
    else:
        inner = [counts[1].at((i,)) if i >= first[0] else 0 for i in range(counts[0].b)]
        width = max(0, *inner)
        cube = [
            [counts[2].at((i, j)) if first[1] <= j < inner[i] else 0 for j in range(width)] for i in range(counts[0].b)
        ]
    last = first[-1]
    cube = [[max(0, end - last) for end in row] for row in cube]  # how many rounds the last loop has
    if not any(map(any, cube)):
        return ()
    rows = [max(row) for row in cube]
    columns = [max(column) for column in zip(*cube, strict=True)]
    longest = max(rows)
    n = len(loops) - 1
    if n == 2:
        _keep(found, (0,), [int(r > 0) for r in rows], None)
    if n > 0:
        _keep(found, (n - 1,), [int(c > 0) for c in columns], None)
    if longest > 1:
        found.append(((n,), longest, (last,)))
    if n == 2:
        _keep(found, (0, 1), [sum(c > 0 for c in row) for row in cube], _start([int(c > 0) for c in columns]))
        _keep(found, (0, 2), rows, last)
    if n > 0:
        _keep(found, (n - 1, n), columns, last)
    if n == 2 and longest > 1:
        (top, bottom), (left, right) = _span(rows), _span(columns)
        if bottom - top > 1 and right - left > 1:
            whole = tuple(tuple(row[left:right]) for row in cube[top:bottom])
            found.append(((0, 1, 2), whole, (top, left, last)))
    return tuple(found)


def _span(counts: Sequence[int]) -> tuple[int, int]:
    """From where to where counts are more than 0."""
    some = [k for k, count in enumerate(counts) if count > 0]
    return some[0], some[-1] + 1


def _start(counts: Sequence[int]) -> int:
    return _span(counts)[0]


def _keep(
    found: list[tuple[tuple[int, ...], Profile, Round]], used: tuple[int, ...], counts: list[int], least: int | None
) -> None:
    """Keep a row, or a pattern of rows of these lengths that begin at the least value, unless one round is all."""
    start, end = _span(counts)
    if end - start > 1 and least is None:
        found.append((used, end - start, (start,)))
    elif end - start > 1 and least is not None and max(counts) > 1:
        found.append((used, tuple(counts[start:end]), (start, least)))


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Statements on one path that heed the same loops.

    Attributes:
        within: whether they stand in a condition of their own.
        used: the loops that they heed.
        least: the least values of their variables.
        table: what they draw.
    """

    within: bool
    used: tuple[int, ...]
    least: Round
    table: Table


def choices(path: Path, patterns: Patterns) -> list[Choice]:
    """All that one statement at the end of a path can draw, but what it could draw as well further out."""
    loops, mirrors = loops_of(path), tuple(mirrors_of(path))
    last = path[-1] if path else None
    found: list[Choice] = []
    for within in (False, True) if loops else (False,):
        if within:
            loops = [*loops[:-1], (loops[-1][0], True)]
        for used, profile, least in profiles(tuple(loops)):
            heeds_last = len(loops) - 1 in used
            if loops and not heeds_last and loops[-1][0].variable is None and (within or isinstance(last, Linear)):
                continue  # the same without the condition, or outside of the last loop
            table = patterns.table(len(used), profile, mirrors)
            if table.placed:
                found.append(Choice(within, used, least, table))
    return found


def leaves(path: Path, chosen: Sequence[tuple[Choice, Iterable[int]]]) -> list[Leaf]:
    """Some of the statements of `choices`, by place, without those that the last reflection does not change."""
    many, mirrored = len(loops_of(path)), len(mirrors_of(path)) == 1
    alone = mirrored and isinstance(path[-1], Mirror)
    found: list[Leaf] = []
    for choice, places in chosen:
        for place in places:
            placed = choice.table.placed[place]
            if alone and not choice.table.own[place]:
                continue
            steps: list[Vector | None] = [None] * many
            at = [0] * many
            for k, step, value in zip(choice.used, placed.steps, choice.least, strict=True):
                steps[k], at[k] = step, value
            found.append(Leaf(placed.covers, placed.features, choice.within, placed.corner, tuple(steps), tuple(at)))
    return found


def undominated(found: Iterable[Leaf], others: Iterable[Leaf] = ()) -> list[Leaf]:
    """The leaves but those for which another one covers as much with the same coefficients or fewer."""
    by_size: dict[int, list[tuple[Leaf, bool]]] = {}
    for leaves_, mine in ((others, False), (found, True)):
        for leaf in leaves_:
            by_size.setdefault(leaf.covers.bit_count(), []).append((leaf, mine))
    kept: list[Leaf] = []
    larger: dict[int, list[Leaf]] = {}  # by row
    for size in sorted(by_size, reverse=True):
        same: dict[int, list[Leaf]] = {}
        for leaf, mine in sorted(by_size[size], key=lambda pair: (pair[0].features.bit_count(), pair[1])):
            covers, lacking = leaf.covers, ~leaf.features
            equal = same.setdefault(covers, [])
            if mine:
                if any(not o.features & lacking for o in equal):
                    continue
                first, last = larger.get((covers & -covers).bit_length(), ()), larger.get(covers.bit_length(), ())
                rivals = first if len(first) < len(last) else last
                if any(not covers & ~o.covers and not o.features & lacking for o in rivals):
                    continue
                kept.append(leaf)
            equal.append(leaf)
        for covers, equal in same.items():
            while covers:
                low = covers & -covers
                larger.setdefault(low.bit_length(), []).extend(equal)
                covers ^= low
    return kept


__all__ = [
    "LEAST",
    "WHEN",
    "Choice",
    "Condition",
    "Header",
    "Leaf",
    "Path",
    "choices",
    "leaves",
    "loops_of",
    "mirrors_of",
    "profiles",
    "undominated",
]
