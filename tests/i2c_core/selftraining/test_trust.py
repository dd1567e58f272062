"""Which readings are learned from."""

from __future__ import annotations

import numpy as np
import pytest

from i2c_core import get_family
from i2c_core.answers import Candidate
from i2c_core.config import resolve_config
from i2c_core.selftraining import Trust


def reading(distance: float, confidence: float | None) -> Candidate:
    program = get_family("splits").parse("W")
    return Candidate(program, "W", distance, -1.0, 1, np.zeros((1, 2, 2), np.uint8), confidence)


@pytest.mark.parametrize(
    ("distance", "confidence", "accepted"),
    [
        (0.0, None, True),
        (0.0, 0.0, True),
        (0.2, 0.9, True),
        (0.2, 0.89, False),
        (0.01, None, False),
        (0.01, 0.5, False),
    ],
)
def test_by_default_a_reading_redraws_its_picture_exactly_or_is_sure(
    distance: float, confidence: float | None, accepted: bool
) -> None:
    assert Trust.of(resolve_config().data).accepts(reading(distance, confidence)) is accepted


def test_more_is_accepted_where_more_is_trusted() -> None:
    data = resolve_config(options=["data.images_distance=0.1", "data.images_confidence=0.5"]).data
    trust = Trust.of(data)
    assert trust == Trust(distance=0.1, confidence=0.5)
    assert trust.redraws(reading(0.1, None))
    assert not trust.redraws(reading(0.11, 0.9))
    assert trust.accepts(reading(0.9, 0.5))
    assert not trust.accepts(reading(0.11, 0.49))
