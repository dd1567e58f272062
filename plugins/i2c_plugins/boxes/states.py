"""What the mask of canonical boxes remembers of partial programs.

A state is light (where a program stands) and heavy (what it has painted). The light part follows every token that is
tried ahead; the heavy one only what is taken.

Legend: B programs, J layers (the ground and the boxes), R rectangles, C colours. Cells are bits of an int64.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

# What comes next in a program.
PAINT, GROUND, LIST, HEAD, X, Y, W, H, FILL, FOREIGN, ENDED = range(11)
CLOSED = -9  # the level of boxes whose list has ended, and of layers that are not there


@dataclass(frozen=True, eq=False)
class Light:
    """Where B programs stand; all (B,) but `numbers`.

    Attributes:
        phase: what comes next.
        level: how many piles are open; -1 behind the end.
        count: boxes so far, from their fill on.
        pile: bool, whether the box that is being written is a pile.
        fresh: bool, whether the list must have another box.
        numbers: (B, 4) x, y, w, h of the box that is being written.
        open: what is still to come of a foreign fill.
        owed: the fewest tokens of that.
        forced: bool, whether the fill must be foreign.
    """

    phase: Tensor
    level: Tensor
    count: Tensor
    pile: Tensor
    fresh: Tensor
    numbers: Tensor
    open: Tensor
    owed: Tensor
    forced: Tensor

    def rows(self, index: Tensor) -> Light:
        return Light(*(getattr(self, name).index_select(0, index) for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Heavy:
    """What B programs have painted.

    Attributes:
        rectangle: (B, J) the rectangle of each layer.
        sides: (B, J) the row of `Rectangles.sides` whose four parts must each be seen of the layer.
        seen: (B, J) the cells that would look different without the layer; none where there is no layer.
        list: (B, J) the level of the layer's list while that is open, -1 for the ground, else CLOSED.
        looks: (B, C) the cells of each colour.
        hides: (B,) bool, whether the ground may be unseen.
        corner: (B, 2) x and y that the numbers of the open list are counted from.
        fits: (B, R) bool, the rectangles that a box may have in it.
        some: (B, 2) bool, whether a box has any, whether a pile has.
        stale: (B,) bool, where the three above are not made yet.
    """

    rectangle: Tensor
    sides: Tensor
    seen: Tensor
    list: Tensor
    looks: Tensor
    hides: Tensor
    corner: Tensor
    fits: Tensor
    some: Tensor
    stale: Tensor

    def rows(self, index: Tensor) -> Heavy:
        return Heavy(*(getattr(self, name).index_select(0, index) for name in self.__dataclass_fields__))


@dataclass(eq=False)
class State:
    """B partial programs. Each is row `row` of `heavy`, which is still without what `taken` painted behind `before`."""

    light: Light
    heavy: Heavy
    row: Tensor | None = None
    before: Light | None = None
    taken: Tensor | None = None
