"""Covers by HiGHS, a solver of mixed integer programs that comes with scipy."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np

from i2c_core.covers.formulating import inequalities
from i2c_core.covers.problem import Cover, Problem, cost


def covers_by_mixed_program(problem: Problem, start: Cover, deadline: float | None = None) -> Iterator[Cover]:
    """A cover better than the start, or with a better bound; optimal unless time ran out.

    Args:
        problem: to cover.
        start: a cover to begin with.
        deadline: in seconds of `time.monotonic`.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # takes half a second
    from scipy.sparse import csr_array

    model = inequalities(problem)
    size = (len(model.low), len(model.weights))
    matrix = csr_array((np.array(model.factor, float), (model.row, model.variable)), shape=size)
    options: dict[str, float] = {"mip_rel_gap": 0.0}
    if deadline is not None:
        options["time_limit"] = max(0.01, deadline - time.monotonic())
    found = milp(
        np.array(model.weights, float),
        integrality=np.ones(len(model.weights)),
        bounds=Bounds(np.zeros(len(model.most)), np.array(model.most, float)),
        constraints=LinearConstraint(matrix, np.array(model.low, float), np.inf),
        options=options,
    )
    best, bound = start, start.bound
    if found.mip_dual_bound is not None and math.isfinite(found.mip_dual_bound):
        bound = max(bound, math.ceil(found.mip_dual_bound - 1e-5))
    if found.x is not None:
        columns = tuple(int(p) for p in np.flatnonzero(found.x[: len(problem.columns)] > 0.5))
        price = cost(problem, columns)
        if price < best.cost:
            best = Cover(columns, price, bound)
        if found.status == 0:
            bound = best.cost
    bound = min(bound, best.cost)
    if best is not start or bound > start.bound:
        yield Cover(best.columns, best.cost, bound)
