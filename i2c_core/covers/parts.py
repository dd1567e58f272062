"""Parts of a problem as arrays: what a search has left to decide.

Letters of shapes: C columns, R rows, N nodes, F features. A column without node has the place N, where gathered arrays
hold a last row of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.covers.problem import NO_NODE, Problem
from i2c_core.covers.reducing import bits, paths

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

SMALL = 100_000  # entries of the matrix of needs
AT_ONCE = 250_000  # multiplications that OpenBLAS does in one thread (its limit is 2**18); with more threads than idle
# processors, as in several processes beside each other, a product takes thirty times as long


@dataclass(slots=True)
class Shares:
    """How costs are shared out among rows: those of a column among the rows that it covers, and so on.

    Attributes:
        column: (C, R), each row sums to 1, or to 0 where nothing is covered.
        node: (N, R), likewise, over the rows that columns in the node or below it cover.
        feature: (F, R), likewise, over the rows of the columns that use the feature.
    """

    column: Floats
    node: Floats
    feature: Floats


@dataclass(slots=True)
class Part:
    """Columns that are still allowed for the rows that are left.

    Attributes:
        columns: (C,) their places in the problem, sorted by node.
        covers: (C, R) what they cover.
        costs: (C,) of the columns.
        node: (C,) the node of each.
        uses: (C, F) 1 where a column, or a node that it needs, uses a feature.
        nodes: (N,) the places of the nodes that are needed, in the problem; parents before children.
        parent: (N,) of each.
        depth: (N,) 0 at the roots.
        prices: (N,) of opening each, 0 where that is paid.
        fees: (F,) of using each feature, 0 where that is paid.
        shares: how all that is shared out.
        taken: the columns taken, by place in the problem.
        spent: on columns, nodes and features.
        used: how many features are paid for.
    """

    columns: Places
    covers: Flags
    costs: Floats
    node: Places
    uses: Floats
    nodes: Places
    parent: Places
    depth: Places
    prices: Floats
    fees: Floats
    shares: Shares
    taken: tuple[int, ...] = ()
    spent: int = 0
    used: int = 0
    _needs: Floats | None = None

    # -- along the tree

    def needs(self) -> Floats:
        """(N, C): 1 where a column needs a node."""
        if self._needs is None:
            own = (self.node == np.arange(len(self.nodes))[:, None]).astype(np.float32)
            for level in range(self.levels - 1, 0, -1):
                here = np.flatnonzero(self.depth == level)
                np.add.at(own, self.parent[here], own[here])
            self._needs = own
        return self._needs

    @property
    def _small(self) -> bool:
        """Whether one product of matrices is faster than steps along the tree."""
        return len(self.nodes) * len(self.columns) <= SMALL

    def charged(self, values: Floats) -> Floats:
        """(C, R): for each column the sum over all nodes that it needs, for values (N, R)."""
        return product(self.needs().T, values) if self._small else self.gathered(self.down(values))

    def gathered(self, values: Floats) -> Floats:
        """(C, R): for each column the row of its node, for values (N, R); zeros where it has none."""
        return np.concatenate([values, np.zeros((1, values.shape[1]), values.dtype)])[self.node]

    def down(self, values: Floats) -> Floats:
        """(N, R): for each node the sum over itself and those above it."""
        total = values.copy()
        for level in range(1, self.levels):
            here = np.flatnonzero(self.depth == level)
            total[here] += total[self.parent[here]]
        return total

    def up(self, values: Floats) -> Floats:
        """(N, R): for each node the sum over all columns in it and below it, for values (C, R)."""
        return product(self.needs(), values) if self._small else self._up(values, np.add, 0)

    def lowest(self, values: Floats) -> Floats:
        """(N, R): for each node the least over all columns in it and below it, for values (C, R)."""
        return self._up(values, np.minimum, np.inf)

    def _up(self, values: Floats, combine: np.ufunc, start: float) -> Floats:
        total = np.full((len(self.nodes), values.shape[1]), start, values.dtype)
        inside = int(np.searchsorted(self.node, len(self.nodes)))
        if inside:
            first = np.flatnonzero(np.diff(self.node[:inside], prepend=-1))
            total[self.node[first]] = combine.reduceat(values[:inside], first, axis=0)
        for level in range(self.levels - 1, 0, -1):
            here = np.flatnonzero(self.depth == level)
            here = here[np.argsort(self.parent[here], kind="stable")]
            first = np.flatnonzero(np.diff(self.parent[here], prepend=-1))
            above = self.parent[here[first]]
            total[above] = combine(total[above], combine.reduceat(total[here], first, axis=0))
        return total

    @property
    def levels(self) -> int:
        return int(self.depth.max()) + 1 if len(self.depth) else 0

    # -- smaller parts

    def only(self, kept: Flags) -> Part:
        """This part with some of its columns forbidden."""
        node = self.node[kept]
        needed = np.zeros(len(self.nodes) + 1, bool)
        needed[node] = True
        for level in range(self.levels - 1, 0, -1):
            here = np.flatnonzero((self.depth == level) & needed[:-1])
            needed[self.parent[here]] = True
        alive = needed[:-1]
        new = np.full(len(self.nodes) + 1, int(alive.sum()), np.intp)
        new[:-1][alive] = np.arange(int(alive.sum()))
        uses = self.uses[kept]
        used = uses.any(0) & (self.fees > 0)
        covers = self.covers[kept]
        parent = self.parent[alive]
        part = replace(
            self,
            columns=self.columns[kept],
            covers=covers,
            costs=self.costs[kept],
            node=new[node],
            uses=uses[:, used],
            nodes=self.nodes[alive],
            parent=np.where(parent == NO_NODE, NO_NODE, new[parent]),
            depth=self.depth[alive],
            prices=self.prices[alive],
            fees=self.fees[used],
            _needs=None,
        )
        shares = self.shares
        part.shares = Shares(shares.column[kept], shares.node[alive], shares.feature[used])
        part.shares = part.settled()
        return part

    def settled(self) -> Shares:
        """The shares, those of rows that are out of reach given to the others."""
        rows = self.covers.astype(np.float32)
        return Shares(
            _whole(self.shares.column, rows),
            _whole(self.shares.node, self.up(rows)),
            _whole(self.shares.feature, product(self.uses.T, rows)),
        )

    def paid(self, node: int | None = None, feature: int | None = None) -> Part:
        """This part with a node opened, and so those above it, or a feature paid for."""
        prices, fees, spent, used = self.prices.copy(), self.fees.copy(), self.spent, self.used
        while node is not None and node not in (NO_NODE, len(self.nodes)):
            spent += int(prices[node])
            prices[node] = 0
            node = int(self.parent[node])
        if feature is not None:
            spent += int(fees[feature])
            fees[feature] = 0
            used += 1
        return replace(self, prices=prices, fees=fees, spent=spent, used=used)

    def taking(self, column: int) -> Part:
        """This part with a column taken, given by its place here: its rows are covered, all that it needs is paid."""
        part = self.paid(node=int(self.node[column]))
        fees = part.fees.copy()
        used = (self.uses[column] > 0) & (fees > 0)
        spent = part.spent + int(self.costs[column]) + int(fees[used].sum())
        fees[used] = 0
        left = ~self.covers[column]
        covers = self.covers[:, left]
        shares = self.shares
        part = replace(
            part,
            covers=covers,
            fees=fees,
            shares=Shares(shares.column[:, left], shares.node[:, left], shares.feature[:, left]),
            taken=(*self.taken, int(self.columns[column])),
            spent=spent,
            used=self.used + int(used.sum()),
        )
        inside: Flags = np.asarray(covers.any(1))
        return part.only(inside)


def product(one: Floats, other: Floats) -> Floats:
    """The product of two matrices, in this thread alone."""
    each = one.shape[0] * one.shape[1] * other.shape[1]
    if each <= AT_ONCE:
        return one @ other
    if one.shape[0] >= one.shape[1]:
        step = max(1, AT_ONCE // max(1, one.shape[1] * other.shape[1]))
        return np.concatenate([one[k : k + step] @ other for k in range(0, one.shape[0], step)])
    step = max(1, AT_ONCE // max(1, one.shape[0] * other.shape[1]))
    total = np.zeros((one.shape[0], other.shape[1]), np.float32)
    for k in range(0, one.shape[1], step):
        total += one[:, k : k + step] @ other[k : k + step]
    return total


def _whole(shares: Floats, reach: Floats) -> Floats:
    """Shares that sum to 1 over the rows within reach; a little for each of these, so that it can grow again."""
    inside = (reach > 0).astype(np.float32)
    count = np.maximum(1, inside.sum(1, keepdims=True))
    shares = shares * inside + inside * (np.float32(0.02) / count)
    return np.asarray(shares / np.maximum(np.float32(1e-20), shares.sum(1, keepdims=True)), np.float32)


def whole(problem: Problem) -> Part:
    """The whole problem, all costs shared out evenly."""
    above, used = paths(problem)
    order = sorted(range(len(problem.columns)), key=lambda p: (problem.columns[p].node % (len(problem.nodes) + 1), p))
    columns = [problem.columns[p] for p in order]
    features = 0
    for mask in (*(c.features for c in problem.columns), *(n.features for n in problem.nodes)):
        features |= mask
    kinds = bits(features)
    uses = [c.features | (used[c.node] if c.node != NO_NODE else 0) for c in columns]
    count, none = len(columns), np.zeros((0, problem.rows), np.float32)
    part = Part(
        columns=np.array(order, np.intp),
        covers=_flags([c.covers for c in columns], problem.rows),
        costs=np.array([c.cost for c in columns], np.float32),
        node=np.array([c.node if c.node != NO_NODE else len(problem.nodes) for c in columns], np.intp),
        uses=_flags(uses, max(kinds, default=-1) + 1)[:, kinds].astype(np.float32),
        nodes=np.arange(len(problem.nodes)),
        parent=np.array([n.parent for n in problem.nodes], np.intp),
        depth=np.array([len(path) - 1 for path in above], np.intp),
        prices=np.array([n.cost for n in problem.nodes], np.float32),
        fees=np.full(len(kinds), problem.feature_cost, np.float32),
        shares=Shares(np.zeros((count, problem.rows), np.float32), none, none),
    )
    zeros = np.zeros((len(problem.nodes), problem.rows), np.float32)
    part.shares = Shares(part.shares.column, zeros, np.zeros((len(kinds), problem.rows), np.float32))
    part = part.only(np.ones(count, bool))
    return part


def _flags(masks: list[int], width: int) -> Flags:
    """(len(masks), width): the bits of masks."""
    size = (width + 7) // 8
    data = np.frombuffer(b"".join(m.to_bytes(size, "little") for m in masks), np.uint8).reshape(len(masks), size)
    return np.unpackbits(data, axis=1, count=width, bitorder="little").astype(bool)


__all__ = ["Flags", "Floats", "Part", "Places", "Shares", "product", "whole"]
