"""What a proposer may look at. Legend: B images, C channels, H and W rows and columns of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Observation:
    """B images to read, and what else is known about each of them.

    Attributes:
        image: (B, C, H, W) in [0, 1], the inputs.
        channels: further ones by name, (B, ...) each, such as the canvas drawn so far; a network takes those that it
            knows.

    Raises:
        ValueError: a channel has not as many rows as there are images.

    >>> seen = Observation(torch.zeros(3, 1, 8, 8), {"canvas": torch.ones(3, 1, 8, 8)})
    >>> len(seen.select(slice(2)).channels["canvas"])
    2
    """

    image: Tensor
    channels: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, channel in self.channels.items():
            if len(channel) != len(self.image):
                raise ValueError(f"channel {name!r} has {len(channel)} rows, expected {len(self.image)}")

    def __len__(self) -> int:
        return len(self.image)

    def select(self, index: slice | Tensor | list[int]) -> Observation:
        """Those of the images at `index`."""
        return Observation(self.image[index], {name: channel[index] for name, channel in self.channels.items()})

    def to(self, device: torch.device | str) -> Observation:
        """The same on a device."""
        return Observation(self.image.to(device), {name: c.to(device) for name, c in self.channels.items()})
