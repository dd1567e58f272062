"""Programs as rows of tokens: what is known of their nodes, and how they are cut, against trees and lists."""

from __future__ import annotations

import numpy as np
import pytest
from dataset_families import DIALS, FRAMED, MARKS
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.automata import compiled
from i2c_core.datasets.sampling import Sampler
from i2c_core.datasets.walking import Walker
from i2c_core.families import Family
from i2c_core.legality import in_order
from i2c_core.plugins import get_family
from i2c_core.programs import Program, fits
from i2c_core.search.breeding import Breeder, Habits, Litter
from i2c_core.search.surgery import lawful, nodes, replaced

FIGURES = get_family("figures")
FAMILIES = (MARKS, DIALS, FRAMED, FIGURES)


def described(program: Program) -> list[tuple[int, int, int]]:
    """The end, depth and height of each node, by recursion over the tree: the slow truth."""
    rows: list[tuple[int, int, int]] = []

    def visit(node: Program, depth: int) -> None:
        place = len(rows)
        rows.append((0, 0, 0))
        for arg in node.args:
            visit(arg, depth + 1)
        rows[place] = (len(rows), depth, node.depth)

    visit(program, 0)
    return rows


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_ends_depths_and_heights_are_those_of_the_tree(family: Family) -> None:
    sampler = Sampler(family, 14)
    sizes = np.random.default_rng(0).choice(np.array(sampler.sizes(1, 14)), 12)
    ids, _ = sampler.sample(np.random.default_rng(0), sizes)
    found = nodes(family.vocabulary, ids)
    for row, tokens in enumerate(ids.tolist()):
        whole = [t for t in tokens if t < family.vocabulary.pad]
        told = np.stack([found.end, found.depth, found.height], 2)[row, : len(whole)].tolist()
        assert [tuple(each) for each in told] == described(family.from_tokens(whole))
        program = family.from_tokens(whole)
        types = [family.vocabulary.types[t - 1] for t in found.type[row, : len(whole)].tolist()]
        assert all(fits(node, type_) for node, type_ in zip(program.nodes(), types, strict=True))
        assert (found.type[row, len(whole) :] == 0).all()


@given(st.data())
def test_a_piece_takes_the_place_of_another(data: st.DataObject) -> None:
    width, pad = 8, 99
    rows = data.draw(st.integers(1, 4))
    cut, piece, wanted = [], [], []
    mother = np.full((rows, width), pad)
    donor = np.full((rows, width), pad)
    for row in range(rows):
        own = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=width))
        other = data.draw(st.lists(st.integers(10, 19), min_size=1, max_size=width))
        begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(own))] * 2)))
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(other))] * 2)))
        mother[row, : len(own)], donor[row, : len(other)] = own, other
        cut.append((begin, end))
        piece.append((first, last))
        wanted.append(([*own[:begin], *other[first:last], *own[end:]] + [pad] * width)[:width])
    cuts, pieces = (tuple(np.array(each).T) for each in (cut, piece))
    assert replaced(mother, (cuts[0], cuts[1]), donor, (pieces[0], pieces[1]), pad).tolist() == wanted


def test_what_registers_hold_is_what_is_legal_and_in_order() -> None:
    vocabulary = FIGURES.vocabulary
    automaton = compiled(vocabulary)
    assert automaton.registers is not None
    sampler = Sampler(FIGURES, 20)
    ids, _ = sampler.sample(np.random.default_rng(1), np.full(40, 20))
    mixed = ids.copy()
    mixed[::2, -5:] = mixed[0, -5:]  # some of them are no programs, or out of order
    changed = np.random.default_rng(2).integers(0, 20, len(mixed))
    mixed[1::4, changed[0]] = mixed[2, changed[0]]

    def is_canonical(tokens: list[int]) -> bool:
        try:
            return in_order(vocabulary, FIGURES.from_tokens(tokens))
        except Exception:
            return False

    told = lawful(Walker(automaton), mixed).tolist()
    assert told == [is_canonical([t for t in row if t < vocabulary.pad]) for row in mixed.tolist()]
    assert 0 < sum(told) < len(told)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_children_are_programs_within_budget_and_depth(family: Family) -> None:
    budget, habits = 15, Habits(depth=5)
    breeder = Breeder(family, budget, np.random.default_rng(0), habits)
    parents = breeder.strangers(40)
    count = len(parents.ids)
    for _ in range(3):
        partners = parents.pick(np.random.default_rng(3).permutation(count))
        children = breeder.children(parents, partners)
        assert children.ids.shape == (count, budget)
        for row, tokens in enumerate(children.ids.tolist()):
            values = None if children.values is None else children.values[row].tolist()
            program = family.from_tokens(tokens, values)  # raises where it is none, or a value is outside its bin
            mother = family.from_tokens(parents.ids[row].tolist(), None)
            assert program.depth <= max(5, mother.depth) or not in_order(family.vocabulary, program)
            if children.values is not None:
                continuous = np.append(family.vocabulary.continuous, False)[tokens]
                assert (np.isfinite(children.values[row]) == continuous).all()
        parents = children
    assert len(np.unique(parents.ids, axis=0)) > 5


@settings(max_examples=20)
@given(st.integers(0, 100))
def test_lifting_makes_programs_shorter(seed: int) -> None:
    breeder = Breeder(FRAMED, 15, np.random.default_rng(seed), Habits(crossing=0, planting=0, lifting=1))
    parents = breeder.strangers(8)
    children = breeder.children(parents, parents)
    assert (children.sizes <= parents.sizes).all()


def test_litters_are_put_together_row_by_row() -> None:
    one = Litter(np.array([[0, 1], [2, 9]]), None, 9)
    other = Litter(np.array([[3, 3], [4, 4]]), None, 9)
    assert one.sizes.tolist() == [2, 1]
    assert one.put(np.array([False, True]), other).ids.tolist() == [[0, 1], [4, 4]]
    assert Litter.together([one, other.pick(np.array([0]))]).ids.tolist() == [[0, 1], [2, 9], [3, 3]]
