"""Samples are uniform among the canonical programs of a size, and repeat with their seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.stats
from dataset_families import DIALS, MARKS, SWAPPED, all_rows
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.datasets.sampling import Sampler, UniformTokens, alias_table, bin_centres
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.programs import Program

FAMILIES = [MARKS, DIALS, SWAPPED, get_family("splits"), get_family("splits-rgb")]
CHANCE = 1e-4  # of a red test when all is well; the seed is fixed


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_uniform(family: Family) -> None:
    sampler = Sampler(family, 6)
    for size in sampler.sizes(1, 6):
        rows = [r for r in all_rows(family.vocabulary, size) if family.is_canonical(family.from_tokens(r))]
        count = min(40 * len(rows), 20_000 if family.normalise is None else 500)
        ids, _ = sampler.sample(np.random.default_rng(3), np.full(count, size))
        found = dict.fromkeys(rows, 0)
        for row in ids.tolist():
            found[tuple(row)] += 1
        if len(rows) > 1 and count >= 5 * len(rows):
            assert scipy.stats.chisquare(list(found.values())).pvalue > CHANCE


def test_uniform_by_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2c_core.datasets.counting.EXACT_WORK", 0)
    family = get_family("splits")
    tokens = UniformTokens(family.vocabulary, 5)
    assert not tokens.counts.exact
    ids = tokens.sample(np.random.default_rng(0), np.full(20_000, 5))
    _, counts = np.unique(ids, axis=0, return_counts=True)
    assert len(counts) == 80
    assert scipy.stats.chisquare(counts).pvalue > CHANCE


@given(st.lists(st.integers(1, 15), min_size=1, max_size=40), st.integers(0, 2**32))
def test_mixed_sizes_are_whole_programs_and_repeat(sizes: list[int], seed: int) -> None:
    sampler = Sampler(MARKS, 15)
    possible = set(sampler.sizes(1, 15))
    wanted = np.array([s if s in possible else min(possible) for s in sizes])
    ids, values = sampler.sample(np.random.default_rng(seed), wanted)
    assert values is None
    assert ids.shape == (len(sizes), max(wanted))
    for row, size in zip(ids.tolist(), wanted.tolist(), strict=True):
        assert MARKS.from_tokens(row).size == size
    again, _ = Sampler(MARKS, 15).sample(np.random.default_rng(seed), wanted)
    np.testing.assert_array_equal(again, ids)


def test_long_programs() -> None:
    ids, _ = Sampler(get_family("splits"), 301).sample(np.random.default_rng(0), np.array([301, 1, 155]))
    sizes = [get_family("splits").from_tokens(row).size for row in ids.tolist()]
    assert sizes == [301, 1, 155]


def test_values_are_uniform_inside_their_bins() -> None:
    ids, values = Sampler(DIALS, 9).sample(np.random.default_rng(0), np.full(4000, 9))
    assert values is not None
    for row in range(50):
        DIALS.from_tokens(ids[row].tolist(), values[row].tolist())
    drawn = values[~np.isnan(values)]
    assert drawn.shape == (4000 * 4,)
    assert scipy.stats.kstest(drawn, scipy.stats.uniform(0, 12).cdf).pvalue > CHANCE
    centres = bin_centres(DIALS.vocabulary, ids)
    assert centres is not None
    assert np.nanmax(np.abs(centres - values)) <= 1.5
    np.testing.assert_array_equal(np.isnan(centres), np.isnan(values))


def test_a_family_may_sample_by_itself() -> None:
    def sample(family: Family, rng: np.random.Generator, size: int) -> Program:
        return family.program("BW"[int(rng.integers(2))])

    family = dataclasses.replace(SWAPPED, sample=sample)
    ids, values = Sampler(family, 9).sample(np.random.default_rng(0), np.array([1, 5, 9]))
    assert ids.shape == (3, 1)
    assert values is None
    wrong = dataclasses.replace(SWAPPED, sample=lambda family, rng, size: "B")
    with pytest.raises(DataError) as error:
        Sampler(wrong, 9).sample(np.random.default_rng(0), np.array([1]))
    assert str(error.value) == "sample of swapped returned str, expected Program\n  -> return a program"


def test_a_size_without_programs() -> None:
    with pytest.raises(DataError) as error:
        Sampler(get_family("splits"), 9).sample(np.random.default_rng(0), np.array([3, 4]))
    assert str(error.value) == "no program of Image has 4 tokens\n  -> use one of the sizes 1, 3, 5, 7, 9"


def test_canonical_programs_that_are_too_rare() -> None:
    only = dataclasses.replace(SWAPPED, normalise=lambda p: SWAPPED.program("B"))
    with pytest.raises(DataError) as error:
        Sampler(only, 9).sample(np.random.default_rng(0), np.array([3, 3]))
    assert str(error.value) == (
        "2 of 2 drawn programs of swapped are still not canonical after 200 draws\n"
        "  -> give the family a sampler of its own: sample=..."
    )


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(lambda w: sum(w) > 0))
def test_alias_table(weights: list[float]) -> None:
    keep, other = alias_table(weights)
    share = keep / len(weights)
    np.add.at(share, other, (1 - keep) / len(weights))
    np.testing.assert_allclose(share, np.array(weights) / sum(weights), atol=1e-12)
    assert all(share[i] == 0 for i, w in enumerate(weights) if w == 0)
