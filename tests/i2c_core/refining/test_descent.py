"""Least squares over values: exact where pictures are linear in them, inside their ranges, and each program alone."""

from __future__ import annotations

import math
from time import monotonic

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from i2c_core import Family
from i2c_core.raster import TokenBatch
from i2c_core.refining import fit_values

# `two(a, b)` draws a in the left half and b squared in the right one, `one(a)` draws a everywhere.
TWO = Family(
    "two",
    root="Image",
    signature="two : (A, B) -> Image\none : (A) -> Image\nA = 0.0..1.0 in 4 bins\nB = -1.0..1.0 in 4 bins",
)
SIZE = (2, 4)


def soft(batch: TokenBatch, size: tuple[int, int]) -> Tensor:
    assert batch.values is not None
    first = batch.ids[:, 0] == batch.vocabulary.ids["two"]  # (N,)
    a, b = batch.values[:, 1], batch.values[:, min(2, batch.values.shape[1] - 1)]
    right = torch.where(first, b.nan_to_num() ** 2, a)
    left = a[:, None, None].expand(-1, size[0], size[1] // 2)
    return torch.cat([left, right[:, None, None].expand(-1, size[0], size[1] - size[1] // 2)], 2)[:, None]


def programs(*texts: str) -> tuple[Tensor, Tensor]:
    ids, values = TWO.vocabulary.pack([TWO.to_tokens(TWO.parse(t)) for t in texts])
    return torch.from_numpy(ids), torch.from_numpy(values)


def targets(*pairs: tuple[float, float]) -> Tensor:
    rows = [torch.tensor([left, left, right, right], dtype=torch.float64).expand(2, 4) for left, right in pairs]
    return torch.stack(rows)[:, None]


@given(a=st.floats(0, 1), b=st.floats(0.2, 1))
@settings(max_examples=30, deadline=None)
def test_values_are_found(a: float, b: float) -> None:
    ids, values = programs("two(0.4, 0.6)")
    found = fit_values(soft, TWO.vocabulary, ids, values, targets((a, b * b)), steps=30)
    assert found.values[0, 1:].tolist() == pytest.approx([a, b], abs=1e-3)
    assert math.isnan(float(found.values[0, 0]))
    assert float(found.error[0]) < 1e-6


def test_values_stay_in_the_ranges_of_their_types() -> None:
    ids, values = programs("two(0.4, 0.6)")
    found = fit_values(soft, TWO.vocabulary, ids, values, targets((1.7, 2.0)), steps=30)
    assert found.values[0, 1:].tolist() == pytest.approx([1.0, 1.0], abs=1e-6)


def test_programs_of_other_lengths_do_not_touch_each_other() -> None:
    ids, values = programs("two(0.4, 0.6)", "one(0.1)", "two(0.9, -0.4)")
    goal = targets((0.2, 0.25), (0.8, 0.8), (0.5, 0.36))
    together = fit_values(soft, TWO.vocabulary, ids, values, goal)
    assert together.values.isnan().equal(values.isnan())
    for row in range(3):
        alone = fit_values(soft, TWO.vocabulary, ids[row : row + 1], values[row : row + 1], goal[row : row + 1])
        assert torch.allclose(alone.values, together.values[row : row + 1], atol=1e-9, equal_nan=True)
    assert together.values[2, 2] < 0  # from where it began to the nearer of two minima


def test_an_error_never_grows() -> None:
    generator = torch.Generator().manual_seed(0)
    ids, values = programs(*["two(0.4, 0.6)"] * 20)
    goal = torch.rand(20, 1, 2, 4, dtype=torch.float64, generator=generator)
    before = fit_values(soft, TWO.vocabulary, ids, values, goal, steps=0)
    assert torch.equal(before.values.nan_to_num(), values.nan_to_num())
    assert bool((fit_values(soft, TWO.vocabulary, ids, values, goal).error <= before.error).all())


def test_outliers_count_less_with_a_scale() -> None:
    ids, values = programs("one(0.4)")
    goal = torch.full((1, 1, 2, 4), 0.3, dtype=torch.float64)
    goal[0, 0, 0, 0] = 1.0
    mean = fit_values(soft, TWO.vocabulary, ids, values, goal).values[0, 1]
    robust = fit_values(soft, TWO.vocabulary, ids, values, goal, scale=0.02, steps=30).values[0, 1]
    assert float(mean) == pytest.approx(0.3 + 0.7 / 8, abs=1e-3)
    assert float(robust) == pytest.approx(0.3, abs=1e-3)


def test_no_step_begins_after_the_deadline() -> None:
    ids, values = programs("two(0.4, 0.6)")
    found = fit_values(soft, TWO.vocabulary, ids, values, targets((0.1, 0.1)), deadline=monotonic())
    assert torch.equal(found.values.nan_to_num(), values.nan_to_num())
