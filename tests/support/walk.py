"""A walk over a level in the text of PacMan levels, which knows nothing of the code that reads and writes them.

    python tests/support/walk.py level.lay

tells the dots that pacman does not reach, and leaves with 1 where there are any.
"""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path

WALL, DOT, START = "%", ".", "P"


class NoWalk(ValueError):
    """A text that is no level with one pacman."""


def cells(text: str) -> list[str]:
    """The rows of a level, which are of one length."""
    rows = text.removesuffix("\n").split("\n")
    if len({len(row) for row in rows}) != 1:
        raise NoWalk(f"rows are of lengths {[len(row) for row in rows]}")
    return rows


def reached(rows: list[str], *, tunnels: bool = True) -> set[tuple[int, int]]:
    """Rows and columns, from 0, of all that pacman walks to; he leaves one side of a row and comes in on the other."""
    starts = [(r, c) for r, row in enumerate(rows) for c, char in enumerate(row) if char == START]
    if len(starts) != 1:
        raise NoWalk(f"there are {len(starts)} pacmans")
    been, todo = set(starts), deque(starts)
    while todo:
        r, c = todo.popleft()
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            at = r + down, c + right
            if tunnels:
                at = at[0], at[1] % len(rows[0])
            if 0 <= at[0] < len(rows) and 0 <= at[1] < len(rows[0]) and rows[at[0]][at[1]] != WALL and at not in been:
                been.add(at)
                todo.append(at)
    return been


def unreached(text: str, *, tunnels: bool = True) -> list[tuple[int, int]]:
    """Columns and rows, from 1, of the dots that pacman does not reach, from the top."""
    rows = cells(text)
    been = reached(rows, tunnels=tunnels)
    return [(c + 1, r + 1) for r, row in enumerate(rows) for c, x in enumerate(row) if x == DOT and (r, c) not in been]


def main(path: str) -> int:
    left = unreached(Path(path).read_text(encoding="utf-8"))
    for column, row in left:
        print(f"column {column}, row {row}: a dot that pacman does not reach")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
