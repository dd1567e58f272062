"""Every item once, found again, with probes on its strokes; sets of items are programs and programs sets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from items_of_tests import EXTENT, make_family, marks, marks_catalogue

from i2c_core import get_family
from i2c_core.errors import FamilyError
from i2c_core.items import catalogue as module
from i2c_core.items.catalogue import ALONG, BEYOND, PROBES, Catalogue, catalogue_of
from i2c_core.strokes.strokes import locate

ITEMS = st.deferred(lambda: st.integers(0, len(marks_catalogue()) - 1))  # not made to be collected


def test_kinds_and_counts_are_those_of_the_signature() -> None:
    found = {k.name: (k.arity, k.variants, k.last - k.first) for k in marks_catalogue().kinds}
    points = 5 * 4
    assert found == {
        "blot": (0, 1, 1),
        "ring": (2, 1, points),
        "bar": (4, 1, 10 * 4 * 4),
        "path": (5, 2, points * points),
    }
    assert len(marks_catalogue()) == 1 + points + 160 + 2 * points * points


@given(st.lists(st.lists(ITEMS, unique=True, max_size=8), max_size=5))
def test_sets_become_programs_and_sets_again(sets: list[list[int]]) -> None:
    catalogue = marks_catalogue()
    ids = catalogue.to_ids(sets)
    assert catalogue.from_ids(ids) == sets
    assert [int((row != catalogue.pad).sum()) for row in ids] == [1 + int(catalogue.lengths[s].sum()) for s in sets]
    for row, items in zip(ids.tolist(), sets, strict=True):
        program = marks().from_tokens(row)
        marks().check(program)
        assert marks().canonical(program) == marks().from_tokens(catalogue.to_ids([sorted(items)])[0].tolist())


@pytest.mark.parametrize("name", ["marks", "figures"])
def test_every_item_is_canonical_and_found_again(name: str) -> None:
    family = marks() if name == "marks" else get_family(name)
    catalogue = catalogue_of(family)
    assert (catalogue.find(catalogue.tokens) == np.arange(len(catalogue))).all()
    assert len(np.unique(catalogue.tokens, axis=0)) == len(catalogue)
    some = np.random.default_rng(0).choice(len(catalogue), 150, replace=False).tolist()
    for row in catalogue.to_ids([[i] for i in some]).tolist():
        program = family.from_tokens(row)
        assert family.canonical(program) == program


@pytest.mark.parametrize("name", ["marks", "figures"])
def test_placements_and_variants_number_the_items(name: str) -> None:
    catalogue = catalogue_of(marks() if name == "marks" else get_family(name))
    assert (catalogue.item_of[catalogue.placement, catalogue.variant] == np.arange(len(catalogue))).all()
    assert (catalogue.item_of >= 0).sum() == len(catalogue)
    assert (catalogue.item_of >= 0).any(1).all()
    for number, kind in enumerate(catalogue.kinds):
        assert (catalogue.kind[kind.first : kind.last] == number).all()
        assert (catalogue.tokens[catalogue.placement == kind.first, 0] == kind.token).all()
        assert (catalogue.item_of[kind.first : kind.last, kind.variants :] < 0).all()


def test_what_is_not_canonical_has_no_item() -> None:
    catalogue = catalogue_of(get_family("figures"))
    ids = get_family("figures").vocabulary.ids
    back = np.array([[ids[w] for w in ("line", "9", "9", "2", "2", "plain", "solid")]])
    with pytest.raises(FamilyError, match="line 9 9 2 2 plain solid is no canonical command"):
        catalogue.find(back)
    back[0, 5] = ids["arrow"]
    place = catalogue.placement[catalogue.find(back)[0]]
    assert (catalogue.item_of[place] < 0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("name", ["marks", "figures"])
def test_a_line_drawn_backwards_has_the_same_outline(name: str) -> None:
    family = marks() if name == "marks" else get_family(name)
    catalogue, ids = catalogue_of(family), family.vocabulary.ids
    rest = ["solid"] if name == "marks" else ["arrow", "solid"]
    word = "path" if name == "marks" else "line"

    def outline(*numbers: int) -> int:
        words = [word, *map(str, numbers), *rest]
        row = [ids[w] for w in words] + [catalogue.pad] * (catalogue.tokens.shape[1] - len(words))
        return int(catalogue.outline[catalogue.placement[catalogue.find(np.array([row]))[0]]])

    rng, most = np.random.default_rng(0), (4, 3) if name == "marks" else (14, 14)
    seen = set()
    for _ in range(60):
        (x1, x2), (y1, y2) = rng.integers(1, most[0] + 1, 2), rng.integers(1, most[1] + 1, 2)
        if (x1, y1) != (x2, y2):
            assert outline(x1, y1, x2, y2) == outline(x2, y2, x1, y1)
            seen.add((frozenset([(x1, y1), (x2, y2)]), outline(x1, y1, x2, y2)))
    assert len({o for _, o in seen}) == len({p for p, _ in seen})  # other lines have others


def test_probes_lie_on_the_strokes_and_beyond_their_ends() -> None:
    catalogue = marks_catalogue()
    some = np.random.default_rng(0).permutation(len(catalogue.item_of))[:150]
    drawn = catalogue.strokes([[i] for i in catalogue.item_of[some, 0].tolist()])
    probes = catalogue.probes[some].double() * torch.tensor(EXTENT)  # (P, K, 2) cells
    t = torch.linspace(0, 1, 200).double()
    shape, arc = drawn.shape[:, 0].double(), drawn.arc[:, 0]
    points = locate(shape[:, None], arc[:, None], t)  # (P, 200, 2)
    assert probes.shape[1] == PROBES
    assert float(torch.cdist(probes[:, :ALONG], points).amin(2).max()) < 0.03
    lines = (~arc & (drawn.length()[:, 0] > 0)).nonzero()[:, 0]
    unit = (shape[lines, 2:4] - shape[lines, :2]) / drawn.length()[lines, :1].double()
    for number, beyond in enumerate(BEYOND):
        end = shape[lines, :2] if beyond < 0 else shape[lines, 2:4]
        torch.testing.assert_close(probes[lines, ALONG + number], end + beyond * unit, atol=1e-5, rtol=0)
    rings = arc.nonzero()[:, 0]  # whose further probes are in their middle
    torch.testing.assert_close(probes[rings, ALONG], shape[rings, :2], atol=0.05, rtol=0)


def test_an_outline_is_that_of_its_placements_one_way_or_the_other() -> None:
    catalogue = marks_catalogue()
    own, shared = catalogue.probes[:, :ALONG], catalogue.outline_probes[catalogue.outline]
    away = [(shared - probes).abs().amax((1, 2)) for probes in (own, own.flip(1))]
    assert float(torch.minimum(*away).max()) < 1e-5


def test_an_item_without_arguments_is_a_placement() -> None:
    catalogue = marks_catalogue()
    assert marks().show(marks().from_tokens(catalogue.to_ids([[0]])[0].tolist())).count("blot") == 1
    assert catalogue.size[0].tolist() == pytest.approx([3, 3], abs=0.1)


def test_no_sets_are_no_programs() -> None:
    assert marks_catalogue().to_ids([]).shape == (0, 1)
    assert marks_catalogue().from_ids(np.zeros((0, 3), np.int64)) == []
    assert marks_catalogue().to_ids([[]]).tolist() == [[marks().vocabulary.ids["done"]]]


LIST = "more : (Mark, Marks) -> Marks\ndone : Marks\n"
MEMBERS = " | ".join(f"m{i}" for i in range(200))
REFUSED = {
    "does not say its strokes": {"strokes": None},
    "are no lists of commands": {"root": "Tree", "signature": "leaf : Tree\nfork : (Tree, Tree, Tree) -> Tree"},
    "has an argument that is no literal": {"signature": LIST + "at : (Place) -> Mark\nhere : (At) -> Place\nAt = 1..3"},
    "has numbers that are not whole": {"signature": LIST + "at : (At) -> Mark\nAt = 0.0..1.0 in 8 bins"},
    "200 variants, more than 100": {"signature": LIST + f"blot : (of: Kind) -> Mark\nKind = {MEMBERS}"},
}


@pytest.mark.parametrize("fact", REFUSED)
def test_families_that_are_no_lists_of_drawings_are_refused(fact: str) -> None:
    with pytest.raises(FamilyError, match=fact):
        Catalogue(make_family("other", **REFUSED[fact]))


def test_too_many_ways_to_write_a_command_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 799)
    with pytest.raises(FamilyError, match="path of marks can be written in 800 ways, more than 799"):
        Catalogue(marks())


def test_chunks_of_measuring_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 137)
    found = Catalogue(marks())
    assert torch.equal(found.probes, marks_catalogue().probes)
    assert (found.outline == marks_catalogue().outline).all()
    assert torch.equal(found.outline_probes, marks_catalogue().outline_probes)
