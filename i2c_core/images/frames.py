"""The pictures of one file, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from i2c_core.images.documents import Document, open_document
from i2c_core.images.finding import image_bytes


@dataclass(frozen=True)
class Frame:
    """One picture of a file, which `read_image` and readers take as they take a path.

    It keeps the bytes of its file, which its neighbours share, and is decoded whenever it is read.

    Attributes:
        name: the file's, or "scan.tif#2" where the file holds several.
        file: the file's.
        number: from 1.
        several: whether the file holds more than one.
    """

    name: str
    file: str
    number: int
    several: bool
    document: Document = field(repr=False, compare=False)

    def pixels(self) -> NDArray[np.uint8]:
        """(H, W, 1 to 4), upright: grey, grey and opacity, colours, or colours and opacity; raises `ImageError`."""
        return self.document.pixels(self.number - 1, self.name)


def frames_of(source: str | Path | bytes, name: str | None = None) -> Iterator[Frame]:
    """The pictures of a file: the pages of a TIFF or PDF, the frames of an animation, else the one there is.

    Pages of a TIFF that are smaller copies or masks of others are left out, as are the thumbnails of photographs. A
    frame that is damaged is among them, and tells it when it is read.

    Args:
        source: a path (`-` is standard input), or the bytes of a file.
        name: what answers and errors call the file; its path, where it has one.

    Raises:
        ImageError: when the first is asked for: the file cannot be read at all, or holds too much.
    """
    if isinstance(source, bytes):
        content, called = source, "the image data"
    else:
        content, called = image_bytes(source), "standard input" if str(source) == "-" else str(source)
    file = called if name is None else name
    document = open_document(content, file)
    count = document.count()
    for number in range(1, count + 1):
        yield Frame(f"{file}#{number}" if count > 1 else file, file, number, count > 1, document)
