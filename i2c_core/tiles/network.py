"""Two small networks that read levels: one finds the grid, in any picture; one says what each of its tiles is.

The grid is a field: at every fourth pixel the network says where in a tile it is, as points on two circles (the cosine
and sine of 2 pi times the column and the row), which is smooth where column and row number are not, and whether it is
inside a level at all. Tiles are then classified in the picture brought upright, SIDE pixels a tile, each with what is
around it.

Legend: B pictures, H W pixels, h w a quarter of them, R C rows and columns of tiles, K kinds of tiles, and one for
outside.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2c_core.model.convolutions import Block, convolution

SIDE = 16  # pixels of a tile that the classifier sees
STRIDE = 4  # pixels between two places of the field
COARSEST = 16  # sides of pictures that the field is read from are multiples of it


@dataclass(frozen=True)
class NetworkConfig:
    """The numbers of both networks.

    Attributes:
        kinds: K, of the tile set.
        channels: of the first maps; deeper ones have two and three times as many.
        blocks: residual blocks at each size.
        size: height and width in pixels of the pictures that training shows the field.
        max_tokens: of a program.
    """

    kinds: int
    channels: int = 32
    blocks: int = 2
    size: tuple[int, int] = (192, 192)
    max_tokens: int = 256

    @property
    def image(self) -> tuple[int, int, int]:
        """Channels, height and width: colours are turned into their brightness inside."""
        return (3, *self.size)

    def to_dict(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**known)


def grey_of(colours: Tensor) -> Tensor:
    """(..., 1, H, W) how light colours (..., 3, H, W) are: a yellow pen is dark beside paper, and light beside ink."""
    weights = torch.tensor([0.299, 0.587, 0.114], device=colours.device)[:, None, None]  # ITU-R BT.601
    luma = (colours * weights).sum(-3, keepdim=True)
    return (luma + colours.amin(-3, keepdim=True)) / 2


def standardised(grey: Tensor) -> Tensor:
    """(B, 1, H, W) pictures of mean 0 and spread 1, dark above light; flat ones stay flat."""
    mean = grey.mean((2, 3), keepdim=True)
    return (mean - grey) / (grey.std((2, 3), keepdim=True) + 0.03)


class _Down(nn.Sequential):
    """Half the size, then residual blocks."""

    def __init__(self, inputs: int, outputs: int, blocks: int) -> None:
        super().__init__(convolution(inputs, outputs, 3, 2), nn.ReLU(), *[Block(outputs) for _ in range(blocks)])


class FieldNetwork(nn.Module):
    """Where in a tile each place is, and whether in a level."""

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        c = channels
        self.stem = _Down(1, c // 2, 0)
        self.fine = _Down(c // 2, c, blocks // 2)
        self.middle = _Down(c, 2 * c, blocks)
        self.coarse = _Down(2 * c, 3 * c, blocks)
        self.up_coarse, self.up_middle = convolution(3 * c, 2 * c, 1), convolution(2 * c, c, 1)
        self.join_middle, self.join_fine = Block(2 * c), Block(c)
        self.head = nn.Conv2d(c, 5, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """(B, 5, h, w) cosine and sine of the column, of the row, and the logit of being inside; from (B, 1, H, W)."""
        fine = self.fine(self.stem(seen))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.join_middle(F.relu(middle + _twice(self.up_coarse(coarse))))
        fine = self.join_fine(F.relu(fine + _twice(self.up_middle(middle))))
        found: Tensor = self.head(fine)
        return found


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")


class KindNetwork(nn.Module):
    """What each tile of an upright picture is."""

    def __init__(self, channels: int, blocks: int, kinds: int) -> None:
        super().__init__()
        c = channels
        self.layers = nn.Sequential(
            _Down(1, c // 2 + c // 4, 0),
            _Down(c // 2 + c // 4, c + c // 2, blocks // 2),
            _Down(c + c // 2, 2 * c, blocks // 2),
            _Down(2 * c, 3 * c, blocks),
            nn.Conv2d(3 * c, kinds + 1, 1),
        )

    def forward(self, seen: Tensor) -> Tensor:
        """(B, K + 1, R, C) logits, the last of them of outside; from (B, 1, SIDE * R, SIDE * C)."""
        found: Tensor = self.layers(seen)
        return found


class TileNetwork(nn.Module):
    """Both networks."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.field = FieldNetwork(config.channels, config.blocks)
        self.kind = KindNetwork(config.channels, config.blocks, config.kinds)

    def fields(self, grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, h, w) complex columns and rows on the circle, and (B, h, w) the probability of inside.

        Args:
            grey: (B, 1, H, W) from 0 to 1; sides are multiples of COARSEST.
        """
        found = self.field(standardised(grey)).float()
        return torch.complex(found[:, 0], found[:, 1]), torch.complex(found[:, 2], found[:, 3]), found[:, 4].sigmoid()

    def kinds(self, grey: Tensor) -> Tensor:
        """(B, K + 1, R, C) log-probabilities, of (B, 1, SIDE * R, SIDE * C) from 0 to 1."""
        found: Tensor = self.kind(standardised(grey)).float().log_softmax(1)
        return found
