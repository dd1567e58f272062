"""What renderers get, give and raise.

Legend: N programs, T tokens, V tokens of the vocabulary, n arguments asked for, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import RenderError
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
        foreign: what `picture` calls; set by the core.
        opens: (V,) bool NumPy, the tokens that may begin an argument of a foreign type; None where there are none; set
            by the core.
    """

    ids: Array
    values: Array | None
    vocabulary: Vocabulary
    foreign: Callable[[Array, Array, tuple[int, int]], Array] | None = field(default=None, repr=False)
    opens: NDArray[np.bool_] | None = field(default=None, repr=False)

    @property
    def has_foreign(self) -> bool:
        """Whether any token of the vocabulary begins an argument that another family draws."""
        return self.opens is not None

    def foreign_arguments(self) -> Array:
        """Where the outermost arguments of foreign types begin: (N, T) bool, of the library and device of `ids`."""
        from i2c_core.raster.arguments import foreign_places

        opens = np.zeros(self.vocabulary.size, bool) if self.opens is None else self.opens
        return foreign_places(self.ids, self.vocabulary.arity, opens)

    def picture(self, rows: Array, positions: Array, size: tuple[int, int]) -> Array:
        """The pictures of n arguments of foreign types, drawn by the families named in `Family.foreign`.

        Args:
            rows, positions: (n,) which programs, and the tokens in them that the arguments begin with.
            size: height and width.

        Returns:
            (n, C, H, W) uint8, of the library and device of `ids`. An argument without a picture is black, and the
            program that it is part of counts as one without a picture.

        Raises:
            RenderError: an argument of a type that is not foreign.
        """
        if self.foreign is None:
            raise RenderError("a batch made by hand has nobody to draw its arguments", "draw it with a Renderer")
        return self.foreign(rows, positions, size)


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


def on_host(array: Array) -> NDArray[Any]:
    """An array or a tensor of any device, or a sequence, as a NumPy array."""
    return array.cpu().numpy() if is_tensor(array) else np.asarray(array)


def to_png(pixels: NDArray[np.uint8]) -> Image:
    """A picture (C, H, W) uint8 as a Pillow image, ready to be saved: mode L for one channel, RGB for three."""
    from PIL import Image

    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
