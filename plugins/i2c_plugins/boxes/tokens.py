"""What the tokens of boxes mean, as tables; tokens of other families, which may fill boxes, mean nothing here.

Legend: V tokens of the vocabulary; row V of every table pads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster import Array, is_tensor
from i2c_core.symbols import Range
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary

MOST_CELLS = 8  # a side of the grid
PALETTE = {
    "white": 0xFFFFFF,
    "black": 0x000000,
    "red": 0xE02020,
    "green": 0x20A040,
    "blue": 0x2040E0,
    "yellow": 0xF0D020,
}
COLOURS = tuple(PALETTE)
FILL = 5  # of the five arguments of a box that every box has, which is its fill
OTHER = -1  # the number of a token that is no number, the colour of one that is no colour


@dataclass(frozen=True, eq=False)
class Tokens:
    """Tables over tokens, (V + 1,) each, and on each device met.

    Attributes:
        arity: arguments.
        number: what a literal says, OTHER for other tokens.
        colour: the place of a colour in COLOURS, OTHER for other tokens.
        is_box, is_pile, is_cons, is_nil: whether a token is that one; a pile is a box too.
        cells: of a side of the grid.
        has_foreign: whether there are tokens of another family.
    """

    arity: NDArray[np.int64]
    number: NDArray[np.int64]
    colour: NDArray[np.int64]
    is_box: NDArray[np.bool_]
    is_pile: NDArray[np.bool_]
    is_cons: NDArray[np.bool_]
    is_nil: NDArray[np.bool_]
    cells: int
    has_foreign: bool
    placed: dict[tuple[str, Any], Array] = field(default_factory=dict, repr=False)

    def like(self, name: str, ids: Array) -> Array:
        """A table in the library and on the device of `ids`."""
        table = getattr(self, name)
        if not is_tensor(ids):
            return table
        key = name, ids.device
        if key not in self.placed:
            import torch

            self.placed[key] = torch.from_numpy(table).to(ids.device)
        return self.placed[key]


@lru_cache(maxsize=8)
def tokens_of(vocabulary: Vocabulary) -> Tokens:
    """The tables of a vocabulary that holds the symbols of boxes by their own names."""
    names = [*vocabulary.tokens, ""]
    own = {"paint", "box", "pile", "cons", "nil", *COLOURS, *map(str, range(MOST_CELLS + 1)), ""}
    sides = vocabulary.signature.kinds["Side"]
    assert isinstance(sides, Range)
    return Tokens(
        arity=np.append(vocabulary.arity, 0).astype(np.int64),
        number=np.array([int(n) if n in own and n.isdigit() else OTHER for n in names]),
        colour=np.array([COLOURS.index(n) if n in PALETTE else OTHER for n in names]),
        is_box=np.array([n in ("box", "pile") for n in names]),
        is_pile=np.array([n == "pile" for n in names]),
        is_cons=np.array([n == "cons" for n in names]),
        is_nil=np.array([n == "nil" for n in names]),
        cells=sides.high,
        has_foreign=not own.issuperset(names),
    )


def is_foreign(tokens: Tokens, ids: Array) -> Array:
    """(N, T) bool, the tokens that fill a box, or the ground, with something of another family.

    A fill is the second token of a program and the sixth of a box. A count of what is still open runs along each fill
    that is no colour, for all programs at once.
    """
    if not tokens.has_foreign:
        return ids == OTHER  # nowhere
    opens = tokens.like("arity", ids)[ids] - 1  # (N, T)
    fill = ids == OTHER
    fill[:, 1:2] = True
    fill[:, FILL:] |= tokens.like("is_box", ids)[ids[:, : max(0, ids.shape[1] - FILL)]]
    fill &= (tokens.like("colour", ids)[ids] == OTHER) & (ids < len(tokens.arity) - 1)
    inside, open_ = ids == OTHER, opens[:, 0] * 0  # (N, T), (N,)
    for t in range(ids.shape[1]):
        open_ = open_ + (fill[:, t] & (open_ == 0))
        inside[:, t] = open_ > 0
        open_ = open_ + opens[:, t] * (open_ > 0)
    return inside


def foreign_costs(vocabulary: Vocabulary) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(V + 1,) the fewest tokens of the arguments of each token, at worst, and those of its own type, at best."""
    needs, least = np.zeros(vocabulary.size + 1, np.int64), np.zeros(vocabulary.size + 1, np.int64)
    least[:-1] = np.iinfo(np.int64).max
    for production in vocabulary.productions:
        token = vocabulary.ids[production.token]
        needs[token] = max(needs[token], sum(int(vocabulary.least[a]) for a in production.args))
        least[token] = min(least[token], int(vocabulary.least[production.type]))
    return needs, least


def fewest_foreign(vocabulary: Vocabulary) -> int:
    """The tokens of the shortest fill that is no colour; 1 where there is none."""
    fill = vocabulary.types.index(Type("Fill"))
    found = [
        1 + sum(int(vocabulary.least[a]) for a in p.args)
        for p in vocabulary.productions
        if p.type == fill and p.token not in COLOURS
    ]
    return min(found, default=1)
