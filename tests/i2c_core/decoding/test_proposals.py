"""Greedy, sampling and beam under the mask, against brute force over a made-up network with random logits."""

from __future__ import annotations

import itertools
import logging
import math
from typing import Any

import pytest
import torch
from decoders import LANGUAGES, LISTS, SPLITS, TINY, Fake, mask_of, pictures, proposer, rows, truth, vocabulary_of
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from i2c_core.decoding import (
    AutoregressiveProposer,
    Beam,
    Greedy,
    Observation,
    Sample,
    SequentialMonteCarlo,
    StochasticBeam,
    Strategy,
    loops,
)
from i2c_core.decoding.noise import image_keys
from i2c_core.errors import BudgetError, ConfigError, ProgramError
from i2c_core.masks import Mask, Oracle, PushdownMask, State, Tables

STRATEGIES: tuple[Strategy, ...] = (
    Greedy(),
    Sample(),
    Sample(0.5, top_k=3, top_p=0.9),
    Beam(3),
    StochasticBeam(),
    SequentialMonteCarlo(particles=5, temperature=2.0, threshold=1.0),
)


@pytest.mark.parametrize(("text", "root", "budget"), LANGUAGES)
def test_a_wide_beam_finds_every_program_with_its_probability(text: str, root: str, budget: int) -> None:
    vocabulary = vocabulary_of(text, root)
    images = pictures(2)
    found = proposer(vocabulary).propose(Observation(images), n=400, strategy=Beam(400), budget=budget)
    for image in range(2):
        wanted = truth(vocabulary, images[image : image + 1], budget)
        programs = rows(found, vocabulary, image)
        assert set(programs[: len(wanted)]) == set(wanted)
        assert found.logprob[image, len(wanted) :].tolist() == [-math.inf] * (400 - len(wanted))
        assert set(programs[len(wanted) :]) <= {()}
        for program, logprob in zip(programs, found.logprob[image].tolist(), strict=True):
            if program:
                assert logprob == pytest.approx(wanted[program], abs=1e-4)
        assert float(found.logprob[image].exp().sum()) == pytest.approx(1, abs=1e-5)
        assert found.logprob[image].tolist() == sorted(found.logprob[image].tolist(), reverse=True)


def test_beam_gives_the_likeliest_in_order() -> None:
    vocabulary = vocabulary_of(TINY)
    found = proposer(vocabulary).propose(Observation(pictures(1)), n=4, strategy=Beam(64), budget=7)
    wanted = truth(vocabulary, pictures(1), 7)
    assert rows(found, vocabulary) == sorted(wanted, key=lambda p: -wanted[p])[:4]
    assert found.logq.tolist() == [[0, 0, 0, 0]]


def test_greedy_takes_the_likeliest_token() -> None:
    vocabulary = vocabulary_of(SPLITS)
    images = pictures(5)
    found = proposer(vocabulary).propose(Observation(images), n=3, strategy=Greedy(), budget=9)
    assert found.ids.shape == (5, 1, 9)
    one = proposer(vocabulary).propose(Observation(images), n=1, strategy=Beam(1), budget=9)
    assert torch.equal(found.ids, one.ids)
    oracle = Oracle(vocabulary.signature, vocabulary.root)
    for image in range(5):
        model, (program,) = Fake(vocabulary.size), rows(found, vocabulary, image)
        state, previous = model.encode(Observation(images[image : image + 1])), vocabulary.pad
        for position, token in enumerate(program):
            logits, state = model.step(state, torch.tensor([previous]))
            open_ = oracle.legal_tokens([vocabulary.tokens[t] for t in program[:position]], 9)
            assert token == max(vocabulary.names_to_ids(open_), key=lambda t: float(logits[0, t]))
            previous = token


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_samples_come_as_often_as_they_say(temperature: float) -> None:
    vocabulary = vocabulary_of(TINY)
    found = proposer(vocabulary).propose(
        Observation(pictures(1)), n=20_000, strategy=Sample(temperature), budget=5, generator=3
    )
    logp, logq = truth(vocabulary, pictures(1), 5), truth(vocabulary, pictures(1), 5, temperature)
    programs = rows(found, vocabulary)
    for column, program in enumerate(programs[:50]):
        assert float(found.logprob[0, column]) == pytest.approx(logp[program], abs=1e-5)
        assert float(found.logq[0, column]) == pytest.approx(logq[program], abs=1e-5)
    for program, log in logq.items():
        p = math.exp(log)
        assert abs(programs.count(program) / 20_000 - p) < 5 * math.sqrt(p * (1 - p) / 20_000) + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(LANGUAGES), st.integers(0, 20), st.sampled_from(STRATEGIES), st.integers(0, 1 << 40))
