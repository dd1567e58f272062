"""Tempered and cut sampling, sampling without replacement, and particles, against the enumerated truth."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import pytest
import torch
from decoders import (
    LANGUAGES,
    LISTS,
    SPLITS,
    TINY,
    Fake,
    mask_of,
    pictures,
    programs_of,
    proposer,
    rows,
    truth,
    vocabulary_of,
)
from torch import Tensor

from i2c_core.datasets.enumeration import enumerate_programs
from i2c_core.decoding import (
    AutoregressiveProposer,
    Beam,
    Greedy,
    Observation,
    Proposals,
    Sample,
    SequentialMonteCarlo,
    StochasticBeam,
    Strategy,
)
from i2c_core.decoding.distinct import inclusion
from i2c_core.decoding.particles import effective, systematic
from i2c_core.decoding.picking import tempered
from i2c_core.decoding.proposals import ALIKE
from i2c_core.errors import ConfigError
from i2c_core.vocabulary import Vocabulary

ALL: tuple[Strategy, ...] = (Greedy(), Sample(), Beam(4), StochasticBeam(), SequentialMonteCarlo(particles=4))
Programs = dict[tuple[int, ...], float]


def propose(vocabulary: Vocabulary, strategy: Strategy, n: int, budget: int, images: int = 1, **fake: Any) -> Proposals:
    return proposer(vocabulary, **fake).propose(
        Observation(pictures(images)), n=n, strategy=strategy, budget=budget, generator=7
    )


def agrees(found: list[tuple[int, ...]], wanted: Programs) -> bool:
    """Pearson's test, five standard deviations wide; `wanted` are log-probabilities of all that may come."""
    counts = Counter(found)
    assert counts.keys() <= wanted.keys()
    expected = {program: len(found) * math.exp(logp) for program, logp in wanted.items()}
    rare = [p for p, e in expected.items() if e < 5]
    cells = [(counts[p], e) for p, e in expected.items() if e >= 5]
    cells.append((sum(counts[p] for p in rare), sum(expected[p] for p in rare)))
    statistic = sum((o - e) ** 2 / e for o, e in cells if e > 0)
    return statistic < len(cells) + 5 * math.sqrt(2 * len(cells))


@pytest.mark.parametrize(("text", "root", "budget"), LANGUAGES)
def test_the_probabilities_of_all_programs_sum_to_one(text: str, root: str, budget: int) -> None:
    vocabulary = vocabulary_of(text, root)
    programs = {tuple(r) for size in range(1, budget + 1) for ids in enumerate_programs(vocabulary, size) for r in ids}
    wanted = truth(vocabulary, pictures(1), budget)
    assert programs == set(wanted)
    assert sum(map(math.exp, wanted.values())) == pytest.approx(1, abs=1e-9)
    for strategy in (Sample(), Sample(2.0, top_k=2), StochasticBeam(), SequentialMonteCarlo()):
        found = propose(vocabulary, strategy, 50, budget)
        for program, logprob in zip(rows(found, vocabulary), found.logprob[0].tolist(), strict=True):
            assert not program or logprob == pytest.approx(wanted[program], abs=1e-4)


def narrow(model: Fake, vocabulary: Vocabulary, budget: int, sample: Sample) -> Programs:
    """The truth about `Sample`, in plain Python: each step's probabilities tempered, cut, and made to sum to 1."""
    wanted = truth(vocabulary, pictures(1), budget)
    found: Programs = {}
    waiting: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    while waiting:
        prefix, total = waiting.pop()
        if prefix in wanted:
            found[prefix] = total
            continue
        after: dict[int, float] = Counter()
        for program, logp in wanted.items():
            if program[: len(prefix)] == prefix:
                after[program[len(prefix)]] += math.exp(logp)
        powers = {t: p ** (1 / sample.temperature) for t, p in after.items()}
        ordered = sorted(powers, key=lambda t: -powers[t])
        kept: list[int] = []
        for token in ordered[: sample.top_k]:
            if sum(powers[t] for t in kept) / sum(powers.values()) < sample.top_p:
                kept.append(token)
        for token in kept:
            waiting.append(((*prefix, token), total + math.log(powers[token] / sum(powers[t] for t in kept))))
    return found


