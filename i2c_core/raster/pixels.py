"""What renderers return, brought to uint8 (C, H, W) or refused. Legend: N programs, C channels, H W pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.images import recolour
from i2c_core.raster.contract import Array, is_tensor


class NoPicture(Exception):
    """What a renderer returned is not the picture that was asked for: `found` and `expected`, both for people."""

    def __init__(self, found: str, expected: str) -> None:
        self.found, self.expected = found, expected
        super().__init__(f"{found}, expected {expected}")


def as_pixels(result: Any, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What a renderer of one program returned, as uint8 (C, H, W).

    Takes a Pillow image, or an array (H, W), (H, W, C) or (C, H, W), in this order where a shape could be two of
    them, of uint8, bool, or floats from 0 to 1. Grey serves a family with colours. Raises `NoPicture`.
    """
    height, width = size
    if hasattr(result, "getbands") and hasattr(result, "convert"):  # a Pillow image
        result = _from_pillow(result, channels)
    elif is_tensor(result):
        result = result.detach().cpu().numpy()
    elif not isinstance(result, np.ndarray):
        expected = "an array or a Pillow image"
        raise NoPicture("nothing" if result is None else f"an object of type {type(result).__name__}", expected)
    shapes = {
        (height, width),
        (height, width, channels),
        (height, width, 1),
        (channels, height, width),
        (1, height, width),
    }
    if result.shape not in shapes:
        raise NoPicture(f"an array of shape {result.shape}", f"({channels}, {height}, {width})")
    pixels: NDArray[np.uint8] = as_uint8(result)
    if pixels.ndim == 2:
        pixels = pixels[None]
    elif pixels.shape[:2] == (height, width) and pixels.shape[2] in (1, channels):
        pixels = pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(recolour(pixels, channels))


def as_batch(result: Array, channels: int, size: tuple[int, int], ids: Array) -> Array:
    """What a batched renderer returned for tokens (N, T), as uint8 (N, C, H, W). Raises `NoPicture`.

    It must be in the library and on the device of `ids`.
    """
    require_beside(result, ids)
    expected = (len(ids), channels, *size)
    if tuple(result.shape) != expected:
        raise NoPicture(f"an array of shape {tuple(result.shape)}", str(expected))
    return as_uint8(result)


def require_beside(result: Array, ids: Array) -> None:
    """Raise `NoPicture` where an array is not in the library and on the device of `ids`."""
    if not is_tensor(result) and not isinstance(result, np.ndarray):
        found = "nothing" if result is None else f"an object of type {type(result).__name__}"
        raise NoPicture(found, "an array")
    if _place(result) != _place(ids):
        raise NoPicture(_place(result), f"{_place(ids)} as its tokens are")


def _place(array: Array) -> str:
    return f"a torch tensor on {array.device}" if is_tensor(array) else "a NumPy array"


def as_uint8(array: Array) -> Array:
    """Pixels as uint8: bool is 0 or 255, floats from 0 to 1 become round(255 x). Raises `NoPicture`."""
    expected = "uint8, or floats from 0 to 1"
    name = str(array.dtype).removeprefix("torch.")
    if name == "uint8":
        return array
    if name == "bool":
        return array * np.uint8(255) if isinstance(array, np.ndarray) else array.byte() * 255
    if not name.startswith(("float", "bfloat")):
        raise NoPicture(name, expected)
    if min(array.shape, default=1) > 0:
        low, high = float(array.min()), float(array.max())
        if not 0 <= low <= high <= 1:  # NaN too
            raise NoPicture(f"floats from {low:g} to {high:g}", expected)
    if isinstance(array, np.ndarray):
        return np.rint(array.astype(np.float32, copy=False) * np.float32(255)).astype(np.uint8)
    return (array.float() * 255).round().byte()


def _from_pillow(image: Any, channels: int) -> NDArray[Any]:
    if "A" in image.getbands() or "transparency" in image.info:  # transparent paper is white
        from PIL import Image

        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("L" if channels == 1 else "RGB"))
