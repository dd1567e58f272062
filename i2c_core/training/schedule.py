"""What changes with the step: the learning rate."""

from __future__ import annotations

import math

from i2c_core.config import OptimSettings


def learning_rate(step: int, steps: int, optim: OptimSettings) -> float:
    """The rate at a step counted from 0: a linear rise, then half a cosine (arXiv:1608.03983) down, or constant.

    >>> [round(learning_rate(s, 100, OptimSettings(lr=1.0, warmup=0.1)), 3) for s in (0, 9, 55, 99)]
    [0.1, 1.0, 0.5, 0.0]
    """
    rise = round(optim.warmup * steps)
    if step < rise:
        return optim.lr * (step + 1) / rise
    if optim.schedule == "constant":
        return optim.lr
    done = (step - rise) / max(steps - rise, 1)  # 0 to 1
    return optim.lr * (optim.final + (1 - optim.final) * 0.5 * (1 + math.cos(math.pi * done)))
