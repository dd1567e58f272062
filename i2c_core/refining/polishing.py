"""The last step of a fit, without gradients: values are tried nearby, one at a time, by the renderer itself.

A soft renderer leaves out what jumps, such as where the steps of a remainder begin, and its edges are not those of the
renderer. So what is nearly met is met by search: each value a little up and down, by steps of several sizes, and the
best of these is taken until none is better (a pattern search, R. Hooke and T. A. Jeeves, 1961).

Legend: N programs, T tokens, M programs that are tried, C channels, H W pixels.
"""

from __future__ import annotations

from time import monotonic

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.rank import Renders, distances
from i2c_core.families import Family
from i2c_core.refining.descent import Limits

STEPS = tuple(1 / 2**n for n in range(3, 11))  # of a value's range
ROUNDS = 12  # at most


def polish(
    family: Family,
    renderer: Renders,
    ids: NDArray[np.int64],
    values: NDArray[np.float64],
    targets: NDArray[np.uint8],
    deadline: float | None = None,
) -> NDArray[np.float64]:
    """Values of programs with which they draw their targets at least as well.

    Args:
        family: the language.
        renderer: draws what is tried.
        ids: (N, T) whole programs.
        values: (N, T) where they begin, NaN for tokens without one.
        targets: (N, C, H, W) uint8.
        deadline: in seconds of `time.monotonic`, after which no round begins.

    Returns:
        (N, T), inside the ranges of their types but perhaps in other bins.
    """
    limits = Limits(family.vocabulary)
    low, high = limits.low.numpy()[ids], limits.high.numpy()[ids]  # (N, T)
    values = values.copy()
    size = (int(targets.shape[2]), int(targets.shape[3]))
    far = _far(family, renderer, ids, values, targets, np.arange(len(ids)), size)
    active = np.flatnonzero(far > 0)
    for _ in range(ROUNDS):
        if not len(active) or (deadline is not None and monotonic() >= deadline):
            break
        row, place = np.nonzero(~np.isnan(low[active]))
        row = active[row]
        step = np.array([*STEPS, *(-s for s in STEPS)])
        owner, where = np.repeat(row, len(step)), np.repeat(place, len(step))  # (M,)
        moved = np.tile(step, len(row)) * (high - low)[owner, where]
        tried = values[owner]  # (M, T)
        every = np.arange(len(owner))
        tried[every, where] = np.clip(tried[every, where] + moved, low[owner, where], high[owner, where])
        found = _far(family, renderer, ids[owner], tried, targets, owner, size)
        order = np.lexsort((found, owner))
        first = order[np.unique(owner[order], return_index=True)[1]]  # the best of each program
        better = first[found[first] < far[owner[first]]]
        values[owner[better]], far[owner[better]] = tried[better], found[better]
        active = owner[better][found[better] > 0]
    return values


def _far(
    family: Family,
    renderer: Renders,
    ids: NDArray[np.int64],
    values: NDArray[np.float64],
    targets: NDArray[np.uint8],
    owner: NDArray[np.int64],
    size: tuple[int, int],
) -> NDArray[np.float64]:
    """(M,) the distance of each program (M, T) to the target of its owner; infinite without a picture."""
    drawn = renderer.render(ids, values, size)
    far = distances(family, drawn.pixels, targets, np.arange(len(ids)), owner)
    return np.where(drawn.defined, far, np.inf)
