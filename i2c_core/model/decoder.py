"""What every decoder does, and the parts that decoders share.

A decoder gives, for each position t, logits over the vocabulary for token t from the tokens before t, the
image, and, where the family declares zooms, the rectangle of the node that token t will be. `forward` does
all positions at once, for training; `start`, `step` and `reorder` do one at a time, for decoding, and keep no
gradients. Both give the same logits.

Shape legend: N images, C channels, H and W rows and columns, T tokens, V vocabulary, D width, K programs
(beams or samples) of one image, R = N * K rows, G heads, L cells of the feature grid, P cells of a crop's side.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2c_core.model.config import ModelConfig
from i2c_core.model.encoder import Features
from i2c_core.model.places import crop

OCTAVES = 6  # the finest wave of a rectangle's side has a period of 1/16 of the image

State = TypeVar("State")


class Decoder(nn.Module, ABC, Generic[State]):
    """Logits of the next token. Rows of one image stand together: row r reads image r // K.

    `head` makes logits of what `hidden` gives.
    """

    head: nn.Linear

    @abstractmethod
    def forward(self, features: Features, tokens: Tensor, where: Tensor | None = None) -> Tensor:
        """The logits of every position at once.

        Args:
            features: of N images.
            tokens: (N, T) integers; padded with V. Token t does not reach logits[:, :t + 1].
            where: (N, T, 4), the rectangle of the node that each token is; None without `where`.

        Returns:
            (N, T, V) logits; those at t predict token t.
        """

    @abstractmethod
    def hidden(self, features: Features, tokens: Tensor, where: Tensor | None = None) -> Tensor:
        """What the logits are read from: (N, T, D), at t what is known before token t. Arguments as of `forward`."""

    @abstractmethod
    def start(self, features: Features, rows: int = 1) -> State:
        """The state before the first token of `rows` programs per image; all buffers are allocated here."""

    @abstractmethod
    def step(self, state: State, previous: Tensor, where: Tensor | None = None) -> tuple[Tensor, State]:
        """The logits (R, V) of the next token, and the state after it.

        Nothing here waits for the device. Buffers are updated in place: use the state handed in no more.

        Args:
            state: from `start`, `step` or `reorder`.
            previous: (R,), the tokens before; V before the first.
            where: (R, 4), the rectangle of the node that the next token will be; None without `where`.
        """

    @abstractmethod
    def reorder(self, state: State, index: Tensor) -> State:
        """The state whose row i is row index[i] of `state`, for beam search.

        `index` is (R',), R' = N * K' with any K'. Row i is of image i // K', and comes from a row of that image.
        """


class Inputs(nn.Module):
    """What a decoder reads at each position: the token before, the position, and the place in the image."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary + 1, config.width)
        nn.init.normal_(self.tokens.weight, std=0.1)
        self.positions = nn.Parameter(0.02 * torch.randn(config.max_tokens, config.width))
        if config.where:
            self.rectangles = nn.Linear(4 + 8 * OCTAVES, config.width)
        if config.crop:
            pixels = config.image[0] * config.crop**2
            self.crops = nn.Sequential(
                nn.Linear(pixels, 2 * config.width), nn.GELU(), nn.Linear(2 * config.width, config.width)
            )

    def forward(self, images: Tensor, previous: Tensor, where: Tensor | None, position: int | slice) -> Tensor:
        """The inputs (N, M, D) at M places: M positions of one program, or one position of M programs.

        Args:
            images: (N, C, H, W) in [0, 1].
            previous: (N, M), the token before each; V before the first.
            where: (N, M, 4), or None without `where`.
            position: the slice of the M positions, or the one position of all M.

        Raises:
            ValueError: `where` is given or missing against the configuration, or the program is too long.
        """
        last = position.stop - 1 if isinstance(position, slice) else position
        if last >= self.config.max_tokens:
            raise ValueError(f"position {last} is beyond the {self.config.max_tokens} tokens of the network")
        if (where is not None) != self.config.where:
            given = "missing" if where is None else "given"
            raise ValueError(f"where is {given}, but the network was built with where={self.config.where}")
        x: Tensor = self.tokens(previous) + self.positions[position]  # (N, M, D)
        if where is None:
            return x
        if where.shape != (*previous.shape, 4):
            raise ValueError(f"where is {tuple(where.shape)}, expected {(*previous.shape, 4)}")
        x = x + self.rectangles(waves(where))  # (N, M, D)
        if self.config.crop:
            seen = crop(images, where, self.config.crop)  # (N, M, C, P, P)
            x = x + self.crops(2 * seen.flatten(2) - 1)  # (N, M, D)
        return x


def waves(where: Tensor) -> Tensor:
    """Rectangles (..., 4), and waves of each side at doubling frequencies: (..., 4 + 8 * OCTAVES)."""
    octaves = math.pi * 2.0 ** torch.arange(OCTAVES, device=where.device)  # (OCTAVES,)
    angles = (where.unsqueeze(-1) * octaves).flatten(-2)  # (..., 4 * OCTAVES)
    return torch.cat([2 * where - 1, angles.sin(), angles.cos()], dim=-1)


def shift(tokens: Tensor, first: int) -> Tensor:
    """The token before each of tokens (N, T): moved right by one, with `first` in front."""
    return F.pad(tokens[:, :-1], (1, 0), value=first)  # (N, T)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(N, T, D) as (N, G, T, D / G), for attention in G heads."""
    return x.view(*x.shape[:2], heads, x.shape[2] // heads).transpose(1, 2)


class CrossAttention(nn.Module):
    """Attention from programs to the feature grid of their image (Vaswani et al. 2017, arXiv:1706.03762)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = nn.LayerNorm(config.width)
        self.query = nn.Linear(config.width, config.width)
        self.key_value = nn.Linear(config.width, 2 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.drop = nn.Dropout(config.dropout)

    def memory(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, (N, G, L, D / G) each, of features (N, L, D): made once per image."""
        key, value = self.key_value(features).chunk(2, dim=2)  # (N, L, D) each
        return split_heads(key, self.heads), split_heads(value, self.heads)

    def forward(self, x: Tensor, memory: tuple[Tensor, Tensor]) -> Tensor:
        """x (N, M, D), and what it reads from the memory of its image."""
        query = split_heads(self.query(self.norm(x)), self.heads)  # (N, G, M, D / G)
        read = F.scaled_dot_product_attention(query, *memory)  # (N, G, M, D / G)
        added: Tensor = self.drop(self.out(read.transpose(1, 2).flatten(2)))  # (N, M, D)
        return x + added


class Mlp(nn.Module):
    """x + two linear maps with a GELU between, four times as wide inside."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.wide = nn.Linear(config.width, 4 * config.width)
        self.out = nn.Linear(4 * config.width, config.width)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.drop(self.out(F.gelu(self.wide(self.norm(x)))))  # (N, M, D)
        return x + added
