"""The encoder: images to a grid of features that the decoder attends to.

Shape legend: N images, C channels, H and W rows and columns, D width, L = h * w cells of the feature grid,
E channels of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2c_core.model.config import ModelConfig

COARSEST = 12  # a side is halved until it is at most this: 32 -> 8, 48 -> 12, 64 -> 8, 100 -> 7, 128 -> 8


@dataclass(frozen=True, slots=True)
class Features:
    """What the decoder sees of N images: features (N, L, D) of cells, and the images (N, C, H, W) in [0, 1]."""

    cells: Tensor
    images: Tensor


class ConvEncoder(nn.Module):
    """A convolutional residual network (He et al. 2016, arXiv:1512.03385), each grid cell with its position.

    Every side is halved by its own strides until it is at most 12 cells long, so that the grid, and with it
    the cost of attention, stays near 8 x 8 for any image.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels, *sides = config.image
        stages: list[nn.Module] = []
        while not stages or max(sides) > COARSEST:
            strides = (2 if sides[0] > COARSEST else 1, 2 if sides[1] > COARSEST else 1)
            wider = 2 * config.channels if stages else config.channels
            stages += [nn.Conv2d(channels, wider, 3, strides, padding=1), nn.GELU()]
            channels, sides = wider, [-(-side // stride) for side, stride in zip(sides, strides, strict=True)]
        stages += [ResidualBlock(channels) for _ in range(config.blocks)]
        self.stages = nn.Sequential(*stages)
        self.project = nn.Linear(channels, config.width)
        self.rows = nn.Parameter(0.02 * torch.randn(sides[0], 1, config.width))
        self.columns = nn.Parameter(0.02 * torch.randn(1, sides[1], config.width))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, images: Tensor) -> Features:
        """Encode images (N, C, H, W) in [0, 1]."""
        grid = self.stages(2 * images - 1)  # (N, E, h, w)
        cells = self.project(grid.flatten(2).transpose(1, 2))  # (N, L, D)
        positions = (self.rows + self.columns).flatten(0, 1)  # (L, D)
        return Features(self.norm(cells + positions), images)


class ResidualBlock(nn.Module):
    """x + conv(gelu(norm(conv(gelu(norm(x)))))): pre-activation, He et al. 2016 (arXiv:1603.05027)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm_in = nn.GroupNorm(1, channels)
        self.conv_in = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm_out = nn.GroupNorm(1, channels)
        self.conv_out = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv_in(F.gelu(self.norm_in(x)))  # (N, E, h, w)
        residue: Tensor = self.conv_out(F.gelu(self.norm_out(inner)))  # (N, E, h, w)
        return x + residue
