"""The rule: which pictures are framed already, and how all others come onto the canvas.

Legend: C channels, H W pixels; a canvas has `columns` x `rows` cells.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from i2c_core.framing.grid import CLEAR, Grid, evidence_of, find_frame
from i2c_core.framing.ink import Drawing, Ink, find_ink
from i2c_core.framing.strokes import Evidence, find_evidence

CELL = 16  # pixels a side of a cell of what framing makes
MARGIN = 1  # cells on each side that hold no coordinate
_WHITE = 240  # paper that needs no cleaning is at least this bright
_CLEAN = 0.45  # share of a picture that must be white, and of its outermost strip `_SIDES`
_SIDES = 0.85  # writing and specks may reach them
_ASPECT = 0.02  # relative difference of aspects that count as one
_AGAINST = 5.0  # nats by which another grid must explain a clean picture of the canvas's aspect better than its own
_SAME_PITCH = 0.04  # two grids are one where their pitches differ by less than this share
_SAME_PLACE = 0.25  # and their lines by less than this, in cells: as far as a hand draws beside them
_SIDE = CELL // 4  # pixels along the sides that stay white
_WIDTH = 0.12  # cells that strokes are wide in what framing makes

Pixels = NDArray[np.uint8]


def paper(pixels: Pixels, canvas: tuple[int, int]) -> Pixels:
    """Find the drawing in a picture and bring it onto its canvas; a picture that is framed already stays as it is.

    A picture is *framed* where its paper is clean (at least 45 % of its pixels and 85 % of those along its sides are
    240 or brighter), its aspect is the canvas's within 2 %, and

    - it has a whole number of pixels a cell, at most 16; or
    - its strokes do not contradict it: the grid found in them is the canvas's own (within a quarter of a cell), or none
      explains them better than the canvas's own by 5 nats.

    Every other picture is made new, `canvas` cells of 16 pixels, dark ink on white: background and specks are removed;
    the drawing is turned by up to 15 degrees where its strokes clearly lie askew; where straight strokes and circles
    (of a radius of one cell) show the grid, its lines become the canvas's, and the drawing lies in the middle to the
    next whole cell; else the drawing lies in the middle, its longer side two cells short of the canvas. A picture in
    which nothing is drawn gives white paper. What framing made is framed: framing it again changes nothing.

    Args:
        pixels: (C, H, W) uint8, of any size.
        canvas: (columns, rows) in cells.

    Returns:
        (C, H, W) of a framed input, else (C, 16 * rows, 16 * columns).
    """
    columns, rows = canvas
    channels, height, width = pixels.shape
    clean = is_clean(pixels)
    same_aspect = abs(math.log(width * rows / (height * columns))) <= _ASPECT
    if clean and same_aspect and _whole_cells(height, width, canvas):
        return pixels
    drawing = find_ink(pixels, clean)
    if drawing.is_blank:
        return pixels if clean and same_aspect else _blank(canvas, channels)
    evidence = find_evidence(drawing)
    high, wide = drawing.ink.shape
    centre = wide / 2, high / 2
    turn, upright, grid = find_frame(evidence, canvas, centre)
    if same_aspect and _is_own_frame(evidence, turn, grid, (high, wide), canvas, clean):
        if clean:
            return pixels
        return _drawn(drawing, 0.0, (0.0, 0.0), wide / columns, canvas, channels)
    if grid is None or grid.evidence < CLEAR:
        pitch, corner = _by_box(upright.box, canvas)
    else:
        pitch, corner = grid.pitch, _by_grid(grid, upright.box, canvas)
    return _drawn(drawing, turn, corner, pitch, canvas, channels)


def is_clean(pixels: Pixels) -> bool:
    """Whether a picture (C, H, W) is dark strokes on white paper already."""
    height, width = pixels.shape[1:]
    step = max(1, min(height, width) // 512)  # a look at every so many rows and columns tells the share
    seen = pixels[:, ::step, ::step].min(0) >= _WHITE
    if seen.mean() < _CLEAN:
        return False
    strip = max(1, min(seen.shape) // 128)
    inner = seen[strip:-strip, strip:-strip]
    sides = seen.size - inner.size
    return bool(int(seen.sum()) - int(inner.sum()) >= _SIDES * sides)


def _whole_cells(height: int, width: int, canvas: tuple[int, int]) -> bool:
    columns, rows = canvas
    cell = width // columns
    return 1 <= cell <= CELL and (width, height) == (cell * columns, cell * rows)


def _is_own_frame(
    evidence: Evidence, turn: float, grid: Grid | None, size: tuple[int, int], canvas: tuple[int, int], clean: bool
) -> bool:
    """Whether a picture of the canvas's aspect and (height, width) is framed: no other grid is clearly better."""
    own = math.sqrt(size[0] * size[1] / (canvas[0] * canvas[1]))  # pixels a cell
    if grid is None:
        return clean and turn == 0
    if turn == 0 and abs(grid.pitch / own - 1) < _SAME_PITCH:
        shifts = []
        for offset, cells in ((grid.left, canvas[0]), (grid.top, canvas[1])):
            middle = (offset - own * cells / 2) / own + cells / 2  # in cells, at the canvas's middle
            shifts.append(abs(middle - round(middle)))
        if max(shifts) < _SAME_PLACE and grid.evidence > CLEAR:
            return True
    return clean and grid.evidence < max(CLEAR, evidence_of(evidence, own, 0.0, 0.0)) + _AGAINST