def test_any_budget_ends_in_whole_programs(
    language: tuple[str, str, int], more: int, strategy: Strategy, seed: int
) -> None:
    vocabulary = vocabulary_of(*language[:2])
    budget = vocabulary.shortest + more
    found = proposer(vocabulary, scale=30.0).propose(
        Observation(pictures(3)), n=2, strategy=strategy, budget=budget, generator=seed
    )
    for image, (k, program) in itertools.product(range(3), enumerate(rows(found, vocabulary))):
        if found.logprob[image, k] > -math.inf:
            assert vocabulary.decode(rows(found, vocabulary, image)[k]).size <= budget
            assert program


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_a_batch_decodes_as_its_members_do_alone(strategy: Strategy) -> None:
    vocabulary = vocabulary_of(SPLITS)
    images = pictures(7)
    together = proposer(vocabulary).propose(Observation(images), n=3, strategy=strategy, budget=15, generator=9)
    for order in ([3], [6, 2], [0, 1, 2, 3, 4, 5, 6]):
        some = proposer(vocabulary).propose(Observation(images[order]), n=3, strategy=strategy, budget=15, generator=9)
        assert torch.equal(some.ids, together.ids[order])
        assert torch.allclose(some.logprob, together.logprob[order], atol=1e-5)
    parts = proposer(vocabulary)
    parts.rows = 4
    assert torch.equal(
        parts.propose(Observation(images), n=3, strategy=strategy, budget=15, generator=9).ids, together.ids
    )


def test_the_seed_decides_the_samples() -> None:
    vocabulary = vocabulary_of(SPLITS)

    def draw(generator: torch.Generator | int | None, image: int = 0) -> Tensor:
        found = proposer(vocabulary).propose(
            Observation(pictures(2)[image : image + 1]), n=8, strategy=Sample(), budget=15, generator=generator
        )
        return found.ids[0]

    assert torch.equal(draw(5), draw(torch.Generator().manual_seed(5)))
    assert torch.equal(draw(None), draw(0))
    assert not torch.equal(draw(5), draw(6))
    assert not torch.equal(draw(5), draw(5, image=1))
    assert len({tuple(row) for row in draw(5).tolist()}) > 4
    first = proposer(vocabulary).propose(Observation(pictures(1)), n=3, strategy=Sample(), budget=15, generator=5)
    assert torch.equal(first.ids[0], draw(5)[:3])  # more samples change none of the first


def test_a_logit_that_is_no_number_is_closed_and_told(caplog: pytest.LogCaptureFixture) -> None:
    vocabulary = vocabulary_of(SPLITS)
    h, b = vocabulary.names_to_ids(["h", "B"])
    with caplog.at_level(logging.WARNING):
        found = proposer(vocabulary, bad=(h, b)).propose(Observation(pictures(4)), n=6, strategy=Sample(), budget=9)
    assert not ((found.ids == h) | (found.ids == b)).any()
    steps = int((found.ids < vocabulary.pad).sum())
    assert int(found.undefined.sum()) == steps
    assert caplog.messages == [
        f"the network gave no finite number for a legal token in {steps} steps of 24 programs; such tokens were closed"
    ]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_no_number_at_all_still_ends(strategy: Strategy, caplog: pytest.LogCaptureFixture) -> None:
    vocabulary = vocabulary_of(LISTS, "Figure")
    found = proposer(vocabulary, bad=tuple(range(vocabulary.size))).propose(
        Observation(pictures(2)), n=1, strategy=strategy, budget=12
    )
    assert [vocabulary.decode(r).size for r in rows(found, vocabulary)] == [vocabulary.shortest]
    assert found.logprob.tolist() == [[-math.inf], [-math.inf]]  # nobody gave it a probability
    assert found.undefined.tolist() == [[vocabulary.shortest], [vocabulary.shortest]]
    assert len(caplog.messages) == 1


