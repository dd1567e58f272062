"""Ranking for pictures of several sizes, where a renderer that fails on one program costs only its own picture.

Legend: B images, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.proposals import Proposals
from i2c_core.decoding.rank import Candidate, Renders, rank
from i2c_core.errors import I2cError
from i2c_core.families import Family

Ranked = list[Candidate] | I2cError


def rank_each(
    family: Family, renderer: Renders, proposals: Proposals, inputs: Sequence[NDArray[np.uint8]]
) -> list[Ranked]:
    """The candidates of each of B inputs (C, H, W), best first as `rank` orders them, or why there are none.

    Inputs of one size are drawn together.
    """
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for row, picture in enumerate(inputs):
        by_shape.setdefault(picture.shape, []).append(row)
    found: list[Ranked] = [[] for _ in inputs]
    pending = list(by_shape.values())
    while pending:
        rows = pending.pop()
        try:
            ranked = rank(family, renderer, take(proposals, rows), np.stack([inputs[row] for row in rows]))
        except I2cError as error:
            if len(rows) == 1:
                found[rows[0]] = error
            else:
                pending += [[row] for row in rows]
            continue
        for row, candidates in zip(rows, ranked, strict=True):
            found[row] = candidates
    return found


def take(proposals: Proposals, rows: list[int]) -> Proposals:
    """The proposals of some of the images."""
    values = None if proposals.values is None else proposals.values[rows]
    return Proposals(
        proposals.ids[rows], proposals.logprob[rows], proposals.logq[rows], values, proposals.undefined[rows]
    )


def merge(before: Ranked, after: Ranked) -> Ranked:
    """Candidates of one image from two proposals of it, each program once, ordered as `rank` orders them."""
    if isinstance(before, I2cError) or isinstance(after, I2cError):
        return after if isinstance(before, I2cError) or not before else before
    each = {c.program: c for c in (*before, *after)}
    return sorted(each.values(), key=_order)


def _order(candidate: Candidate) -> tuple[float, int, float]:
    return candidate.distance, candidate.size, -candidate.logprob
