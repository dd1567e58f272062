"""Sequential Monte Carlo: particles that write programs, weighed by how well what they wrote fits, and resampled.

The target is p(program | image) * exp(likelihood(program)). A particle's weight is the ratio of what it should have
been drawn from to what it was drawn from, tokens and likelihood together; where an image's weights become too uneven,
its particles are drawn anew among themselves (Del Moral, Doucet and Jasra 2006, doi:10.1111/j.1467-9868.2006.00553.x).

Legend: N images, K particles of one image, R = N * K rows, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
from torch import Tensor

from i2c_core.decoding.loops import Decoded, Rows, Run
from i2c_core.decoding.noise import mix, row_keys, uniform
from i2c_core.decoding.picking import chosen, draw, tempered
from i2c_core.errors import ConfigError
from i2c_core.model import Observation


class Likelihood(Protocol):
    """How well programs fit, whole ones and beginnings of them."""

    def __call__(self, ids: Tensor, state: Any, observation: Observation | None) -> Tensor:
        """The log-weight (R,) of what is written so far; finite or -inf, which ends a particle's chances.

        That of a whole program is its log-likelihood. That of a beginning is any guess of what is to come: it moves
        particles to where they are needed, and leaves the result without it, since only ratios count on the way.

        Args:
            ids: (R, T), padded with V; R // N rows of one image stand together.
            state: the mask's; `mask.done(state)` tells which programs are whole.
            observation: the N images.
        """


def follow(
    run: Run, budget: int, keys: Tensor, likelihood: Likelihood | None, threshold: float, temperature: float
) -> Decoded:
    """K particles of N images, the weightiest first.

    `scores` are log-weights that sum to 1 over an image's particles, and `evidence` is the logarithm of an unbiased
    estimate of the sum of p * exp(likelihood) over all programs within the budget. `logq` is that of the path's draws.

    Args:
        threshold: particles of an image are resampled where their effective number falls below this share of K.
    """
    rows = Rows(run, budget)
    images, particles = size = run.size
    zero = torch.zeros(images * particles, dtype=torch.float64, device=rows.ids.device)
    logp, logq, psi = zero, zero, zero  # (R,)
    logw, evidence = zero.view(size), torch.zeros(images, dtype=torch.float64, device=zero.device)  # (N, K), (N,)
    noise, shared = row_keys(keys, particles), mix(keys)  # (R,), (N,)
    own = torch.arange(images * particles, device=zero.device).view(size)  # (N, K)
    even = likelihood is None and temperature == 1  # all weights are equal
    for t, scores in rows:
        target = scores.log_softmax(1)  # (R, V + 1)
        proposal = target if temperature == 1 else tempered(scores, temperature)
        token = draw(proposal, uniform(noise, t))  # (R,)
        step, drawn = chosen(target, token), chosen(proposal, token)  # (R,)
        rows.take(token)
        logp, logq = logp + step, logq + drawn
        gain = (step - drawn).masked_fill(run.picker.stuck | rows.refused(), -torch.inf)  # (R,)
        if likelihood is not None:
            after = torch.where(token == run.mask.pad, psi, _weigh(likelihood, rows))  # (R,), as it was behind the end
            gain = gain + torch.where(psi == -torch.inf, -torch.inf, after - psi)
            psi = after
        logw = logw + gain.view(size)
        if even:
            continue
        writing = ~run.mask.done(rows.state).view(size).all(1)  # (N,); the last weights stay
        again = (writing & (effective(logw) < threshold * particles)).unsqueeze(1)  # (N, 1)
        row = torch.where(again, own[:, :1] + systematic(logw, uniform(shared, t)), own).flatten()  # (R,)
        evidence = torch.where(again[:, 0], evidence + _log_mean(logw), evidence)
        logw = logw.masked_fill(again, 0.0)
        logp, logq, psi = logp[row], logq[row], psi[row]
        rows.follow(row)
    found = rows.decoded(logp, logq)
    scores = torch.where(logw > -torch.inf, logw - logw.logsumexp(1, keepdim=True), -torch.inf)  # (N, K)
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    ids = found.ids.gather(1, order.unsqueeze(2).expand_as(found.ids))  # (N, K, T)
    logp, logq, undefined = (column.gather(1, order) for column in (found.logprob, found.logq, found.undefined))
    return Decoded(ids, logp, logq, undefined, scores, evidence + _log_mean(logw))


def effective(logw: Tensor) -> Tensor:
    """(N,) the effective number of particles of log-weights (N, K): K where all are equal, NaN where all are -inf."""
    return 1 / logw.softmax(1).square().sum(1)


def systematic(logw: Tensor, u: Tensor) -> Tensor:
    """(N, K) ancestors of K particles a row, each drawn about as often as its log-weight (N, K) says.

    One number u (N,) in [0, 1) a row places K equally spaced points; never a particle of weight 0 where one has more.
    """
    particles = logw.shape[1]
    reached = logw.softmax(1).cumsum(1)  # (N, K)
    reached = reached / reached[:, -1:]
    point = (u.unsqueeze(1) + torch.arange(particles, device=u.device)) / particles  # (N, K)
    below_one = point.clamp(max=1 - 2.0**-53)
    return torch.searchsorted(reached, below_one, right=True).clamp(max=particles - 1)


def _log_mean(logw: Tensor) -> Tensor:
    return logw.logsumexp(1) - math.log(max(logw.shape[1], 1))


def _weigh(likelihood: Likelihood, rows: Rows) -> Tensor:
    """(R,) float64; what is no number counts as impossible."""
    found = likelihood(rows.ids, rows.state, rows.run.observation)
    if found.shape != rows.ids.shape[:1]:
        fact = f"the likelihood returned shape {tuple(found.shape)}, expected {tuple(rows.ids.shape[:1])}"
        raise ConfigError(fact, "return one log-weight a row")
    return torch.where(torch.isfinite(found), found.double(), -torch.inf)
