"""Files of pictures: what holds one picture or several is opened, counted, and decoded one by one.

A document keeps the bytes of its file, not its pictures: a frame of it costs memory only while it is looked at. Frames
of an animation are built on one another; those asked for in order are decoded once each.
Legend: H W pixels.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from i2c_core.errors import ImageError
from i2c_core.images import limits
from i2c_core.images.containers import check_avif, check_gif, count_gif, is_heif, is_pdf, open_heif
from i2c_core.images.limits import AGAIN, READABLE, check_animation, check_frames, damaged
from i2c_core.images.pages import Pages
from i2c_core.images.pictures import ANIMATED, decode, quietly, without_pillow_limit

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")  # AVIF came with Pillow 11.3
_SUBFILE, _REDUCED, _MASK = 254, 1, 4  # a TIFF page that is a smaller copy or a mask of another: TIFF 6.0, page 36


class Document(Protocol):
    """A file that holds pictures."""

    def count(self) -> int:
        """How many; raises `ImageError` where there are too many."""

    def pixels(self, index: int, name: str) -> NDArray[np.uint8]:
        """(H, W, 1 to 4) of picture `index` from 0; raises `ImageError`, which calls the picture by `name`."""


def open_document(content: bytes, name: str) -> Document:
    """What the bytes of a file are.

    Raises:
        ImageError: empty, too large, of an unknown kind, damaged from the start, or of a kind whose reader is missing.
    """
    if not content:
        raise ImageError(f"{name} is empty", READABLE)
    if len(content) > limits.MOST_BYTES:
        raise ImageError(f"{name} has more than {limits.MOST_BYTES // 10**6:,} MB", "make it smaller")
    check_gif(content, limits.MOST_FRAMES + 1, name)
    try:
        return Pictures(content, name, partial(_open_picture, content))
    except UnidentifiedImageError:
        pass
    except Exception as error:  # Pillow's readers raise many kinds for broken headers
        raise damaged(name, error) from None
    if is_pdf(content):
        return Pages(content, name)
    check_avif(content, name)
    if is_heif(content):
        return Pictures(content, name, partial(open_heif, content, name))
    raise ImageError(f"{name} is not an image that can be read", READABLE)


class Pictures:
    """A file that Pillow or a plugin of it reads."""

    def __init__(self, content: bytes, name: str, opener: Callable[[], Image.Image]) -> None:
        self._content = content
        self._name = name
        self._opener = opener
        self._image: Image.Image | None = opener()
        self._kind = self._image.format or ""
        self._places = [self._image.tell()]  # by index; more once they are counted
        self._torn = sys.maxsize  # where an animation breaks off
        self._lock = threading.Lock()  # a Pillow image has a cursor

    def count(self) -> int:
        """How many pictures the file holds, without decoding them."""
        with self._lock, quietly():
            image = self._image or self._opener()
            if self._kind == "GIF":
                places = list(range(count_gif(self._content, limits.MOST_FRAMES + 1)))
            elif self._kind == "TIFF":
                places = _pages(self._opener(), limits.MOST_FRAMES + 1)
            elif self._kind in (*ANIMATED, "HEIF"):
                check_frames(getattr(image, "n_frames", 1), self._name)
                places = list(range(getattr(image, "n_frames", 1)))
            else:  # of a JPEG, whose further pictures are thumbnails and maps of depth
                places = self._places
            check_frames(len(places), self._name)
            if self._kind in ANIMATED:
                check_animation(len(places), image.height, image.width, self._name)
            first = self._places[0]
            self._places = [first, *(place for place in places if place != first)]
            return len(self._places)

    def pixels(self, index: int, name: str) -> NDArray[np.uint8]:
        """(H, W, 1 to 4) of one of them."""
        with self._lock:
            place = self._places[index]
            if place > self._torn:
                raise ImageError(f"{name} is damaged: it follows picture {self._torn + 1}, which is", AGAIN)
            image, self._image = self._image, None
            if image is None or image.tell() > place:  # Pillow winds some animations back wrongly
                image = self._opener()
            try:
                array = decode(image, name, place)
            except ImageError:
                if self._kind in ANIMATED:
                    self._torn = min(self._torn, place)
                raise
            if len(self._places) > 1:  # else a decoded picture would be kept
                self._image = image
            return array


def _pages(image: Image.Image, most: int) -> list[int]:
    """The pages of a TIFF file that are no smaller copies or masks of others, `most` at the most.

    A page that cannot be found is one of them, so that reading it tells what is wrong; none is looked for after it.
    Where the file has `most` pages of any kind, no more are looked for.
    """
    pages = [0]
    for place in range(1, most):
        try:
            image.seek(place)
            kind = int(image.tag_v2.get(_SUBFILE, 0))  # type: ignore[attr-defined]
        except EOFError:
            return pages
        except Exception:  # Pillow's readers raise many kinds
            return [*pages, place]
        if not kind & (_REDUCED | _MASK):
            pages.append(place)
    return list(range(most))


def _open_picture(content: bytes) -> Image.Image:
    Image.init()
    formats = [kind for kind in _FORMATS if kind in Image.OPEN]
    with quietly(), without_pillow_limit():
        return Image.open(io.BytesIO(content), formats=formats)
