"""The network that says of every placement whether it is drawn, looking along its strokes.

A pyramid of convolutions makes a map of features from the image and the canvas, the clean drawing of what is believed
so far. Each placement gathers features at its probes, and a small network for each symbol says which variant it is, or
none. As detectors of line segments pool along lines (Zhou, Qi and Ma, "End-to-end wireframe parsing", ICCV 2019).

Legend: N images, M placements, K probes, C features, W variants, H W pixels.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2c_core.items.catalogue import PROBES, Catalogue
from i2c_core.items.screening import Screened
from i2c_core.model.convolutions import Block, convolution

FINE = 24  # features at a quarter of the size


@dataclass(frozen=True)
class NetworkConfig:
    """The numbers of the network.

    Attributes:
        size: height and width of its images in pixels, multiples of 32.
        channels: of the features at an eighth of the size; coarser ones have twice and three times as many.
        blocks: residual blocks at each size.
        probe: features gathered at a probe, of the coarse map and of the fine one.
        hidden: width of the networks of the symbols.
        max_tokens: of a program; the network itself has no such bound.
    """

    size: tuple[int, int] = (256, 256)
    channels: int = 32
    blocks: int = 2
    probe: tuple[int, int] = (24, 12)
    hidden: int = 96
    max_tokens: int = 256

    @property
    def image(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return (1, *self.size)

    def to_dict(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**known)


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[Block(channels) for _ in range(count)])


class ItemNetwork(nn.Module):
    """Scores of placements, given an image and the canvas."""

    def __init__(self, config: NetworkConfig, catalogue: Catalogue) -> None:
        super().__init__()
        self.config = config
        c, n = config.channels, config.blocks
        self.stem = nn.Sequential(convolution(8, 16, 3, 2), nn.ReLU(), convolution(16, FINE), nn.ReLU())
        self.enter = nn.Sequential(convolution(FINE, c, 3, 2), nn.ReLU(), _blocks(c, n))
        self.down = nn.Sequential(convolution(c, 2 * c, 3, 2), nn.ReLU(), _blocks(2 * c, n))
        self.deep = nn.Sequential(convolution(2 * c, 3 * c, 3, 2), nn.ReLU(), _blocks(3 * c, n))
        self.up_deep, self.up = convolution(3 * c, 2 * c, 1), convolution(2 * c, c, 1)
        self.middle, self.out = _blocks(2 * c, 1), _blocks(c, 1)
        coarse, fine = config.probe
        self.coarse, self.fine = nn.Conv2d(c, coarse, 1), nn.Conv2d(FINE, fine, 1)
        probe = PROBES * (coarse + fine)
        states = 1 + catalogue.most_variants  # what the canvas has in a placement: nothing, or one of its variants
        self.look = nn.ModuleList(nn.Linear(probe, config.hidden) for _ in catalogue.kinds)
        self.know = nn.ModuleList(nn.Linear(states + 4, config.hidden) for _ in catalogue.kinds)
        self.think = nn.ModuleList(
            nn.Sequential(nn.ReLU(), nn.Linear(config.hidden, config.hidden), nn.ReLU()) for _ in catalogue.kinds
        )
        self.say = nn.ModuleList(nn.Linear(config.hidden, 1 + k.variants) for k in catalogue.kinds)
        self.states, self.variants = states, tuple(k.variants for k in catalogue.kinds)
        self.probes: Tensor
        self.kind: Tensor
        self.facts: Tensor
        self.register_buffer("probes", catalogue.probes, persistent=False)  # (P, K, 2)
        self.register_buffer("kind", torch.from_numpy(catalogue.kind), persistent=False)  # (P,)
        facts = torch.cat((catalogue.size / 4, (1 + catalogue.size).log()), 1)
        self.register_buffer("facts", facts, persistent=False)  # (P, 4)
        for module in self.say:
            assert isinstance(module, nn.Linear)
            nn.init.zeros_(module.weight)
            nn.init.constant_(module.bias, 0.0)
            nn.init.constant_(module.bias[:1], 3.0)  # most placements are not drawn

    def features(self, ink: Tensor, canvas: Tensor) -> tuple[Tensor, Tensor]:
        """Maps of features of images and canvases (N, H, W): (N, C, H/8, W/8) and (N, C', H/4, W/4)."""
        top = ink.flatten(1).amax(1).clamp(min=0.1)[:, None, None]
        both = torch.stack((ink / top, canvas), 1)  # (N, 2, H, W)
        fine = self.stem(F.pixel_unshuffle(both, 2))
        x = self.enter(fine)
        y = self.down(x)
        z = self.deep(y)
        y = self.middle(F.relu(y + F.interpolate(self.up_deep(z), scale_factor=2.0)))
        x = self.out(F.relu(x + F.interpolate(self.up(y), scale_factor=2.0)))
        return self.coarse(x), self.fine(fine)

    def forward(self, maps: tuple[Tensor, Tensor], asked: Screened, state: Tensor) -> Tensor:
        """Logits (M, 1 + W) of placements: first that nothing is drawn there, then each variant; -inf beyond a kind's.

        Args:
            maps: what `features` gave.
            asked: M placements of the images.
            state: (M,) int64, 0 where the canvas has nothing in that placement, else 1 + the variant that it has.
        """
        probes = self.probes[asked.placement]  # (M, K, 2)
        seen = torch.cat([_sample(m, asked.image, probes) for m in maps], 2).flatten(1)  # (M, K * (C + C'))
        known = torch.cat((F.one_hot(state, self.states).to(seen.dtype), self.facts[asked.placement].to(seen.dtype)), 1)
        kind = self.kind[asked.placement]  # (M,)
        found = torch.full((len(asked), 1 + max(self.variants)), -torch.inf, device=seen.device)
        for number in range(len(self.variants)):
            rows = (kind == number).nonzero()[:, 0]
            hidden = self.think[number](self.look[number](seen[rows]) + self.know[number](known[rows]))
            logits = self.say[number](hidden).float()
            wide = F.pad(logits, (0, found.shape[1] - logits.shape[1]), value=-torch.inf)
            found = found.index_copy(0, rows, wide)
        return found


def _sample(features: Tensor, image: Tensor, probes: Tensor) -> Tensor:
    """(M, K, C) features (N, C, H, W) of images (M,) at points (M, K, 2) in shares of the picture, bilinear."""
    _, channels, height, width = features.shape
    table = features.permute(0, 2, 3, 1).reshape(-1, channels)  # (N * H * W, C)
    x = (probes[..., 0] * width - 0.5).clamp(0, width - 1)  # (M, K)
    y = (probes[..., 1] * height - 0.5).clamp(0, height - 1)
    left, top = x.floor().clamp(max=width - 2), y.floor().clamp(max=height - 2)
    dx, dy = x - left, y - top
    corner = (image[:, None] * height + top.long()) * width + left.long()  # (M, K)
    index = torch.stack((corner, corner + 1, corner + width, corner + width + 1), 2)  # (M, K, 4)
    weight = torch.stack(((1 - dx) * (1 - dy), dx * (1 - dy), (1 - dx) * dy, dx * dy), 2)
    found = F.embedding_bag(index.view(-1, 4), table.float(), mode="sum", per_sample_weights=weight.view(-1, 4).float())
    return found.view(*probes.shape[:2], channels).to(features.dtype)
