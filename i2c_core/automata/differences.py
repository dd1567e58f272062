"""Relations between the literal arguments of a symbol as difference constraints x_j >= x_i + c, closed.

Closed means that every consequence is drawn (Floyd-Warshall, node 0 is the constant 0). Then an assignment of the first
arguments that breaks no constraint among them extends to all, so the interval of the next argument is exact.

Legend: n arguments, counted from 0; node j + 1 is argument j.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Guards = tuple[tuple[int, int], ...]  # pairs of an earlier argument and what is added to its value
_NONE = -(1 << 40)  # no constraint: far below every sum of offsets


@dataclass(frozen=True, slots=True)
class Intervals:
    """For each argument the values it may have, and the guards that earlier arguments put on it.

    Attributes:
        low, high: the least and the largest value that are left.
        lower: guards x_j >= x_i + c that the earlier arguments do not already imply.
        upper: guards x_j <= x_i + c likewise.
    """

    low: tuple[int, ...]
    high: tuple[int, ...]
    lower: tuple[Guards, ...]
    upper: tuple[Guards, ...]

    def last_reader(self) -> tuple[int, ...]:
        """For each argument the last one with a guard on it, -1 for none."""
        last = [-1] * len(self.low)
        for j, guards in enumerate(zip(self.lower, self.upper, strict=True)):
            for i, _ in (*guards[0], *guards[1]):
                last[i] = j
        return tuple(last)


def close(spans: Sequence[tuple[int, int] | None], relations: Iterable[tuple[int, str, int, int]]) -> Intervals | None:
    """The intervals of arguments with these spans (None: no literal); None where no values satisfy all relations.

    A relation (j, op, i, offset) says `x_j op x_i + offset`.

    >>> close([(0, 9), (0, 9)], [(1, ">", 0, 0)])
    Intervals(low=(0, 1), high=(8, 9), lower=((), ((0, 1),)), upper=((), ()))
    """
    n = len(spans)
    gap = [[_NONE] * (n + 1) for _ in range(n + 1)]  # gap[a][b] = c: x_b >= x_a + c
    for j, span in enumerate(spans):
        if span is not None:
            gap[0][j + 1], gap[j + 1][0] = span[0], -span[1]
    for j, op, i, offset in relations:
        a, b, c = (i + 1, j + 1, offset) if op[0] == ">" else (j + 1, i + 1, -offset)
        gap[a][b] = max(gap[a][b], c + (len(op) == 1))
    for k in range(n + 1):
        for a in range(n + 1):
            if gap[a][k] > _NONE:
                for b in range(n + 1):
                    if gap[k][b] > _NONE:
                        gap[a][b] = max(gap[a][b], gap[a][k] + gap[k][b])
    if any(gap[a][a] > 0 for a in range(n + 1)):
        return None
    low = tuple(gap[0][j + 1] if spans[j] is not None else 0 for j in range(n))
    high = tuple(-gap[j + 1][0] if spans[j] is not None else 0 for j in range(n))
    lower, upper = [], []
    for j in range(n):
        below = [i for i in range(j) if gap[i + 1][j + 1] > _NONE and high[i] + gap[i + 1][j + 1] > low[j]]
        lower.append(tuple((i, gap[i + 1][j + 1]) for i in _needed(below, j, gap)))
        above = [i for i in range(j) if gap[j + 1][i + 1] > _NONE and low[i] - gap[j + 1][i + 1] < high[j]]
        turned = [list(row) for row in zip(*gap, strict=True)]
        upper.append(tuple((i, -gap[j + 1][i + 1]) for i in _needed(above, j, turned)))
    return Intervals(low, high, tuple(lower), tuple(upper))


def _needed(earlier: list[int], j: int, gap: list[list[int]]) -> list[int]:
    """The earlier arguments whose guard on `j` no other one implies."""
    kept = list(earlier)
    for i in earlier:
        direct = gap[i + 1][j + 1]
        if any(k != i and gap[i + 1][k + 1] + gap[k + 1][j + 1] == direct for k in kept):
            kept.remove(i)
    return kept
