"""Ways through a level: which cells to open so that all goals are reached, or which goals to give up.

Legend: R rows, C columns.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cell = tuple[int, int]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ways:
    """A level as a searcher of ways sees it.

    Attributes:
        digging: (R, C) what it costs to make a cell free: 0 where it is, inf where it cannot be.
        dropping: (R, C) what it costs to give up the goal in a cell.
        starts: (R, C) where ways begin.
        goals: (R, C) where one has to lead.
        label: (R, C) numbers of the connected free parts, from 1; 0 where a cell is not free.
        wrap: whether a step leads from one end of a row or column to the other, where both are free.
    """

    digging: NDArray[np.float64]
    dropping: NDArray[np.float64]
    starts: Mask
    goals: Mask
    label: NDArray[np.int64]
    wrap: bool


def open_ways(ways: Ways) -> tuple[Mask, Mask]:
    """The cells to make free and the goals to give up, (R, C) each.

    Shortest ways grow from the starts (Dijkstra); the goals of one connected part are decided together when the first
    of them is met: a way is opened to them unless giving all of them up is cheaper. What was opened costs nothing from
    then on. Each part is decided once, so that this takes O(R C log(R C)).
    """
    shape = ways.goals.shape
    opened, dropped = np.zeros(shape, bool), np.zeros(shape, bool)
    price = np.bincount(
        ways.label[ways.goals], weights=ways.dropping[ways.goals], minlength=int(ways.label.max()) + 1
    ).tolist()
    distance = np.full(shape, np.inf)
    before: dict[Cell, Cell] = {}
    heap: list[tuple[float, Cell]] = []
    for row, column in np.argwhere(ways.starts):
        cell = int(row), int(column)
        distance[cell] = 0.0
        heap.append((0.0, cell))
    decided = set(np.unique(ways.label[ways.starts]).tolist())
    while heap:
        far, cell = heapq.heappop(heap)
        if far > distance[cell]:
            continue
        part = int(ways.label[cell])
        if ways.goals[cell] and part not in decided:
            decided.add(part)
            if far <= price[part]:
                far = 0.0
                way: Cell | None = cell
                while way is not None and distance[way] > 0.0:
                    opened[way] = ways.digging[way] > 0.0
                    distance[way] = 0.0
                    heapq.heappush(heap, (0.0, way))
                    way = before.get(way)
            else:
                dropped |= ways.goals & (ways.label == part)
        for other in _steps(cell, ways):
            onward = far + float(ways.digging[other])
            if onward < distance[other]:
                distance[other] = onward
                before[other] = cell
                heapq.heappush(heap, (onward, other))
    for part in set(np.unique(ways.label[ways.goals]).tolist()) - decided:  # nothing leads there
        if np.isfinite(price[part]):
            dropped |= ways.goals & (ways.label == part)
    return opened, dropped


def _steps(cell: Cell, ways: Ways) -> Iterator[Cell]:
    rows, columns = ways.goals.shape
    row, column = cell
    for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0)):
        r, c = row + down, column + right
        if 0 <= r < rows and 0 <= c < columns:
            yield r, c
        elif ways.wrap and ways.label[cell]:
            other = r % rows, c % columns
            if ways.label[other]:
                yield other
