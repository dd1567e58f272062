"""Bars as a picture, drawn with Pillow alone; lines are drawn by `i2c_core.charts`."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from i2c_core.charts import COLOURS, INK

WIDTH, TOP = 720, 44  # pixels of the picture's width, and above the first bar
ROW = 26  # pixels of a bar and the room below it
FONT = 13
FAINT = "#787878"


def bars(rows: Sequence[tuple[str, float, str]], title: str) -> Image.Image:
    """A bar a row, as long as its number: a label, the number, and what is written behind it."""
    image = Image.new("RGB", (WIDTH, TOP + ROW * max(1, len(rows)) + 12), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=FONT)
    pen.text((12, 10), title, INK, font)
    wide = max((pen.textlength(label, font=font) for label, _, _ in rows), default=0)
    begin = 24 + min(wide, WIDTH // 2)
    room = WIDTH - begin - 150
    most = max((value for _, value, _ in rows), default=1.0) or 1.0
    for number, (label, value, text) in enumerate(rows):
        y = TOP + ROW * number
        pen.text((12, y + 2), label, INK, font)
        pen.rectangle((begin, y + 2, begin + max(1, room * value / most), y + ROW - 8), fill=COLOURS[0])
        pen.text((begin + max(1, room * value / most) + 6, y + 2), text, FAINT, font)
    return image
