"""Enumerating gives every program once, in prefix-token order, however it is cut into chunks."""

from __future__ import annotations

import numpy as np
import pytest
from dataset_families import DIALS, MARKS, SWAPPED, all_rows

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_canonical, enumerate_programs
from i2c_core.families import Family
from i2c_core.plugins import get_family

FAMILIES = [MARKS, DIALS, get_family("splits"), get_family("splits-rgb")]


@pytest.mark.parametrize("chunk", [1, 7, 65_536])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_every_program_in_order(family: Family, chunk: int) -> None:
    for size in range(7 if chunk > 1 else 5):
        chunks = list(enumerate_programs(family.vocabulary, size, chunk=chunk))
        assert all(0 < len(c) <= chunk and c.shape[1] == size for c in chunks)
        assert [tuple(row) for c in chunks for row in c.tolist()] == all_rows(family.vocabulary, size)


def test_other_types_can_be_enumerated() -> None:
    vocabulary = MARKS.vocabulary
    for type_ in range(len(vocabulary.types)):
        rows = [tuple(r) for c in enumerate_programs(vocabulary, 4, type_=type_) for r in c.tolist()]
        assert rows == all_rows(vocabulary, 4, type_)


def test_a_quarter_of_a_million_programs() -> None:
    vocabulary = get_family("splits").vocabulary
    chunks = list(enumerate_programs(vocabulary, 11, chunk=10_000))
    assert [len(c) for c in chunks[:-1]] == [10_000] * 23
    whole = np.concatenate(chunks)
    assert len(whole) == Counts(vocabulary, 11).of(11)
    words = whole @ (6 ** np.arange(10, -1, -1))
    assert (np.diff(words) > 0).all()


def test_only_canonical_programs() -> None:
    rows = [tuple(r) for c in enumerate_canonical(SWAPPED, 5) for r in c.tolist()]
    assert rows == [r for r in all_rows(SWAPPED.vocabulary, 5) if SWAPPED.is_canonical(SWAPPED.from_tokens(r))]
    assert 0 < len(rows) < len(all_rows(SWAPPED.vocabulary, 5))
