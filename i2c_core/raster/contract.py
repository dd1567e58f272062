"""What renderers get, give and raise.

Legend: N programs, T tokens, V tokens of the vocabulary, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.vocabulary import Vocabulary

if TYPE_CHECKING:
    from PIL.Image import Image

Array = Any  # a NumPy array or a torch tensor


class Undefined(Exception):
    """Raised by a renderer of one program, or of one symbol, to say that a program has no picture."""


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Whole programs, as a batched renderer gets them.

    Attributes:
        ids: (N, T) integers, prefix order, V behind the end; NumPy or torch.
        values: (N, T) float64, NaN for tokens without a value; of the same library and device. None where the
            vocabulary has no continuous tokens; a continuous token always has its value.
        vocabulary: what the ids mean.
    """

    ids: Array
    values: Array | None
    vocabulary: Vocabulary


@dataclass(frozen=True, eq=False)
class Pictures:
    """What programs draw.

    Attributes:
        pixels: (N, C, H, W) uint8, 0 black to 255 white.
        defined: (N,) bool; where it is not set, a program has no picture and its pixels are 0.
    """

    pixels: NDArray[np.uint8]
    defined: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pixels)


def is_tensor(array: Array) -> bool:
    """Whether an array is torch's; answers without importing torch.

    >>> is_tensor(np.zeros(3))
    False
    """
    return type(array).__module__.partition(".")[0] == "torch"


def to_png(pixels: NDArray[np.uint8]) -> Image:
    """A picture (C, H, W) uint8 as a Pillow image, ready to be saved: mode L for one channel, RGB for three."""
    from PIL import Image

    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
