"""The Transformer decoder (Vaswani et al. 2017, arXiv:1706.03762), norms first, with a static cache.

Shape legend: N images, T tokens, V vocabulary, D width, K programs of one image, R = N * K rows, G heads,
L cells of the feature grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2c_core.model.config import ModelConfig
from i2c_core.model.decoder import CrossAttention, Decoder, Inputs, Mlp, shift, split_heads
from i2c_core.model.encoder import Features


@dataclass(frozen=True, slots=True)
class TransformerState:
    """A partial decode: what was read, and the keys and values of the tokens so far."""

    features: Features
    memories: tuple[tuple[Tensor, Tensor], ...]  # per layer, (N, G, L, D / G) each
    cache: Tensor  # (layers, 2, R, G, max_tokens, D / G)
    length: int  # tokens so far, the same in every row


class TransformerDecoder(Decoder[TransformerState]):
    """Blocks of causal self-attention, attention to the image, and a two-layer network."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.inputs = Inputs(config)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.vocabulary)

    def forward(self, features: Features, tokens: Tensor, where: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.hidden(features, tokens, where))  # (N, T, V)
        return logits

    def hidden(self, features: Features, tokens: Tensor, where: Tensor | None = None) -> Tensor:
        previous = shift(tokens, self.config.vocabulary)  # (N, T)
        x = self.inputs(features.images, previous, where, slice(tokens.shape[1]))  # (N, T, D)
        for block in self._blocks():
            x = block(x, block.cross.memory(features.cells))  # (N, T, D)
        known: Tensor = self.norm(x)  # (N, T, D)
        return known

    @torch.no_grad()
    def start(self, features: Features, rows: int = 1) -> TransformerState:
        config, cells = self.config, features.cells  # (N, L, D)
        rows, size = rows * len(cells), config.width // config.heads
        cache = cells.new_zeros(config.layers, 2, rows, config.heads, config.max_tokens, size)
        memories = tuple(block.cross.memory(cells) for block in self._blocks())
        return TransformerState(features, memories, cache, 0)

    @torch.no_grad()
    def step(
        self, state: TransformerState, previous: Tensor, where: Tensor | None = None
    ) -> tuple[Tensor, TransformerState]:
        images = state.features.images
        where = None if where is None else where.view(len(images), -1, 4)  # (N, K, 4)
        x = self.inputs(images, previous.view(len(images), -1), where, state.length)  # (N, K, D)
        for block, memory, cache in zip(self._blocks(), state.memories, state.cache, strict=True):
            x = block.step(x, memory, cache, state.length)  # (N, K, D)
        return self.head(self.norm(x)).flatten(0, 1), replace(state, length=state.length + 1)  # (R, V)

    def reorder(self, state: TransformerState, index: Tensor) -> TransformerState:
        return replace(state, cache=state.cache.index_select(2, index))

    def _blocks(self) -> Iterable[TransformerBlock]:
        return cast(Iterable[TransformerBlock], self.blocks)


class TransformerBlock(nn.Module):
    """x + attention to the tokens so far, x + attention to the image, x + two-layer network."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = nn.LayerNorm(config.width)
        self.query_key_value = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.drop = nn.Dropout(config.dropout)
        self.cross = CrossAttention(config)
        self.mlp = Mlp(config)

    def forward(self, x: Tensor, memory: tuple[Tensor, Tensor]) -> Tensor:
        """All T tokens of N programs, x (N, T, D), each seeing itself and those before it."""
        query, key, value = self._split(x)  # (N, G, T, D / G) each
        read = F.scaled_dot_product_attention(query, key, value, is_causal=True)  # (N, G, T, D / G)
        return self._finish(x, read.transpose(1, 2).flatten(2), memory)  # (N, T, D)

    def step(self, x: Tensor, memory: tuple[Tensor, Tensor], cache: Tensor, position: int) -> Tensor:
        """The token at `position` of K programs per image, x (N, K, D); cache (2, R, G, max_tokens, D / G)."""
        query, key, value = self._split(x.flatten(0, 1).unsqueeze(1))  # (R, G, 1, D / G) each
        cache[0, :, :, position], cache[1, :, :, position] = key.squeeze(2), value.squeeze(2)
        keys, values = cache[:, :, :, : position + 1]  # (R, G, position + 1, D / G) each
        read = F.scaled_dot_product_attention(query, keys, values)  # (R, G, 1, D / G)
        return self._finish(x, read.reshape(x.shape), memory)  # (N, K, D)

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = self.query_key_value(self.norm(x)).chunk(3, dim=2)  # (N, T, D) each
        return split_heads(query, self.heads), split_heads(key, self.heads), split_heads(value, self.heads)

    def _finish(self, x: Tensor, read: Tensor, memory: tuple[Tensor, Tensor]) -> Tensor:
        mixed: Tensor = self.mlp(self.cross(x + self.drop(self.out(read)), memory))
        return mixed
