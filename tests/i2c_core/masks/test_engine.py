"""Every backend and form of the engine, over automata by hand and at random, against the slow interpreter."""

from __future__ import annotations

import itertools
import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch
from automata import Interpreter, Rule, Sort, automaton_of
from hypothesis import given, settings
from hypothesis import strategies as st
from languages import COORDS, LANGUAGES, LITERALS
from torch import Tensor

from i2c_core.automata import Automaton
from i2c_core.automata.automaton import KEEP, LOOSE, TIGHT
from i2c_core.errors import ConfigError, ProgramError
from i2c_core.masks import PushdownMask, State, Tables, moves, plans
from i2c_core.masks.rows import ROWS_BOUND

Make = Callable[[Automaton], PushdownMask]
WAYS = [
    ("numpy", "bits", ROWS_BOUND),
    ("numpy", "cells", ROWS_BOUND),
    ("numpy", "bits", 0),
    ("torch", "bits", ROWS_BOUND),
    ("torch", "cells", ROWS_BOUND),
    ("torch", "cells", 0),
    ("numpy", "bits", 1 << 12),
    ("torch", "bits", 1 << 12),  # packed rows alone, found by level
    ("numpy", "kinds", ROWS_BOUND),  # moves numbered by production
    ("torch", "kinds", 0),
]


