"""Arrays and tensors as pictures, and transparent pictures on paper.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import ImageError
from i2c_core.images.limits import check_size
from i2c_core.images.scaling import BLOCK, recolour


def from_array(source: Any) -> NDArray[np.uint8]:
    """(H, W, 1 to 4) of an array or tensor."""
    tensor = hasattr(source, "detach")
    array = source.detach().cpu().numpy() if tensor else np.asarray(source)
    expected = "(H, W), (H, W, C) or (C, H, W) with 1 to 4 channels"
    if array.dtype == object:
        raise ImageError(f"an object of type {type(source).__name__}, expected an image", "pass a path, image or array")
    if array.ndim == 2:
        array = array[..., None]
    elif array.ndim == 3 and (1 <= array.shape[0] <= 4) and (tensor or not 1 <= array.shape[2] <= 4):
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4:
        raise ImageError(f"an array of shape {array.shape}, expected {expected}", "pass one picture at a time")
    check_size(array.shape[0], array.shape[1], "the array")
    if array.dtype == bool:
        return np.where(array, np.uint8(255), np.uint8(0))
    low, high = array.min(), array.max()
    if array.dtype == np.uint16:
        return rounded(array / np.float32(257))
    if np.issubdtype(array.dtype, np.floating):
        if not 0 <= low <= high <= 1:  # NaN too
            raise ImageError(
                f"an array of floats from {low:g} to {high:g}, expected 0 to 1", "divide by its largest value"
            )
        return rounded(array * np.float32(255))
    if not np.issubdtype(array.dtype, np.integer) or not 0 <= low <= high <= 255:
        fact = f"an array of {array.dtype} from {low} to {high}, expected uint8, uint16, bool or floats from 0 to 1"
        raise ImageError(fact, "convert it to one of them")
    return rounded(array)


def rounded(array: NDArray[Any]) -> NDArray[np.uint8]:
    whole: NDArray[np.uint8] = np.rint(array).astype(np.uint8)
    return whole


def flatten(array: NDArray[np.uint8], invert: bool | None) -> NDArray[np.uint8]:
    """(H, W, 1 or 3): what lies under transparent pixels is filled in."""
    if array.shape[2] in (1, 3):
        return array
    colours, opacity = array[..., :-1], array[..., -1:]
    step = max(1, BLOCK // array.shape[1])  # rows
    paper = 255
    if invert is not False:
        light, weight = 0, 0
        for y in range(0, len(array), step):
            grey = recolour(colours[y : y + step].transpose(2, 0, 1), 1)[0].astype(np.int64)
            cover = opacity[y : y + step, :, 0].astype(np.int64)
            light, weight = light + int((grey * cover).sum()), weight + int(cover.sum())
        paper = 0 if 2 * light > 255 * weight else 255
        if weight == 255 * opacity.size:
            return colours
    flat = np.empty_like(colours)
    for y in range(0, len(array), step):
        cover = opacity[y : y + step].astype(np.uint32)
        flat[y : y + step] = (colours[y : y + step] * cover + paper * (255 - cover) + 127) // 255
    return flat
