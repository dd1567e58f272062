"""What every cover costs at least, by sharing each cost out among the rows.

A column's cost is shared out among the rows that it covers; a node's among the rows that columns in it or below it
cover; a feature's among the rows of the columns that use it. A row then has a price by each column that covers it: its
share of the column, of the nodes that the column needs and of the features that it uses. Whatever the shares are, a
cover costs at least the sum over the rows of the least price: count each row for one of the columns that cover it; what
a column, a node or a feature is charged then is a part of its cost, and only where it is paid for.

The best shares are the dual of a linear program, that of facility location, which bounds far better than the one that
says only that a column needs its node. `ascend` comes close to them by exponentiated gradients
with Nesterov's momentum on smoothed prices, in a small part of the
time that a solver of linear programs takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from i2c_core.covers.parts import Floats, Part, Shares, product

SLACK = 1e-3  # bounds are sums of some hundred float32 below 1000
PATIENCE, PROGRESS = 40, 0.05  # shares are left as they are where so many rounds bring less
HOT, COLD = 0.1, 0.02  # how far from the least price a column still weighs, at first and at last
FAR = np.float32(1e9)


@dataclass(slots=True)
class Bounded:
    """What `ascend` found, for C columns and R rows.

    Attributes:
        bound: what is left costs at least this.
        plain: without what features cost, it costs at least this.
        shares: those that give the bound.
        weight: (C, R) how much of a row each column covers, in a cover by fractions.
    """

    bound: float
    plain: float
    shares: Shares
    weight: Floats


def ascend(part: Part, enough: float, rounds: int, deadline: float | None = None) -> Bounded:
    """A bound from better and better shares.

    Args:
        part: each of its rows is covered by a column; its shares are where to begin.
        enough: stop once the bound is above it.
        rounds: how many times shares are changed at most.
        deadline: when to stop, in seconds of `time.monotonic`.
    """
    costs, prices, fees = part.costs[:, None], part.prices[:, None], part.fees[:, None]
    outside = np.where(part.covers, np.float32(0), FAR)
    slow = fast = kept = part.shares  # fast moves by gradients, slow follows, gradients are taken between the two
    best, mark = -np.inf, -np.inf
    seen = np.zeros(part.covers.shape, np.float32)
    for step in range(rounds):
        heat = np.float32(HOT * (COLD / HOT) ** (step / rounds))
        lead = np.float32(2 / (step + 2))
        shares = _between(slow, fast, lead)
        price = _prices(part, shares)
        price += outside
        least = price.min(0)
        bound = float(least.sum())
        if bound > best:
            best, kept = bound, shares
        weight = np.exp((least - price) / heat)
        weight /= weight.sum(0)
        seen *= np.float32(0.9)
        seen += weight * np.float32(0.1)
        if best > enough + SLACK or (deadline is not None and time.monotonic() > deadline):
            break
        if step % PATIENCE == PATIENCE - 1:
            if best < mark + PROGRESS:
                break
            mark = best
        pace = heat / lead
        fast = Shares(
            _grown(fast.column, pace * costs, weight),
            _grown(fast.node, pace * prices, part.up(weight)),
            _grown(fast.feature, pace * fees, product(part.uses.T, weight)),
        )
        slow = _between(slow, fast, lead)
    plain = best
    if len(part.fees):
        price = _prices(part, kept, fees=False)
        price += outside
        plain = float(price.min(0).sum())
    return Bounded(best, plain, kept, seen)


def least_with(part: Part) -> Floats:
    """(C,): what is left costs at least this if the column is taken, by the part's shares.

    Where a node is open its shares are free to all, so that prices fall for the columns in it and below it, and the
    node is paid for in full. Of the features, the shares of the rows that the column covers are added.
    """
    shares = part.shares
    outside = np.where(part.covers, np.float32(0), FAR)
    price = _prices(part, shares) + outside
    free = part.down(part.prices[:, None] * shares.node)
    least = part.lowest(price) - free  # (N, R) through the columns below a node, were it open
    general = price.min(0)
    for level in range(part.levels):
        here = np.flatnonzero(part.depth == level)
        above = general if level == 0 else least[part.parent[here]]
        least[here] = np.minimum(least[here], above)
    rows = np.concatenate([least, general[None]])[part.node]
    cost = np.concatenate([part.down(part.prices[:, None])[:, 0], np.zeros(1, np.float32)])[part.node]
    by_features = product(part.uses, part.fees[:, None] * shares.feature)
    return np.asarray(part.costs + cost + np.where(part.covers, by_features, rows).sum(1))


def _prices(part: Part, shares: Shares, fees: bool = True) -> Floats:
    """(C, R): what a row costs by each column, with or without fees for features."""
    price = part.costs[:, None] * shares.column
    price += part.charged(part.prices[:, None] * shares.node)
    if fees and len(part.fees):
        price += product(part.uses, part.fees[:, None] * shares.feature)
    return price


def _grown(shares: Floats, pace: Floats, weight: Floats) -> Floats:
    grown = shares * np.exp(pace * weight)
    return np.asarray(grown / np.maximum(grown.sum(1, keepdims=True), np.float32(1e-20)), np.float32)


def _between(one: Shares, other: Shares, part: np.float32) -> Shares:
    return Shares(
        one.column + (other.column - one.column) * part,
        one.node + (other.node - one.node) * part,
        one.feature + (other.feature - one.feature) * part,
    )
