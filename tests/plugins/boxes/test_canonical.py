"""One form of boxes: `normalise` keeps the picture, and the mask writes what it leaves as it is, and nothing else.

Legend: B programs, V tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest
import torch
from boxes_of_tests import FILLED, SMALL, SMALL_FILLED, TINY, TINY_FILLED, prefix, programs
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.decoding import family_mask
from i2c_core.decoding.family_masks import family_oracle
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_plugins.boxes import FAMILY
from i2c_plugins.boxes.canonical import flat, nested, to_program, trimmed
from i2c_plugins.boxes.constraint import Canonical
from i2c_plugins.boxes.oracle import legal
from i2c_plugins.boxes.painting import Painted, bits, cells_of, edges, is_colour

CPU = torch.device("cpu")

CASES = {
    "what is covered is left out": (
        "white box 1, 1 size 2 by 2 red box 0, 0 size 4 by 4 blue",
        "white box 0, 0 size 4 by 4 blue",
    ),
    "what looks as before is left out": (
        "white box 0, 0 size 4 by 4 blue { box 1, 1 size 2 by 2 blue } box 6, 6 size 1 by 1 white",
        "white box 0, 0 size 4 by 4 blue",
    ),
    "what is covered at an edge is cut": (
        "white box 0, 0 size 6 by 4 red box 4, 0 size 4 by 8 blue",
        "white box 0, 0 size 4 by 4 red box 4, 0 size 4 by 8 blue",
    ),
    "what is covered at a corner is not": (
        "white box 0, 0 size 6 by 4 red box 4, 2 size 4 by 6 blue",
        "white box 0, 0 size 6 by 4 red box 4, 2 size 4 by 6 blue",
    ),
    "a box is cut by the one it is on": (
        "white box 4, 4 size 4 by 4 red { box 2, 1 size 8 by 1 blue }",
        "white box 4, 4 size 4 by 4 red { box 2, 1 size 2 by 1 blue }",
    ),
    "a box on a box is nested": (
        "white box 1, 1 size 6 by 4 red box 2, 2 size 2 by 2 blue",
        "white box 1, 1 size 6 by 4 red { box 1, 1 size 2 by 2 blue }",
    ),
    "past boxes that it does not meet": (
        "white box 0, 0 size 3 by 8 red box 5, 0 size 3 by 8 green box 1, 1 size 1 by 1 blue",
        "white box 0, 0 size 3 by 8 red { box 1, 1 size 1 by 1 blue } box 5, 0 size 3 by 8 green",
    ),
    "boxes that do not meet are ordered": (
        "white box 5, 0 size 3 by 8 green box 0, 3 size 3 by 5 red box 0, 0 size 3 by 3 blue",
        "white box 0, 0 size 3 by 3 blue box 0, 3 size 3 by 5 red box 5, 0 size 3 by 8 green",
    ),
    "an unseen ground takes the place of a box": (
        "white box 0, 0 size 4 by 8 red box 4, 0 size 4 by 8 blue",
        "red box 4, 0 size 4 by 8 blue",
    ),
    "a pile that is left out leaves its boxes": (
        "red box 0, 0 size 8 by 8 blue { box 1, 1 size 1 by 1 black }",
        "blue box 1, 1 size 1 by 1 black",
    ),
}


@pytest.mark.parametrize(("written", "canonical"), CASES.values(), ids=CASES)
def test_what_becomes_of_a_program(written: str, canonical: str) -> None:
    assert FAMILY.show(FAMILY.canonical(FAMILY.parse(written))) == canonical
    assert FAMILY.is_canonical(FAMILY.parse(canonical))


@pytest.mark.parametrize("family", [FAMILY, SMALL, SMALL_FILLED], ids=lambda f: f.name)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_normalise_keeps_the_picture_and_changes_nothing_twice(family: Family, data: st.DataObject) -> None:
    given_ = data.draw(programs(family))
    canonical = family.canonical(given_)
    assert family.canonical(canonical) == canonical
    with Renderer(family) as renderer:
        before, after = renderer.render_programs([given_, canonical], (24, 24)).pixels
    assert (before == after).all()


@given(programs(SMALL))
@settings(max_examples=40, deadline=None)
def test_no_box_can_be_left_out_or_made_smaller(program: Program) -> None:
    canonical = SMALL.canonical(program)
    boxes = flat(canonical, 3)
    fewer = [boxes[:n] + boxes[n + 1 :] for n in range(len(boxes))]
    for n, box in enumerate(boxes):
        edges = box.left, box.upper, box.right, box.lower
        for side, step in enumerate((1, 1, -1, -1)):
            left, upper, right, lower = (edge + step * (place == side) for place, edge in enumerate(edges))
            cut = Painted(left, upper, right, lower, box.fill)
            if cut.area > 0:
                fewer.append([*boxes[:n], cut, *boxes[n + 1 :]])
    ground = canonical.args[0]
    others = [to_program(SMALL.gamma, ground, nested(some)) for some in fewer]
    with Renderer(SMALL) as renderer:
        first, *rest = renderer.render_programs([canonical, *others], (3, 3)).pixels
    assert all((first != other).any() for other in rest)


def all_programs(family: Family, ground: str, fills: list[str]) -> Iterator[Program]:
    """Legal programs of up to two boxes on a ground, side by side and nested."""
    gamma, cells = family.gamma, cells_of(family.gamma)
    literal = {n: Program(gamma, str(n)) for n in range(cells + 1)}
    places, sides = range(cells), range(1, cells + 1)
    parts = [
        (*(literal[n] for n in numbers), prefix(family, fill))
        for *numbers, fill in product(places, places, sides, sides, fills)
    ]
    nil, paint = Program(gamma, "nil"), prefix(family, ground)

    def whole(*boxes: Program) -> Program:
        list_ = nil
        for box in reversed(boxes):
            list_ = Program(gamma, "cons", (box, list_))
        return Program(gamma, "paint", (paint, list_))

    alone = [Program(gamma, "box", part) for part in parts]
    yield whole()
    yield from (whole(box) for box in alone)
    for part, first in zip(parts, alone, strict=True):
        for second in alone:
            yield whole(first, second)
            yield whole(Program(gamma, "pile", (*part, Program(gamma, "cons", (second, nil)))))


def written(family: Family, ground: str, fills: list[str], budget: int) -> list[Program]:
    """Every program on a ground that the mask writes within a budget, with no other fills than some tokens."""
    mask, ids = family_mask(family), family.vocabulary.ids
    state, rows = mask.start(1, budget), torch.tensor([[ids["paint"], ids[ground]]])
    for token in rows[0]:
        state = mask.advance(state, token[None])
    used = [t.isdigit() or t in ("box", "pile", "cons", "nil", *fills) for t in family.vocabulary.tokens]
    found: list[Program] = []
    while len(rows):
        open_ = mask.legal(state)  # (B, V)
        assert bool(open_.any(1).all()), "a dead end"
        row, token = (open_ & torch.tensor(used)).nonzero(as_tuple=True)
        rows = torch.cat((rows[row], token[:, None]), 1)
        state = mask.advance(mask.fork(state, row), token)
        done = mask.done(state)
        found += [family.from_tokens(r) for r in rows[done].tolist()]
        going = (~done).nonzero().flatten()
        rows, state = rows[going], mask.fork(state, going)
    return found


@pytest.mark.parametrize(
    ("family", "ground", "fills"),
    [
        (TINY, "red", ["red", "blue"]),
        (TINY_FILLED, "white", ["red", "B"]),
        (TINY_FILLED, "B", ["white", "B"]),
    ],
    ids=["boxes", "filled", "on a filled ground"],
)
def test_the_mask_writes_every_canonical_program_once(family: Family, ground: str, fills: list[str]) -> None:
    found = written(family, ground, fills, 18)  # two boxes, nested or not
    legal_ = list(all_programs(family, ground, fills))
    wanted = {p for p in legal_ if family.is_canonical(p)}
    assert len(found) == len(set(found))
    assert set(found) == wanted
    assert 20 < len(wanted) < len(legal_) / 4


@pytest.mark.parametrize("family", [SMALL, SMALL_FILLED, FAMILY], ids=lambda f: f.name)
def test_the_constraint_is_the_slow_truth(family: Family) -> None:
    rng, ids, tokens = random.Random(1), family.vocabulary.ids, family.vocabulary.tokens
    mask = family_mask(family)
    for budget in (38,) if family is FAMILY else (11, 24, 31, 38):
        state, before = mask.start(1, budget), list[str]()
        rule = Canonical(family.vocabulary, CPU)
        own = rule.start(1, budget)
        while not bool(mask.done(state)):
            found = rule.mask(own)[0]
            if family is not FAMILY or len(before) % 6 == 3:
                assert {t for t, open_ in zip(tokens, found.tolist(), strict=True) if open_} == legal(
                    family.vocabulary, before
                ), before
            # Boxes rather than ends, large ones at times, and fills of all kinds.
            open_ = mask.legal(state)[0].nonzero().flatten().tolist()
            names = [tokens[i] for i in open_ if tokens[i] != "nil"] or ["nil"]
            before.append(max(names) if names[0].isdigit() and rng.random() < 0.4 else rng.choice(names))
            step = torch.tensor([ids[before[-1]]])
            state, own = mask.advance(state, step), rule.advance(own, step)


@pytest.mark.parametrize("family", [TINY, SMALL_FILLED], ids=lambda f: f.name)
def test_the_mask_within_a_budget_is_the_oracles(family: Family) -> None:
    mask, oracle, rng = family_mask(family), family_oracle(family), random.Random(0)
    for budget in (3, 9, 10, 12, 16, 17, 18, 19):
        state, before = mask.start(1, budget), list[str]()
        while not bool(mask.done(state)):
            open_ = [family.vocabulary.tokens[i] for i in mask.legal(state)[0].nonzero().flatten().tolist()]
            assert set(open_) == oracle.legal_tokens(before, budget), before
            # A whole box at once, where only a fill of another family may follow; and long ends.
            long = [t for t in open_ if t in ("cons", "pile", "white")] or open_
            before.append(max(open_) if open_[0].isdigit() and rng.random() < 0.7 else rng.choice(long))
            state = mask.advance(state, torch.tensor([family.vocabulary.ids[before[-1]]]))


@pytest.mark.parametrize("family", [FAMILY, FILLED], ids=lambda f: f.name)
def test_rows_follow_as_they_would_alone_however_they_are_forked(family: Family) -> None:
    generator, budget, count = torch.Generator().manual_seed(0), 31, 6
    picking, every = Canonical(family.vocabulary, CPU), Canonical(family.vocabulary, CPU)
    every.picks_rows = False  # as on a device
    mask = family_mask(family)
    state, rows = mask.start(count, budget), torch.empty(count, 0, dtype=torch.int64)
    states = [rule.start(count, budget) for rule in (picking, every)]
    for _ in range(budget):
        token = torch.rand(count, mask.pad, generator=generator).masked_fill(~mask.legal(state), -1).argmax(1)
        token = torch.where(mask.done(state), mask.pad, token)
        index = torch.randint(count, (count,), generator=generator)
        rows = torch.cat((rows, token[:, None]), 1)[index]
        state = mask.fork(mask.advance(state, token), index)
        states = [
            rule.fork(rule.advance(own, token), index) for rule, own in zip((picking, every), states, strict=True)
        ]
        opened = [rule.mask(own) for rule, own in zip((picking, every), states, strict=True)]
        assert torch.equal(*opened)
        assert torch.equal(every.least(states[1]), picking.least(states[0]))
    alone = []
    for row in rows:
        one = picking.start(1, budget)
        for token in row:
            one = picking.advance(one, token[None])  # nothing is asked on the way
        alone.append(picking.mask(one)[0])
    assert torch.equal(opened[0], torch.stack(alone))
    assert bool(mask.done(state).all())


def test_a_fill_of_another_family_is_seen_somewhere_and_not_cut() -> None:
    written = (
        "paint white cons box 0 0 6 8 h B W cons box 4 0 4 8 v B W nil",  # the first one is covered at its right edge
        "paint white cons box 0 0 4 8 B cons box 0 0 8 8 W nil",  # the first one is not seen at all
        "paint red cons box 0 0 4 8 B cons box 4 0 4 8 blue nil",  # the ground is not seen
    )
    canonical = (
        written[0],
        "paint white cons box 0 0 8 8 W nil",
        "paint white cons box 0 0 4 8 B cons box 4 0 4 8 blue nil",
    )
    found = [FILLED.canonical(prefix(FILLED, text)) for text in written]
    assert [" ".join(node.name for node in program.nodes()) for program in found] == list(canonical)


@settings(max_examples=200)
@given(programs(SMALL_FILLED, most=30))
def test_boxes_are_trimmed_as_one_after_the_other_is(program: Program) -> None:
    cells = cells_of(program.signature)
    boxes = flat(program, cells)
    assert trimmed(program.args[0], boxes, cells) == _trimmed_slowly(program.args[0], boxes, cells)


def test_thousands_of_boxes_take_no_time_to_speak_of() -> None:
    text = "white " + "box 0, 6 size 8 by 1 green box 0, 6 size 4 by 1 red " * 5000
    program = FAMILY.canonical(FAMILY.parse(text))  # minutes, when every box was compared again after each that was cut
    assert FAMILY.show(program) == "white box 0, 6 size 4 by 1 red box 4, 6 size 4 by 1 green"


def _trimmed_slowly(ground: Program, boxes: list[Painted], cells: int) -> tuple[Program, list[Painted]]:
    """The lowest box that is not seen up to its edges is cut; then all of them are looked at again."""
    boxes = list(boxes)
    while True:
        found = _seen_slowly(ground, boxes, cells)
        for place, (box, own) in enumerate(zip(boxes, found[1:], strict=True)):
            if not own:
                del boxes[place]
                break
            if is_colour(box.fill) and (cut := edges(own, cells)) != (box.left, box.upper, box.right, box.lower):
                boxes[place] = Painted(*cut, box.fill)
                break
        else:
            white_is_right = ground.name == "white" and bool(boxes) and not is_colour(boxes[0].fill)
            if white_is_right or found[0]:
                return ground, boxes
            first = boxes[0].fill
            ground = first if is_colour(first) else Program(first.signature, "white")


def _seen_slowly(ground: Program, boxes: list[Painted], cells: int) -> list[int]:
    """For the ground and each box the cells that nothing covers and that look different from what is just below."""
    found = [(1 << cells * cells) - 1]
    looks = {ground.name: found[0]} if is_colour(ground) else {}
    for box in boxes:
        own = bits(box.left, box.upper, box.right, box.lower, cells)
        found = [each & ~own for each in found]
        found.append(own & ~looks.get(box.fill.name, 0) if is_colour(box.fill) else own)
        looks = {name: each & ~own for name, each in looks.items()}
        if is_colour(box.fill):
            looks[box.fill.name] = looks.get(box.fill.name, 0) | own
    return found
