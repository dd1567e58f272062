"""Programs as PNG files.

Legend: N programs, C channels, H W pixels.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2c_core.errors import ProgramError, RenderError
from i2c_core.families import Family
from i2c_core.files import write_atomically
from i2c_core.loops import listed
from i2c_core.programs import Program
from i2c_core.raster import Renderer, to_png


def draw(family: Family, programs: Sequence[Program], size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """What programs draw, (N, C, H, W) uint8, at (H, W) = `size` or the family's own size.

    Raises:
        RenderError: a program has no picture, or the family cannot draw at this size.
    """
    if size is not None and size != family.size and not family.any_size:
        own = f"{family.size[1]}x{family.size[0]}"
        fact = f"pictures of {size[1]}x{size[0]} were asked for, {family.name} draws {own} only"
        raise RenderError(fact, "leave the size out")
    with Renderer(family) as renderer:
        pictures = renderer.render_programs(programs, size)
    for program, defined in zip(programs, pictures.defined, strict=True):
        if not defined:
            raise undefined(family, program)
    return pictures.pixels


def undefined(family: Family, program: Program) -> RenderError:
    """Why a program that its renderer says is undefined has no picture, where that is known."""
    if family.plain is not None:
        try:
            listed(family, program)
        except ProgramError as error:
            return RenderError(error.fact, error.hint)
    return RenderError(f"{family.show(program)} has no picture", "its renderer says that it is undefined")


def save_png(picture: NDArray[np.uint8] | Image.Image, path: Path) -> None:
    """Write a picture (C, H, W), or one of Pillow's, as a PNG file, whole or not at all."""
    write_atomically(path, png_bytes(picture))


def write_png(picture: NDArray[np.uint8], stream: BinaryIO) -> None:
    """Write a picture (C, H, W) as PNG to an open stream."""
    stream.write(png_bytes(picture))
    stream.flush()


def png_bytes(picture: NDArray[np.uint8] | Image.Image) -> bytes:
    """A picture (C, H, W), or one of Pillow's, as the bytes of a PNG file."""
    buffer = io.BytesIO()
    (to_png(picture) if isinstance(picture, np.ndarray) else picture).save(buffer, "PNG")
    return buffer.getvalue()
