"""The search without gradients: never worse, inside ranges, and through jumps that have no slope."""

from __future__ import annotations

from time import monotonic

import numpy as np

from i2c_core import get_family
from i2c_core.raster import Renderer
from i2c_core.refining.polishing import polish

FUNCTIONS = get_family("functions")
GUESSES = ("mod(x, 0.4) > 0.3", "x > 0.9", "sin(x * 8.4)", "x * y")
TRUTHS = ("mod(x, 0.46) > 0.3", "x > 1.0", "sin(x * 8.5)", "x * y")


def packed(*texts: str) -> tuple[np.ndarray, np.ndarray]:
    return FUNCTIONS.vocabulary.pack([FUNCTIONS.to_tokens(FUNCTIONS.parse(t)) for t in texts])


def test_what_is_nearly_met_is_met() -> None:
    with Renderer(FUNCTIONS) as renderer:
        targets = renderer.render(*packed(*TRUTHS)).pixels
        ids, values = packed(*GUESSES)
        found = polish(FUNCTIONS, renderer, ids, values, targets)
        before, after = (renderer.render(ids, v).pixels.astype(int) for v in (values, found))
        far = [np.abs(p - targets).mean((1, 2, 3)) for p in (before, after)]
        assert (far[1] <= far[0]).all()
        assert far[1][[0, 1, 3]].tolist() == [0, 0, 0]
        assert far[1][2] < 2  # of 255: steps end at a thousandth of the range
        assert found[2, 2] <= 8.5
        assert np.isnan(found).tolist() == np.isnan(values).tolist()
        late = polish(FUNCTIONS, renderer, ids, values, targets, deadline=monotonic())
        assert np.array_equal(late, values, equal_nan=True)
        for row in range(4):
            rows = slice(row, row + 1)
            alone = polish(FUNCTIONS, renderer, ids[rows], values[rows], targets[rows])
            assert np.array_equal(alone, found[rows], equal_nan=True)


def test_a_program_without_a_picture_is_led_to_one() -> None:
    with Renderer(FUNCTIONS) as renderer:
        targets = renderer.render(*packed("mod(x, 0.75)")).pixels
        ids, values = packed("mod(x, 0.0)")
        found = polish(FUNCTIONS, renderer, ids, values, targets)
        drawn = renderer.render(ids, found)
        assert drawn.defined.all()
        assert np.abs(drawn.pixels.astype(int) - targets).mean() < 32
