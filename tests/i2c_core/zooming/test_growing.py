"""Programs grown level by level: against the slow truth, never over budget, always whole, probabilities that add up."""

from __future__ import annotations

from math import exp

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zooms_of_tests import HALVES, TINTS, Made, slow

from i2c_core import Family, get_family
from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.decoding import Beam, Greedy, Sample, Strategy
from i2c_core.decoding.noise import mix
from i2c_core.zooming.growing import Rows, distinct
from i2c_core.zooming.proposer import grow
from i2c_core.zooming.tables import ZoomTables

FAMILIES = {"halves": HALVES, "tints": TINTS, "splits": get_family("splits")}
budgets = st.integers(3, 40)
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def grown(
    family: Family,
    strategy: Strategy,
    budget: int,
    size: tuple[int, int],
    pictures: int = 3,
    width: int = 1,
    seed: int = 0,
    looks: Made | None = None,
) -> Rows:
    tables = ZoomTables.of(family)
    keys = mix(torch.arange(pictures) + 1000 * seed)
    return grow(tables, looks or Made(tables.pad), keys, size, width, strategy, budget)


def tokens(rows: Rows, row: int, pad: int) -> list[int]:
    return [t for t in rows.ids[row].tolist() if t < pad]


@pytest.mark.parametrize("name", FAMILIES)
@given(budget=budgets, size=sizes)
@settings(max_examples=12, deadline=None)
def test_greedy_is_what_the_rule_says(name: str, budget: int, size: tuple[int, int]) -> None:
    family = FAMILIES[name]
    rows = grown(family, Greedy(), budget, size)
    for picture in range(3):
        ids, logprob = slow(family, Made(family.vocabulary.size), picture, size, budget)
        assert tokens(rows, picture, family.vocabulary.pad) == ids
        assert float(rows.logprob[picture]) == pytest.approx(logprob, abs=1e-4)


