"""Pillow's LANCZOS resize of whole batches, equal in every pixel: its fixed-point arithmetic as matrix products.

Legend: N images, H W their height and width in pixels, S side of the resized image, B blocks of output columns,
G output columns in a block, L input columns in the window of a block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Bands", "ResizePlan", "pillow_resize", "plan_in_order", "resize_plan", "to_pixels"]

_PRECISION_BITS = 22
"""Fraction bits of Pillow's resize weights: 32 - 8 - 2 (``PRECISION_BITS`` in ``src/libImaging/Resample.c``)."""

_LANCZOS_SUPPORT = 3.0
"""Half-width of Pillow's LANCZOS filter, in input pixels, when it does not shrink the image."""


def _lanczos(x: float) -> float:
    """Pillow's LANCZOS filter (a = 3) at ``x`` input pixels; ``lanczos_filter`` in ``Resample.c``."""
    if not -_LANCZOS_SUPPORT <= x < _LANCZOS_SUPPORT:
        return 0.0

    def sinc(y: float) -> float:
        return 1.0 if y == 0.0 else math.sin(y * math.pi) / (y * math.pi)

    return sinc(x) * sinc(x / _LANCZOS_SUPPORT)


def _fixed_weights(size: int, side: int) -> NDArray[np.float64]:
    """Pillow's LANCZOS weights from ``size`` to ``side`` pixels, in 1/2**22; (side, size).

    They are whole numbers, stored as float64 because BLAS multiplies these: sums stay below 2**53, so they are
    exact. Follows ``precompute_coeffs`` and ``normalize_coeffs_8bpc`` in ``Resample.c``, in the same order.
    """
    weights = np.zeros((side, size))
    scale = size / side
    stretch = max(scale, 1.0)
    support = _LANCZOS_SUPPORT * stretch
    for out in range(side):
        centre = (out + 0.5) * scale
        low = max(int(centre - support + 0.5), 0)
        high = min(int(centre + support + 0.5), size)
        taps = [_lanczos((x + low - centre + 0.5) * (1.0 / stretch)) for x in range(high - low)]
        total = 0.0
        for tap in taps:
            total += tap
        for x, tap in enumerate(taps):
            share = tap / total if total != 0.0 else tap
            weights[out, low + x] = int((-0.5 if share < 0 else 0.5) + share * (1 << _PRECISION_BITS))
    return weights


def to_pixels(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round weighted sums, in 1/2**22, to whole grey levels in 0..255, in place; ``clip8`` in ``Resample.c``."""
    sums += float(1 << (_PRECISION_BITS - 1))
    sums *= 1.0 / (1 << _PRECISION_BITS)  # a power of two: exact
    np.floor(sums, out=sums)
    return np.clip(sums, 0.0, 255.0, out=sums)


Bands = tuple[tuple[slice, slice, NDArray[np.float64]], ...]
"""Vertical weights; see ``ResizePlan``."""


@dataclass(frozen=True, slots=True)
class ResizePlan:
    """How (H, W) images become (S, S), by blocks of G output columns that see windows of L input columns.

    Attributes:
        side: S.
        window: (B, L) input columns of each block; W stands for 'none', at the edges. None when W is S.
        pattern: (B,) which of ``weights`` a block uses.
        weights: horizontal weights, (G, L) each; blocks away from the edges share theirs.
        bands: vertical weights as (output rows, input rows, (input rows, output rows) weights), band by band, as
            most weights are zero. None when H is S.
        columns_first: the vertical weights are applied before the horizontal ones.
    """

    side: int
    window: NDArray[np.int64] | None
    pattern: NDArray[np.int64]
    weights: tuple[NDArray[np.float64], ...]
    bands: Bands | None
    columns_first: bool


@lru_cache(maxsize=32)
def resize_plan(height: int, width: int, side: int) -> ResizePlan | None:
    """Plan the resize from (height, width) to (side, side); None if the installed Pillow computes it otherwise.

    Which pass goes first is not documented, and has changed (Pillow pull request 9549), so it is tried out.
    """
    rng = np.random.default_rng(0)
    trials = rng.integers(0, 256, (8, height, width), dtype=np.uint8)
    trials[4:] = np.where(trials[4:] < 128, 0, 255)
    expected = pillow_resize(trials, side)
    vertical, horizontal = _fixed_weights(height, side), _fixed_weights(width, side).T
    for columns_first in (False, True):
        pixels = trials.astype(np.float64)
        for down in (columns_first, not columns_first):
            if down and height != side:
                pixels = to_pixels(vertical @ pixels)
            elif not down and width != side:
                pixels = to_pixels(pixels @ horizontal)
        if np.array_equal(pixels, expected):
            return plan_in_order(height, width, side, columns_first)
    return None


def pillow_resize(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Resize images (N, H, W) to (N, S, S) by Pillow itself."""
    lanczos = Image.Resampling.LANCZOS
    return np.stack([np.asarray(Image.fromarray(image).resize((side, side), lanczos)) for image in images])


def plan_in_order(height: int, width: int, side: int, columns_first: bool) -> ResizePlan:
    """Plan the resize with its two passes in the given order."""
    bands: Bands | None = None
    if height != side:
        vertical = _fixed_weights(height, side)
        step = min(side, 32)
        bands = tuple(
            (rows, used, np.ascontiguousarray(vertical[rows, used].T))
            for rows in (slice(i, min(i + step, side)) for i in range(0, side, step))
            for used in [_used(vertical[rows])]
        )
    if width == side:
        return ResizePlan(side, None, np.zeros(side, np.int64), (), bands, columns_first)
    horizontal = _fixed_weights(width, side)
    group = side // width if side % width == 0 else 1
    blocks = horizontal.reshape(side // group, group, width)
    spans = [_used(block) for block in blocks]
    length = max(span.stop - span.start for span in spans)
    window = np.full((len(blocks), length), width)
    pattern = np.empty(len(blocks), np.int64)
    known: dict[bytes, int] = {}
    weights: list[NDArray[np.float64]] = []
    for b, (block, span) in enumerate(zip(blocks, spans, strict=True)):
        size = span.stop - span.start
        window[b, :size] = np.arange(span.start, span.stop)
        weight = np.zeros((group, length))
        weight[:, :size] = block[:, span]
        pattern[b] = known.setdefault(weight.tobytes(), len(weights))
        if pattern[b] == len(weights):
            weights.append(weight)
    return ResizePlan(side, window, pattern, tuple(weights), bands, columns_first)


def _used(weights: NDArray[np.float64]) -> slice:
    """The span of input pixels that the weights (outputs, inputs) use; at least one pixel."""
    used = np.flatnonzero(weights.any(axis=0))
    return slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
