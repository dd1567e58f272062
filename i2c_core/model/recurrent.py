"""The recurrent decoder: gated recurrent units (Cho et al. 2014, arXiv:1406.1078) with attention to the image
(Bahdanau et al. 2015, arXiv:1409.0473).

Shape legend: N images, T tokens, V vocabulary, D width, K programs of one image, R = N * K rows, G heads,
L cells of the feature grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from i2c_core.model.config import ModelConfig
from i2c_core.model.decoder import CrossAttention, Decoder, Inputs, Mlp, shift
from i2c_core.model.encoder import Features


@dataclass(frozen=True, slots=True)
class RecurrentState:
    """A partial decode: what was read, and what each layer remembers of the tokens so far."""

    features: Features
    memories: tuple[tuple[Tensor, Tensor], ...]  # per layer, (N, G, L, D / G) each
    hidden: Tensor  # (layers, R, D)
    length: int  # tokens so far, the same in every row


class RecurrentDecoder(Decoder[RecurrentState]):
    """Blocks of a recurrent layer over the tokens, attention to the image, and a two-layer network.

    The state's size does not depend on the number of tokens. Attention does not feed back into its own layer,
    only into the next, so that training runs a layer over all positions at once.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.inputs = Inputs(config)
        self.blocks = nn.ModuleList(RecurrentBlock(config) for _ in range(config.layers))
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
    def start(self, features: Features, rows: int = 1) -> RecurrentState:
        cells = features.cells  # (N, L, D)
        hidden = cells.new_zeros(self.config.layers, rows * len(cells), self.config.width)
        memories = tuple(block.cross.memory(cells) for block in self._blocks())
        return RecurrentState(features, memories, hidden, 0)

    @torch.no_grad()
    def step(
        self, state: RecurrentState, previous: Tensor, where: Tensor | None = None
    ) -> tuple[Tensor, RecurrentState]:
        images = state.features.images
        where = None if where is None else where.view(len(images), -1, 4)  # (N, K, 4)
        x = self.inputs(images, previous.view(len(images), -1), where, state.length)  # (N, K, D)
        after = []
        for block, memory, hidden in zip(self._blocks(), state.memories, state.hidden, strict=True):
            x, hidden = block.step(x, memory, hidden)  # (N, K, D), (R, D)
            after.append(hidden)
        logits = self.head(self.norm(x)).flatten(0, 1)  # (R, V)
        return logits, replace(state, hidden=torch.stack(after), length=state.length + 1)

    def reorder(self, state: RecurrentState, index: Tensor) -> RecurrentState:
        return replace(state, hidden=state.hidden.index_select(1, index))

    def _blocks(self) -> Iterable[RecurrentBlock]:
        return cast(Iterable[RecurrentBlock], self.blocks)


class RecurrentBlock(nn.Module):
    """x + recurrence over the tokens so far, x + attention to the image, x + two-layer network."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.recurrence = nn.GRU(config.width, config.width, batch_first=True)
        self.drop = nn.Dropout(config.dropout)
        self.cross = CrossAttention(config)
        self.mlp = Mlp(config)

    def forward(self, x: Tensor, memory: tuple[Tensor, Tensor]) -> Tensor:
        """All T tokens of N programs, x (N, T, D), each seeing itself and those before it."""
        read, _ = self.recurrence(self.norm(x))  # (N, T, D)
        return self._finish(x, read, memory)  # (N, T, D)

    def step(self, x: Tensor, memory: tuple[Tensor, Tensor], hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The next token of K programs per image, x (N, K, D), after `hidden` (R, D)."""
        inner = self.norm(x).flatten(0, 1).unsqueeze(1)  # (R, 1, D)
        read, after = self.recurrence(inner, hidden.unsqueeze(0))  # (R, 1, D), (1, R, D)
        return self._finish(x, read.view_as(x), memory), after.squeeze(0)  # (N, K, D), (R, D)

    def _finish(self, x: Tensor, read: Tensor, memory: tuple[Tensor, Tensor]) -> Tensor:
        mixed: Tensor = self.mlp(self.cross(x + self.drop(read), memory))
        return mixed