def set_form(form: str, patch: pytest.MonkeyPatch) -> None:
    if form != "bits":
        patch.setattr(plans, "WORD", 0)
    if form == "kinds":
        patch.setattr(moves, "DIRECT", 0)


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(map(str, way)))
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Masks of one backend, form of stack, and bound on the rows made ahead."""
    backend, form, bound = request.param
    set_form(form, monkeypatch)
    return lambda automaton: PushdownMask(Tables.from_automaton(automaton, bound), backend)


def opened(legal: Tensor) -> list[set[int]]:
    return [set(row.nonzero().flatten().tolist()) for row in legal]


@dataclass(frozen=True)
class Step:
    """What the interpreter says of every row, and the token that each then takes."""

    open: list[set[int]]
    types: list[int]
    refused: list[bool]
    tokens: list[int]

    def legal(self, tokens: int) -> Tensor:
        """(B, V) the open tokens."""
        return torch.tensor([[t in row for t in range(tokens)] for row in self.open], dtype=torch.bool)


@lru_cache(maxsize=512)  # one walk for all ways to mask: the interpreter is slow
def walk_at_random(
    automaton: Automaton, budgets: tuple[int, ...], seed: int, wrong: float, fresh: int | None
) -> list[tuple[Step, Tensor, list[list[int]]]]:
    """The steps of the interpreter, wrong tokens among them, each with its open tokens (B, V) and those packed."""
    choose, pad = random.Random(seed), len(automaton.tokens)
    walks, steps = [Interpreter(automaton, budget, fresh=fresh) for budget in budgets], []
    for _ in range(max(budgets) + 1):
        step = Step([w.legal() for w in walks], [w.type for w in walks], [w.refused for w in walks], [])
        for walk, open_ in zip(walks, step.open, strict=True):
            token = choose.choice(sorted(open_)) if open_ else pad
            if walk.type and choose.random() < wrong:
                token = choose.choice([-(1 << 62), -5, -1, pad, pad + 1, 1 << 40, *range(pad)])
            walk.advance(token)
            step.tokens.append(token)
        words = [[sum(1 << t - w for t in row if w <= t < w + 32) for w in range(0, pad, 32)] for row in step.open]
        steps.append((step, step.legal(pad), words))
    return steps


def follow(
    automaton: Automaton,
    mask: PushdownMask,
    budgets: list[int],
    seed: int,
    wrong: float = 0.03,
    fresh: int | None = None,
) -> list[list[int]]:
    """Walk at random, wrong tokens among them, and compare all that a state says; gives the tokens of each row."""
    pad, written = mask.pad, list[list[int]]()
    used = [(1 << min(32, pad - word)) - 1 for word in range(0, pad, 32)]  # bits of each word that are tokens
    state = mask.start(len(budgets), torch.tensor(budgets))
    for step, wanted, words in walk_at_random(automaton, tuple(budgets), seed, wrong, fresh):
        legal = mask.legal(state)
        assert legal.dtype == torch.bool
        assert legal.shape == (len(budgets), pad)
        assert torch.equal(legal, wanted), (opened(legal), step.open)
        assert [[w & bits for w, bits in zip(row, used, strict=True)] for row in mask.packed(state).tolist()] == words
        assert torch.equal(mask.additive(state), torch.where(legal, 0.0, -torch.inf))
        assert mask.done(state).tolist() == [y == 0 for y in step.types]
        assert mask.refused(state).tolist() == step.refused
        assert state.type.tolist() == step.types
        for y, open_, cheapest in zip(step.types, step.open, mask.cheapest(state).tolist(), strict=True):
            assert cheapest in (open_ if y else {pad}) or not open_
        written.append(step.tokens)
        state = mask.advance(state, torch.tensor(step.tokens))
    return [list(row) for row in zip(*written, strict=True)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_masks_are_the_interpreters(language: str, make: Make) -> None:
    automaton = LANGUAGES[language]
    least = int(automaton.least[1])
    follow(automaton, make(automaton), [least + i % 25 for i in range(48)], seed=len(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_masks_of_a_single_program_are_the_interpreters(language: str, make: Make) -> None:
    automaton = LANGUAGES[language]
    mask, least = make(automaton), int(automaton.least[1])
    for seed in range(8):
        follow(automaton, mask, [least + 4 * seed], seed)


@st.composite
def random_automata(draw: st.DrawFn) -> Automaton:
    """Registers, orders and guards in any combination; some make no sense, and mean something all the same."""
    names = ("A", "B", "C", "D")
    count = draw(st.integers(1, 3))
    sorts: dict[str, Sort] = {}
    for name in names:
        rules: dict[str, Rule] = {f"{name}.end": Rule()}
        for number in range(draw(st.integers(0, 2))):
            args = draw(st.lists(st.sampled_from((*names, "X", "Y")), max_size=4))
            rules[f"{name}.{number}"] = Rule(args, draw(st.sampled_from((KEEP, TIGHT, LOOSE))))
        sorts[name] = Sort(rules)
        if draw(st.booleans()):
            sorts[f"{name}'"] = Sort({t: r for t, r in rules.items() if not r.args})
            sorts[name].spent = f"{name}'"
    for name in ("X", "Y"):
        values = {n: v * draw(st.sampled_from((1, -2))) + draw(st.integers(-9, 9)) for n, v in COORDS.items()}
        sort = Sort(LITERALS, values, store=draw(st.none() | st.integers(0, count - 1)))
        guards = st.lists(st.tuples(st.integers(0, count - 1), st.integers(-6, 6)), max_size=2)
        sort.lower, sort.upper = draw(guards), draw(guards)
        if draw(st.booleans()):
            sort.low, sort.high = draw(st.integers(-25, 10)), draw(st.integers(-10, 25))
        if sort.store is not None and draw(st.booleans()):
            sort.key, sort.strict = draw(st.integers(0, 61)), draw(st.booleans())
        sorts[name] = sort
    return automaton_of(sorts, registers=count)


@settings(max_examples=60, deadline=None)
@given(random_automata(), st.sampled_from(WAYS), st.integers(0, 1 << 30))
def test_masks_are_the_interpreters_for_any_automaton(automaton: Automaton, way: tuple[Any, ...], seed: int) -> None:
    backend, form, bound = way
    with pytest.MonkeyPatch.context() as patch:
        set_form(form, patch)
        mask = PushdownMask(Tables.from_automaton(automaton, bound), backend)
        least = int(automaton.least[1])
        guards = mask.tables.host_plan("cells").guards
        assert guards is not None
        follow(automaton, mask, [least + i for i in range(12)], seed, fresh=guards.least)
        follow(automaton, mask, [least + 8], seed, fresh=guards.least)


def test_rows_go_their_own_ways_after_a_fork(make: Make) -> None:
    """A forked state masks as the states of its rows alone, whatever happens to the others."""
    for language, automaton in LANGUAGES.items():
        mask, choose = make(automaton), random.Random(language)
        budgets = [int(automaton.least[1]) + 12 + i for i in range(5)]
        walks, state = [Interpreter(automaton, b) for b in budgets], mask.start(5, torch.tensor(budgets))
        written: list[list[int]] = [[] for _ in budgets]
        for step in range(16):
            if step % 3 == 1:
                index = [choose.randrange(len(walks)) for _ in range(3 + step % 4)]
                state = mask.fork(state, torch.tensor(index))
                budgets, written = [budgets[i] for i in index], [list(written[i]) for i in index]
                walks = [replayed(automaton, b, w) for b, w in zip(budgets, written, strict=True)]
            assert opened(mask.legal(state)) == [walk.legal() for walk in walks]
            tokens = [choose.choice(sorted(walk.legal()) or [mask.pad]) for walk in walks]
            for walk, row, token in zip(walks, written, tokens, strict=True):
                walk.advance(token)
                row.append(token)
            state = mask.advance(state, torch.tensor(tokens))


def replayed(automaton: Automaton, budget: int, tokens: list[int]) -> Interpreter:
    walk = Interpreter(automaton, budget)
    for token in tokens:
        walk.advance(token)
    return walk


def test_rollback_takes_tokens_back(make: Make) -> None:
    for automaton in LANGUAGES.values():
        mask, budget = make(automaton), int(automaton.least[1]) + 14
        written = follow(automaton, mask, [budget] * 4, seed=5, wrong=0)
        ids = torch.tensor(written)
        state, seen = mask.start(4, budget, history=3), []
        for token in ids[:, :8].unbind(1):
            seen.append(mask.legal(state))
            state = mask.advance(state, token)
        seen.append(mask.legal(state))
        for ago in range(4):
            again = mask.rollback(state, ago)
            for step in range(8 - ago, 9):
                assert torch.equal(mask.legal(again), seen[step])
                if step < 8:
                    again = mask.advance(again, ids[:, step])
        apart = mask.rollback(state, torch.tensor([0, 3, 1, 4]))
        assert torch.equal(mask.legal(apart)[:3], torch.stack([seen[8][0], seen[5][1], seen[7][2]]))
        assert mask.refused(apart).tolist() == [False, False, False, True]
        forked = mask.rollback(mask.fork(state, torch.tensor([2, 2, 0])), 2)
        assert torch.equal(mask.legal(forked), seen[6][[2, 2, 0]])


def test_a_single_program_forks_and_goes_back(make: Make) -> None:
    for automaton in LANGUAGES.values():
        mask, budget = make(automaton), int(automaton.least[1]) + 14
        ids = torch.tensor(follow(automaton, mask, [budget], seed=7, wrong=0))
        state, seen = mask.start(1, budget, history=3), []
        for token in ids[:, :8].unbind(1):
            seen.append(mask.packed(state))
            state = mask.advance(state, token)
        seen.append(mask.packed(state))
        for ago in range(4):
            for again in (mask.rollback(state, ago), mask.rollback(state, torch.tensor([ago]))):
                for step in range(8 - ago, 9):
                    assert torch.equal(mask.packed(again), seen[step])
                    if step < 8:
                        again = mask.advance(again, ids[:, step])
        three = mask.rollback(mask.fork(state, torch.zeros(3, dtype=torch.int64)), 2)
        one = mask.fork(three, torch.tensor([1]))
        for step in range(6, 8):
            assert torch.equal(mask.packed(three), seen[step].expand(3, -1))
            assert torch.equal(mask.packed(one), seen[step])
            three, one = mask.advance(three, ids[:, step].expand(3)), mask.advance(one, ids[:, step])


def test_a_mask_stays_what_it_was(make: Make) -> None:
    """What `legal` and `packed` give is the caller's: later steps do not write to it, nor the caller to tables."""
    for automaton, batch in itertools.product(LANGUAGES.values(), (1, 3)):
        mask, budget = make(automaton), int(automaton.least[1]) + 14
        ids = torch.tensor(follow(automaton, mask, [budget] * batch, seed=9, wrong=0))
        state = mask.start(batch, budget)
        for token in ids.unbind(1):
            masks = (mask.legal(state), mask.packed(state))
            kept = [m.clone() for m in masks]
            state = mask.advance(state, token)
            again = (mask.legal(state), mask.packed(state))
            wanted = [m.clone() for m in again]
            assert all(map(torch.equal, masks, kept))
            for part in (*masks, *again):
                part.fill_(1)
            assert torch.equal(mask.legal(state), wanted[0])
            assert torch.equal(mask.packed(state), wanted[1])


