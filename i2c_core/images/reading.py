"""One picture from whatever holds it.

Legend: C channels (1 grey, 3 colour), H W pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2c_core.images.arrays import flatten, from_array
from i2c_core.images.documents import open_document
from i2c_core.images.finding import image_bytes
from i2c_core.images.frames import Frame
from i2c_core.images.pictures import decode
from i2c_core.images.scaling import recolour

Source = Any  # a path, "-", bytes, a frame of a file, a Pillow image, an array or a tensor


def read_image(source: Source, channels: int, invert: bool | None = None) -> NDArray[np.uint8]:
    """Read one picture.

    Args:
        source: a path (`-` is standard input); the bytes of a file; a `Frame`; a Pillow image; an array (H, W),
            (H, W, C) or (C, H, W) with one to four channels, the second and fourth being opacity, of uint8, uint16,
            bool, or floats from 0 to 1. A shape that could be both is (H, W, C) for NumPy and (C, H, W) for torch. Of
            a file with several pictures the first counts; EXIF orientation is applied.
        channels: 1 turns colours into their brightness, 3 repeats grey.
        invert: True turns black into white and white into black; False lays transparent pictures on white, whatever
            their ink; None does neither.

    Returns:
        (C, H, W) uint8. Raises `ImageError`.
    """
    if isinstance(source, Frame):
        array = source.pixels()
    elif isinstance(source, Image.Image):
        array = decode(source, "the image")
    elif isinstance(source, bytes | bytearray | memoryview):
        array = _first(bytes(source), "the image data")
    elif isinstance(source, str | Path):
        array = _first(image_bytes(source), "standard input" if str(source) == "-" else str(source))
    else:
        array = from_array(source)
    pixels = recolour(flatten(array, invert).transpose(2, 0, 1), channels)
    return np.ascontiguousarray(255 - pixels if invert else pixels)


def _first(content: bytes, name: str) -> NDArray[np.uint8]:
    """(H, W, 1 to 4) of the first picture of a file."""
    return open_document(content, name).pixels(0, name)