def _by_box(box: tuple[float, float, float, float], canvas: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """Pitch and left top corner (pixels) of a canvas in whose middle a drawing lies, its longer side within 1 cell."""
    columns, rows = canvas
    left, top, right, bottom = box
    room = max(1, columns - 2 * MARGIN), max(1, rows - 2 * MARGIN)
    pitch = max((right - left) / room[0], (bottom - top) / room[1], 1.0)
    return pitch, ((left + right) / 2 - pitch * columns / 2, (top + bottom) / 2 - pitch * rows / 2)


def _by_grid(grid: Grid, box: tuple[float, float, float, float], canvas: tuple[int, int]) -> tuple[float, float]:
    """The left top corner (pixels) of the canvas, on a crossing of grid lines, with the drawing in its middle."""
    left, top, right, bottom = box
    corner = []
    for low, high, offset, cells in ((left, right, grid.left, canvas[0]), (top, bottom, grid.top, canvas[1])):
        middle = ((low + high) / 2 - offset) / grid.pitch  # in cells
        corner.append(offset + grid.pitch * round(middle - cells / 2 - 1e-6))
    return corner[0], corner[1]


def _drawn(
    drawing: Drawing,
    turn: float,
    corner: tuple[float, float],
    pitch: float,
    canvas: tuple[int, int],
    channels: int,
) -> Pixels:
    """The canvas (C, H, W): strokes of the usual width, or as thin as they are where they would leave no paper.

    Ink that leaves none even so is no drawing. White along the sides, where no coordinate lies, says that it is framed.
    """
    scale = pitch / CELL
    for ink in (_as_wide(drawing, _WIDTH * pitch), drawing.ink):
        grey = _warped(ink, turn, corner, scale, canvas)
        if is_clean(grey[None]):
            return np.repeat(grey[None], channels, 0)
    return _blank(canvas, channels)


def _blank(canvas: tuple[int, int], channels: int) -> Pixels:
    return np.full((channels, CELL * canvas[1], CELL * canvas[0]), 255, np.uint8)


def _warped(ink: Ink, turn: float, corner: tuple[float, float], scale: float, canvas: tuple[int, int]) -> Pixels:
    """The canvas (H, W): ink turned, cut and scaled; `scale` is the ink's pixels a pixel of the canvas."""
    columns, rows = canvas
    high, wide = ink.shape
    step = max(1, int(scale))
    image = Image.fromarray(ink)
    if step > 1:
        image = image.reduce(step)
    cos, sin = math.cos(turn), math.sin(turn)
    centre = wide / 2, high / 2
    # A point (u, v) of the canvas is at corner + scale * (u, v) among upright strokes; those were turned about centre.
    x0, y0 = corner[0] - centre[0], corner[1] - centre[1]
    matrix = (
        scale * cos / step,
        -scale * sin / step,
        (x0 * cos - y0 * sin + centre[0]) / step,
        scale * sin / step,
        scale * cos / step,
        (x0 * sin + y0 * cos + centre[1]) / step,
    )
    size = (CELL * columns, CELL * rows)
    done = np.asarray(image.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))
    grey = np.rint(255 - 255 * np.clip(done, 0, 1)).astype(np.uint8)
    inner: Pixels = np.full(grey.shape, 255, np.uint8)
    inner[_SIDE:-_SIDE, _SIDE:-_SIDE] = grey[_SIDE:-_SIDE, _SIDE:-_SIDE]
    return inner


def _as_wide(drawing: Drawing, wanted: float) -> Ink:
    """Ink whose strokes are about `wanted` pixels wide: thin ones grow, thick ones lose at most a third."""
    width = drawing.width
    ink = drawing.ink
    if width < 0.85 * wanted:
        extra = wanted - width
        size = 2 * round(extra / 2) + 1
        if size >= 3:
            disk = np.hypot(*np.mgrid[-(size // 2) : size // 2 + 1, -(size // 2) : size // 2 + 1]) <= size / 2
            ink = ndimage.grey_dilation(ink, footprint=disk) if size < 9 else ndimage.grey_dilation(ink, (size, size))
    elif width > 1.5 * wanted and width >= 4:
        size = 2 * round(min(width - 1.2 * wanted, width / 3) / 2) + 1
        if size >= 3:
            ink = ndimage.grey_erosion(ink, (size, size))
    return np.asarray(ink, np.float32)


__all__ = ["CELL", "is_clean", "paper"]