def test_rollback_beyond_the_history() -> None:
    mask = PushdownMask(Tables.from_automaton(LANGUAGES["splits"]))
    state = mask.advance(mask.start(1, 5, history=2), torch.tensor([0]))
    with pytest.raises(ConfigError) as caught:
        mask.rollback(state, 2)
    assert str(caught.value) == "cannot take back 2 tokens, the state remembers 1\n  -> start with a longer history"


@pytest.mark.parametrize("language", LANGUAGES)
def test_replay_gives_the_masks_of_stepping(language: str, make: Make) -> None:
    automaton = LANGUAGES[language]
    mask, budget = make(automaton), int(automaton.least[1]) + 14
    ids = torch.tensor(follow(automaton, mask, [budget] * 6, seed=3, wrong=0))
    state, steps = mask.start(6, budget), []
    for token in ids.unbind(1):
        steps.append(mask.legal(state))
        state = mask.advance(state, token)
    whole = mask.done(state) & ~mask.refused(state)
    assert torch.equal(mask.replay(ids[whole], budget), torch.stack(steps, 1)[whole])
    assert torch.equal(mask.replay(ids, budget, check=False), torch.stack(steps, 1))


def test_a_batch_of_none(make: Make) -> None:
    none = torch.empty(0, dtype=torch.int64)
    for automaton in LANGUAGES.values():
        mask = make(automaton)
        state = mask.fork(mask.advance(mask.start(0, 30), none), none)
        assert mask.legal(state).shape == (0, mask.pad)
        assert mask.packed(state).shape == (0, -(-mask.pad // 32))
        assert mask.cheapest(state).shape == mask.done(state).shape == (0,)
        assert mask.replay(torch.empty(0, 4, dtype=torch.int64), 30).shape == (0, 4, mask.pad)


def test_legal_at_a_type_without_a_stack(make: Make) -> None:
    automaton = LANGUAGES["rectangles"]
    mask = make(automaton)
    types = torch.tensor([[1, 3], [5, 0]])
    legal = mask.legal_at(types, torch.tensor([[0, 4], [9, 9]]))
    assert legal.shape == (2, 2, mask.pad)
    names = [[mask.tables.tokens[t] for t in sorted(row)] for row in opened(legal.flatten(0, 1))]
    assert names == [["nil"], ["0", "1", "2", "3", "4", "5"], list(LITERALS), []]
    between = mask.legal_at(torch.tensor([5]), torch.tensor([9]), torch.tensor([-1]), torch.tensor([1]))
    assert sorted(mask.tables.tokens[t] for t in opened(between)[0]) == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            "cons rectangle 3 1 2 4 nil",
            "token 5 of program 1, '2', is closed: expected a value from 4 to 6\n"
            "  -> change what was written before it, or this",
        ),
        (
            "cons rectangle 3 1 6 6 nil",
            "token 6 of program 1, '6', is closed: expected a value from 3 to 5\n"
            "  -> change what was written before it, or this",
        ),
        (
            "cons rectangle 5 1 2 4 nil",
            "token 5 of program 1, '2', is closed: expected 6\n  -> change what was written before it, or this",
        ),
        (
            "cons rectangle 6 1 2 4 nil",
            "token 3 of program 1, '6', is closed: expected a value from 0 to 5\n"
            "  -> change what was written before it, or this",
        ),
    ],
)
def test_replay_names_what_a_guard_closes(names: str, text: str, make: Make) -> None:
    mask = make(LANGUAGES["rectangles"])
    ids = torch.tensor([[mask.tables.tokens.index(name) for name in names.split()]])
    with pytest.raises(ProgramError) as caught:
        mask.replay(ids, 20)
    assert str(caught.value) == text