@pytest.mark.parametrize("strategy", [Greedy(), Sample(), Sample(temperature=3.0, top_k=2), Beam(4)])
@given(name=st.sampled_from(sorted(FAMILIES)), budget=budgets, size=sizes, seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_programs_are_whole_and_within_the_budget(
    strategy: Strategy, name: str, budget: int, size: tuple[int, int], seed: int
) -> None:
    family = FAMILIES[name]
    width = strategy.rows(4)
    rows = grown(family, strategy, budget, size, 2, width, seed)
    for row in range(len(rows.ids)):
        ids = tokens(rows, row, family.vocabulary.pad)
        if not ids:
            assert isinstance(strategy, Beam)
            assert rows.logprob[row] == -torch.inf
            continue
        program = family.from_tokens(rows.ids[row].tolist())
        assert program.size <= budget
        if min(size) > 30:  # else nodes without pixels take one token for certain
            _, logprob = slow(family, Made(family.vocabulary.size), row // width, size, budget, program)
            assert float(rows.logprob[row]) == pytest.approx(logprob, abs=1e-3)


@pytest.mark.parametrize(("name", "budget"), [("halves", 9), ("tints", 9), ("splits", 5)])
def test_probabilities_of_all_programs_add_up_to_one(name: str, budget: int) -> None:
    family = FAMILIES[name]
    vocabulary = family.vocabulary
    every = [
        family.from_tokens(ids)
        for size in range(1, budget + 1)
        for chunk in enumerate_programs(vocabulary, size)
        for ids in chunk.tolist()
    ]
    size = (4096, 4096)  # no node is without pixels
    rows = grown(family, Beam(len(every) + 5), budget, size, 1, len(every) + 5)
    found = {tuple(tokens(rows, row, family.vocabulary.pad)): float(rows.logprob[row]) for row in range(len(every))}
    assert set(found) == {family.to_tokens(p).ids for p in every}
    assert sum(map(exp, found.values())) == pytest.approx(1, abs=1e-5)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert (rows.logprob[len(every) :] == -torch.inf).all()
    for program in every[:40]:
        _, logprob = slow(family, Made(family.vocabulary.size), 0, size, budget, program)
        assert found[family.to_tokens(program).ids] == pytest.approx(logprob, abs=1e-4)


@pytest.mark.parametrize("strategy", [Sample(), Beam(3)])
def test_a_picture_is_decoded_alone_as_in_a_batch(strategy: Strategy) -> None:
    family = FAMILIES["splits"]
    tables, width = ZoomTables.of(family), strategy.rows(3)
    keys = mix(torch.arange(4))
    together = grow(tables, Made(tables.pad), keys, (64, 48), width, strategy, 25)
    for picture in range(4):
        alone = grow(
            tables, Made(tables.pad, first=picture), keys[picture : picture + 1], (64, 48), width, strategy, 25
        )
        for k in range(width):
            assert tokens(alone, k, tables.pad) == tokens(together, picture * width + k, tables.pad)
            assert alone.logprob[k] == together.logprob[picture * width + k]


def test_draws_are_as_likely_as_they_say() -> None:
    count = 4000
    tables = ZoomTables.of(HALVES)
    rows = grow(tables, Made(tables.pad), mix(torch.arange(1)), (64, 64), count, Sample(), 5)
    found: dict[tuple[int, ...], int] = {}
    for row in range(count):
        ids = tuple(tokens(rows, row, tables.pad))
        found[ids] = found.get(ids, 0) + 1
        if found[ids] == 1:
            _, logprob = slow(HALVES, Made(tables.pad), 0, (64, 64), 5, HALVES.from_tokens(ids))
            assert float(rows.logprob[row]) == pytest.approx(logprob, abs=1e-4)
            assert float(rows.logq[row]) == pytest.approx(logprob, abs=1e-4)
    for ids, times in found.items():
        _, logprob = slow(HALVES, Made(tables.pad), 0, (64, 64), 5, HALVES.from_tokens(ids))
        assert abs(times / count - exp(logprob)) < 5 * (exp(logprob) / count) ** 0.5


def test_draws_repeat_with_their_seed_and_change_with_it() -> None:
    family = FAMILIES["splits"]
    one, same, other = (grown(family, Sample(), 21, (64, 64), 8, 1, seed) for seed in (1, 1, 2))
    assert torch.equal(one.ids, same.ids)
    assert one.ids.shape != other.ids.shape or not torch.equal(one.ids, other.ids)


def test_where_the_network_gives_no_number_nothing_is_claimed() -> None:
    pad = HALVES.vocabulary.pad
    every = grown(HALVES, Greedy(), 9, (64, 64), 2, looks=Made(pad, bad=(0, 1, 2)))
    assert every.forced.all()
    assert (every.undefined == 1).all()
    assert [tokens(every, row, pad) for row in range(2)] == [[1], [1]]  # the first token that costs nothing
    some = grown(HALVES, Greedy(), 9, (64, 64), 2, looks=Made(pad, bad=(1,)))
    assert not some.forced.any()
    assert 1 not in some.ids
    assert (some.undefined > 0).all()


def test_nodes_without_pixels_are_closed() -> None:
    rows = grown(HALVES, Greedy(), 31, (1, 1), 1, looks=Made(3, scale=0.0))  # of equals the first token: h
    assert [HALVES.vocabulary.tokens[t] for t in tokens(rows, 0, 3)][:3] == ["h", "B", "h"]  # the upper half is empty


@given(rows=st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), max_size=30))
@settings(max_examples=30, deadline=None)
def test_equal_rows_are_one(rows: list[list[int]]) -> None:
    given_ = torch.tensor(rows, dtype=torch.int64).view(-1, 3)
    kinds, which = distinct(given_)
    assert torch.equal(kinds[which], given_)
    assert len(kinds) == len({tuple(r) for r in rows})


def test_rows_too_wide_for_one_number_stay_apart() -> None:
    wide = torch.tensor([[1 << 40, 1 << 40], [1 << 40, 1 << 40]])
    kinds, which = distinct(wide)
    assert torch.equal(kinds[which], wide)
