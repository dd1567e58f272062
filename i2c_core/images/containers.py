"""Kinds of files by their first bytes, and what Pillow alone does not do with them."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from itertools import islice

from PIL import Image, features

from i2c_core.errors import ImageError
from i2c_core.images.limits import AGAIN, check_size, damaged

EXTRA = 'pip install "images-to-code[images]"'
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")  # ISO/IEC 23008-12
_GIF_BLOCK = re.compile(rb"[,!]")
_PDF_HEADER = 1024  # bytes in which "%PDF-" must stand: PDF 1.7, appendix H.3.4.1


def is_pdf(content: bytes) -> bool:
    """Whether the bytes are a PDF file's."""
    return b"%PDF-" in content[:_PDF_HEADER]


def is_heif(content: bytes) -> bool:
    """Whether the bytes are a HEIC or HEIF file's."""
    return content[4:8] == b"ftyp" and content[8:12] in _HEIF


def check_avif(content: bytes, name: str) -> None:
    """Raise `ImageError` about an AVIF file, which Pillow could not open."""
    if content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis"):
        if "AVIF" not in Image.OPEN or not features.check("avif"):
            raise ImageError(f"{name} needs Pillow 11.3 or newer", "pip install --upgrade pillow")
        raise ImageError(f"{name} is damaged: its pictures cannot be found", AGAIN)


def open_heif(content: bytes, name: str) -> Image.Image:
    """A HEIC or HEIF file; nothing is registered with Pillow, which is everybody's.

    Raises:
        ImageError: damaged, or pillow-heif is missing.
    """
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise ImageError(f"{name} needs pillow-heif, which is not installed", EXTRA) from None
    try:
        image: Image.Image = HeifImageFile(io.BytesIO(content))  # type: ignore[no-untyped-call]
    except Exception as error:  # libheif's errors come as many kinds
        raise damaged(name, error) from None
    return image


def count_gif(content: bytes, most: int) -> int:
    """How many frames a GIF file has, `most` at the most, without decoding any; at least 1.

    A file that breaks off has those that were begun.
    """
    return max(1, sum(1 for _ in islice(_gif_frames(content), most)))


def check_gif(content: bytes, most: int, name: str) -> None:
    """Raise `ImageError` where one of the first `most` frames lies beyond the limits: Pillow makes room for each."""
    for right, bottom in islice(_gif_frames(content, past_rubbish=True), most):
        if right and bottom:
            check_size(bottom, right, name)


def _gif_frames(content: bytes, *, past_rubbish: bool = False) -> Iterator[tuple[int, int]]:
    """Where each frame ends on the canvas, to the right and below; zeros where the file breaks off in it.

    Blocks as in the GIF89a specification, sections 18 to 26.
    """

    def past_table(flags: int) -> int:  # bytes of a table of colours
        return 3 << (flags & 7) + 1 if flags & 0x80 else 0

    if content[:3] != b"GIF" or len(content) < 13:
        return
    at = 13 + past_table(content[10])
    while at < len(content):
        kind = content[at]
        if kind == 0x2C:  # a frame: its place and size, colours, the depth of its codes
            if at + 9 >= len(content):
                yield 0, 0
                return
            left, top, width, height = struct.unpack_from("<HHHH", content, at + 1)
            yield left + width, top + height
            at += 11 + past_table(content[at + 9])
        elif kind == 0x21:  # an extension and what sort of
            at += 2
        elif past_rubbish and (block := _GIF_BLOCK.search(content, at)):  # as Pillow looks for its first frame
            at = block.start()
            continue
        else:  # the trailer, or rubbish, after which Pillow too finds no more
            return
        while at < len(content) and content[at]:  # parts with their lengths
            at += content[at] + 1
        at += 1