def test_logits_under_a_mask(make: Make) -> None:
    mask = make(LANGUAGES["splits"])
    state = mask.start(2, 1)
    logits = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 0.0, 0.0, torch.nan, 7.0]])
    closed = -torch.inf
    assert mask.apply(logits, state).tolist() == [[closed] * 3 + [4.0, 5.0], [closed] * 4 + [7.0]]
    with pytest.raises(ConfigError) as caught:
        mask.apply(logits[:, :4], state)
    assert str(caught.value) == (
        "the network gave logits of shape (2, 4), expected (2, 5) from the mask\n"
        "  -> use a network and a mask of one vocabulary: a row a program, a column a token"
    )
    with pytest.raises(ConfigError) as caught:
        mask.apply(logits.to("meta"), state)
    assert str(caught.value) == (
        "the network gave logits on meta, the mask is on cpu\n  -> put both on one device: family_mask(family, device)"
    )


def test_tokens_for_other_rows(make: Make) -> None:
    mask = make(LANGUAGES["splits"])
    with pytest.raises(ValueError, match="3 tokens for a state of 1 rows"):
        mask.advance(mask.start(1, 5), torch.zeros(3, dtype=torch.int64))


def test_tokens_of_other_integer_types(make: Make) -> None:
    mask = make(LANGUAGES["splits"])
    state = mask.advance(mask.start(2, 5), torch.tensor([0, -1], dtype=torch.int32))
    assert mask.refused(state).tolist() == [False, True]


