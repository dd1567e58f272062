"""A machine for many programs at once: every node of every program is a function over the pixels, in float64.

Nodes are worked out level by level, from the leaves to the roots, all nodes of one symbol and level together. What
follows from the tokens alone (levels, operands) is found on the host; the pixels stay where the values are.

Legend: N programs, T tokens, V tokens of the vocabulary, M nodes of all programs, A most arguments, C channels, P
pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster import Array, is_tensor
from i2c_core.vocabulary import Vocabulary

NUMBER = "number"  # what stands in a plan for the tokens of continuous values
COLOUR = "rgb"  # the symbol whose arguments are drawn, a channel each

Apply = Callable[..., Array]  # operands (n, P) each, to (n, P)


@dataclass(frozen=True, eq=False)
class Group:
    """Nodes of one symbol and level, which stand together in the order of work.

    Attributes:
        name: the symbol; NUMBER for a continuous value.
        level: 0 for leaves, else one more than the highest of the operands.
        places: (n,) of the N * T places of tokens.
        operands: (n, A) where in the order of work their arguments stand.
    """

    name: str
    level: int
    places: NDArray[np.int64]
    operands: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plan:
    """The order of work of N programs.

    Attributes:
        groups: by level.
        roots: (N, C) where in that order the channels of each program stand.
        size: M.
    """

    groups: tuple[Group, ...]
    roots: NDArray[np.int64]
    size: int


def plan(vocabulary: Vocabulary, ids: NDArray[np.int64]) -> Plan:
    """The order in which the nodes of programs `ids` (N, T), padded with V, are worked out."""
    count, length = ids.shape
    operands, level = _operands(vocabulary, ids)
    names = [NUMBER if c else t for t, c in zip(vocabulary.tokens, vocabulary.continuous, strict=True)]
    kinds = list(dict.fromkeys(names))
    kind = np.array([*(kinds.index(n) for n in names), -1])[ids].reshape(-1)  # (N * T,)
    key = np.where(kind < 0, np.iinfo(np.int64).max, level.reshape(-1) * len(kinds) + kind)
    order = np.argsort(key, kind="stable")[: int((kind >= 0).sum())]  # (M,) places
    rank = np.zeros(count * length, np.int64)
    rank[order] = np.arange(len(order))
    starts = np.arange(count) * length  # (N,) places of the roots
    ranks = rank[operands + starts[:, None, None]].reshape(count * length, operands.shape[2])  # (N * T, A)
    edges = np.flatnonzero(np.diff(key[order], prepend=-1)).tolist()  # where another symbol or level begins
    wanted = np.append(vocabulary.arity, 0)[ids].reshape(-1)  # (N * T,)
    groups = []
    for begin, end in pairwise([*edges, len(order)]):
        above, which = divmod(int(key[order[begin]]), len(kinds))
        places = order[begin:end]
        groups.append(Group(kinds[which], above, places, ranks[places, : wanted[places[0]]]))
    roots = ranks[starts] if COLOUR in vocabulary.ids else rank[starts][:, None]  # (N, C)
    return Plan(tuple(groups), roots[:, :3], len(order))


def _operands(vocabulary: Vocabulary, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where in its row each argument of a token begins (N, T, A), and the level of each token (N, T)."""
    count, length = ids.shape
    arity = np.append(vocabulary.arity, 0)[ids]  # (N, T)
    most = max(1, int(vocabulary.arity.max()))
    operands, level = np.zeros((count, length, most), np.int64), np.zeros((count, length), np.int64)
    # From the last token to the first, a row's stack holds where the finished arguments begin, the nearest on top.
    stack, depth = np.zeros((count, length + most), np.int64), np.zeros(count, np.int64)
    for place in range(length - 1, -1, -1):
        for which in range(most):
            takes = np.flatnonzero(arity[:, place] > which)
            argument = stack[takes, depth[takes] - 1 - which]
            operands[takes, place, which] = argument
            level[takes, place] = np.maximum(level[takes, place], level[takes, argument] + 1)
        here = np.flatnonzero(ids[:, place] < vocabulary.size)
        depth[here] -= arity[here, place]
        stack[here, depth[here]] = place
        depth[here] += 1
    return operands, level


