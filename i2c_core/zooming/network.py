"""The network that zooms: which symbol stands at the root of what a rectangle shows.

It sees the rectangle alone, in cells; beside it the whole picture in fewer cells, and a map of where the rectangle is
in it. Each cell has its mean and its spread. It is told the type of the node and the argument that it is.

Legend: M nodes, C channels, P cells of a rectangle's side, Q = P / 2 of the whole picture's, V tokens, Y types,
R roles, D width.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from i2c_core.errors import ConfigError
from i2c_core.model.convolutions import Block, convolution
from i2c_core.zooming.areas import Areas, coarser, mean_and_spread, place_map

COARSEST = 4  # cells a side behind the convolutions; P is a multiple of it
AT_ONCE = 2048  # nodes whose cells are summed up at a time: 60 MB


@dataclass(frozen=True)
class NetworkConfig:
    """The numbers of a network.

    Attributes:
        vocabulary: V.
        types, roles: Y and R.
        cells: P.
        channels: of the first map; deeper ones have two and four times as many.
        blocks: residual blocks of the last map.
        width: D.
        image: (C, H, W) of the pictures that training shows; others may have any size.
        max_tokens: of the programs that training shows; others may be longer.
    """

    vocabulary: int
    types: int
    roles: int
    cells: int = 16
    channels: int = 16
    blocks: int = 1
    width: int = 64
    image: tuple[int, int, int] = (1, 32, 32)
    max_tokens: int = 31

    def __post_init__(self) -> None:
        if self.cells < 2 * COARSEST or self.cells % COARSEST:
            fact = f"a rectangle of {self.cells}x{self.cells} cells was asked for"
            raise ConfigError(fact, f"set model.crop to a multiple of {COARSEST}, {2 * COARSEST} or more")

    def to_dict(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        """The inverse of `to_dict`; raises TypeError for names that it does not know."""
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**known)


@dataclass(frozen=True, eq=False)
class View:
    """What is seen of M nodes.

    Attributes:
        cells: (U, 2C, P, P) of rectangles; those of one colour are seen once.
        which: (M,) the one of them that each node sees.
        around: (M, 2C + 1, Q, Q) the whole picture and the map.
    """

    cells: Tensor
    which: Tensor
    around: Tensor

    def to(self, device: torch.device) -> View:
        """The same on a device."""
        return View(self.cells.to(device), self.which.to(device), self.around.to(device))


def view(areas: Areas, picture: Tensor, where: Tensor, cells: int, alone: Tensor | None = None) -> View:
    """What the network sees of M nodes.

    A rectangle narrower than a cell of the map, which could not say where it is, is seen as a picture of its own. So
    what the network sees does not depend on how deep in a program it is.

    Args:
        areas: the sums of the pictures.
        picture: (M,) which picture a node is of.
        where: (M, 4) its rectangle in pixels.
        cells: P.
        alone: (M,) more nodes to see as pictures of their own, or None.
    """
    size, device = areas.size, where.device
    extent = (where[:, 2:] - where[:, :2]) * (cells // 2)  # (M, 2)
    narrow = (extent < torch.tensor([size[1], size[0]], device=device)).any(1)  # (M,)
    alone = narrow if alone is None else alone | narrow
    kept, which = seen_once(*areas.colours(picture, where))  # (U,), (M,)
    parts = [slice(first, first + AT_ONCE) for first in range(0, len(kept), AT_ONCE)] or [slice(0)]
    own = torch.cat([areas.moments(picture[kept[part]], where[kept[part]], cells) for part in parts])  # (U, 2C, P, P)
    apart = alone[:, None, None, None]
    context = torch.where(apart, coarser(own, cells // 2)[which], areas.whole(cells // 2)[picture])  # (M, 2C, Q, Q)
    shown = place_map(where, size, cells // 2).masked_fill(apart, 1.0)  # (M, 1, Q, Q)
    return View(mean_and_spread(own), which, torch.cat([mean_and_spread(context), shown], 1))


def seen_once(flat: Tensor, colour: Tensor) -> tuple[Tensor, Tensor]:
    """The rows (U,) that are not flat and one of each colour of those that are, and of each row which it is (M,)."""
    rows = torch.arange(len(flat), device=flat.device)
    code = torch.zeros_like(rows)
    for channel in colour.unbind(1):
        code = code * 256 + channel
    code = torch.where(flat, code - (1 << 24), rows)  # (M,), below zero where flat
    kinds, which = torch.unique(code, return_inverse=True)
    # Of equal rows any may be kept; the last one, so that it is the same one on every device.
    kept = torch.full_like(kinds, -1).scatter_reduce_(0, which, rows, "amax")
    return kept, which


class ZoomNetwork(nn.Module):
    """Logits of the root symbol of M nodes."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        c, colours = config.channels, 2 * config.image[0]
        layers: list[nn.Module] = [convolution(colours, c), nn.ReLU()]
        side, channels = config.cells, c
        while side > COARSEST and side % 2 == 0:
            wider = min(2 * channels, 4 * c)
            layers += [convolution(channels, wider, 3, 2), nn.ReLU()]
            side, channels = side // 2, wider
        layers += [Block(channels) for _ in range(config.blocks)]
        self.inside = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * side * side, config.width))
        around, wide = (colours + 1) * (config.cells // 2) ** 2, 2 * config.width
        self.around = nn.Sequential(nn.Flatten(), nn.Linear(around, wide), nn.ReLU(), nn.Linear(wide, config.width))
        self.typed = nn.Embedding(config.types, config.width)
        self.placed = nn.Embedding(config.roles, config.width)
        self.head = nn.Sequential(
            nn.ReLU(), nn.Linear(config.width, config.width), nn.ReLU(), nn.Linear(config.width, config.vocabulary)
        )

    def forward(self, seen: View, type_: Tensor, role: Tensor) -> Tensor:
        """Logits (M, V) of what `view` shows; `type_` and `role` are (M,)."""
        found = self.inside(2 * seen.cells - 1)[seen.which] + self.around(2 * seen.around - 1)
        logits: Tensor = self.head(found + self.typed(type_) + self.placed(role))
        return logits


def fused(network: ZoomNetwork) -> ZoomNetwork:
    """The network, in evaluation mode, with each batch norm made a part of the convolution before it."""
    for part in network.eval().modules():
        if isinstance(part, nn.Sequential) and len(part) == 2:
            conv, norm = part
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                part[0], part[1] = nn.utils.fuse_conv_bn_eval(conv, norm), nn.Identity()
    return network
