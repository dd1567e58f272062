"""Encoder and decoder as one network.

Shape legend: N images, C channels, H and W rows and columns, T tokens, V vocabulary.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from i2c_core.model.config import ModelConfig
from i2c_core.model.decoder import Decoder
from i2c_core.model.encoder import ConvEncoder, Features
from i2c_core.model.numbers import NumberHead
from i2c_core.model.observation import Observation
from i2c_core.model.recurrent import RecurrentDecoder
from i2c_core.model.transformer import TransformerDecoder


class Model(nn.Module):
    """Observations to logits over the next token: `encode` makes what `decoder` starts from, step by step."""

    decoder: Decoder[Any]

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ConvEncoder(config)
        decoder = TransformerDecoder if config.decoder == "transformer" else RecurrentDecoder
        self.decoder = decoder(config)
        self.numbers = NumberHead(config) if config.values != "none" else None  # last: it changes no other weight

    def encode(self, observation: Observation) -> Features:
        """Encode the images of N observations, once for all programs decoded from them; other channels are not seen.

        Raises:
            ValueError: the images have another shape than the network was built for.
        """
        images = observation.image
        if images.dim() != 4 or tuple(images.shape[1:]) != self.config.image:
            expected = ", ".join(map(str, ("N", *self.config.image)))
            raise ValueError(f"images are {tuple(images.shape)}, expected ({expected})")
        features: Features = self.encoder(images)
        return features

    def forward(self, observation: Observation, tokens: Tensor, where: Tensor | None = None) -> Tensor:
        """The logits (N, T, V) of programs `tokens` (N, T), padded with V, for N observations.

        `where` is (N, T, 4), from `Places.replay`, or None for a network without it.
        """
        logits: Tensor = self.decoder(self.encode(observation), tokens, where)
        return logits

    def read(
        self, observation: Observation, tokens: Tensor, where: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """The logits as of `forward`, and (N, T) where in their bins numbers lie, or None without `numbers`."""
        features = self.encode(observation)
        if self.numbers is None:
            return self.decoder(features, tokens, where), None
        hidden = self.decoder.hidden(features, tokens, where)  # (N, T, D)
        return self.decoder.head(hidden), self.numbers(hidden, tokens)

    def shares(self, features: Features, tokens: Tensor, where: Tensor | None = None) -> Tensor | None:
        """Of programs `tokens` (N, T) for N encoded images, (N, T) where in their bins numbers lie, or None."""
        if self.numbers is None:
            return None
        found: Tensor = self.numbers(self.decoder.hidden(features, tokens, where), tokens)
        return found


def build(config: ModelConfig) -> Model:
    """A network of this configuration with random weights; seed torch before for the same ones again.

    >>> model = build(ModelConfig(vocabulary=5, max_tokens=15, where=True, crop=16))
    >>> sum(p.numel() for p in model.parameters()) < 2_000_000
    True
    """
    return Model(config)
