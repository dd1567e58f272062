"""How alike two pictures are: the metrics that every family has. Plugins add more through the hook `i2c_metrics`.

Each is `(family, truth, answer) -> (N,) float64` on uint8 pictures (N, C, H, W).

Legend: N pictures, C channels, H W pixels, P = H * W pixels of a picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import I2cError, PluginError

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.plugins import Registered

Pixels = NDArray[np.uint8]
Scores = NDArray[np.float64]


def exact(family: Family, truth: Pixels, answer: Pixels) -> Scores:
    """1 where every pixel is equal, else 0."""
    return np.asarray((truth == answer).all(axis=(1, 2, 3)), np.float64)  # (N,)


def difference(family: Family, truth: Pixels, answer: Pixels) -> Scores:
    """The mean absolute difference of pixels: 0 for equal pictures, 1 for black against white."""
    apart = np.maximum(truth, answer) - np.minimum(truth, answer)  # (N, C, H, W), without leaving uint8
    return np.asarray(apart.mean(axis=(1, 2, 3), dtype=np.float64) / 255.0)  # (N,)


def iou(family: Family, truth: Pixels, answer: Pixels) -> Scores:
    """Intersection over union of the pixels that differ from the background, which is the truth's commonest colour.

    1 where neither picture has such a pixel (the Jaccard index, Jaccard 1912).
    """
    n, channels, height, width = truth.shape
    weight = 256 ** np.arange(channels, dtype=np.int64)  # (C,), one number a colour
    colours = np.einsum("nchw,c->nhw", truth.astype(np.int64), weight).reshape(n, height * width)  # (N, P)
    others = np.einsum("nchw,c->nhw", answer.astype(np.int64), weight).reshape(n, height * width)  # (N, P)
    background = _commonest(colours)[:, None]  # (N, 1)
    ink, drawn = colours != background, others != background  # (N, P)
    both, either = (ink & drawn).sum(1), (ink | drawn).sum(1)  # (N,)
    return np.where(either == 0, 1.0, both / np.maximum(either, 1))


def _commonest(colours: NDArray[np.int64]) -> NDArray[np.int64]:
    """The value that each row (N, P) has most often, (N,); the least of several."""
    n, p = colours.shape
    if colours.size == 0:
        return np.zeros(n, np.int64)
    ordered = np.sort(colours, axis=1)  # (N, P)
    first = np.ones((n, p), bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    start = np.flatnonzero(first)  # where each run of equal values begins
    length = np.diff(start, append=n * p)
    row = start // p
    best = np.lexsort((ordered.ravel()[start], -length, row))  # by row, longest run first, least value first
    return ordered.ravel()[start[best[np.searchsorted(row, np.arange(n))]]]


def measure(metric: Registered, family: Family, truth: Pixels, answer: Pixels) -> Scores:
    """What a registered metric says, checked: one finite number a picture, else `PluginError` with its owner."""
    try:
        scores: Any = np.asarray(metric.load()(family, truth, answer), np.float64)
    except I2cError:
        raise
    except Exception as error:  # a stranger's function may raise anything
        fact = f"metric {metric.name!r} of {metric.owner} raised {type(error).__name__}: {error}"
        raise PluginError(fact, "mend the plugin, or leave it out with I2C_LOAD_PLUGINS") from error
    if scores.shape != (len(truth),) or not np.isfinite(scores).all():
        fact = f"metric {metric.name!r} of {metric.owner} gave {scores.shape} numbers"
        raise PluginError(f"{fact}, expected ({len(truth)},) finite ones", "return one finite number a picture")
    found: Scores = scores
    return found