def test_of_equal_logits_the_first_token_wins() -> None:
    vocabulary = vocabulary_of(SPLITS)
    found = proposer(vocabulary, scale=0.0).propose(Observation(pictures(1)), n=1, strategy=Greedy(), budget=5)
    assert [vocabulary.tokens[t] for t in rows(found, vocabulary)[0]] == ["h", "h", "B", "B", "B"]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_no_images(strategy: Strategy) -> None:
    found = proposer(vocabulary_of(SPLITS)).propose(Observation(pictures(0)), n=2, strategy=strategy, budget=9)
    assert found.ids.shape == (0, 1 if isinstance(strategy, Greedy) else 2, 9)


def test_places_follow_the_tokens() -> None:
    class Depths:
        """Tells the network how many tokens there were."""

        def start(self, batch: int) -> Tensor:
            return torch.zeros(batch, 4)

        def top(self, state: Tensor) -> Tensor:
            return state

        def advance(self, state: Tensor, token: Tensor) -> Tensor:
            return state + token.unsqueeze(1)

        def reorder(self, state: Tensor, index: Tensor) -> Tensor:
            return state[index]

    vocabulary = vocabulary_of(SPLITS)
    model = Fake(vocabulary.size, sees_places=True)
    with_places = AutoregressiveProposer(model, mask_of(vocabulary), Depths())
    wide = with_places.propose(Observation(pictures(1)), n=30, strategy=Beam(500), budget=5)
    sampled = with_places.propose(Observation(pictures(1)), n=30, strategy=Sample(), budget=5)
    known = dict(zip(rows(wide, vocabulary), wide.logprob[0].tolist(), strict=True))
    for program, logprob in zip(rows(sampled, vocabulary), sampled.logprob[0].tolist(), strict=True):
        if program in known:
            assert logprob == pytest.approx(known[program], abs=1e-5)


