"""Pillow images as arrays, upright; and what Pillow does behind one's back is kept from users.

Legend: H W pixels.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from i2c_core.errors import ImageError
from i2c_core.images.arrays import rounded
from i2c_core.images.limits import check_size, damaged

ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")  # formats whose frames are drawn on one another, on one canvas
_LOCK = threading.Lock()
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else what it logs of broken files stands on terminals
_quiet = 0  # threads in `quietly`
_given: Any = None  # the filters of warnings before the first of them


def decode(image: Image.Image, name: str, place: int = 0) -> NDArray[np.uint8]:
    """(H, W, 1 to 4) of frame `place` of a Pillow image, upright.

    Raises:
        ImageError: too large, or damaged.
    """
    try:
        with quietly():
            if image.tell() != place:
                if image.format in ANIMATED:
                    check_size(image.height, image.width, name)  # to go to a frame is to draw those before it
                image.seek(place)
            check_size(image.height, image.width, name)
            image.load()
            with contextlib.suppress(Exception):  # broken metadata says nothing about the pixels
                image = ImageOps.exif_transpose(image)
            return _to_array(image)
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for damaged data
        raise damaged(name, error) from None


@contextmanager
def without_pillow_limit() -> Iterator[None]:
    """Our own limit is told with the size, and as an error; Pillow's is a warning that counts pixels."""
    with _LOCK:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def quietly() -> Iterator[None]:
    """No warnings: what matters is an error, the rest is about metadata.

    Filters of warnings belong to the whole process. Threads that put them back one by one could leave them off for
    ever, so that the first one in turns warnings off and the last one out turns them on.
    """
    global _quiet, _given
    with _LOCK:
        if _quiet == 0:
            _given = warnings.catch_warnings()
            _given.__enter__()
            warnings.simplefilter("ignore")
        _quiet += 1
    try:
        yield
    finally:
        with _LOCK:
            _quiet -= 1
            if _quiet == 0:
                _given.__exit__(None, None, None)


def _to_array(image: Image.Image) -> NDArray[np.uint8]:
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;"):
        values = np.asarray(image)
        high = float(values.max())
        if mode.startswith("I;"):
            high = 65535.0
        elif mode == "I":  # 8 bits in 32, as Pillow converts, or 16, unless there is more
            high = 255.0 if high <= 255 else 65535.0 if high <= 65535 else 2.0**31 - 1
        else:
            high = 1.0 if high <= 1 else max(high, 255.0)
        return rounded(np.clip(values / high, 0, 1) * 255)[..., None]
    if mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif mode in ("1", "L"):
        image = image.convert("L")
    elif mode != "RGB":
        image = image.convert("RGB")
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array
