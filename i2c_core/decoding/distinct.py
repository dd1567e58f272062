"""Sampling without replacement: a beam search over perturbed log-probabilities (Kool, van Hoof and Welling 2019,
arXiv:1903.06059).

Every program gets its log-probability plus a Gumbel number of its own, and the K largest sums are K draws without
replacement. They are found top down: the largest sum below a node is its own log-probability plus a Gumbel number, and
its children's are drawn under the condition that the largest of them is the node's.

Legend: N images, K rows of one image, R = N * K rows, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor

from i2c_core.decoding.loops import Decoded, Rows, Run, best_children, first_only, unclaimed
from i2c_core.decoding.noise import descend, gumbels, mix
from i2c_core.decoding.picking import tempered


def sample_distinct(run: Run, budget: int, temperature: float, keys: Tensor) -> Decoded:
    """K distinct programs of N images, drawn without replacement, the first drawn first.

    The number of a program is a function of its image's key (N,) and its tokens, so that more rows change none of the
    first. `scores` are the perturbed log-probabilities. `logq` is the log-probability that a program is among the first
    K - 1, given the K-th score (0 where there is none, since then all programs were found): the sum over the first
    K - 1 of p / q * f is an unbiased estimate of the mean of f.
    """
    rows = Rows(run, budget)
    pad = run.mask.pad
    score, logq = first_only(run.size, rows.ids), first_only(run.size, rows.ids)  # (N, K)
    logprob = torch.zeros_like(score)
    nodes = mix(keys).repeat_interleave(run.size[1])  # (R,)
    if len(nodes):
        score[:, 0] += gumbels(mix(nodes), 1).view(run.size)[:, 0]
    for _, scores in rows:
        cost = unclaimed(rows)  # (R, 1)
        logp = scores.log_softmax(1).double()  # (R, V + 1)
        proposal = logp if temperature == 1 else tempered(scores, temperature).double()
        child = logq.view(-1, 1) + proposal  # (R, V + 1)
        perturbed = under(score.view(-1, 1), child, gumbels(nodes, pad + 1)) + cost
        score, row, token = best_children(perturbed.view(*run.size, pad + 1), pad)
        at = row * (pad + 1) + token
        logq = (child + cost).flatten()[at].view(run.size)
        logprob = (logprob.view(-1, 1) + logp).flatten()[at].view(run.size)
        nodes = descend(nodes[row], token)
        rows.take(token, row)
    found = score > -torch.inf  # (N, K)
    return rows.decoded(logprob.masked_fill(~found, -torch.inf), inclusion(logq, score), score)


def under(largest: Tensor, logp: Tensor, gumbel: Tensor) -> Tensor:
    """Log-probabilities plus Gumbel numbers (R, V), under the condition that the largest sum of each row is `largest`.

    `largest` is (R, 1); -inf where a log-probability or `largest` is. Computed as in appendix B.3 of the paper.
    """
    free = logp + gumbel  # (R, V)
    gap = free - free.amax(1, keepdim=True)  # (R, V), 0 at the largest
    v = largest - free + torch.log(-torch.expm1(gap))  # (R, V)
    sums = largest - v.clamp(min=0) - torch.log1p((-v.abs()).exp())
    return torch.where((logp == -torch.inf) | (largest == -torch.inf), -torch.inf, sums)


def inclusion(logp: Tensor, score: Tensor) -> Tensor:
    """(N, K) the log-probability that `logp` (N, K) plus a Gumbel number exceeds the last of `score` (N, K)."""
    above = (logp - score[:, -1:]).clamp(max=700.0)  # (N, K), of which exp is finite
    found = torch.log(-torch.expm1(-above.exp()))
    return torch.where(logp > -torch.inf, torch.where(above < -30, above, found), 0.0)  # log(1 - e^-x) = log x near 0