def test_a_large_batch_on_every_backend() -> None:
    automaton, found = LANGUAGES["ordered"], []
    for backend in ("numpy", "torch", "auto"):
        mask = PushdownMask(Tables.from_automaton(automaton), backend)  # type: ignore[arg-type]
        state = mask.start(100_000, 17)
        for step in range(6):
            legal = mask.packed(state)
            token = torch.where(mask.done(state), mask.pad, (torch.arange(100_000) * 31 + step) % mask.pad)
            state = mask.advance(state, token)
        found.append((legal, mask.refused(state)))
    assert all(torch.equal(a, b) for other in found[1:] for a, b in zip(found[0], other, strict=True))


def test_small_batches_on_the_cpu_are_numpys() -> None:
    tables = Tables.from_automaton(LANGUAGES["splits"])
    kinds = {
        (backend, batch): isinstance(PushdownMask(tables, backend).start(batch, 9).fields.slack, np.ndarray)  # type: ignore[arg-type]
        for backend in ("auto", "torch", "numpy")
        for batch in (1, 100_000)
    }
    assert kinds == {
        ("auto", 1): True,
        ("auto", 100_000): False,
        ("torch", 1): False,
        ("torch", 100_000): False,
        ("numpy", 1): True,
        ("numpy", 100_000): True,
    }


def test_backends_that_do_not_fit() -> None:
    tables = Tables.from_automaton(LANGUAGES["splits"])
    with pytest.raises(ConfigError) as caught:
        PushdownMask(tables, "fast")  # type: ignore[arg-type]
    assert str(caught.value) == "unknown backend 'fast' of a mask\n  -> use auto, torch, compiled or numpy"
    with pytest.raises(ConfigError) as caught:
        PushdownMask(tables.to("meta"), "numpy")
    assert str(caught.value) == "the backend numpy works on the CPU, the tables are on meta\n  -> use torch"


def test_a_type_that_stores_without_a_space() -> None:
    automaton = automaton_of({"A": Sort({"a": Rule()}, store=0)}, registers=1)
    with pytest.raises(ValueError, match="a type without a space stores a value, or has a place in a key"):
        PushdownMask(Tables.from_automaton(automaton)).start(1, 1)


def test_masks_are_pickled_without_their_buffers(make: Make) -> None:
    mask = make(LANGUAGES["nested"])
    mask.advance(mask.start(2, 9), torch.tensor([0, 1]))
    again = pickle.loads(pickle.dumps(mask))
    assert again.backend == mask.backend
    assert torch.equal(again.legal(again.start(2, 9)), mask.legal(mask.start(2, 9)))


def test_states_are_tensors(make: Make) -> None:
    state: State = make(LANGUAGES["nested"]).start(2, torch.tensor([4, 9]))
    assert state.slack.tolist() == [3, 8]
    assert state.type.tolist() == [1, 1]
    assert isinstance(state.slack, Tensor)
