"""Random programs from tokens alone: complete, canonical, within the budget, and what their texts say."""

from __future__ import annotations

from itertools import islice

import lark
import pytest

from i2c_core.datasets.random_programs import MOST_REFUSED, Redrawn, random_programs
from i2c_core.errors import BudgetError, DataError
from i2c_core.families import Family
from i2c_core.plugins import get_family

SPLITS = get_family("splits")
SUMS = 'start: sum\nsum: sum "+" sum -> add | "x" -> x\n'  # two ways to read x+x+x
BOXES = """
draw : (all: List[Box, 1..4, <]) -> Picture
box  : (x: N, y: N > x) -> Box
N    = 0..9
"""


def names(family: Family, count: int, budget: int, seed: int = 0) -> list[str]:
    return [text for _, text in random_programs(family, count, budget, seed)]


def test_programs_and_their_texts() -> None:
    found = list(random_programs(SPLITS, 200, 11, seed=3))
    assert len(found) == 200
    for program, text in found:
        assert SPLITS.parse(text) == SPLITS.check(program) == program
        assert program.size <= 11
    assert {p.size for p, _ in found} == {1, 3, 5, 7, 9, 11}  # the language has no other sizes


def test_a_seed_repeats_and_decides_a_stream() -> None:
    assert names(SPLITS, 20, 9, 5) == names(SPLITS, 20, 9, 5) != names(SPLITS, 20, 9, 6)
    assert names(SPLITS, 20, 9, 5) == names(SPLITS, 100, 9, 5)[:20]


def test_they_are_written_as_they_are_asked_for() -> None:
    assert len(list(islice(random_programs(SPLITS, 10**15, 9), 100))) == 100


def test_a_large_budget_takes_few_rows() -> None:
    sizes = [p.size for p, _ in random_programs(SPLITS, 3, 2_000)]
    assert max(sizes) > 300


def test_orders_and_relations_hold() -> None:
    family = Family("boxes", "Picture", BOXES, render="no:where")
    found = list(random_programs(family, 100, 20))
    assert all(family.is_canonical(p) for p, _ in found)
    assert {len([n for n in p.nodes() if n.name == "box"]) for p, _ in found} == {1, 2, 3, 4}


def test_bins_have_values() -> None:
    family = Family("shades", "T", "f : (V, V) -> T\nV = 0.0..1.0 in 4 bins", render="no:where")
    values = {v for p, _ in random_programs(family, 40, 8) for v in family.to_tokens(p).values if v == v}
    assert values == {0.125, 0.375, 0.625, 0.875}


def test_what_an_ambiguous_grammar_says_is_taken_and_counted() -> None:
    family = Family("sums", "Sum", grammar=SUMS)
    redrawn = Redrawn()
    found = list(random_programs(family, 60, 9, redrawn=redrawn))
    reader = lark.Lark(SUMS, parser="lalr")
    for program, text in found:
        assert family.parse(text) == program
        reader.parse(text)
    assert len({text for _, text in found}) > 3
    assert (redrawn.normalised, redrawn.refused) == (34, 0)


def test_what_cannot_be_read_is_drawn_again() -> None:
    grammar = 'start: a | b\na: "x" "yz"\nb: "xy" "w"\n'  # the lexer takes xy of xyz
    redrawn = Redrawn()
    assert {t for _, t in random_programs(Family("tight", "Start", grammar=grammar), 20, 4, redrawn=redrawn)} == {"xyw"}
    assert redrawn.normalised == 0
    assert redrawn.refused > 5


def test_a_language_of_which_nothing_can_be_read() -> None:
    family = Family("words", "Start", grammar="start: W W\nW: /[a-z]+/\n")
    redrawn = Redrawn()
    with pytest.raises(DataError) as caught:
        list(random_programs(family, 1, 8, redrawn=redrawn))
    assert caught.value.fact.startswith("none of 2,000 random texts of words says a program when it is read back, such")
    assert caught.value.fact.endswith(": grammar of words: terminal W before W may go on")
    assert caught.value.hint == "change the grammar there, or raise the budget"
    assert redrawn.refused == MOST_REFUSED


def test_a_budget_below_the_shortest_program() -> None:
    family = Family("deep", "T", "f : (U, U) -> T\na : U", render="no:where")
    with pytest.raises(BudgetError) as caught:
        next(random_programs(family, 1, 2))
    expected = "a budget of 2 tokens is below the shortest T, which has 3\n  -> use a budget of at least 3"
    assert str(caught.value) == expected


def test_orders_that_make_the_shortest_program_longer_count() -> None:
    table = "draw : (all: List[N, 3..3, <], last: T) -> P\nN = 1..3\nt : (x: N, y: N > x) -> T"
    family = Family("counted", "P", table, render="no:where")
    assert [p.size for p, _ in random_programs(family, 3, 11)] == [11] * 3
    with pytest.raises(BudgetError):
        next(random_programs(family, 1, 10))