@lru_cache(maxsize=8)
def coordinates(size: tuple[int, int]) -> dict[str, NDArray[np.float64]]:
    """x, y, radius and angle (P,) at the centres of the pixels of a picture (height, width), row by row.

    x and y go from -1 to 1, to the right and upwards; the angle goes from -1 to 1 too, in half turns from the right.
    """
    height, width = size
    across = (2 * np.arange(width) + 1) / width - 1  # (W,)
    up = 1 - (2 * np.arange(height) + 1) / height  # (H,)
    y, x = (axis.reshape(-1) for axis in np.meshgrid(up, across, indexing="ij"))  # (P,)
    return {"x": x, "y": y, "radius": np.sqrt(x * x + y * y), "angle": np.arctan2(y, x) / np.pi}


def work(plan: Plan, values: Array | None, size: tuple[int, int], symbols: Mapping[str, Apply]) -> Array:
    """What programs are at every pixel.

    Args:
        plan: of N programs of T tokens.
        values: (N, T) float64, NumPy or torch, with the values of continuous tokens.
        size: height and width.
        symbols: what each symbol with arguments does to them: operands (n, P) each to (n, P).

    Returns:
        (N, C, P) float64, in the library and on the device of `values`, with gradients where it has them.
    """
    kept = Kept(plan.size, values, size)
    axes = coordinates(size)
    for group in plan.groups:
        if group.name == NUMBER:
            kept.add(group, kept.numbers(group))
        elif group.name in axes:
            kept.add(group, kept.like(axes[group.name]))
        elif group.name in symbols:
            kept.add(group, symbols[group.name](*kept.operands(group)))
        else:  # what gathers the channels
            kept.add(group, kept.like(np.zeros(1)))
    return kept.take(plan.roots)


class Kept:
    """What is known of M nodes so far, in the order of work: in one array, or in parts where gradients are wanted.

    Args:
        nodes: M.
        values: (N, T), or None where there are none; decides about library, device and gradients.
        size: height and width.
    """

    def __init__(self, nodes: int, values: Array | None, size: tuple[int, int]) -> None:
        self.values, self.pixels = values, size[0] * size[1]
        self.tensors = is_tensor(values)
        self.level = 0
        self._parts: list[Array] = []  # of the levels from this one on
        self._end = 0
        self._gradients = False
        if self.tensors:
            import torch

            self._gradients = torch.is_grad_enabled()
            empty = 0 if self._gradients else nodes
            self._known: Array = torch.empty(empty, self.pixels, dtype=torch.float64, device=values.device)  # type: ignore[union-attr]
        else:
            self._known = np.empty((nodes, self.pixels))

    def index(self, places: NDArray[np.int64]) -> Array:
        """Places as an index into what is known."""
        if not self.tensors:
            return places
        import torch

        return torch.from_numpy(np.ascontiguousarray(places)).to(self._known.device)

    def like(self, row: NDArray[np.float64]) -> Array:
        """A row (1, P) of the library and device that is computed on."""
        return self.index(row)[None]  # type: ignore[arg-type]

    def numbers(self, group: Group) -> Array:
        """The values (n, 1) of continuous tokens."""
        assert self.values is not None
        return self.values.reshape(-1)[self.index(group.places)][:, None]

    def add(self, group: Group, found: Array) -> None:
        """Keep what the next n nodes are, (n, P) or what spreads to it."""
        count = len(group.places)
        if self._gradients:
            if group.level != self.level:
                self._gather(group.level)
            self._parts.append(found.expand(count, self.pixels))
        else:
            self._known[self._end : self._end + count] = found
            self._end += count

    def operands(self, group: Group) -> list[Array]:
        """The arguments of a symbol, (n, P) each."""
        if self._gradients and group.level != self.level:
            self._gather(group.level)
        return [self._known[self.index(column)] for column in group.operands.T]

    def take(self, places: NDArray[np.int64]) -> Array:
        """(..., P) what some nodes are."""
        if self._gradients:
            self._gather(self.level)
        return self._known[self.index(places)]

    def _gather(self, level: int) -> None:
        import torch

        self._known, self._parts, self.level = torch.cat([self._known, *self._parts]), [], level
