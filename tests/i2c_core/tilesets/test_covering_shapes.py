"""Shapes that cannot grow, and prices that hold, against all shapes listed one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from i2c_core.tilesets.covering_bounds import checked, raised
from i2c_core.tilesets.covering_columns import Columns, Costs, Layers, columns_of
from i2c_core.tilesets.covering_frames import Frames, dearest
from i2c_core.tilesets.covering_shapes import frames, rectangles, runs

CONTEXTS = (0, 1, 2, 3)


def boxes(rows: int, columns: int) -> list[tuple[int, int, int, int]]:
    """All boxes of a grid."""
    found = product(range(rows), range(columns), range(1, rows + 1), range(1, columns + 1))
    return [(y, x, h, w) for y, x, h, w in found if y + h <= rows and x + w <= columns]


def outline(allowed: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    y, x, h, w = box
    part = allowed[y : y + h, x : x + w]
    return np.concatenate([part[0], part[-1], part[1:-1, 0], part[1:-1, -1]])


@pytest.mark.parametrize("seed", range(6))
def test_what_cannot_grow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    allowed = rng.random(rng.integers(1, 8, 2)) < 0.75
    inside = {b for b in boxes(*allowed.shape) if allowed[b[0] : b[0] + b[2], b[1] : b[1] + b[3]].all()}

    def grown(b: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
        y, x, h, w = b
        return [(y - 1, x, h + 1, w), (y, x, h + 1, w), (y, x - 1, h, w + 1), (y, x, h, w + 1)]

    assert {tuple(b) for b in rectangles(allowed).tolist()} == {b for b in inside if not inside & set(grown(b))}
    flat = {b for b in inside if b[2] == 1}
    assert {tuple(b) for b in runs(allowed).tolist()} == {b for b in flat if not flat & set(grown(b)[2:])}
    framed = {b for b in boxes(*allowed.shape) if min(b[2:]) >= 3 and outline(allowed, b).all() and b not in inside}
    found = frames(allowed)
    assert found is not None
    assert {tuple(b) for b in found.tolist()} == framed


@pytest.mark.parametrize("seed", range(6))
def test_the_dearest_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    allowed = rng.random((6, 7)) < 0.85
    prices = rng.random((6, 7)) * allowed
    fits = [b for b in boxes(6, 7) if min(b[2:]) >= 2 and outline(allowed, b).all()]
    wanted = [outline(prices, b).sum() for b in fits if b[3] > 1]
    assert dearest(prices, allowed) == pytest.approx(max(wanted, default=0.0))


@pytest.mark.parametrize("seed", range(4))
def test_prices_that_are_checked_hold_for_every_shape(seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = rng.choice(3, (6, 8), p=(0.7, 0.2, 0.1)).astype(np.uint8)
    layers, costs = Layers.of(level, 1), Costs()
    columns = Columns.joined([columns_of(layers, c, costs) for c in CONTEXTS], level.size)
    known = Frames(layers, CONTEXTS, costs)
    for price in (raised(columns, layers.needed, np.inf), rng.random(level.size) * 3 * layers.needed):
        bound, lowered = checked(price, columns, known, CONTEXTS)
        assert bound == pytest.approx(lowered.sum())
        assert (lowered >= 0).all()
        assert (columns.covers @ lowered <= columns.cost + 1e-9).all()
        assert not len(known.worth(lowered, -1e-5, CONTEXTS))
