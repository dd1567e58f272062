"""What was read, for people: one HTML page that needs nothing beside it, and one picture of inputs beside outputs.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import base64
import html
import math
import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from i2c_core.answers import Answer
from i2c_core.drawing import png_bytes
from i2c_core.raster import to_png

CELL = 128  # pixels a side of a picture in the side-by-side picture
MARGIN = 12
TEXT = 360  # pixels of width for the code
FONT = 14  # pixels
PAPER, INK, FAINT = (255, 255, 255), (24, 24, 24), (130, 130, 130)

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #181818; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; border-bottom: 1px solid #ddd; }
img { width: 128px; height: 128px; object-fit: contain; image-rendering: pixelated; border: 1px solid #bbb; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.file { color: #666; font-size: 13px; overflow-wrap: anywhere; }
.error { color: #a00; }
"""


def html_report(family: str, answers: Iterable[Answer], title: str = "") -> str:
    """One self-contained page: for each input its picture, each candidate drawn again, its code and its distance.

    Pictures are inside the page, text is escaped, nothing is run and nothing is fetched.
    """
    title = title or f"i2c: images read as {family}"
    rows = [row for answer in answers for row in _rows(answer)]
    head = "<tr><th>input</th><th>output</th><th>code</th><th>distance</th><th>size</th></tr>"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n"
        "<p>Distance: how far the picture drawn by the code is from the input, 0 where they are equal.</p>\n"
        f"<table>\n<thead>{head}</thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>\n</body>\n</html>\n"
    )


def _rows(answer: Answer) -> list[str]:
    name = html.escape(answer.name)
    shown = _figure(answer.picture, f"input {answer.name}") if answer.picture is not None else ""
    shown += f'<div class="file">{name}</div>'
    if answer.error is not None:
        hint = f"<br>{html.escape(answer.error.hint)}" if answer.error.hint else ""
        return [f'<tr><td>{shown}</td><td class="error" colspan="4">{html.escape(answer.error.fact)}{hint}</td></tr>']
    rows = []
    for rank, candidate in enumerate(answer.candidates):
        output = _figure(candidate.picture, f"candidate {rank + 1} for {answer.name}")
        rows.append(
            f"<tr><td>{shown if rank == 0 else ''}</td><td>{output}</td>"
            f"<td><pre>{html.escape(candidate.code)}</pre></td>"
            f"<td>{candidate.distance:.6g}</td><td>{candidate.size}</td></tr>"
        )
    return rows


def _figure(pixels: NDArray[np.uint8], alt: str) -> str:
    data = base64.b64encode(png_bytes(pixels)).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}">'


def side_by_side(answers: Sequence[Answer]) -> Image.Image:
    """One picture: inputs, what their best code draws beside them, then the code; many inputs in columns."""
    font = ImageFont.load_default(FONT)
    top = MARGIN + FONT + 6
    width, height = 4 * MARGIN + 2 * CELL + TEXT, CELL + MARGIN  # of one answer
    columns = max(1, round(math.sqrt(len(answers) * height / width)))  # about as wide as high
    rows = max(1, -(-len(answers) // columns))
    sheet = Image.new("RGB", (columns * width, top + rows * height), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number in range(columns):
        for x, word in zip(_places(number * width), ("input", "output", "code"), strict=True):
            draw.text((x, MARGIN - 4), word, fill=FAINT, font=font)
    for number, answer in enumerate(answers):
        column, row = divmod(number, rows)
        left, middle, right = _places(column * width)
        y = top + row * height
        if answer.picture is not None:
            _place(sheet, answer.picture, left, y)
        if answer.error is not None:
            lines = _wrap(answer.error.fact)
        elif answer.candidates:
            best = answer.candidates[0]
            _place(sheet, best.picture, middle, y)
            lines = [*_wrap(best.code), f"distance {best.distance:.4g}"]
        else:
            lines = ["no candidate"]
        draw.multiline_text((right, y), "\n".join([*lines, answer.name]), fill=INK, font=font, spacing=4)
    return sheet


def _places(x: int) -> tuple[int, int, int]:
    """Where the input, the output and the code of an answer stand, from its left end."""
    return x + MARGIN, x + 2 * MARGIN + CELL, x + 3 * MARGIN + 2 * CELL


def _wrap(text: str, columns: int = 46, lines: int = 4) -> list[str]:
    wrapped = [part for line in text.splitlines() for part in textwrap.wrap(line, columns) or [""]]
    return wrapped if len(wrapped) <= lines else [*wrapped[: lines - 1], wrapped[lines - 1] + " ..."]


def _place(sheet: Image.Image, pixels: NDArray[np.uint8], x: int, y: int) -> None:
    """A picture (C, H, W) in its cell: enlarged without blur, or made smaller, framed."""
    picture = to_png(pixels).convert("RGB")
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    sheet.paste(picture.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX), (x, y))
    ImageDraw.Draw(sheet).rectangle((x - 1, y - 1, x + size[0], y + size[1]), outline=FAINT)
