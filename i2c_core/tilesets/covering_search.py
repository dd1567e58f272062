"""The shortest program of a level, by branching over grounds and mirrors: a set cover for each, bounded from below.

Which tile is the ground and which mirrors a program opens are tried one after the other, the one that promises most
first. All else is a set cover, which a solver for integers ends where it is small enough.

Legend: N cells of a level.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from i2c_core.tilesets.covering_bounds import LISTABLE, Relaxed, checked, raised, relaxed
from i2c_core.tilesets.covering_columns import MIRRORS, PLAIN, Columns, Costs, Layers, columns_of
from i2c_core.tilesets.covering_frames import Frames
from i2c_core.tilesets.covering_greedy import greedy, without_idle

CLOSE = 1e-6
SOLVABLE = 30_000  # shapes that the solver for integers is given
FEW = 3_000  # shapes that it is given for a first answer
POLISH = 0.15  # of the time that is left, for a first answer
NEAR = 1.0  # symbols: shapes that are this close to being worth their cost are looked at first


@dataclass(frozen=True)
class Cover:
    """Shapes that draw a level, and the best bound when they were found.

    Attributes:
        ground: index of the tile beneath them.
        shapes: what is painted; None, as are ground (-1) and layers, as long as nothing beats what was given.
        layers: the level over the ground; what rows hold stands there.
        cost: symbols of the program.
        bound: no program of this level has fewer.
    """

    ground: int
    shapes: Columns | None
    layers: Layers | None
    cost: int
    bound: int


@dataclass
class _Ground:
    """What is known of one ground: shapes by context, frames."""

    tile: int
    layers: Layers
    contexts: dict[int, Columns] = field(default_factory=dict)
    frames: Frames | None = None
    listed: list[Columns] = field(default_factory=list)

    def shapes(self, contexts: tuple[int, ...]) -> Columns:
        """All shapes of some contexts, but of the frames only those that were worth it once."""
        parts = [self.contexts[c] for c in contexts]
        parts += [f.take(np.isin(f.context, contexts)) for f in self.listed]
        return Columns.joined(parts, self.layers.tiles.size)


@dataclass(frozen=True)
class _Node:
    """A ground, the mirrors that are paid for, and those that may still be; the other mirrors are closed.

    `price` holds for its shapes, where there is one; `relaxed` is its relaxation, once it is known.
    """

    ground: int
    open: tuple[int, ...]
    free: tuple[int, ...]
    price: NDArray[np.float64] | None = None
    relaxed: Relaxed | None = None

    @property
    def contexts(self) -> tuple[int, ...]:
        return (PLAIN, *sorted((*self.open, *self.free)))


class Search:
    """The search for the shortest program of one level.

    Args:
        level: (R, C) tiles.
        costs: of statements.
        most: symbols of a program that is known already.
        stop: when to end, in seconds of `time.monotonic`.
    """

    def __init__(self, level: NDArray[np.uint8], costs: Costs, most: int, stop: float) -> None:
        self._level, self._costs, self._stop = level, costs, stop
        self._grounds = {int(t): _Ground(int(t), Layers.of(level, int(t))) for t in np.unique(level)}
        least = costs.ground + (0 if len(self._grounds) == 1 else min(costs.put, costs.row + costs.cell))
        self.best = Cover(-1, None, None, most, min(least, most))
        self._queue: list[tuple[float, int, float, _Node]] = []
        self._given_up = math.inf  # the least bound of what was left unfinished
        self._number = 0
        self._told = most + 1  # the cost that was told last
        self._polished = False

    def run(self) -> Iterator[Cover]:
        """Yield what is best so far whenever it or the bound gets better; ends in time, or when they meet."""
        yield self.best
        if self.best.cost <= self.best.bound:
            return
        for step in self._steps():
            if self._settle(step):
                yield self.best
            if self.best.cost <= self.best.bound:
                return

    def _steps(self) -> Iterator[float]:
        """Work, and after each piece of it tell the bound of what was taken out of the queue for it."""
        nodes = {tile: _Node(tile, (), MIRRORS) for tile in self._grounds}
        tries: dict[int, float] = {}
        for tile, ground in self._grounds.items():  # a first answer, without mirrors
            if time.monotonic() > self._stop:
                return
            shapes = ground.contexts[PLAIN] = columns_of(ground.layers, PLAIN, self._costs)
            tries[tile] = self._try(ground, shapes, greedy(shapes, ground.layers.needed, self._stop))
            yield self.best.bound
        for tile, node in nodes.items():
            self._push(node, self.best.bound, first=tile == min(tries, key=tries.__getitem__))
        while self._queue and time.monotonic() < self._stop:
            _, _, bound, node = heapq.heappop(self._queue)
            if bound >= self.best.cost - CLOSE:
                continue
            if node.price is None:
                yield from self._list(node, bound)
            elif node.relaxed is None:
                yield from self._relax(node, bound)
            elif node.free:
                self._branch(node, bound)
            else:
                yield from self._solve(node, bound)
            yield math.inf

    def _settle(self, working: float) -> bool:
        """Raise the bound to the least of what is in the queue, in work, or given up; whether anything got better."""
        least = min((bound for _, _, bound, _ in self._queue), default=math.inf)
        least = min(least, working, self._given_up, self.best.cost)
        bound = max(self.best.bound, math.ceil(least - CLOSE))
        changed = bound > self.best.bound or self.best.cost < self._told
        self._told = self.best.cost
        ground, shapes, layers, cost = self.best.ground, self.best.shapes, self.best.layers, self.best.cost
        self.best = Cover(ground, shapes, layers, cost, bound)
        return changed

    def _push(self, node: _Node, bound: float, first: bool = False) -> None:
        """Queue a node by its bound; what comes `first` goes before all others, to have a good program early."""
        if bound < self.best.cost - CLOSE:
            self._number += 1
            heapq.heappush(self._queue, (0.0 if first else bound, self._number, bound, node))

    def _list(self, node: _Node, bound: float) -> Iterator[float]:
        """List the shapes of a ground, and bound them without a solver."""
        ground = self._grounds[node.ground]
        for context in node.contexts:
            if time.monotonic() > self._stop:
                return self._give_up(bound)
            if context not in ground.contexts:
                ground.contexts[context] = columns_of(ground.layers, context, self._costs)
        ground.frames = Frames(ground.layers, node.contexts, self._costs)
        shapes = ground.shapes(node.contexts)
        found, price = checked(raised(shapes, ground.layers.needed, self._stop), shapes, ground.frames, node.contexts)
        bound = max(bound, self._costs.ground + found)
        self._push(replace(node, price=price), bound, first=not self._polished)
        yield bound

    def _relax(self, node: _Node, bound: float) -> Iterator[float]:
        """Bound a node by its linear relaxation."""
        ground, price = self._grounds[node.ground], node.price
        assert ground.frames is not None
        assert price is not None
        overhead = self._costs.ground + self._costs.mirror * len(node.open)
        enough = self.best.cost - 1 + CLOSE - overhead
        shapes = ground.shapes(node.contexts)
        found = relaxed(shapes, ground.layers.needed, ground.frames, node.contexts, price, self._stop, enough)
        new = np.arange(len(found.columns)) >= len(shapes)
        if new.any():
            ground.listed.append(found.columns.take(new))
        self._round(ground, found)
        bound = max(bound, overhead + found.bound)
        if node.free == MIRRORS:
            self._polish(ground, found)
        self._push(replace(node, relaxed=found, price=found.price), bound)
        yield bound

    def _branch(self, node: _Node, bound: float) -> None:
        """Take a mirror as open in one branch and as closed in the other."""
        found = node.relaxed
        assert found is not None
        used = dict.fromkeys(node.free, 0.0)
        if found.share is not None:
            used = {c: float(found.share[found.columns.context == c].sum()) for c in node.free}
        mirror = max(node.free, key=lambda c: used[c])
        rest = tuple(c for c in node.free if c != mirror)
        self._push(replace(node, open=(*node.open, mirror), free=rest), bound + self._costs.mirror)
        idle = found.share is not None and used[mirror] < CLOSE  # closing it changes nothing then
        self._push(replace(node, free=rest, relaxed=found if idle else None), bound)

    def _solve(self, node: _Node, bound: float) -> Iterator[float]:
        """End a node, whose mirrors are all decided, by the solver for integers."""
        ground, found = self._grounds[node.ground], node.relaxed
        assert found is not None
        assert ground.frames is not None
        yield bound
        overhead = self._costs.ground + self._costs.mirror * len(node.open)
        # A shape that is worth this much less than its cost is in no program that is shorter than the best.
        gain = self.best.cost - 1 - overhead - found.bound + CLOSE
        if gain < 0:
            return
        shapes = Columns.joined(
            [ground.shapes(node.contexts), ground.frames.worth(found.price, gain, node.contexts)], len(found.price)
        )
        spare = shapes.least - shapes.covers @ found.price
        near = np.flatnonzero(spare <= gain)
        whole = len(near) <= SOLVABLE and ground.frames.counted and bool((shapes.cost == shapes.least).all())
        if shapes.covers.nnz > 4 * LISTABLE:
            self._give_up(bound)
            return
        shapes = shapes.take(near if whole else near[np.argsort(spare[near], kind="stable")[:SOLVABLE]])
        limit, proven = self._integers(ground, shapes, (), self._stop)
        if whole:
            bound = max(bound, overhead + limit)
        if not (whole and proven):
            self._give_up(bound)
        yield bound

    def _polish(self, ground: _Ground, found: Relaxed) -> None:
        """Ask the solver for integers for a good cover of the shapes that are nearly worth it, for a short time."""
        self._polished = True
        if found.share is None:
            return
        spare = found.columns.cost - found.columns.covers @ found.price
        near = np.flatnonzero((spare < NEAR) | (found.share > CLOSE))
        near = near[np.argsort(spare[near], kind="stable")[:FEW]]
        stop = time.monotonic() + POLISH * (self._stop - time.monotonic()) if math.isfinite(self._stop) else math.inf
        self._integers(ground, found.columns.take(near), MIRRORS, stop)

    def _integers(self, ground: _Ground, shapes: Columns, free: tuple[int, ...], stop: float) -> tuple[float, bool]:
        """Ask the solver for the cheapest cover, those mirrors paid for that are free and used.

        Returns:
            What such a cover costs at least, and whether the solver ended.
        """
        needed, many = ground.layers.needed, len(free)
        left = stop - time.monotonic()
        if left <= 0:
            return 0.0, False
        by_cell = shapes.covers.T.tocsr()[needed]
        if not (np.diff(by_cell.indptr) > 0).all():
            return math.inf, True  # some cell cannot be settled by what is worth it
        inside = np.flatnonzero(np.isin(shapes.context, free))
        which = np.searchsorted(free, shapes.context[inside]) if many else inside
        one = np.ones(len(inside))
        rows = np.arange(len(inside))
        links = csr_matrix(
            (np.concatenate([one, -one]), (np.tile(rows, 2), np.concatenate([inside, len(shapes) + which]))),
            shape=(len(inside), len(shapes) + many),
        )
        cells = csr_matrix((by_cell.data, by_cell.indices, by_cell.indptr), (by_cell.shape[0], len(shapes) + many))
        found = milp(
            np.concatenate([shapes.cost, [self._costs.mirror] * many]).astype(float),
            integrality=np.ones(len(shapes) + many),
            bounds=Bounds(0, 1),
            constraints=[LinearConstraint(cells, lb=1.0), *([LinearConstraint(links, ub=0.0)] if len(inside) else [])],
            options={"mip_rel_gap": 0.0} | ({"time_limit": left} if math.isfinite(left) else {}),
        )
        if found.x is not None:
            chosen = np.flatnonzero(found.x[: len(shapes)] > 0.5)
            if (np.asarray(by_cell[:, chosen].sum(axis=1)).ravel() > 0).all():
                self._try(ground, shapes, without_idle(shapes, chosen, needed))
        if found.status in (0, 2):  # ended, or there is none
            return (float(found.fun) if found.status == 0 else math.inf), True
        dual = getattr(found, "mip_dual_bound", None)
        return (float(dual) if dual is not None and math.isfinite(dual) else 0.0), False

    def _give_up(self, bound: float) -> None:
        self._given_up = min(self._given_up, bound)

    def _round(self, ground: _Ground, found: Relaxed) -> None:
        """Covers from a relaxation: of the shapes that it takes, and of those that are nearly worth it."""
        needed = ground.layers.needed
        if found.share is None:
            self._try(ground, found.columns, greedy(found.columns, needed, self._stop))
            return
        taken = found.columns.take(found.share > CLOSE)
        self._try(ground, taken, greedy(taken, needed, self._stop))
        spare = found.columns.cost - found.columns.covers @ found.price
        near = found.columns.take(spare < NEAR)
        self._try(ground, near, greedy(near, needed, self._stop, found.price))

    def _try(self, ground: _Ground, columns: Columns, chosen: NDArray[np.int64] | None) -> float:
        """Keep a cover if it is the best so far; what its program costs."""
        if chosen is None:
            return math.inf
        shapes = columns.take(chosen)
        mirrors = len(set(shapes.context.tolist()) - {PLAIN})
        cost = self._costs.ground + int(shapes.cost.sum()) + self._costs.mirror * mirrors
        if cost < self.best.cost:
            self.best = Cover(ground.tile, shapes, ground.layers, cost, self.best.bound)
        return cost
