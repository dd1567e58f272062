"""The parts that networks of pictures are made of: convolutions with their norm, and residual blocks of two of them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def convolution(inputs: int, outputs: int, side: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution of `side` x `side` pixels and batch norm: (B, inputs, H, W) to (B, outputs, H / stride, ...)."""
    conv = nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs, momentum=0.03))


class Block(nn.Module):
    """Two convolutions beside what they change: (B, channels, H, W) to the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one, self.two = convolution(channels, channels), convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.two(F.relu(self.one(x))))
