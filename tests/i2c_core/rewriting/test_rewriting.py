"""Rewrite rules: read, refused, applied, counted and masked; the slow truth is matching by hand.

Legend: N programs, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_canonical, enumerate_programs
from i2c_core.datasets.razor import sharp_razor
from i2c_core.datasets.sampling import Sampler
from i2c_core.decoding import family_mask
from i2c_core.decoding.family_masks import family_oracle
from i2c_core.errors import BudgetError, FamilyError, ProgramError
from i2c_core.families import Family
from i2c_core.masks import IrreducibleMask, PushdownMask
from i2c_core.plugins import get_family
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.rewriting import Patterns, Rules, Term, following, parse_rule
from i2c_core.rewriting.patterns import DEAD
from i2c_core.testing import CHECKS

PLAIN = get_family("splits")
RULED = replace(PLAIN, rules="i2c_plugins.splits:splits.rules", weights=None)

# Several types, a list, a unary symbol and generic arguments: what the machine must tell apart.
MIXED = Family(
    "mixed",
    root="Scene",
    signature="""
    scene : (sky: Tone, things: List[Thing, 0..3]) -> Scene
    box   : (size: Size, tone: Tone) -> Thing
    none  : Thing
    dark  : (tone: Tone) -> Tone
    mix   : (one: Tone, other: Tone) -> Tone
    black, grey, white : Tone
    Size  = 1..3
    """,
    rules=(
        "dark(black) = black",
        "mix(dark(x), dark(y)) = dark(mix(x, y))",
        "mix(black, x) = dark(x)",
        "box(1, black) = none",
        "scene(dark(x), nil) = scene(x, nil)",
    ),
    budget=12,
)


def test_a_rule_reads_as_it_is_written() -> None:
    rule = parse_rule("h(v(x, y),v(z,w))=q(x, y, z, w)", {"h", "v", "q"})
    assert str(rule) == "h(v(x, y), v(z, w)) = q(x, y, z, w)"
    assert (rule.size, rule.right.variables()) == (7, ["x", "y", "z", "w"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("h(B, B)", "rule 'h(B, B)' ends where '=' is expected"),
        ("h(B B) = B", "rule 'h(B B) = B': expected ')', got 'B' at column 5"),
        ("h(B, B) = B W", "rule 'h(B, B) = B W': 'W' at column 13 is too much"),
        ("k(B) = B", "rule 'k(B) = B': unknown symbol k"),
        ("x = B", "rule 'x = B': its left side is a variable, which is every program"),
        ("h(x, x) = x", "rule 'h(x, x) = x': x stands twice on the left"),
        ("h(x, B) = h(x, y)", "rule 'h(x, B) = h(x, y)': y of the right side is not on the left"),
        ("q(x, B, B, B) = h(x, x)", "rule 'q(x, B, B, B) = h(x, x)': x stands twice on the right"),
        ("h(B) = B", "rule 'h(B) = B': h has 1 arguments, expected 2"),
        ("h(B, B) = v(W, W)", "rule 'h(B, B) = v(W, W)' does not lead to a smaller program"),
        ("h(x, y) = h(y, x)", "rule 'h(x, y) = h(y, x)' does not lead to a smaller program"),
    ],
)
def test_a_rule_that_cannot_be_adopted_is_refused(line: str, message: str) -> None:
    with pytest.raises(FamilyError) as caught:
        Rules(PLAIN.vocabulary, [line], "splits")
    assert caught.value.fact == f"splits: {message}"
    assert caught.value.hint


def test_rules_of_the_wrong_type_or_place_are_refused() -> None:
    for line in ("mix(x, black) = none", "box(1, x) = x"):
        with pytest.raises(FamilyError) as caught:
            assert replace(MIXED, rules=(line,)).rewriting
        assert caught.value.fact == f"mixed: rule '{line}': its right side is not well typed where its left side is"
    with pytest.raises(FamilyError) as caught:
        assert replace(PLAIN, rules="i2c_plugins.splits:no.rules").rewriting
    assert caught.value.fact == "splits: no rewrite rules at 'i2c_plugins.splits:no.rules'"
    figures = replace(get_family("figures"), rules=("circle(x, y) = circle(x, y)",))
    with pytest.raises(FamilyError) as caught:
        assert figures.rewriting
    assert "orders or relations that are held in registers" in caught.value.fact


def test_rules_that_leave_no_program_are_told() -> None:
    family = Family("one", root="T", signature="b : T\na : T\nf : (T) -> T", rules=("a = b", "f(x) = x"))
    assert Counts(family.vocabulary, 5).totals == [0, 1, 0, 0, 0, 0]
    assert family.canonical(family.program("f", family.program("f", family.program("a")))).name == "b"


def naive(family: Family, program: Program) -> bool:
    """Whether some left side matches some part, by hand."""
    assert family.rewriting is not None
    lefts = [rule.left for rule in family.rewriting.rules]

    def fits(term: Term, node: Program) -> bool:
        return term.is_variable or (
            term.name == node.name and all(fits(a, b) for a, b in zip(term.args, node.args, strict=True))
        )

    return any(fits(left, node) for node in program.nodes() for left in lefts)


@pytest.mark.parametrize("family", [RULED, MIXED], ids=lambda f: f.name)
def test_what_is_listed_counted_and_matched_by_hand_agree(family: Family) -> None:
    plain, counts = replace(family, rules=()), Counts(family.vocabulary, 9)
    for size in range(1, 10):
        if Counts(plain.vocabulary, 9).of(size) > 3000:
            break
        every = [tuple(r) for ids in enumerate_programs(plain.vocabulary, size) for r in ids.tolist()]
        wanted = [r for r in every if not naive(family, family.from_tokens(r))]
        found = [tuple(r) for ids in enumerate_canonical(family, size, chunk=7) for r in ids.tolist()]
        assert found == wanted
        assert counts.of(size) == len(wanted)
        assert all(a < b for a, b in pairwise(found))
        for row in every:
            program = family.from_tokens(row)
            normal = family.canonical(program)
            assert family.is_canonical(program) == (normal == program) == (not naive(family, program))
            assert normal.size <= program.size
            assert family.is_canonical(family.check(normal))


def test_the_automaton_says_dead_where_a_left_side_is() -> None:
    lefts = [parse_rule(line, {"f", "g", "a"}).left for line in ("f(g(x), a) = a", "g(g(x)) = x")]
    patterns = Patterns(lefts)
    a = patterns.finish(patterns.start("a"))
    ga = patterns.finish(patterns.step(patterns.start("g"), a))
    assert patterns.finish(patterns.step(patterns.step(patterns.start("f"), ga), a)) == DEAD
    assert patterns.finish(patterns.step(patterns.start("g"), ga)) == DEAD
    assert patterns.finish(patterns.step(patterns.step(patterns.start("f"), a), ga)) != DEAD


def test_rewriting_keeps_the_picture() -> None:
    ids, _ = Sampler(PLAIN, 21).sample(np.random.default_rng(0), np.full(200, 21))
    programs = [PLAIN.from_tokens(row) for row in ids.tolist()]
    normal = [RULED.canonical(p) for p in programs]
    assert sum(a != b for a, b in zip(programs, normal, strict=True)) > 150
    with Renderer(PLAIN) as renderer:
        for size in ((64, 64), (37, 50)):
            one, other = (renderer.render_programs(some, size).pixels for some in (programs, normal))
            assert (one == other).all()


@pytest.mark.parametrize("name", ["signature", "normalise", "counting", "sampling", "masks", "formats"])
def test_the_contract_holds_with_rules(name: str) -> None:
    (check,) = (c for c in CHECKS if c.name == name)
    assert check.run(RULED) is None


def test_draws_are_uniform_over_irreducible_programs() -> None:
    sampler = Sampler(RULED, 5)
    ids, _ = sampler.sample(np.random.default_rng(1), np.full(5200, 5))
    drawn = Counter(map(tuple, ids.tolist()))
    assert (sampler.kind, len(drawn)) == ("uniform", 26)
    assert all(140 < n < 260 for n in drawn.values())  # 200 expected, 4 standard deviations


def test_the_razor_keeps_the_same_images_with_rules_as_without() -> None:
    one, other = sharp_razor(PLAIN, 9), sharp_razor(RULED, 9)
    assert one.kept == other.kept
    assert (one.ids == other.ids).all()
    assert other.seen == {1: 2, 3: 4, 5: 26, 7: 232, 9: 2432}


@pytest.mark.parametrize(("family", "most"), [(RULED, 7), (MIXED, 8)], ids=["splits", "mixed"])
def test_the_mask_is_the_oracle(family: Family, most: int) -> None:
    mask: Any = family_mask(family)
    oracle = family_oracle(family)
    assert isinstance(mask, IrreducibleMask)
    names, rng = family.vocabulary.tokens, np.random.default_rng(0)
    least = mask.rules.machine.shortest
    budgets = torch.tensor([least, *rng.integers(least, most + 1, 30).tolist()])
    rows: list[list[str]] = [[] for _ in budgets]
    state = mask.start(len(budgets), budgets)
    follow = following.start(mask.rules.machine, budgets.numpy())
    for _ in range(most):
        legal = mask.legal(state)
        assert (legal.numpy() == following.legal(mask.rules.machine, follow)).all()
        for row, budget, own in zip(rows, budgets.tolist(), legal, strict=True):
            found = {names[t] for t in own.nonzero().flatten().tolist()}
            assert found == oracle.legal_tokens(row, budget), (row, budget)
        cheap = mask.cheapest(state)
        done = mask.done(state)
        assert (legal.gather(1, cheap.clamp(max=mask.pad - 1).unsqueeze(1)).squeeze(1) | done).all()
        token = torch.where(
            done, mask.pad, torch.where(legal, torch.from_numpy(rng.random(legal.shape)), -1.0).argmax(1)
        )
        going = np.flatnonzero(~done.numpy())
        part = follow.pick(going)
        following.advance(mask.rules.machine, part, token.numpy()[going])
        for name in ("hole", "left", "depth", "frames", "costs"):
            getattr(follow, name)[going] = getattr(part, name)
        state = mask.advance(state, token)
        for row, chosen in zip(rows, token.tolist(), strict=True):
            row += [names[chosen]] if chosen < mask.pad else []
    assert mask.done(state).all()
    assert not mask.refused(state).any()
    for row in rows:
        assert family.is_canonical(family.from_tokens(family.vocabulary.names_to_ids(row)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), budget=st.integers(1, 41))
def test_random_logits_write_irreducible_programs(seed: int, budget: int) -> None:
    mask: Any = family_mask(RULED)
    generator = torch.Generator().manual_seed(seed)
    state, rows = mask.start(16, budget), []
    for _ in range(budget):
        logits = torch.rand(16, mask.pad, generator=generator).masked_fill(~mask.legal(state), -1.0)
        rows.append(torch.where(mask.done(state), mask.pad, logits.argmax(1)))
        state = mask.advance(state, rows[-1])
    assert mask.done(state).all()
    for row in torch.stack(rows, 1).tolist():
        program = RULED.from_tokens(row)
        assert program.size <= budget
        assert RULED.is_canonical(program)


def test_a_closed_token_ends_its_row_and_replay_names_it() -> None:
    mask: Any = family_mask(RULED)
    ids = RULED.vocabulary.names_to_ids
    state = mask.start(2, 5)
    for token in ("h", "B"):
        state = mask.advance(state, torch.tensor(ids([token]) * 2))
    state = mask.advance(state, torch.tensor(ids(["B", "W"])))  # h B B is B
    assert mask.refused(state).tolist() == [True, False]
    assert mask.done(state).tolist() == [True, True]
    legal = mask.replay(torch.tensor([ids(["h", "B", "W"])]), 5)
    assert legal.shape == (1, 3, 5)
    with pytest.raises(ProgramError, match="token 3 of program 1, 'B', is closed under the rewrite rules"):
        mask.replay(torch.tensor([ids(["h", "B", "B"])]), 5)
    with pytest.raises(ProgramError, match="program 1 ends after 2 tokens"):
        mask.replay(torch.tensor([[*ids(["h", "B"]), mask.pad]]), 5)
    with pytest.raises(
        BudgetError, match="a budget of 0 tokens is below the shortest that the rules leave, which has 1"
    ):
        mask.start(1, 0)


def test_forked_rows_go_their_own_ways() -> None:
    mask: Any = family_mask(RULED)
    ids = RULED.vocabulary.names_to_ids(["h", "B", "W"])
    state = mask.advance(mask.start(1, 7), torch.tensor(ids[:1]))
    state = mask.advance(mask.fork(state, torch.tensor([0, 0])), torch.tensor(ids[1:]))
    names = [{RULED.vocabulary.tokens[t] for t in row.nonzero().flatten().tolist()} for row in mask.legal(state)]
    assert names == [{"h", "v", "q", "W"}, {"h", "v", "q", "B"}]


def test_a_family_without_rules_pays_nothing() -> None:
    assert PLAIN.rewriting is None
    assert PLAIN.vocabulary.rules == ()
    assert isinstance(family_mask(PLAIN), PushdownMask)
    assert PLAIN.vocabulary.fingerprint == RULED.vocabulary.fingerprint  # a checkpoint fits both


def test_rules_beside_a_constraint_are_refused() -> None:
    with pytest.raises(FamilyError) as caught:
        family_mask(replace(RULED, constraint="nowhere:at_all"))
    assert caught.value.fact == "splits has a constraint and rewrite rules, and no mask knows what both need together"


def test_other_forms_stay_legal() -> None:
    text = "h v B W v W B"
    program = RULED.parse(text)
    assert RULED.show(program) == text
    assert RULED.show(RULED.canonical(program)) == "q B W W B"


def test_rules_read_once_are_not_kept_alive() -> None:
    import gc
    import weakref

    family = replace(PLAIN, rules=("h(B, B) = B",))
    known = weakref.ref(family.vocabulary)
    assert Rules.of(family.vocabulary) is Rules.of(family.vocabulary)
    del family
    gc.collect()
    assert known() is None
