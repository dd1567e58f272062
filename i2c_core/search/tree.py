"""Monte Carlo tree search over beginnings of programs, by chance or guided by a network.

A node is a beginning, its children the tokens that the mask leaves open. Rounds of four steps: descend to a child that
has never been tried, by what its parent's children are worth and how probable they are (PUCT: Rosin 2011, as Silver et
al. 2017 use it); complete the beginning to a whole program; draw it; and tell everybody above what it was worth. Every
round does so for a batch of beginnings, completed and drawn together. The descents of a batch see one another as
losses, so that they part ("virtual loss"). As there is one player and no chance in drawing, a node is worth the mean of
its average and its best program (Schadd et al. 2008). A node all of whose programs have been drawn is closed, so that
the search ends where the budget is small. A tree for shorter programs follows one that has drawn the image exactly.

Legend: R programs of a round, K open tokens of a node, T tokens, V tokens of the vocabulary, C channels, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders
from i2c_core.errors import BudgetError
from i2c_core.families import Family
from i2c_core.search.judging import Judge
from i2c_core.search.network import Network
from i2c_core.search.policies import Completed, NetworkPolicy, Policy, RandomPolicy
from i2c_core.search.searcher import Found

SHORTER = 1e-3  # of black against white: what a program of all the budget's tokens costs more than one of none


@dataclass(frozen=True)
class TreeSearch:
    """Monte Carlo tree search that knows nothing of the image: completions by chance, all sizes alike.

    Args:
        family: whose programs.
        renderer: draws them.
        seed: of all chance.
        batch: programs a round.
        curiosity: how much more often a token is tried that is probable, or was seldom tried.
    """

    family: Family
    renderer: Renders
    seed: int = 0
    batch: int = 128
    curiosity: float = 2.0

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield each program that is better than all before it; ends when all within the budget have been tried."""
        judge = Judge(self.family, self.renderer, image, budget)

        def policy(budget: int) -> Policy:
            return RandomPolicy(self.family, budget, self.seed)

        yield from climb(policy, judge, self.batch, self.curiosity)


@dataclass(frozen=True)
class Guided:
    """Tree search guided by a trained network: its probabilities are the prior, its likeliest program completes.

    The first program is what greedy decoding finds; what comes next departs from the best by a token, where the network
    was least sure.

    Args:
        network: None for the one that the family ships.
        temperature: of completions, 0 for the likeliest.
    """

    family: Family
    renderer: Renders
    network: Network | None = None
    seed: int = 0
    batch: int = 32
    curiosity: float = 0.5
    temperature: float = 0.0

    def search(self, image: NDArray[np.uint8], budget: int) -> Iterator[Found]:
        """Yield each program that is better than all before it; ends when all within the budget have been tried."""
        network = Network.shipped(self.family) if self.network is None else self.network
        budget = min(budget, network.budget)
        judge = Judge(self.family, self.renderer, image, budget)

        def policy(budget: int) -> Policy:
            return NetworkPolicy(network, image, budget, self.seed, self.temperature)

        yield from climb(policy, judge, self.batch, self.curiosity)


@dataclass(eq=False, slots=True)
class _Node:
    """A beginning and what is known of the tokens that may come next."""

    tokens: NDArray[np.int64]  # (K,) the open ones
    prior: NDArray[np.float64]  # (K,) their probabilities
    visits: NDArray[np.int64]  # (K,) programs drawn below, those of this round included
    total: NDArray[np.float64]  # (K,) the sum of what they were worth
    best: NDArray[np.float64]  # (K,) the most that one was worth
    closed: NDArray[np.bool_]  # (K,) whether all programs below have been drawn
    children: list[_Node | None] = field(repr=False)

    @staticmethod
    def of(logp: NDArray[np.float32]) -> _Node:
        """A node whose next tokens have log-probabilities (V,), -inf for closed ones."""
        tokens = np.flatnonzero(np.isfinite(logp))
        count = len(tokens)
        prior = np.exp(logp[tokens].astype(np.float64))
        zero = np.zeros(count)
        low = np.full(count, -np.inf)
        return _Node(tokens, prior, np.zeros(count, np.int64), zero, low, np.zeros(count, bool), [None] * count)


_Path = list[tuple[_Node, int]]  # the nodes from the root down, and which child of each


def climb(policy: Callable[[int], Policy], judge: Judge, batch: int, curiosity: float) -> Iterator[Found]:
    """Grow trees of beginnings for the judge's image; yields what is better than all before.

    Once the image is drawn exactly, only shorter programs are better: a new tree grows within one token less.
    """
    budget, again = judge.budget, True
    best: Found | None = None
    while again:
        again = False
        try:
            for found in grow(policy(budget), judge, best, batch, curiosity):
                best = found
                yield best
                again = best.cost == 0 and not best.optimal
                if again:
                    budget = best.program.size - 1
                    break
        except BudgetError:  # no program is as short as that
            if best is None:
                raise
            yield replace(best, bound=best.cost, least=best.program.size)


