"""Counting, enumerating and sampling where relations and orders restrict a language: folded, and with registers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from whole_programs import whole_programs

from i2c_core.automata import FOLD
from i2c_core.datasets import tables
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_canonical, enumerate_programs
from i2c_core.datasets.guarded import GuardedTokens
from i2c_core.datasets.sampling import Sampler, UniformTokens, token_sampler
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.vocabulary import Vocabulary

CHANCE = 1e-4  # of a red test when all is well; the seed is fixed
FIGURES = Family(
    "figures",
    root="Figure",
    signature="""
    draw : (all: List[Mark, 1..3, <]) -> Figure
    dot  : (x: N, y: N) -> Mark
    bar  : (a: N, b: N > a, high: Bool) -> Mark
    Bool = no | yes
    N    = 1..3
    """,
)
CHAINS = Family(
    "chains",
    root="Chain",
    signature="""
    link : (first: Mark, rest: Chain) -> Chain order first <= rest.first
    stop : Chain
    dot  : (x: N) -> Mark
    box  : (x: N, y: N >= x) -> Mark
    N    = 1..3
    """,
)
FAMILIES = pytest.mark.parametrize("family", [FIGURES, CHAINS], ids=lambda f: f.name)


@pytest.fixture(params=[FOLD, 0], ids=["folded", "registers"])
def fold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(tables, "FOLD", request.param)
    found: int = request.param
    return found


def fresh(family: Family) -> Vocabulary:
    """A vocabulary whose tables are not made yet."""
    return Vocabulary(family.gamma, family.root_type)


@FAMILIES
def test_counting_and_enumerating_agree_with_whole_programs(family: Family, fold: int) -> None:
    vocabulary = fresh(family)
    budget, programs = whole_programs(vocabulary, most=20_000, longest=12)
    counts = Counts(vocabulary, budget)
    assert counts.is_bound == (fold == 0)
    for size in range(1, budget + 1):
        wanted = sorted(vocabulary.names_to_ids(p) for p in programs if len(p) == size)
        for chunk in (3, 65_536):
            chunks = list(enumerate_programs(vocabulary, size, chunk=chunk))
            assert all(0 < len(c) <= chunk for c in chunks)
            assert [row for ids in chunks for row in ids.tolist()] == wanted
        if counts.is_bound:
            assert 2.0 ** counts.log2(size) > len(wanted) - 0.5
        else:
            assert counts.of(size) == len(wanted)


@FAMILIES
def test_folded_samples_are_uniform(family: Family) -> None:
    sampler = Sampler(family, 12)
    assert sampler.kind == "uniform"
    for size in sampler.sizes(1, 12)[1:3]:
        rows = [tuple(row) for ids in enumerate_canonical(family, size) for row in ids.tolist()]
        ids, _ = sampler.sample(np.random.default_rng(3), np.full(40 * len(rows), size))
        found = dict.fromkeys(rows, 0)
        for row in ids.tolist():
            found[tuple(row)] += 1
        assert scipy.stats.chisquare(list(found.values())).pvalue > CHANCE


@FAMILIES
def test_samples_under_registers_are_canonical_and_every_program_is_possible(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FOLD", 0)
    vocabulary = fresh(family)
    sampler = token_sampler(vocabulary, 9)
    assert sampler.kind == "guarded"
    sizes = [s for s in sampler.counts.sizes(1, 9) if list(enumerate_programs(vocabulary, s))]
    ids = sampler.sample(np.random.default_rng(0), np.repeat(sizes, 4_000))
    found = {tuple(t for t in row if t != vocabulary.pad) for row in ids.tolist()}
    wanted = {tuple(r) for s in sizes for c in enumerate_programs(vocabulary, s) for r in c.tolist()}
    assert found == wanted
    for row, size in zip(ids.tolist(), np.repeat(sizes, 4_000).tolist(), strict=True):
        assert vocabulary.pad not in row[:size]
    again = token_sampler(vocabulary, 9).sample(np.random.default_rng(0), np.repeat(sizes, 4_000))
    np.testing.assert_array_equal(again, ids)


def test_a_size_that_the_rules_do_not_leave_gives_a_smaller_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FOLD", 0)
    family = Family("few", root="Nums", signature="go : (all: List[N, 0..9, <]) -> Nums\nN = 1..3")
    sampler = Sampler(family, 20)
    assert (sampler.kind, sampler.sizes(1, 20)) == ("guarded", [2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    ids, _ = sampler.sample(np.random.default_rng(0), np.array([8, 12, 20]))
    sizes = [family.from_tokens(row).size for row in ids.tolist()]
    assert sizes[0] == 8
    assert max(sizes) == 8
    assert all(family.is_canonical(family.from_tokens(row)) for row in ids.tolist())


def test_what_is_refused_under_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FOLD", 0)
    vocabulary = fresh(FIGURES)
    with pytest.raises(DataError) as error:
        Counts(vocabulary, 9).of(6)
    assert str(error.value) == (
        "the rules of Figure are held in registers, so its programs cannot be counted\n"
        "  -> use log2, an upper bound; or smaller ranges, so that the rules fold into types"
    )
    with pytest.raises(DataError) as error:
        list(enumerate_programs(vocabulary, 3, type_=1))
    assert str(error.value) == (
        "the rules of Figure are held in registers, so only its own programs can be enumerated\n"
        "  -> make a vocabulary of the root List[Mark, 1..3, <]"
    )
    with pytest.raises(DataError) as error:
        GuardedTokens(vocabulary, 9).sample(np.random.default_rng(0), np.array([3]))
    assert str(error.value) == "no program of Figure has 3 tokens\n  -> use sizes from 6 to 9"


def test_languages_without_rules_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(*_: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(tables, "compiled", compiled)
    vocabulary = Vocabulary(get_family("splits").gamma, get_family("splits").root_type)
    found = tables.context_free(vocabulary)
    assert found.is_exact
    assert found.production is vocabulary.production
    assert UniformTokens(vocabulary, 5).counts.of(5) == 80
