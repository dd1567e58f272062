"""What was read, for people: one HTML page that needs nothing beside it, and one picture of inputs beside outputs.

Both mark the ink that the best code leaves over: red where it does not explain the input's, blue where it draws some
that the input does not have.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from i2c_core.answers import Answer, Candidate
from i2c_core.drawing import png_bytes
from i2c_core.leftovers import Region
from i2c_core.raster import to_png
from i2c_core.sheets import CELL, FAINT, FONT, INK, MARGIN, PAPER, SPACING, place, wrap

TEXT = 360  # pixels of width for the code
MISSED, INVENTED = (214, 30, 30), (30, 80, 230)  # ink that is not explained, and ink that is not in the input

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #181818; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; border-bottom: 1px solid #ddd; }
img { width: 128px; height: 128px; object-fit: contain; image-rendering: pixelated; border: 1px solid #bbb; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.file { color: #666; font-size: 13px; overflow-wrap: anywhere; }
.error { color: #a00; }
.missed { color: #d61e1e; }
.invented { color: #1e50e6; }
"""

LEGEND = (
    '<span class="missed">Red</span>: ink of the input that the code does not explain. '
    '<span class="invented">Blue</span>: ink that the code draws and the input does not have.'
)

Pixels = NDArray[np.uint8]


def html_report(family: str, answers: Iterable[Answer], title: str = "", note: str = "") -> str:
    """One self-contained page: for each input its picture, each candidate drawn again, its code and its distance.

    Pictures are inside the page, text is escaped, nothing is run and nothing is fetched. `note` says what is shown,
    where that is not all.
    """
    title = title or f"i2c: images read as {family}"
    answers = list(answers)
    rows = [row for answer in answers for row in _rows(answer)]
    told, marked = "Distance: how far the picture drawn by the code is from the input, 0 where they are equal.", ""
    candidates = [c for answer in answers for c in answer.candidates]
    if any(c.confidence is not None for c in candidates):
        told += " Confidence: how probable it is that the code is right."
    if any(c.leftovers is not None for c in candidates):
        marked = f"<p>{LEGEND}</p>\n"
    shown = f"<p>{html.escape(note)}</p>\n" if note else ""
    head = "".join(f"<th>{name}</th>" for name in ("input", "output", "code", "confidence", "distance", "size"))
    return page(
        title,
        f"{shown}<p>{told}</p>\n{marked}<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody>\n</table>\n",
    )


def page(title: str, body: str) -> str:
    """An HTML page of its own around a body, which is HTML already."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n{body}</body>\n</html>\n"
    )


def _rows(answer: Answer) -> list[str]:
    name = html.escape(answer.name)
    shown = figure(marked_input(answer), f"input {answer.name}") if answer.picture is not None else ""
    shown += f'<div class="file">{name}</div>'
    if answer.error is not None:
        hint = f"<br>{html.escape(answer.error.hint)}" if answer.error.hint else ""
        return [f'<tr><td>{shown}</td><td class="error" colspan="5">{html.escape(answer.error.fact)}{hint}</td></tr>']
    rows = []
    for rank, candidate in enumerate(answer.candidates):
        output = figure(marked_output(candidate), f"candidate {rank + 1} for {answer.name}")
        rows.append(
            f"<tr><td>{shown if rank == 0 else ''}</td><td>{output}</td>"
            f"<td><pre>{html.escape(candidate.code)}</pre>{_crops(candidate)}</td>"
            f"<td>{share(candidate.confidence)}</td><td>{candidate.distance:.6g}</td><td>{candidate.size}</td></tr>"
        )
    return rows


def _crops(candidate: Candidate) -> str:
    """The parts of the input that the code only points at, such as writing."""
    return "".join(figure(crop, f"part {number} of the input") for number, crop in enumerate(candidate.crops, 1))


def share(confidence: float | None) -> str:
    """A confidence as people read it; a dash where none is known.

    >>> share(0.934), share(0.9996), share(None)
    ('93 %', '>99 %', '-')
    """
    if confidence is None:
        return "-"
    return ">99 %" if confidence >= 0.995 else "<1 %" if confidence < 0.005 else f"{100 * confidence:.0f} %"


def mark(picture: Pixels, ink: NDArray[np.bool_], regions: Sequence[Region], colour: tuple[int, int, int]) -> Pixels:
    """(3, H, W) a picture (C, H, W) with some of its ink (H, W) in a colour, and thin frames around regions."""
    marked = np.repeat(picture, 3, 0) if len(picture) == 1 else picture.copy()
    marked[:, ink] = np.array(colour, np.uint8)[:, None]
    height, width = ink.shape
    image = to_png(marked)
    draw = ImageDraw.Draw(image)
    pale = tuple((c + 2 * 255) // 3 for c in colour)
    for region in regions:
        left, top = round(region.left * width) - 3, round(region.top * height) - 3
        right, bottom = round(region.right * width) + 2, round(region.bottom * height) + 2
        corners = (max(left, 0), max(top, 0), min(right, width - 1), min(bottom, height - 1))
        draw.rectangle(corners, outline=pale)
    framed = np.asarray(image).transpose(2, 0, 1).copy()
    framed[:, ink] = marked[:, ink]
    return framed


def difference(candidate: Candidate) -> Pixels | None:
    """(3, H, W) the input made pale, with what is left over in colour; None where nothing is said about ink."""
    left = candidate.leftovers
    if left is None or candidate.given is None:
        return None
    pale = (255 - (255 - candidate.given.astype(np.int16)) // 2).astype(np.uint8)
    marked = mark(pale, left.missed, left.unexplained, MISSED)
    return mark(marked, left.invented, left.overexplained, INVENTED)


def marked_input(answer: Answer) -> Pixels:
    """The input's picture, with what the best candidate does not explain."""
    assert answer.picture is not None
    left = answer.candidates[0].leftovers if answer.candidates else None
    return answer.picture if left is None else mark(answer.picture, left.missed, left.unexplained, MISSED)


def marked_output(candidate: Candidate) -> Pixels:
    """What a candidate draws, with what the input does not have."""
    left = candidate.leftovers
    return candidate.picture if left is None else mark(candidate.picture, left.invented, left.overexplained, INVENTED)


def figure(pixels: Pixels, alt: str) -> str:
    """A picture (C, H, W) inside a page."""
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
            place(sheet, marked_input(answer), left, y)
        if answer.error is not None:
            lines = wrap(answer.error.fact)
        elif answer.candidates:
            best = answer.candidates[0]
            place(sheet, marked_output(best), middle, y)
            lines = [*wrap(best.code), f"distance {best.distance:.4g}"]
            if best.confidence is not None:
                lines[-1] += f", confidence {share(best.confidence)}"
        else:
            lines = ["no candidate"]
        draw.multiline_text((right, y), "\n".join([*lines, answer.name]), fill=INK, font=font, spacing=SPACING)
    return sheet


def _places(x: int) -> tuple[int, int, int]:
    """Where the input, the output and the code of an answer stand, from its left end."""
    return x + MARGIN, x + 2 * MARGIN + CELL, x + 3 * MARGIN + 2 * CELL
