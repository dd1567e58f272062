"""Batched perceptual hash, equal in every bit to ``imagehash.phash``.

The perceptual hash of an image is the sign pattern of its low frequencies: the image is resized to S x S, its
two-dimensional DCT-II taken, and each of the ``hash_size`` x ``hash_size`` lowest coefficients compared with
their median. On symmetric drawings most of those coefficients are zero up to the rounding noise of the FFT, and
the median is one of them, so a hash that is only mathematically equal differs in a third of the bits. This module
therefore runs *the same arithmetic* as ``imagehash`` (Pillow's fixed-point resize, then ``scipy.fftpack.dct`` on
axis 0 and on axis 1), but it runs each distinct piece once:

1. Pillow's resize works along rows, then along columns (from version 13 on, in the other order when that is
   cheaper; the order is found by trial). An output column depends only on a window of input columns; windows
   that look alike are resized and transformed (axis 0) once per chunk of images.
2. Only the lowest ``hash_size`` coefficients of axis 0 are carried to the transform of axis 1.
3. Chunks are hashed by several threads: NumPy and SciPy release the interpreter lock. Within a chunk, axis 1 is
   done for a few images at a time, so that they stay in the cache of one core.

Shape legend
------------
N  images
H  height of an image, in pixels
W  width of an image, in pixels
S  side of the resized image, ``hash_size * highfreq_factor`` pixels
K  ``hash_size``, low frequencies kept along each axis
B  blocks of output columns, ``S / G``
G  output columns in a block
L  input columns in the window of a block
U  distinct things (columns, windows, rows): told by the name
"""

from __future__ import annotations

import numpy as np
import scipy.fftpack
from numpy.typing import NDArray

from i2c_core.datasets.resize import Bands, ResizePlan, pillow_resize, plan_in_order, resize_plan, to_pixels
from i2c_core.datasets.rows import for_each, unique_rows

__all__ = ["phash"]

_CHUNK_PIXELS = 1 << 20
"""Input pixels in one chunk: enough images to share windows, few enough to stay in the last-level cache."""

_CACHE_BYTES = 1 << 19
"""Bytes of coefficients transformed at once along axis 1: half of a usual second-level cache."""

_PRODUCT_SIZE = 1 << 18
"""Multiplications in one matrix product. Up to here OpenBLAS runs on the calling thread; beyond, its own threads
wait for the cores that the chunks already occupy, and two chunks at once are no faster than one."""


