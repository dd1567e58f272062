"""Intervals: how sure a share or a mean is. Legend: N things that were measured, X columns."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Z = 1.96  # standard normal quantile of a 95 % interval
DRAWS = 2000  # of a bootstrap: its ends are then sure to some hundredths of their distance


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, "Probable inference", JASA 1927); (0, 1) without trials.

    >>> tuple(round(x, 3) for x in wilson(98, 100))
    (0.93, 0.994)
    """
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, Z * Z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap(values: NDArray[np.float64], seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 95 % intervals of the column means of values (N, X), by drawing rows again with replacement (B. Efron,
    "Bootstrap methods", Annals of Statistics 1979): (X,) the lower ends and (X,) the upper ones.

    Rows that belong together, such as two programs' figures of one image, stay together: their difference is a column.

    >>> low, high = bootstrap(np.array([[0.0], [1.0]] * 50))
    >>> bool(0.35 < low[0] < 0.45 and 0.55 < high[0] < 0.65)
    True
    """
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), DRAWS)  # (D, N)
    means = counts @ values / len(values)  # (D, X)
    low, high = np.percentile(means, (2.5, 97.5), axis=0)
    return np.asarray(low), np.asarray(high)
