"""A contact sheet of a language: its first images, from small programs to large.

Legend: N images, C channels, H W pixels of a cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.razor import Razored, rough_razor, sharp_razor
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import ConfigError, DataError, suggest
from i2c_core.families import Family
from i2c_core.raster import Renderer, to_png

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 400  # tokens of a random program on a sheet
GAP = 2  # pixels between cells
PAPER = 128  # grey level between cells: black and white images stand out from it
CAPTION = 12  # pixels for a line of text
_MOST_LINES = 12  # of a caption
_MOST_PIXELS = 100_000_000  # of a sheet
NOTES_HASH = 32  # `hash_size` with which the i2c notes sieve their picture


def gallery(
    family: Family,
    n: int = 1024,
    razor: str = "rough",
    cell: int | None = None,
    captions: bool = False,
    columns: int | None = None,
    hash_size: int = NOTES_HASH,
) -> Image:
    """The first `n` images that a razor keeps, in its order, as one picture; fewer where the language has fewer.

    Args:
        family: whose images.
        n: how many.
        razor: "rough", as the i2c notes have it, or "sharp".
        cell: height of a cell in pixels, the family's own unless told otherwise.
        captions: write each program's code under its image.
        columns: cells in a row; the sheet is about square unless told otherwise.
        hash_size: of the rough razor.
    """
    if n < 1:
        raise ConfigError(f"a gallery of {n} images shows nothing", "use 1 or more")
    height = family.size[0] if cell is None else cell
    require_room(n, (height, height * family.size[1] // family.size[0]))
    with Renderer(family) as renderer:
        kept = first_kept(family, n, razor, renderer, hash_size)
        size = family.size if cell is None else (cell, max(1, round(cell * family.size[1] / family.size[0])))
        if size == family.size:
            pixels = kept.pixels
        elif family.any_size:
            pixels = renderer.render(kept.ids.astype(np.int64), None, size).pixels
        else:
            rows = np.arange(size[0]) * family.size[0] // size[0]
            pixels = kept.pixels[:, :, rows][..., np.arange(size[1]) * family.size[1] // size[1]]
    codes = [kept.code(number) for number in range(len(kept))] if captions else None
    return contact_sheet(pixels, codes, columns)


def random_gallery(
    family: Family,
    n: int = 64,
    seed: int = 0,
    cell: int | None = None,
    captions: bool = False,
    columns: int | None = None,
) -> Image:
    """`n` random programs of sizes drawn evenly, up to LONGEST tokens, as one picture: for languages of many small
    programs that show little.

    Args as in `gallery`; `seed` is of all chance.
    """
    if n < 1:
        raise ConfigError(f"a gallery of {n} images shows nothing", "use 1 or more")
    size = family.size if cell is None else (cell, max(1, round(cell * family.size[1] / family.size[0])))
    require_room(n, size)
    sampler, rng = Sampler(family, min(family.budget, LONGEST)), np.random.default_rng(seed)
    sizes = np.array(sampler.sizes(family.vocabulary.shortest, min(family.budget, LONGEST)), np.int64)
    ids, values = sampler.sample(rng, np.sort(rng.choice(sizes, n)))  # (N, T)
    with Renderer(family) as renderer:
        pixels = renderer.render(ids, values, size).pixels
    codes = None
    if captions:
        numbers = [None] * n if values is None else values.tolist()
        pad = family.vocabulary.pad
        rows = zip(ids.tolist(), numbers, strict=True)
        codes = [family.show(family.from_tokens([t for t in row if t != pad], v)) for row, v in rows]
    return contact_sheet(pixels, codes, columns)


def contact_sheet(
    pixels: NDArray[np.uint8], captions: Sequence[str] | None = None, columns: int | None = None
) -> Image:
    """Pictures of one size on one sheet, row by row.

    Args:
        pixels: (N, C, H, W), one picture or more.
        captions: a text for under each picture, of several lines where it has them; what does not fit is cut off.
        columns: pictures in a row; the sheet is about square unless told otherwise.
    """
    count, channels, *size = pixels.shape
    wide = columns or math.ceil(math.sqrt(count))
    high = -(-count // wide)
    lines = min(_MOST_LINES, max(len(c.splitlines()) for c in captions)) if captions else 0
    step_y, step_x = size[0] + GAP + CAPTION * lines, size[1] + GAP
    if lines:
        require_room(count, (step_y, step_x))
    sheet = np.full((channels, high * step_y + GAP, wide * step_x + GAP), PAPER, np.uint8)
    for number, picture in enumerate(pixels):
        y, x = GAP + number // wide * step_y, GAP + number % wide * step_x
        sheet[:, y : y + size[0], x : x + size[1]] = picture
    image = to_png(sheet)
    for number, caption in enumerate(captions or ()):
        corner = GAP + number // wide * step_y + size[0], GAP + number % wide * step_x
        _write_caption(image, caption, corner, step_x)
    return image


def require_room(n: int, size: tuple[int, int]) -> None:
    """Refuse a sheet of `n` pictures of a height and a width in pixels that would be too large to look at."""
    if n * size[0] * size[1] > _MOST_PIXELS:
        million = _MOST_PIXELS // 10**6
        fact = f"{n:,} images of {size[0]} pixels' height make a sheet of more than {million} million pixels"
        raise ConfigError(fact, "ask for fewer images, or for smaller ones")


def first_kept(family: Family, n: int, razor: str, renderer: Renderer, hash_size: int = NOTES_HASH) -> Razored:
    """The first `n` programs that a razor keeps, or all where the language, or the razor's bound, has fewer."""
    if razor not in ("rough", "sharp"):
        raise ConfigError(f"unknown razor {razor!r}", suggest(razor, ("rough", "sharp"), "use rough or sharp"))
    found: Razored | None = None
    for size in Counts(family.vocabulary, family.budget).sizes(1, family.budget):
        try:
            if razor == "rough":
                found = rough_razor(family, size, hash_size, renderer=renderer)
            else:
                found = sharp_razor(family, size, renderer=renderer)
        except DataError:
            if found is None or not len(found):
                raise
            break  # the next size is beyond the razor's bound
        if len(found) >= n:
            break
    if found is None or not len(found):
        raise DataError(f"{family.name} has no image to show", "raise the family's budget")
    return found.take(np.arange(min(n, len(found))))


def _write_caption(image: Image, caption: str, corner: tuple[int, int], wide: int) -> None:
    """Write a caption below the corner (y, x), at most `wide` pixels and _MOST_LINES lines of it."""
    from PIL import ImageDraw, ImageFont

    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=9)
    ink = 0 if image.mode == "L" else (0, 0, 0)
    lines = caption.splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "…"]
    for number, line in enumerate(lines):
        text = line
        while len(text) > 1 and draw.textlength(text, font=font) > wide:
            text = text.removesuffix("…")[:-1] + "…"
        draw.text((corner[1], corner[0] + number * CAPTION), text, fill=ink, font=font)