def phash(
    images: NDArray[np.uint8], *, hash_size: int = 8, highfreq_factor: int = 4, workers: int | None = None
) -> NDArray[np.uint8]:
    """Hash a batch of images; row i equals ``imagehash.phash(image_i, hash_size, highfreq_factor)``.

    The result does not depend on how images are batched. Source of the formula: ``imagehash.phash`` (ImageHash
    4.3.2) and Pillow's ``Resample.c``; bits are equal to theirs for the same installed SciPy, on the same CPU.

    Args:
        images: uint8, (N, H, W) grey, or (N, H, W, 3) or (N, 3, H, W) RGB, which is made grey as Pillow's
            ``convert("L")`` does (ITU-R 601-2 luma). A last axis of 3 is taken as RGB before a second axis of 3.
        hash_size: frequencies kept along each axis, at least 2.
        highfreq_factor: the image is resized to ``hash_size * highfreq_factor`` pixels on each side.
        workers: threads to use; default the number of CPUs this process may use. Does not change the result.

    Returns:
        uint8, (N, ceil(hash_size**2 / 8)): ``numpy.packbits`` of the bits row by row (vertical frequency, then
        horizontal frequency), first bit highest; the last byte is padded with zeros. The hexadecimal form of a
        row is ``str`` of the ``ImageHash`` when ``hash_size**2`` is a multiple of 8.

    Raises:
        TypeError: ``images`` is not uint8.
        ValueError: a shape that is not listed above, an empty image, ``hash_size < 2`` or
            ``highfreq_factor < 1``.
    """
    if hash_size < 2:
        raise ValueError(f"hash_size must be at least 2, got {hash_size}")
    if highfreq_factor < 1:
        raise ValueError(f"highfreq_factor must be at least 1, got {highfreq_factor}")
    images = _check_images(images)
    count = len(images)
    keys = np.empty((count, (hash_size * hash_size + 7) // 8), np.uint8)
    if count == 0:
        return keys
    height, width = _size(images)
    side = hash_size * highfreq_factor
    plan = resize_plan(height, width, side)
    square = plan_in_order(side, side, side, False)  # nothing to resize
    # The second term bounds the memory for images that are small before the resize, or all different.
    chunk = max(1, min(_CHUNK_PIXELS // (height * width), (1 << 23) // (side * hash_size)))

    def work(start: int) -> None:
        part = slice(start, start + chunk)
        grey = _grey(images[part])
        if plan is None:
            grey = pillow_resize(grey, side)
        _phash_chunk(grey, plan or square, hash_size, keys[part])

    for_each(work, range(0, count, chunk), workers)
    return keys


def _check_images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Check dtype and shape; see ``phash``."""
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(f"images must be uint8, got {images.dtype}")
    if images.ndim != 3 and not (images.ndim == 4 and 3 in (images.shape[1], images.shape[3])):
        raise ValueError(f"images must be (N, H, W), (N, H, W, 3) or (N, 3, H, W), got {images.shape}")
    if len(images) and images[0].size == 0:
        raise ValueError(f"images have no pixels: {images.shape}")
    return images


def _size(images: NDArray[np.uint8]) -> tuple[int, int]:
    """(H, W) of checked images."""
    shape = images.shape
    return (shape[2], shape[3]) if images.ndim == 4 and shape[3] != 3 else (shape[1], shape[2])


def _grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, H, W) grey of checked images: Pillow's ``L24`` (``src/libImaging/Convert.c``), 16-bit fixed point."""
    if images.ndim == 3:
        return images
    if images.shape[3] != 3:
        images = np.moveaxis(images, 1, 3)
    red, green, blue = (images[..., k].astype(np.uint32) for k in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)


def _phash_chunk(images: NDArray[np.uint8], plan: ResizePlan, hash_size: int, keys: NDArray[np.uint8]) -> None:
    """Hash images (N, H, W) into ``keys`` (N, ceil(K * K / 8)); see ``phash``."""
    count, height, width = images.shape
    columns = np.ascontiguousarray(images.transpose(0, 2, 1)).reshape(count * width, height)
    first, column = unique_rows(columns)
    kinds = columns[first]
    bands = plan.bands
    if plan.columns_first and bands is not None:
        kinds = _resize_columns(kinds, bands, plan.side).astype(np.uint8)
        bands = None
    if plan.window is None:
        blocks, block = kinds, column
    else:
        blocks, block = _resize_rows(kinds, column.reshape(count, width), plan)
    # Rounding to grey levels makes many resized columns alike again.
    first, same = unique_rows(blocks)
    low = _low_column_frequencies(blocks[first], bands, plan.side, hash_size)  # (U, K)
    group = len(blocks) // max(1, int(block.max()) + 1)
    table = low[same].reshape(-1, group * hash_size)  # (U blocks, G * K)
    block = block.reshape(count, -1)
    step = max(1, _CACHE_BYTES // (plan.side * hash_size * 8))
    buffer = np.empty((min(step, count), block.shape[1], group * hash_size))
    for start in range(0, count, step):
        part = block[start : start + step]
        spectrum = np.take(table, part, axis=0, out=buffer[: len(part)], mode="clip")
        keys[start : start + step] = _bits(spectrum.reshape(len(part), plan.side, hash_size), hash_size)


def _resize_rows(
    kinds: NDArray[np.uint8], column: NDArray[np.int64], plan: ResizePlan
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Resize images along their rows, each distinct window once.

    Args:
        kinds: (U columns, H) distinct input columns.
        column: (N, W) which of ``kinds`` stands at each place.
        plan: the plan, with a window.

    Returns:
        (U windows * G, H) uint8 resized columns, and (N * B,) which window stands at each block.
    """
    assert plan.window is not None
    count, width = column.shape
    height = kinds.shape[1]
    blocks, length = plan.window.shape
    none = len(kinds)  # the column beyond an edge: black, and its weight is zero
    small = np.min_scalar_type(max(none, len(plan.weights)))
    padded = np.full((count, width + 1), none, small)
    padded[:, :width] = column
    seen = np.empty((count, blocks, length + 1), small)
    seen[:, :, :length] = np.take(padded, plan.window, axis=1, mode="clip")
    seen[:, :, length] = plan.pattern
    first, block = unique_rows(seen.reshape(count * blocks, length + 1))
    windows = seen.reshape(count * blocks, length + 1)[first]
    levels = np.vstack([kinds, np.zeros((1, height), np.uint8)]).astype(np.float64)
    group = plan.weights[0].shape[0]
    resized = np.empty((len(windows), group, height), np.uint8)
    step = max(1, _PRODUCT_SIZE // (group * length * height))
    for number, weights in enumerate(plan.weights):
        chosen = np.flatnonzero(windows[:, length] == number)
        for start in range(0, len(chosen), step):
            some = chosen[start : start + step]
            inputs = np.take(levels, windows[some, :length].T, axis=0)  # (L, U, H): one product does them all
            sums = to_pixels(weights @ inputs.reshape(length, -1))
            resized[some] = sums.reshape(group, len(some), height).transpose(1, 0, 2)
    return resized.reshape(len(windows) * group, height), block


def _resize_columns(columns: NDArray[np.uint8], bands: Bands, side: int) -> NDArray[np.float64]:
    """Resize columns (U, H) to (U, S), whole numbers in 0..255."""
    pixels = np.empty((len(columns), side))
    step = max(1, _PRODUCT_SIZE // max(weights.size for _, _, weights in bands))
    for start in range(0, len(columns), step):
        levels = columns[start : start + step].astype(np.float64)
        for rows, used, weights in bands:
            pixels[start : start + step, rows] = to_pixels(levels[:, used] @ weights)
    return pixels


def _low_column_frequencies(
    columns: NDArray[np.uint8], bands: Bands | None, side: int, hash_size: int
) -> NDArray[np.float64]:
    """Resize columns (U, H) to S pixels if there are bands, and take the K lowest DCT-II coefficients; (U, K)."""
    count = len(columns)
    low = np.empty((count, hash_size))
    step = 512
    buffer = np.zeros((min(step, count + -count % 8), side))
    for start in range(0, count, step):
        part = columns[start : start + step]
        # imagehash transforms S columns side by side, in the vector units. A multiple of their widths keeps the
        # last few columns here from the scalar code, in case a compiler rounds that otherwise.
        pixels = buffer[: len(part) + -len(part) % 8]
        pixels[: len(part)] = part if bands is None else _resize_columns(part, bands, side)
        frequencies = scipy.fftpack.dct(pixels, axis=1, overwrite_x=True)
        low[start : start + step] = frequencies[: len(part), :hash_size]
    return low


def _bits(spectrum: NDArray[np.float64], hash_size: int) -> NDArray[np.uint8]:
    """Transform (N, S, K), K vertical frequencies of S columns, along axis 1, and pack the hash bits.

    ``spectrum`` is overwritten. Returns (N, ceil(K * K / 8)) uint8.
    """
    count = len(spectrum)
    full = scipy.fftpack.dct(spectrum, axis=1, overwrite_x=True)
    low = full[:, :hash_size, :].reshape(count, -1)  # horizontal frequency first: turned at the end
    above = _above_median(low).reshape(count, hash_size, hash_size)
    return np.packbits(above.transpose(0, 2, 1).reshape(count, -1), axis=1)


def _above_median(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """``values > numpy.median(values, axis=1, keepdims=True)`` for (N, M) values without NaN, but faster.

    The median of an even number of values is the mean of the two middle ones, a <= b.

    - Rows with at most half positive, and at most half negative values (symmetric drawings: a third of the
      splits) have a = b = 0, so the median is 0: two counts settle them.
    - Rounding to float32 keeps the order, so it maps a and b to the middle values of the rounded row. If those
      differ, so do a and b, and by so much that the median is below b: the values above it are those from b on.
      float32 is ranked in half the time.
    - The other rows take the median itself.
    """
    count, size = values.shape
    above = values > 0.0
    half = size // 2
    if size % 2:
        return values > np.median(values, axis=1, keepdims=True)
    positive = np.count_nonzero(above, axis=1)
    negative = np.count_nonzero(values < 0.0, axis=1)
    rest = np.flatnonzero((positive >= half) | (negative >= half))
    if not len(rest):
        return above
    rounded = (values if len(rest) == count else values[rest]).astype(np.float32)
    ranked = np.partition(rounded, half - 1, axis=1)
    middle = ranked[:, half - 1]
    above[rest] = rounded > middle[:, None]
    ties = rest[ranked[:, half:].min(axis=1) == middle]
    if len(ties):
        tied = values[ties]
        above[ties] = tied > np.median(tied, axis=1, keepdims=True)
    return above
