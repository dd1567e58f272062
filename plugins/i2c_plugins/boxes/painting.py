"""Boxes as they are painted, one after the other, and what of each is seen; in plain Python.

Cells are bits of one integer: bit `y * cells + x`. Boxes are given by their edges in cells of the whole picture, cut
by the boxes around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from i2c_core.programs import Program
from i2c_core.symbols import Range, Signature
from i2c_plugins.boxes.tokens import PALETTE


@dataclass(frozen=True)
class Painted:
    """One box: its edges in cells, half-open, and its fill."""

    left: int
    upper: int
    right: int
    lower: int
    fill: Program

    @property
    def area(self) -> int:
        return (self.right - self.left) * (self.lower - self.upper)

    def meets(self, other: Painted) -> bool:
        """Whether some cell is in both."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        return wide > 0 and min(self.lower, other.lower) > max(self.upper, other.upper)

    def holds(self, other: Painted) -> bool:
        """Whether every cell of the other box is in this one."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.upper <= other.upper and other.lower <= self.lower


@dataclass
class Nested:
    """A box with the boxes on it, in the order in which they are painted."""

    box: Painted
    boxes: list[Nested] = field(default_factory=list)


def is_colour(fill: Program) -> bool:
    """Whether a fill is a plain colour, and not a program of another family."""
    return fill.name in PALETTE


def cells_of(signature: Signature) -> int:
    """Cells a side of a language's grid."""
    sides = signature.kinds["Side"]
    assert isinstance(sides, Range)
    return sides.high


@lru_cache(maxsize=1 << 13)
def bits(left: int, upper: int, right: int, lower: int, cells: int) -> int:
    """The cells of a rectangle."""
    row = (1 << right) - (1 << left)
    return sum(row << y * cells for y in range(upper, lower))


def edges(seen: int, cells: int) -> tuple[int, int, int, int]:
    """The smallest rectangle around cells, of which there are some: left, upper, right and lower edge."""
    across = 0
    for y in range(cells):
        across |= seen >> y * cells & (1 << cells) - 1
    left, right = (across & -across).bit_length() - 1, across.bit_length()
    return left, ((seen & -seen).bit_length() - 1) // cells, right, (seen.bit_length() - 1) // cells + 1


def seen(ground: Program, boxes: Sequence[Painted], cells: int) -> list[int]:
    """For the ground and each box the cells that would look different without it.

    These are where nothing is painted over it and what is just below looks different. A fill of another family looks
    different from everything.
    """
    above = covers(boxes, cells)
    looks = Looks(ground, cells)
    found = [looks.whole & ~above[0]]
    for box, over in zip(boxes, above[1:], strict=True):
        found.append(looks.new(box) & ~over)
        looks.paint(box)
    return found


def covers(boxes: Sequence[Painted], cells: int) -> list[int]:
    """For each box, and one more, the cells that it and those painted after it cover."""
    found = [0]
    for box in reversed(boxes):
        found.append(found[-1] | bits(box.left, box.upper, box.right, box.lower, cells))
    return found[::-1]


class Looks:
    """A picture while it is painted: the cells of each colour."""

    def __init__(self, ground: Program, cells: int) -> None:
        self.cells, self.whole = cells, (1 << cells * cells) - 1
        self._of = {ground.name: self.whole} if is_colour(ground) else {}

    def new(self, box: Painted) -> int:
        """The cells that would look different with a box."""
        own = bits(box.left, box.upper, box.right, box.lower, self.cells)
        return own & ~self._of.get(box.fill.name, 0) if is_colour(box.fill) else own

    def paint(self, box: Painted) -> None:
        """Paint a box over what is there."""
        own = bits(box.left, box.upper, box.right, box.lower, self.cells)
        self._of = {name: cells & ~own for name, cells in self._of.items()}
        if is_colour(box.fill):
            self._of[box.fill.name] = self._of.get(box.fill.name, 0) | own
