"""The same language on a larger grid, for drawings that go on beyond their own."""

from __future__ import annotations

from functools import lru_cache

from i2c_core.families import Family
from i2c_plugins.figures import language
from i2c_plugins.figures.commands import Language


@lru_cache(maxsize=16)
def grown(family: Family, columns: int, rows: int) -> Family:
    """A family of figures on a grid of other columns and rows, with cells of the same size; without weights."""
    said = Language.of(family.gamma)
    return language(
        family.name,
        columns,
        rows,
        pixels=family.size[0] // said.grid[1],
        most_radius=said.most_radius,
        labels=said.has_labels,
        grammar=str(family.grammar),
        budget=family.budget,
        doc=f"{family.doc}, on a grid of {columns}x{rows}",
    )


__all__ = ["grown"]