@pytest.mark.parametrize(
    "strategy",
    [Sample(), Sample(0.5), Sample(top_k=2), Sample(top_p=0.8), Sample(1.5, top_k=3, top_p=0.9), Sample(top_k=1)],
    ids=str,
)
@pytest.mark.parametrize(("text", "root", "budget"), [LANGUAGES[0], LANGUAGES[1]])
def test_samples_come_as_often_as_they_say(text: str, root: str, budget: int, strategy: Sample) -> None:
    vocabulary = vocabulary_of(text, root)
    wanted = narrow(Fake(vocabulary.size), vocabulary, budget, strategy)
    assert sum(map(math.exp, wanted.values())) == pytest.approx(1, abs=1e-9)
    found = propose(vocabulary, strategy, 20_000, budget)
    programs = rows(found, vocabulary)
    assert agrees(programs, wanted)
    for program, logq in zip(programs[:200], found.logq[0].tolist(), strict=False):
        assert logq == pytest.approx(wanted[program], abs=1e-4)


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e38])
@pytest.mark.parametrize("temperature", [1e-300, 0.1, 1.0, 1e300])
def test_what_is_drawn_from_stays_within_open_tokens(scale: float, temperature: float) -> None:
    scores = torch.randn(200, 9, generator=torch.Generator().manual_seed(0)) * scale
    closed = torch.rand(200, 9, generator=torch.Generator().manual_seed(1)) < 0.6
    closed[:, 0] &= ~closed[:, 1:].all(1)
    scores = scores.clamp(-1e30, 1e30).masked_fill(closed, -torch.inf)
    for top_k, top_p in itertools.product((None, 1, 3, 100), (1e-9, 0.5, 1.0)):
        logq = tempered(scores, temperature, top_k, top_p).double()
        assert not logq.isnan().any()
        assert (logq[closed] == -torch.inf).all()
        assert torch.allclose(logq.exp().sum(1), torch.ones(200, dtype=torch.float64), atol=1e-5)
        assert ((logq > -torch.inf).sum(1) <= min(top_k or 9, 9)).all()
        assert top_p > 1e-9 or ((logq > -torch.inf).sum(1) == 1).all()


