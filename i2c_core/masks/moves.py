"""What a token does at a node, as one number that tables are indexed by: a move.

The move of a token at a node is `node * (V + 2) + token`; token V pads, V + 1 refuses. So a step looks up all that it
needs under one index. Where such tables would be large, moves are numbered by their production, and one look-up more
finds the number.

Legend: N nodes, V tokens, Y types, P productions, M moves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIRECT = 1 << 22  # moves that are looked up by node and token


class Moves:
    """The moves of an automaton's nodes.

    Attributes:
        kind: (N * (V + 2),) int32, the number of each move, or None where it is its own.
    """

    def __init__(self, production: NDArray[np.int32], first: NDArray[np.int64]) -> None:
        """Of the productions (Y + 1, V) of tokens at types, -1 for none, and the type of each node (N,)."""
        self._first = first
        self._count = count = int(production.max(initial=-1)) + 1  # P; production P pads, P + 1 refuses
        self._production = np.full((len(production), production.shape[1] + 2), count + 1, np.int32)
        self._production[:, :-2] = np.where(production >= 0, production, count + 1)
        self._production[0] = count + 1
        self._production[0, -2] = count
        self.kind = self._production[first].reshape(-1) if not fits(len(first), production.shape[1]) else None

    def of_productions(self, what: NDArray[np.int64], pad: int, refuse: int) -> NDArray[np.int64]:
        """(M,) what each move's production has in `what` (P,), and the two numbers for padding and refusing."""
        found = np.concatenate([what[: self._count], [pad, refuse]])
        return found if self.kind is not None else found[self._production[self._first]].reshape(-1)

    def of_tokens(self, what: NDArray[np.int64]) -> NDArray[np.int64]:
        """(M,) what each move's token has at the type of its node in `what` (Y + 1, V), 0 where there is none."""
        padded = np.pad(what, ((0, 0), (0, 2)))  # (Y + 1, V + 2)
        if self.kind is None:
            return padded[self._first].reshape(-1)
        found = np.zeros(self._count + 2, np.int64)
        found[self._production] = padded
        found[-2:] = 0
        if (found[self._production[:, :-2]] != what)[self._production[:, :-2] < self._count].any():
            raise ValueError("a production has several values")
        return found


def fits(nodes: int, tokens: int) -> bool:
    """Whether moves are few enough to be looked up by node and token."""
    return nodes * (tokens + 2) <= DIRECT
