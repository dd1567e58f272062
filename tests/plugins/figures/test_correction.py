"""The weights by which readings of figures are corrected by their shortest programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from i2c_core import Reader, get_family
from i2c_core.correction import FEATURES, own_correction
from i2c_core.examples import pair_examples

FIGURES = get_family("figures")
REAL = os.environ.get("I2C_REAL_DATA")


def test_figures_ship_them() -> None:
    found = own_correction(FIGURES)
    assert found is not None
    assert set(found.weights) <= set(FEATURES)
    assert found.weights["score"] > 0 > found.weights["cost"]
    assert own_correction(get_family("diagrams")) is None


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="I2C_REAL_DATA does not name the folder of real drawings")
def test_no_drawing_by_hand_that_was_read_right_is_lost() -> None:
    lost = []
    with Reader.load("figures", device="cpu") as reader:
        for example in pair_examples(FIGURES, Path(str(REAL)) / "drawings"):
            options = {"n": 1, "preprocess": False, "batch": 1}
            (read,) = reader.read(example.picture, **options)
            (corrected,) = reader.read(example.picture, program=True, **options)
            truth = example.truth(FIGURES)
            if read.program == truth != corrected.program:
                lost.append(example.name)
    assert not lost
