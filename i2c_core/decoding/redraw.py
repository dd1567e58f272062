"""Ranking for pictures of several sizes, where a renderer that fails on one program costs only its own picture.

Legend: B images, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.decoding.proposals import Proposals
from i2c_core.decoding.rank import Candidate, Renders, by_distance, by_score, rank
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.programs import Program

Ranked = list[Candidate] | I2cError


def rank_each(
    family: Family,
    renderer: Renders,
    proposals: Proposals,
    inputs: Sequence[NDArray[np.uint8]],
    *,
    ranks: bool = False,
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
            chosen, pictures = take(proposals, rows), np.stack([inputs[row] for row in rows])
            ranked = rank(family, renderer, chosen, pictures, ranks=ranks)
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
    columns = {f.name: getattr(proposals, f.name) for f in fields(proposals)}
    return replace(proposals, **{name: column[rows] for name, column in columns.items() if column is not None})


def merge(before: Ranked, after: Ranked, *, ranks: bool = False) -> Ranked:
    """Candidates of one image from two proposals of it, each program once, ordered as `rank` orders them."""
    if isinstance(before, I2cError) or isinstance(after, I2cError):
        return after if isinstance(before, I2cError) or not before else before
    order = by_score if ranks else by_distance
    each: dict[Program, Candidate] = {}
    for candidate in (*before, *after):  # the same program is as close, but may have another score
        known = each.get(candidate.program)
        if known is None or order(candidate) <= order(known):
            each[candidate.program] = candidate
    return sorted(each.values(), key=order)
