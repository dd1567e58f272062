"""Pictures and texts beside each other on one sheet of paper, for people to look at.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from i2c_core.raster import to_png

CELL = 128  # pixels a side of a picture
MARGIN = 12
FONT = 14  # pixels
SPACING = 4  # pixels between lines of text
PAPER, INK, FAINT = (255, 255, 255), (24, 24, 24), (130, 130, 130)

Pixels = NDArray[np.uint8]
Row = Sequence[Pixels | str]


def sheet(heads: Sequence[str], rows: Sequence[Row], cell: int = CELL) -> Image.Image:
    """A table of pictures and texts, as high as its texts and as wide as their longest lines.

    Args:
        heads: what stands above each column.
        rows: for each column a picture (C, H, W), or a text of one line or many.
        cell: pixels a side of a picture.

    Raises:
        ValueError: a row that has not one entry a head.
    """
    font = ImageFont.load_default(FONT)
    ruler = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    sizes = [[_size(ruler, entry, font, cell) for entry in row] for row in rows]
    heights = [max(height for _, height in row) for row in sizes]
    tops = [_size(ruler, head, font, cell)[0] for head in heads]
    widths = [max(top, *(row[n][0] for row in sizes)) for n, top in enumerate(tops)]
    lefts = [MARGIN + sum(w + 2 * MARGIN for w in widths[:n]) for n in range(len(widths))]
    y = 2 * MARGIN + FONT
    paper = Image.new("RGB", (sum(widths) + 2 * MARGIN * len(widths), y + sum(heights) + 2 * MARGIN * len(rows)), PAPER)
    draw = ImageDraw.Draw(paper)
    for x, head in zip(lefts, heads, strict=True):
        draw.text((x, MARGIN - 4), head, fill=FAINT, font=font)
    for row, height in zip(rows, heights, strict=True):
        for x, entry in zip(lefts, row, strict=True):
            if isinstance(entry, str):
                draw.multiline_text((x, y), entry, fill=INK, font=font, spacing=SPACING)
            else:
                place(paper, entry, x, y, cell)
        y += height + 2 * MARGIN
    return paper


def _size(
    ruler: ImageDraw.ImageDraw, entry: Pixels | str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, cell: int
) -> tuple[int, int]:
    if not isinstance(entry, str):
        return cell, cell
    _, _, right, bottom = ruler.multiline_textbbox((0, 0), entry, font=font, spacing=SPACING)
    return int(right) + 1, int(bottom) + 1


def wrap(text: str, columns: int = 46, lines: int = 4) -> list[str]:
    """The first lines of a text, none longer than `columns` characters; what is left out is told by `...`."""
    wrapped = [part for line in text.splitlines() for part in textwrap.wrap(line, columns) or [""]]
    return wrapped if len(wrapped) <= lines else [*wrapped[: lines - 1], wrapped[lines - 1] + " ..."]


def place(paper: Image.Image, pixels: Pixels, x: int, y: int, cell: int = CELL) -> None:
    """A picture (C, H, W) in its cell: enlarged without blur, or made smaller, framed."""
    picture = to_png(pixels).convert("RGB")
    scale = cell / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    paper.paste(picture.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX), (x, y))
    ImageDraw.Draw(paper).rectangle((x - 1, y - 1, x + size[0], y + size[1]), outline=FAINT)
