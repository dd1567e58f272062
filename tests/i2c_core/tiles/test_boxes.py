"""The part of a grid that a level takes up."""

from __future__ import annotations

import numpy as np
import pytest
from fields import STRIDE, View

from i2c_core.tiles.boxes import best_box, extent


def test_the_best_box_against_all_boxes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows, columns = rng.integers(1, 7, 2).tolist()
        evidence = rng.normal(size=(rows, columns))
        every = [
            evidence[t:b, x:r].sum()
            for t in range(rows)
            for b in range(t + 1, rows + 1)
            for x in range(columns)
            for r in range(x + 1, columns + 1)
        ]
        left, top, width, height = best_box(evidence)
        assert evidence[top : top + height, left : left + width].sum() == pytest.approx(max(every))


def test_no_extent_where_nothing_is_inside_or_the_grid_is_too_fine() -> None:
    inside = np.zeros((20, 20), np.float32)
    assert extent(np.diag([1 / 16, 1 / 16, 1.0]), inside, 4) is None
    assert extent(np.diag([1 / 16, 1 / 16, 1.0]), inside + 0.2, 4) is None
    assert extent(np.diag([9.0, 9.0, 1.0]), inside + 1, 4) is None
    assert extent(np.diag([1 / 16, 1 / 16, 1.0]), inside + 1, 4) == (0, 0, 5, 5)


@pytest.mark.parametrize("columns", [3, 9, 20, 40])
@pytest.mark.parametrize("rows", [3, 13, 40])
def test_levels_seen_from_somewhere(columns: int, rows: int) -> None:
    view = View(columns, rows, pitch=9 + (columns + rows) % 16, angle=3, tilt=(0.1, -0.1))
    inside = view.told()[2][0].numpy()
    assert extent(view.matrix, inside, STRIDE) == (0, 0, columns, rows)