def test_of_equal_scores_top_k_keeps_the_first() -> None:
    assert tempered(torch.zeros(1, 5), top_k=2).exp().tolist() == [[0.5, 0.5, 0, 0, 0]]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"top_k": 0}, "top-k is 0, expected 1 or more\n  -> leave it out for all tokens"),
        ({"top_p": 0.0}, "top-p is 0, expected a number above 0, up to 1\n  -> use 1 for all tokens"),
        ({"top_p": math.nan}, "top-p is nan, expected a number above 0, up to 1\n  -> use 1 for all tokens"),
    ],
)
def test_cuts_that_mean_nothing(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Sample(**wrong)
    assert str(caught.value) == text


def test_numbers_of_other_strategies_that_mean_nothing() -> None:
    wrong = [
        (lambda: StochasticBeam(0), "beam width is 0, expected 1 or more\n  -> use 1 for a single draw"),
        (lambda: SequentialMonteCarlo(None, 0),
         "there are 0 particles, expected 1 or more\n  -> use 1 for a single draw"),
        (lambda: SequentialMonteCarlo(None, 1, 2), "the threshold is 2, expected 0 to 1\n  -> use 0 to resample never"),
    ]  # fmt: skip
    for make, text in wrong:
        with pytest.raises(ConfigError) as caught:
            make()
        assert str(caught.value) == text


@pytest.mark.parametrize("strategy", [Beam(3000), StochasticBeam()], ids=str)
def test_extreme_logits_drop_nothing(strategy: Strategy) -> None:
    vocabulary = vocabulary_of(TINY)
    found = propose(vocabulary, strategy, 110, 7, scale=3e38)
    programs = rows(found, vocabulary)
    wanted = set(truth(vocabulary, pictures(1), 7))
    assert set(programs[: len(wanted)]) == wanted
    assert (found.logprob[0, : len(wanted)] > -math.inf).all()


# Sampling without replacement.


@pytest.mark.parametrize(("text", "root", "budget"), LANGUAGES)
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_without_replacement_gives_all_programs_once(text: str, root: str, budget: int, temperature: float) -> None:
    vocabulary = vocabulary_of(text, root)
    wanted = truth(vocabulary, pictures(1), budget)
    found = propose(vocabulary, StochasticBeam(temperature=temperature), len(wanted) + 3, budget)
    programs = rows(found, vocabulary)
    assert sorted(programs[: len(wanted)]) == sorted(wanted)
    assert programs[len(wanted) :] == [()] * 3
    assert found.logq[0].tolist() == [0.0] * (len(wanted) + 3)  # all were sure to come
    assert found.logprob[0, len(wanted) :].tolist() == [-math.inf] * 3
    assert found.scores is not None
    assert found.scores[0].tolist() == sorted(found.scores[0].tolist(), reverse=True)


def test_more_draws_change_none_of_the_first() -> None:
    vocabulary = vocabulary_of(SPLITS)
    many, few = (propose(vocabulary, StochasticBeam(), n, 15, images=3) for n in (40, 5))
    assert torch.equal(many.ids[:, :5], few.ids)
    for image in range(3):
        programs = rows(many, vocabulary, image)
        assert len(set(programs)) == 40


class Same(Fake):
    """Looks at no image: all images have the logits of the first of `pictures`."""

    def encode(self, observation: Observation) -> Tensor:
        return super().encode(Observation(pictures(1))).expand(len(observation))


def many_images(vocabulary: Vocabulary, strategy: Strategy, n: int, budget: int, images: int) -> Proposals:
    """The same question many times, each with its own noise."""
    values = torch.arange(images)
    images_ = torch.stack([values % 256, values // 256], 1).view(images, 1, 1, 2) / 255
    return AutoregressiveProposer(Same(vocabulary.size), mask_of(vocabulary)).propose(
        Observation(images_), n=n, strategy=strategy, budget=budget, generator=11
    )


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_draws_without_replacement_follow_the_probabilities(temperature: float) -> None:
    vocabulary, wanted = vocabulary_of(TINY), truth(vocabulary_of(TINY), pictures(1), 5)
    if temperature != 1:
        wanted = narrow(Fake(vocabulary.size), vocabulary, 5, Sample(temperature))
    found = many_images(vocabulary, StochasticBeam(temperature=temperature), 2, 5, 20_000)
    flat = programs_of(found.ids.flatten(0, 1), vocabulary.pad)
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    assert agrees([first for first, _ in pairs], wanted)
    after = {(a, b): p + q - math.log1p(-math.exp(p)) for (a, p), (b, q) in itertools.permutations(wanted.items(), 2)}
    assert agrees(pairs, after)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 3, 8])
def test_weights_of_draws_without_replacement_are_unbiased(n: int) -> None:
    vocabulary, wanted = vocabulary_of(TINY), truth(vocabulary_of(TINY), pictures(1), 5)
    for temperature in (1.0, 2.0):
        found = many_images(vocabulary, StochasticBeam(temperature=temperature), n, 5, 4000)
        weights = (found.logprob - found.logq).exp()  # (N, K)
        length = (found.ids < vocabulary.pad).sum(2)  # (N, K)
        for value, mean in ((1.0, 1.0), (length, sum(math.exp(p) * len(program) for program, p in wanted.items()))):
            estimates = (weights * value).sum(1)  # (N,)
            error = float(estimates.std()) / math.sqrt(len(estimates))
            assert abs(float(estimates.mean()) - mean) < 5 * error + 1e-6


def test_the_probability_of_being_among_the_first() -> None:
    logp = torch.tensor([[-1.0, -50.0, -math.inf, -3.0]], dtype=torch.float64)
    for threshold in (-800.0, -2.0, 0.0, 40.0):
        found = inclusion(logp, torch.tensor([[threshold]], dtype=torch.float64))[0].tolist()
        for value, log in zip(logp[0].tolist(), found, strict=True):
            x = math.exp(min(value - threshold, 700))
            assert log == pytest.approx(0.0 if value == -math.inf or x > 40 else math.log(-math.expm1(-x)))


# Particles.


def likes_long(weight: float) -> Any:
    """A likelihood of the number of tokens, which a beginning knows only in part."""

    def likelihood(ids: Tensor, state: Any, observation: Observation | None) -> Tensor:
        assert observation is not None
        return weight * (ids < 3).sum(1) * (observation.image.flatten(1).shape[1] > 0)

    return likelihood


def likes_white_first(ids: Tensor, state: Any, observation: Observation | None) -> Tensor:
    """Impossible where the first leaf is B; a beginning without leaves says nothing."""
    b, w = 1, 2
    first_b = (ids == b).long().argmax(1).masked_fill(~(ids == b).any(1), 99)
    first_w = (ids == w).long().argmax(1).masked_fill(~(ids == w).any(1), 99)
    return torch.where(first_b < first_w, -torch.inf, 0.0)


LIKELIHOODS = [likes_long(0.3), likes_long(-0.5), likes_white_first]


def posterior(wanted: Programs, likelihood: Any) -> tuple[Programs, float]:
    """The exact posterior, and the logarithm of the evidence."""
    joint: Programs = {}
    for program, logp in wanted.items():
        ids = torch.tensor([[*program, *[3] * (9 - len(program))]])
        joint[program] = logp + float(likelihood(ids, None, Observation(pictures(1)))[0])
    evidence = math.log(sum(map(math.exp, joint.values())))
    return {p: log - evidence for p, log in joint.items() if log > -math.inf}, evidence


@pytest.mark.parametrize("temperature", [1.0, 1.5])
@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_particles_find_the_posterior_and_the_evidence(likelihood: Any, threshold: float, temperature: float) -> None:
    vocabulary, budget = vocabulary_of(TINY), 7
    wanted, evidence = posterior(truth(vocabulary, pictures(1), budget), likelihood)
    strategy = SequentialMonteCarlo(likelihood, 8, threshold, temperature)
    found = many_images(vocabulary, strategy, 8, budget, 2000)
    assert found.scores is not None
    assert found.evidence is not None
    assert torch.allclose(found.scores.exp().sum(1)[found.evidence > -math.inf], torch.tensor(1.0).double())
    estimates = found.evidence.exp()  # (N,), unbiased
    error = float(estimates.std()) / math.sqrt(len(estimates))
    assert abs(float(estimates.mean()) - math.exp(evidence)) < 5 * error + 1e-9
    # Estimates weighed by their own evidence are those of one large set of particles.
    mass: dict[tuple[int, ...], float] = Counter()
    shares = found.scores.exp() * (estimates / estimates.sum()).unsqueeze(1)
    programs = programs_of(found.ids.flatten(0, 1), vocabulary.pad)
    for program, share in zip(programs, shares.flatten().tolist(), strict=True):
        mass[program] += share
    for program, logp in wanted.items():
        assert mass[program] == pytest.approx(math.exp(logp), abs=0.03)


def test_one_large_set_of_particles_is_the_posterior() -> None:
    vocabulary = vocabulary_of(TINY)
    wanted, evidence = posterior(truth(vocabulary, pictures(1), 7), LIKELIHOODS[0])
    found = propose(vocabulary, SequentialMonteCarlo(LIKELIHOODS[0], 20_000), 20_000, 7)
    assert found.scores is not None
    assert found.evidence is not None
    assert float(found.evidence[0]) == pytest.approx(evidence, abs=0.02)
    assert found.scores[0].tolist() == sorted(found.scores[0].tolist(), reverse=True)
    mass: dict[tuple[int, ...], float] = Counter()
    for program, score in zip(rows(found, vocabulary), found.scores[0].exp().tolist(), strict=True):
        mass[program] += score
    assert all(mass[p] == pytest.approx(math.exp(logp), abs=0.015) for p, logp in wanted.items())


def test_without_a_likelihood_particles_are_samples() -> None:
    vocabulary = vocabulary_of(TINY)
    found = propose(vocabulary, SequentialMonteCarlo(), 64, 7)
    sampled = propose(vocabulary, Sample(), 64, 7)
    assert torch.equal(found.ids, sampled.ids)
    assert found.evidence is not None
    assert found.evidence.tolist() == [0.0]


def test_a_likelihood_that_nothing_has() -> None:
    vocabulary = vocabulary_of(TINY)
    for nothing in (-math.inf, math.nan):
        strategy = SequentialMonteCarlo(lambda ids, state, seen, n=nothing: torch.full((len(ids),), n), 4)
        found = propose(vocabulary, strategy, 4, 7, images=2)
        assert found.evidence is not None
        assert found.scores is not None
        assert found.evidence.tolist() == [-math.inf] * 2
        assert found.scores.tolist() == [[-math.inf] * 4] * 2
        assert all(vocabulary.decode(row) for row in rows(found, vocabulary))


def test_a_likelihood_of_the_wrong_shape() -> None:
    strategy = SequentialMonteCarlo(lambda ids, state, seen: torch.zeros(len(ids), 1), 4)
    with pytest.raises(ConfigError) as caught:
        propose(vocabulary_of(TINY), strategy, 4, 7)
    text = "the likelihood returned shape (4, 1), expected (4,)\n  -> return one log-weight a row"
    assert str(caught.value) == text


def test_systematic_resampling() -> None:
    logw = torch.tensor([[0.0, -math.inf, math.log(3), -math.inf], [0.0] * 4]).double()
    for u in (0.0, 0.3, 0.999):
        ancestors = systematic(logw, torch.tensor([u, u]).double()).tolist()
        assert ancestors == [[0, 2, 2, 2], [0, 1, 2, 3]]
    assert effective(logw).tolist() == pytest.approx([1.6, 4.0])


# Networks that give no numbers, or too few.


def test_a_forced_beam_loses_against_every_other() -> None:
    class Dead(Fake):
        """No number behind the first token, of which W is the least likely."""

        def step(self, state: Tensor, previous: Tensor, where: Tensor | None = None) -> tuple[Tensor, Tensor]:
            logits, state = super().step(state, previous, where)
            logits[:] = torch.tensor([20.0, 10.0, -20.0])
            logits[(previous < 3)] = math.nan
            return logits, state

    vocabulary = vocabulary_of(TINY)
    for strategy, n in ((Beam(3), 3), (StochasticBeam(), 3)):
        found = AutoregressiveProposer(Dead(3), mask_of(vocabulary)).propose(
            Observation(pictures(1)), n=n, strategy=strategy, budget=7
        )
        assert rows(found, vocabulary)[:2] in ([(1,), (2,)], [(2,), (1,)])
        assert (found.logprob[0, :2] > -math.inf).all()
        assert found.logprob[0, 2:].tolist() == [-math.inf]  # what begins with h was forced
        assert vocabulary.decode(rows(found, vocabulary)[2]).size == 3


@pytest.mark.parametrize("strategy", ALL, ids=str)
def test_logits_of_another_width(strategy: Strategy) -> None:
    wrong = AutoregressiveProposer(Fake(7), mask_of(vocabulary_of(SPLITS)))
    with pytest.raises(ConfigError) as caught:
        wrong.propose(Observation(pictures(1)), n=1, strategy=strategy, budget=5)
    k = -(-strategy.rows(1) // ALIKE) * ALIKE
    fact = f"the network gave logits of shape ({k}, 7), expected ({k}, 5) from the mask"
    assert (
        str(caught.value)
        == f"{fact}\n  -> use a network and a mask of one vocabulary: a row a program, a column a token"
    )


def test_logits_on_another_device() -> None:
    class Elsewhere(Fake):
        def step(self, state: Tensor, previous: Tensor, where: Tensor | None = None) -> tuple[Tensor, Tensor]:
            return torch.zeros(len(previous), self.vocabulary, device="meta"), state

    with pytest.raises(ConfigError) as caught:
        AutoregressiveProposer(Elsewhere(5), mask_of(vocabulary_of(SPLITS))).propose(
            Observation(pictures(1)), strategy=Greedy(), budget=5
        )
    fact = "the network gave logits on meta, the mask is on cpu"
    assert str(caught.value) == f"{fact}\n  -> put both on one device: family_mask(family, device)"


def test_a_large_batch_of_small_pieces() -> None:
    vocabulary = vocabulary_of(LISTS, "Figure")
    found = many_images(vocabulary, Sample(), 1, 8, 10_000)
    assert found.ids.shape == (10_000, 1, 8)
    assert (found.logprob > -math.inf).all()
