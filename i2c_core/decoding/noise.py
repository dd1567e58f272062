"""Randomness that belongs to an image, not to its place in a batch.

The number that picks token t of sample k of an image is a pure function of (seed, pixels of the image, k, t), so that
an image decodes alone as it does in any batch, on any device. Two equal images in one batch get the same samples.

Legend: N images, K samples an image, R = N * K rows.
"""

from __future__ import annotations

import torch
from torch import Tensor

_GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15 as int64, and the constants of splitmix64:
_FIRST = -4658895280553007687  # 0xBF58476D1CE4E5B9 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195)
_SECOND = -7723592293110705685  # 0x94D049BB133111EB


def mix(x: Tensor) -> Tensor:
    """The finaliser of splitmix64, on int64 tensors that wrap around; a bijection."""
    x = (x ^ _right(x, 30)) * _FIRST
    x = (x ^ _right(x, 27)) * _SECOND
    return x ^ _right(x, 31)


def image_keys(images: Tensor, seed: int) -> Tensor:
    """(N,) int64, a key for each image (N, C, H, W) in [0, 1], from the seed and its pixels at 8 bits."""
    pixels = (images.detach().float().flatten(1) * 255).round().to(torch.int64)  # (N, C * H * W)
    place = torch.arange(1, pixels.shape[1] + 1, device=images.device)
    content = (pixels * (mix(place * _GOLDEN) | 1)).sum(1)  # (N,), exact in any order: integers wrap
    return mix(content + mix(content.new_full((), _wrap(seed)) + _GOLDEN))


def row_keys(keys: Tensor, samples: int) -> Tensor:
    """(R,) int64, a key for each of `samples` rows of each image, from `image_keys` (N,)."""
    sample = torch.arange(1, samples + 1, device=keys.device)
    return mix(keys.unsqueeze(1) + sample * _GOLDEN).flatten()


def uniform(rows: Tensor, step: int) -> Tensor:
    """(R,) float64 in [0, 1), the numbers of one step, from `row_keys` (R,)."""
    bits = _right(mix(rows + _wrap((step + 1) * _GOLDEN)), 11)  # (R,), 53 of them
    return bits.to(torch.float64) * 2.0**-53


def gumbels(nodes: Tensor, count: int) -> Tensor:
    """(R, count) float64, independent standard Gumbel numbers at each of `nodes` (R,), keys as of `descend`."""
    child = torch.arange(1, count + 1, device=nodes.device)
    bits = _right(mix(nodes.unsqueeze(1) + child * _GOLDEN), 12)  # (R, count), 52 of them
    u = (bits.to(torch.float64) + 0.5) * 2.0**-52  # neither 0 nor 1
    return -(-u.log()).log()


def descend(nodes: Tensor, token: Tensor) -> Tensor:
    """(R,) int64, the keys of the nodes that `token` (R,) leads to from `nodes` (R,): a function of the whole path."""
    return mix(mix(nodes) ^ mix((token + 1) * _SECOND))


def _right(x: Tensor, by: int) -> Tensor:
    """A shift to the right that brings in zeros."""
    return (x >> by) & ((1 << (64 - by)) - 1)


def _wrap(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)
