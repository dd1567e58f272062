"""What a program leaves unexplained of a drawing, in words, with its place on the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from i2c_core.leftovers import Region


def remarks(unexplained: Sequence[Region], grid: tuple[int, int]) -> Iterator[str]:
    """A line a region: `not explained: ink at x 2.0 to 3.5, y 4.1 to 5.0 (12 % of all)`, in cells, y upwards."""
    width, height = grid
    for region in unexplained:
        x = f"x {region.left * width:.1f} to {region.right * width:.1f}"
        y = f"y {(1 - region.bottom) * height:.1f} to {(1 - region.top) * height:.1f}"
        yield f"not explained: ink at {x}, {y} ({100 * region.ink:.0f} % of all)"