class Trace(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fails on operations that wait for the device, or whose shape depends on data."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        waiting = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "item", "equal")
        assert not any(f"aten.{name}." in str(func) for name in waiting), func
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_loops_wait_for_nothing(strategy: Strategy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops.Finish, "__call__", lambda self, done: False)
    vocabulary = vocabulary_of(SPLITS)
    images, mask = pictures(2), mask_of(vocabulary)
    with Trace():  # type: ignore[no-untyped-call]
        model = Fake(vocabulary.size)
        run = loops.Run(model, model.encode(Observation(images)), mask, None, (2, strategy.rows(3)))
        found = strategy.run(run, 9, image_keys(images, 0))
    wanted = proposer(vocabulary).propose(Observation(images), n=3, strategy=strategy, budget=9)  # which stops early
    assert torch.equal(found.ids[:, : wanted.ids.shape[1]], wanted.ids)


def test_budgets_that_cannot_be_met() -> None:
    vocabulary = vocabulary_of(LISTS, "Figure")
    with pytest.raises(BudgetError) as caught:
        proposer(vocabulary).propose(Observation(pictures(1)), budget=2)
    text = "a budget of 2 tokens is below the shortest Figure, which has 6\n  -> use a budget of at least 6"
    assert str(caught.value) == text
    short = AutoregressiveProposer(Fake(vocabulary.size), mask_of(vocabulary), max_tokens=9)
    with pytest.raises(BudgetError) as caught:
        short.propose(Observation(pictures(1)), budget=10)
    text = "a budget of 10 tokens is above the longest program of this model, which has 9\n"
    assert str(caught.value) == text + "  -> use a budget of at most 9"


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_temperatures_that_mean_nothing(wrong: float) -> None:
    with pytest.raises(ConfigError) as caught:
        Sample(wrong)
    assert str(caught.value) == f"temperature is {wrong:g}, expected a number above 0\n  -> use greedy for 0"


def test_a_beam_of_no_width() -> None:
    with pytest.raises(ConfigError) as caught:
        Beam(0)
    assert str(caught.value) == "beam width is 0, expected 1 or more\n  -> use 1 for greedy"


def test_padding_alone_is_no_program() -> None:
    vocabulary = vocabulary_of(SPLITS)
    with pytest.raises(ProgramError, match="ends after 0 tokens, still open: Image"):
        vocabulary.decode([vocabulary.pad] * 3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_a_real_network_never_waits_on_a_gpu(strategy: Strategy) -> None:
    from i2c_core.model import ModelConfig, build

    vocabulary = vocabulary_of(SPLITS)
    model = build(ModelConfig(vocabulary=vocabulary.size, max_tokens=15)).cuda().eval()
    mask = PushdownMask(Tables.from_vocabulary(vocabulary).to("cuda"))
    images = torch.rand(4, *model.config.image, device="cuda")
    with torch.no_grad():
        run = loops.Run(model.decoder, model.encode(Observation(images)), mask, None, (4, 3))
        state = mask.start(12, 15)
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(3):
                logp = run.scores(state).log_softmax(1)
                state = run.advance(run.fork(state, torch.arange(12, device="cuda")), logp.argmax(1))
        finally:
            torch.cuda.set_sync_debug_mode("default")
        found = loops.beam(loops.Run(model.decoder, model.encode(Observation(images)), mask, None, (4, 3)), 15)
        assert found.ids.shape == (4, 3, 15)
        run = loops.Run(model.decoder, model.encode(Observation(images)), mask, None, (4, 3))
        assert loops.sample(run, 15, 1.0, image_keys(images, 0)).ids.is_cuda


class Boldest:
    """A strategy of one's own: samples as bold as can be, of which half are kept."""

    def rows(self, n: int) -> int:
        return 2 * n

    def tries(self, n: int) -> int:
        return n

    def run(self, run: loops.Run, budget: int, keys: Tensor) -> loops.Decoded:
        return Sample(1e-6).run(run, budget, keys)


def test_a_strategy_is_a_class_of_its_own() -> None:
    vocabulary = vocabulary_of(SPLITS)
    found = proposer(vocabulary).propose(Observation(pictures(3)), n=2, strategy=Boldest(), budget=9)
    greedy = proposer(vocabulary).propose(Observation(pictures(3)), strategy=Greedy(), budget=9)
    assert torch.equal(found.ids[:, :, : greedy.ids.shape[2]], greedy.ids.expand(-1, 2, -1))


class Without(PushdownMask):
    """A constraint of one's own beside the automaton: one token is closed everywhere."""

    token: int

    def legal(self, state: State) -> Tensor:
        return super().legal(state).index_fill(1, torch.tensor([self.token]), False)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_another_mask_can_take_the_place_of_the_automaton(strategy: Strategy) -> None:
    vocabulary = vocabulary_of(SPLITS)
    mask: Mask = Without(Tables.from_vocabulary(vocabulary))
    mask.token = vocabulary.names_to_ids(["W"])[0]  # type: ignore[attr-defined]
    found = AutoregressiveProposer(Fake(vocabulary.size), mask).propose(
        Observation(pictures(3)), n=3, strategy=strategy, budget=9
    )
    assert (found.ids[..., 0] < vocabulary.pad).any()
    assert not (found.ids == vocabulary.names_to_ids(["W"])[0]).any()
