"""The exact numbers behind tokens that stand for bins: where in its bin each lies.

A token says the bin, and small networks say where in it the number lies, from what the decoder knows at that place and
the token. `shared` is one network for all tokens, `own` one for each type of numbers, so that what is read as a
frequency is not mixed with what is read as a level. Nothing here happens while a program is being written: one pass
over finished programs gives all their numbers.

Shape legend: N programs, T tokens, V tokens of the vocabulary, D width, S types of numbers, E features inside.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2c_core.model.config import ModelConfig
from i2c_core.symbols import Bins
from i2c_core.vocabulary import Vocabulary

WITHIN = 1e-6  # of a bin's width: how far from its ends a number stays, so that rounding never leaves the bin


class NumberHead(nn.Module):
    """Where in their bins numbers lie, from 0 to 1.

    Args:
        config: with `values` "shared" or "own", and `numbers`.
    """

    network: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.networks = len(config.numbers) if config.values == "own" else 1  # S, or 1
        self.norm = nn.LayerNorm(config.width)
        self.tokens = nn.Embedding(config.vocabulary + 1, config.width)
        nn.init.normal_(self.tokens.weight, std=0.1)
        self.wide = nn.Linear(config.width, self.networks * config.width)
        self.narrow = nn.Parameter(torch.randn(self.networks, config.width) / config.width**0.5)
        self.bias = nn.Parameter(torch.zeros(self.networks))
        network = torch.zeros(config.vocabulary + 1, dtype=torch.int64)
        if config.values == "own":
            for number, (first, count) in enumerate(config.numbers):
                network[first : first + count] = number
        self.register_buffer("network", network, persistent=False)  # (V + 1,) which network is asked

    def forward(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """Shares of bins.

        Args:
            hidden: (N, T, D), what the decoder knows where each token is written.
            tokens: (N, T), padded with V.

        Returns:
            (N, T) from 0 to 1; of tokens without a number it says nothing.
        """
        x = self.norm(hidden + self.tokens(tokens))  # (N, T, D)
        inner = F.gelu(self.wide(x)).view(*x.shape[:2], self.networks, -1)  # (N, T, S, E)
        each = (inner * self.narrow).sum(3) + self.bias  # (N, T, S)
        shares: Tensor = each.gather(2, self.network[tokens].unsqueeze(2)).squeeze(2)  # (N, T)
        return shares.sigmoid()


def number_spans(vocabulary: Vocabulary) -> tuple[tuple[int, int], ...]:
    """For each type of numbers its first token and how many it has: their ids follow each other."""
    spans: dict[str, tuple[int, int]] = {}
    for number, token in enumerate(vocabulary.tokens):
        if vocabulary.continuous[number]:
            sort = token.rpartition(":")[0]
            first, count = spans.get(sort, (number, 0))
            spans[sort] = first, count + 1
    return tuple(spans.values())


class BinEdges(nn.Module):
    """Numbers as shares of their bins, and back: tables of where each token's bin begins and how wide it is."""

    low: Tensor
    width: Tensor

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        low = torch.full((vocabulary.size + 1,), torch.nan, dtype=torch.float64)
        width = low.clone()
        for number, token in enumerate(vocabulary.tokens):
            if vocabulary.continuous[number]:
                kind = vocabulary.signature.kind(vocabulary.signature[token].result)
                assert isinstance(kind, Bins)
                width[number] = (kind.high - kind.low) / kind.count
                low[number] = kind.low + int(token.rpartition(":")[2]) * width[number]
        self.register_buffer("low", low, persistent=False)  # (V + 1,), NaN where a token has no number
        self.register_buffer("width", width, persistent=False)  # (V + 1,)

    def shares(self, tokens: Tensor, values: Tensor) -> Tensor:
        """(N, T) float32, where in their bins values lie; NaN where there is none."""
        return ((values - self.low[tokens]) / self.width[tokens]).float()

    def values(self, tokens: Tensor, shares: Tensor) -> Tensor:
        """(N, T) float64, the values at shares of bins, inside them; NaN for tokens without a number."""
        return self.low[tokens] + shares.double().clamp(WITHIN, 1 - WITHIN) * self.width[tokens]
