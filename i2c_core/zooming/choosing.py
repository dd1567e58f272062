"""Which tokens fill the holes of a level: the likeliest, drawn ones, or those of the best programs so far.

Legend: N pictures, K programs of a picture, R = N * K rows, J the most holes of a row, V tokens of the vocabulary.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from i2c_core.decoding.noise import uniform
from i2c_core.decoding.picking import draw, tempered
from i2c_core.decoding.strategies import Sample
from i2c_core.zooming.growing import Level, Rows
from i2c_core.zooming.slack import divide


def closed(scores: Tensor, open_: Tensor) -> Tensor:
    """Scores with what is not open at -inf."""
    return scores.masked_fill(~open_, -torch.inf)


def likeliest(rows: Rows, level: Level) -> tuple[Rows, Tensor]:
    """The rows with the likeliest token (R, J) in each hole; of equals the first in the vocabulary."""

    def choose(open_: Tensor) -> Tensor:
        return closed(level.scores, open_).argmax(2)

    token, open_ = divide(level.slack, level.cost, level.legal, level.live, choose)
    logp = _chosen(closed(level.scores, open_), token, level.live)
    return replace(rows, logprob=rows.logprob + logp), token


def drawn(rows: Rows, level: Level, how: Sample) -> tuple[Rows, Tensor]:
    """The rows with a token (R, J) in each hole that is drawn with the noise of its path."""
    assert level.key is not None
    u = uniform(level.key.flatten(), 0)  # (R * J,)

    def proposal(open_: Tensor) -> Tensor:
        # A row that has no such hole is all closed; its softmax is no number, and nobody looks at it.
        flat = closed(level.scores, open_).masked_fill(~level.live[..., None], 0.0).flatten(0, 1)
        return tempered(flat, how.temperature, how.top_k, how.top_p)  # (R * J, V)

    def choose(open_: Tensor) -> Tensor:
        return draw(proposal(open_), u).view(level.live.shape)

    token, open_ = divide(level.slack, level.cost, level.legal, level.live, choose)
    logp = _chosen(closed(level.scores, open_), token, level.live)
    logq = proposal(open_).view(level.scores.shape).gather(2, token[..., None])[..., 0]
    logq = torch.where(level.live, logq, 0.0).double().sum(1)
    return replace(rows, logprob=rows.logprob + logp, logq=rows.logq + logq), token


def _chosen(scores: Tensor, token: Tensor, live: Tensor) -> Tensor:
    """(R,) float64, the log-probability of the tokens (R, J) under the softmax of their scores (R, J, V)."""
    logp = scores.log_softmax(2).gather(2, token[..., None])[..., 0]
    return torch.where(live, logp, 0.0).double().sum(1)


def best(rows: Rows, level: Level, width: int) -> tuple[Rows, Level, Tensor]:
    """The K = `width` likeliest beginnings of programs of each picture that fill the holes of a level.

    Beams go through the holes one after the other, in the order in which they are served. The rows that come back, and
    their level, are those that the K go on from; `logprob` is -inf where there are no K, and their tokens are nothing.

    Returns:
        Rows, level, and tokens (R, J).
    """
    total = rows.logprob.view(-1, width)  # (N, K)
    pictures, vocabulary = len(total), level.scores.shape[2]
    origin = torch.arange(len(rows.ids), device=total.device).view(pictures, width)  # (N, K) of the rows
    left = level.slack.view(pictures, width)
    taken: list[Tensor] = []
    nothing = torch.full((vocabulary,), -torch.inf, device=total.device)
    nothing[0] = 0.0  # what is no hole goes on as it is
    for j in range(level.live.shape[1]):
        live, cost = level.live[origin, j], level.cost[origin, j]  # (N, K), (N, K, V)
        open_ = level.legal[origin, j] & (cost <= left[..., None])
        logp = torch.where(live[..., None], closed(level.scores[origin, j], open_).log_softmax(2), nothing)
        grown = (total[..., None] + logp.double()).masked_fill((total == -torch.inf)[..., None], -torch.inf)
        total, child = grown.flatten(1).topk(width, dim=1)  # (N, K) of K * V
        parent, token = child // vocabulary, child % vocabulary
        paid = torch.where(live.gather(1, parent), cost.flatten(1).gather(1, child), 0)
        left = left.gather(1, parent) - torch.where(total == -torch.inf, 0, paid)
        origin = origin.gather(1, parent)
        taken = [t.gather(1, parent) for t in taken] + [token]
    index = origin.flatten()
    dead = (total == -torch.inf).flatten()
    rows, level = rows.select(index), level.select(index)
    tokens = torch.stack(taken, 2).flatten(0, 1)  # (R, J)
    level = replace(level, live=level.live & ~dead[:, None])
    pad = vocabulary
    rows = replace(rows, ids=rows.ids.masked_fill(dead[:, None], pad), logprob=total.flatten())
    return rows, level, tokens
