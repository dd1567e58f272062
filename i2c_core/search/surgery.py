"""Programs as rows of tokens, cut and put together: the types, ends and depths of all their nodes, many at once.

A node of a program in prefix order is the slice from its token to its end. Where two nodes have one type, either may
take the other's place; that is all that crossover and mutation need.

Legend: N programs, T tokens of the longest, V tokens of the vocabulary, which pads, A the largest arity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.walking import Walker
from i2c_core.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Nodes:
    """What is known of each token's node; padding has type 0, and ends where it stands.

    Attributes:
        type: (N, T) as the vocabulary has them, counted from 1.
        end: (N, T) the token behind the node's last one.
        depth: (N, T) levels above the node, 0 at the root.
        height: (N, T) levels of the node itself, 1 for a leaf.
    """

    type: Ints
    end: Ints
    depth: Ints
    height: Ints

    def pick(self, index: Ints) -> Nodes:
        """The programs at an index (M,), which may repeat some."""
        return Nodes(self.type[index], self.end[index], self.depth[index], self.height[index])


def nodes(vocabulary: Vocabulary, ids: Ints) -> Nodes:
    """The nodes of whole programs ids (N, T): one pass from the last token for ends, one from the first for types."""
    count, length = ids.shape
    width = vocabulary.prod_args.shape[1]
    arity = np.append(vocabulary.arity, 0)[ids]  # (N, T)
    end = np.full((count, length + 1), length)
    height = np.zeros((count, length + 1), np.int64)
    for t in range(length - 1, -1, -1):
        at, tallest = np.full(count, t + 1), np.zeros(count, np.int64)
        for place in range(width):
            rows = np.flatnonzero(arity[:, t] > place)
            if not len(rows):
                break
            tallest[rows] = np.maximum(tallest[rows], height[rows, at[rows]])
            at[rows] = end[rows, at[rows]]
        end[:, t], height[:, t] = at, tallest + 1
    type_ = np.zeros((count, length + 1), np.int64)
    depth = np.zeros((count, length + 1), np.int64)
    type_[:, 0] = 1
    for t in range(length):
        at = np.full(count, t + 1)
        for place in range(width):
            rows = np.flatnonzero(arity[:, t] > place)
            if not len(rows):
                break
            made = vocabulary.production[type_[rows, t] - 1, ids[rows, t]]
            type_[rows, at[rows]] = vocabulary.prod_args[made, place] + 1
            depth[rows, at[rows]] = depth[rows, t] + 1
            at[rows] = end[rows, at[rows]]
    type_[:, :length][ids >= vocabulary.pad] = 0
    return Nodes(type_[:, :length], end[:, :length], depth[:, :length], height[:, :length])


def replaced(
    receiver: NDArray[Number], cut: tuple[Ints, Ints], donor: NDArray[Number], piece: tuple[Ints, Ints], pad: float
) -> NDArray[Number]:
    """Rows (N, T) of the receivers (N, T), each with what stands from one token to another (N,) cut out, and a piece
    of its donor (N, T), from one to another (N,), put in its place; what is beyond T is lost.
    """
    (begin, end), (first, last) = ((each[0][:, None], each[1][:, None]) for each in (cut, piece))  # (N, 1) each
    place = np.arange(receiver.shape[1])[None]  # (1, T)
    inside = (place >= begin) & (place < begin + last - first)
    own = np.where(place < begin, place, place - (last - first) + end - begin)
    kept = np.take_along_axis(receiver, np.clip(own, 0, receiver.shape[1] - 1), 1)
    taken = np.take_along_axis(donor, np.clip(place - begin + first, 0, donor.shape[1] - 1), 1)
    beyond = np.full_like(kept, pad)
    return np.where(inside, taken, np.where(own < receiver.shape[1], kept, beyond))


def lawful(walker: Walker, ids: Ints) -> NDArray[np.bool_]:
    """(N,) whether programs ids (N, T) keep what types alone do not say: relations of arguments and orders of lists."""
    sizes = (ids < len(walker.automaton.tokens)).sum(1)
    kept = np.ones(len(ids), bool)
    active, state = np.arange(len(ids)), walker.start(len(ids), np.maximum(sizes, 1))
    for step in range(ids.shape[1]):
        token = ids[active, step]
        fine = walker.legal(state)[np.arange(len(token)), np.minimum(token, len(walker.automaton.tokens) - 1)]
        fine &= token < len(walker.automaton.tokens)
        kept[active[~fine]] = False
        active, state, token = active[fine], state.pick(np.flatnonzero(fine)), token[fine]
        if not len(active):
            break
        walker.advance(state, token)
        going = np.flatnonzero(state.depth > 0)
        active, state = active[going], state.pick(going)
        if not len(active):
            break
    return kept