def grow(policy: Policy, judge: Judge, best: Found | None, batch: int, curiosity: float) -> Iterator[Found]:
    """Grow one tree; yields what is better than `best` and all before."""
    span = _Span()
    completed = policy.complete([()])
    root = _Node.of(completed.logp[0, 0])
    worth = span.seen(_worth(judge, completed))
    _extend([], root, completed, 0, float(worth[0]), judge.budget)
    while True:
        better = judge.better(best)
        if better is not None and better is not best:
            best = better
            yield best
        if root.closed.all():
            break
        paths = _leaves(root, batch, curiosity, span)
        completed = policy.complete([[int(n.tokens[k]) for n, k in path] for path in paths])
        worth = span.seen(_worth(judge, completed))
        leader = int(worth.argmax())
        for row, path in enumerate(paths):
            for node, k in path:
                node.visits[k] += 1
                node.total[k] += worth[row]
                node.best[k] = max(node.best[k], worth[row])
            # The best of a round goes into the tree as a whole, so that the next ones may depart from it anywhere.
            _open(path, completed, row, float(worth[row]), judge.budget if row == leader else len(path))
    if best is not None and not judge.family.vocabulary.continuous.any():
        yield replace(best, bound=best.cost, least=best.program.size)


@dataclass
class _Span:
    """The least and the most that programs were worth, by which worths are brought to 0..1."""

    low: float = math.inf
    high: float = -math.inf

    def seen(self, worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Worths (R,), those of programs without a picture as low as any."""
        finite = worth[np.isfinite(worth)]
        if len(finite):
            self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        return np.where(np.isfinite(worth), worth, self.low if self.low < math.inf else -1.0)

    @property
    def width(self) -> float:
        return max(self.high - self.low, 1e-9)


def _worth(judge: Judge, completed: Completed) -> NDArray[np.float64]:
    """(R,) what programs are worth: the closer and the shorter, the more; -inf without a picture."""
    found = np.full(len(completed.ids), -np.inf)
    whole = np.flatnonzero(completed.whole)
    if len(whole):
        ids = completed.ids[whole]
        sizes = (ids < judge.family.vocabulary.pad).sum(1)
        found[whole] = -(judge.costs(ids) + SHORTER * sizes / judge.budget)
    return found


def _leaves(root: _Node, batch: int, curiosity: float, span: _Span) -> list[_Path]:
    """Ways to children that have never been tried, at most `batch`, each another one."""
    paths: list[_Path] = []
    lost: _Path = []  # counted as lost visits until the round is over
    shut: _Path = []  # taken by this round, or without anything left that is not
    while len(paths) < batch and not root.closed.all():
        path, whole = _descend(root, curiosity, span)
        shut.append(path[-1])
        path[-1][0].closed[path[-1][1]] = True
        if whole:
            paths.append(path)
            lost += path
            for node, k in path:
                node.visits[k] += 1
                node.total[k] += span.low
    for node, k in lost:
        node.visits[k] -= 1
        node.total[k] -= span.low
    for node, k in shut:
        node.closed[k] = False
    return paths


def _descend(root: _Node, curiosity: float, span: _Span) -> tuple[_Path, bool]:
    """The way to a child that has never been tried, and True; or to one below which nothing is left, and False."""
    path: _Path = []
    node: _Node | None = root
    while node is not None:
        if node.closed.all():
            return path, False
        tried = node.visits > 0
        mean = node.total / np.maximum(node.visits, 1)
        best = np.maximum(node.best, span.low)
        value = np.where(tried, (0.5 * (mean + best) - span.low) / span.width, 0.0)
        # What was never tried is taken for as good as what was: an optimist would try everything first.
        share = float(node.prior[tried].sum())
        value[~tried] = float((value * node.prior)[tried].sum()) / share if share > 0 else 0.5
        score = value + curiosity * node.prior * math.sqrt(1 + int(node.visits.sum())) / (1 + node.visits)
        score[node.closed] = -np.inf
        k = int(score.argmax())
        path.append((node, k))
        node = node.children[k]
    return path, True


def _open(path: _Path, completed: Completed, row: int, worth: float, far: int) -> None:
    """Put what follows a path into the tree, to a depth of `far` tokens; close what has no other program."""
    node, k = path[-1]
    length = len(path)
    if _ends(completed, row, length):
        node.closed[k] = True
        _close(path)
        return
    node.children[k] = child = _Node.of(completed.logp[row, length])
    _extend(path, child, completed, row, worth, far)


def _extend(path: _Path, node: _Node, completed: Completed, row: int, worth: float, far: int) -> None:
    """Put the tokens of a program behind a path into the tree, one node each, from `node` to a depth of `far`."""
    path = list(path)
    for depth in range(len(path), far):
        k = int(np.searchsorted(node.tokens, completed.ids[row, depth]))
        node.visits[k], node.total[k], node.best[k] = 1, worth, worth
        path.append((node, k))
        if _ends(completed, row, depth + 1):
            node.closed[k] = True
            break
        node.children[k] = node = _Node.of(completed.logp[row, depth + 1])
    _close(path)


def _ends(completed: Completed, row: int, length: int) -> bool:
    """Whether a row has no more than `length` tokens: nothing is open behind them."""
    return length == completed.ids.shape[1] or not np.isfinite(completed.logp[row, length]).any()


def _close(path: _Path) -> None:
    """Close the children on a path, from the last up, below which everything is closed."""
    for node, k in reversed(path):
        child = node.children[k]
        if child is not None:
            node.closed[k] = bool(child.closed.all())
        if not node.closed[k]:
            break
