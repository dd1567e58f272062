"""Counts agree with plain recursion, for lists, ranges, generics and bins; logarithms agree with integers."""

from __future__ import annotations

import math

import pytest
from dataset_families import DIALS, MARKS, all_rows

from i2c_core.datasets.counting import LOG_ERROR, Counts, group_productions
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.plugins import get_family

FAMILIES = [MARKS, DIALS, get_family("splits"), get_family("splits-rgb")]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_counts_are_those_of_plain_recursion(family: Family) -> None:
    vocabulary = family.vocabulary
    counts = Counts(vocabulary, 7)
    for type_ in range(len(vocabulary.types)):
        for size in range(8):
            assert counts.of(size, type_) == len(all_rows(vocabulary, size, type_))


def test_published_counts_of_splits() -> None:
    counts = Counts(get_family("splits").vocabulary, 13)
    assert counts.totals == [0, 2, 0, 8, 0, 80, 0, 1024, 0, 14848, 0, 231936, 0, 3807232]
    assert counts.sizes(4, 9) == [5, 7, 9]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_logarithms_agree_with_integers(family: Family) -> None:
    exact, logs = Counts(family.vocabulary, 60), Counts(family.vocabulary, 60, exact=False)
    for size in range(61):
        one, other = exact.log2(size), logs.log2(size)
        assert one == other or abs(one - other) < LOG_ERROR
        if one > -math.inf and size > 1:
            assert logs.group_weights(0, size) == pytest.approx(exact.group_weights(0, size), abs=1e-9)
    sequence = int(exact.groups.first.argmax())
    if exact.groups.rest[sequence] > 0 and exact._sequences[sequence][20]:
        assert logs.split_weights(sequence, 20) == pytest.approx(exact.split_weights(sequence, 20), abs=1e-9)


def test_a_group_holds_the_tokens_of_equal_productions() -> None:
    vocabulary = MARKS.vocabulary
    groups = group_productions(vocabulary)
    for group in range(len(groups.type)):
        tokens = groups.tokens[groups.start[group] : groups.start[group] + groups.count[group]]
        found = {vocabulary.productions[vocabulary.production[groups.type[group], t]].args for t in tokens}
        assert len(found) == 1
        assert tokens.tolist() == sorted(tokens.tolist())
    assert groups.count.sum() == (vocabulary.production >= 0).sum()


def test_errors() -> None:
    with pytest.raises(DataError) as error:
        Counts(MARKS.vocabulary, 5).of(6)
    assert str(error.value) == "size 6 is outside the counted sizes 0..5\n  -> count to a larger size"
    with pytest.raises(DataError) as error:
        Counts(get_family("splits").vocabulary, 5, exact=False).of(5)
    assert str(error.value) == (
        "programs of size 5 over 1 types are counted by logarithm only\n  -> use log2, or a smaller size"
    )
