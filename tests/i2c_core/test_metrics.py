"""Metrics against plain loops."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from i2c_core.errors import PluginError
from i2c_core.metrics import difference, exact, iou, measure
from i2c_core.plugins import Registered, get_family, installed

FAMILY = get_family("splits")
Pixels = NDArray[np.uint8]


def slow_iou(truth: Pixels, answer: Pixels) -> float:
    """One picture (C, H, W)."""
    colours = [tuple(c) for c in truth.reshape(len(truth), -1).T.tolist()]
    others = [tuple(c) for c in answer.reshape(len(answer), -1).T.tolist()]
    most = max(Counter(colours).values())
    key = [(sum(v * 256**i for i, v in enumerate(c)), c) for c, n in Counter(colours).items() if n == most]
    background = min(key)[1]
    both = sum(a != background and b != background for a, b in zip(colours, others, strict=True))
    either = sum(a != background or b != background for a, b in zip(colours, others, strict=True))
    return both / either if either else 1.0


@given(st.integers(0, 10**6), st.sampled_from([1, 3]), st.integers(0, 5))
def test_metrics_agree_with_plain_loops(seed: int, channels: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice([0, 128, 255], (n, channels, 3, 4)).astype(np.uint8)
    answer = np.where(rng.random(truth.shape) < 0.7, truth, rng.choice([0, 255], truth.shape)).astype(np.uint8)
    answer[: n // 2] = truth[: n // 2]
    assert exact(FAMILY, truth, answer).tolist() == [float((a == b).all()) for a, b in zip(truth, answer, strict=True)]
    expected = [np.abs(a.astype(float) - b).mean() / 255 for a, b in zip(truth, answer, strict=True)]
    np.testing.assert_allclose(difference(FAMILY, truth, answer), expected, atol=1e-12)
    expected = [slow_iou(a, b) for a, b in zip(truth, answer, strict=True)]
    np.testing.assert_allclose(iou(FAMILY, truth, answer), expected, atol=1e-12)


def test_ends_of_the_scales() -> None:
    black, white = np.zeros((1, 1, 4, 4), np.uint8), np.full((1, 1, 4, 4), 255, np.uint8)
    assert difference(FAMILY, black, white).tolist() == [1.0]
    assert exact(FAMILY, black, black).tolist() == [1.0]
    assert iou(FAMILY, black, black).tolist() == [1.0]
    assert iou(FAMILY, black, white).tolist() == [0.0]


def test_the_core_registers_them() -> None:
    truth = np.zeros((2, 1, 4, 4), np.uint8)
    found = {name: measure(m, FAMILY, truth, truth).tolist() for name, m in installed().metrics.items()}
    assert found == {"exact": [1.0, 1.0], "difference": [0.0, 0.0], "iou": [1.0, 1.0]}


def _breaks(*_: Any) -> None:
    raise ValueError("no")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_breaks, "metric 'mine' of them raised ValueError: no\n"
         "  -> mend the plugin, or leave it out with I2C_LOAD_PLUGINS"),
        (lambda f, t, a: 1.0, "metric 'mine' of them gave () numbers, expected (2,) finite ones\n"
         "  -> return one finite number a picture"),
        (lambda f, t, a: [1.0, float("nan")], "metric 'mine' of them gave (2,) numbers, expected (2,) finite ones\n"
         "  -> return one finite number a picture"),
    ],
)  # fmt: skip
def test_metrics_of_strangers_are_checked(function: Any, message: str) -> None:
    pictures = np.zeros((2, 1, 4, 4), np.uint8)
    with pytest.raises(PluginError) as caught:
        measure(Registered("mine", function, "", "them"), FAMILY, pictures, pictures)
    assert str(caught.value) == message
