"""Razors: one program for each picture.

The *sharp* razor keeps, of all programs that draw the same pixels at a reference size, the shortest one, the first in
prefix-token order among equals. It goes by substructure where the family's zooms allow that, else it draws every
program. The *rough* razor of the i2c notes goes from small to large and keeps a program when no kept one has its
perceptual hash; it merges different drawings.

Legend: N kept programs, T tokens of the longest, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.composing import compose, confirm
from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.datasets.packing import Levels, PackedPictures
from i2c_core.datasets.razored import Collected, Progress, Razored
from i2c_core.datasets.rough import RoughRazor
from i2c_core.datasets.rows import row_hashes, unique_rows
from i2c_core.datasets.sampling import bin_centres
from i2c_core.datasets.substructure import Substructure
from i2c_core.errors import DataError, FamilyError
from i2c_core.families import Family
from i2c_core.raster import Renderer

__all__ = ["Progress", "Razored", "razor_table", "rough_razor", "sharp_razor"]

MAX_PROGRAMS = 4_000_000  # that a razor draws one by one; at 10,000 a second, seven minutes
CONFIRMED = 4096  # kept pictures that are drawn again by the renderer at the end

Keep = Callable[[NDArray[np.uint8]], NDArray[Any]]  # pictures (N, C, H, W): places, or a mask, of those that are kept


def sharp_razor(
    family: Family,
    max_size: int,
    size: tuple[int, int] | None = None,
    progress: Progress | None = None,
    *,
    renderer: Renderer | None = None,
    method: str = "auto",
) -> Razored:
    """One program for each picture that programs of up to `max_size` tokens draw: provably a shortest one.

    Args:
        family: any family; programs without a picture are left out, continuous values stand in the middle of bins.
        max_size: the largest number of tokens.
        size: height and width of the reference picture; the family's own unless told otherwise.
        progress: see `Progress`.
        renderer: one to use; made and closed here otherwise.
        method: "substructure" for families whose pictures are tiled by their arguments', "drawing" for any family, up
            to `MAX_PROGRAMS` programs; "auto" takes the first where it holds.

    Raises:
        DataError: more programs, or candidates, than the bounds allow.
        FamilyError: "substructure" for a family whose pictures do not compose.
    """
    reference = family.size if size is None else size
    own = Renderer(family) if renderer is None else renderer
    try:
        shelves = None if method == "drawing" else compose(family, reference, max_size, own)
        if shelves is None and method == "substructure":
            fact = f"pictures of {family.name} are not tiled by the pictures of their arguments"
            raise FamilyError(fact, "use the razor that draws: method='drawing'")
        if shelves is not None:
            return razor_table(family, shelves, max_size, None, own, progress)
        return _by_drawing(Collected(family, "drawing"), _Twins().new, reference, max_size, own, progress)
    finally:
        if renderer is None:
            own.close()


def rough_razor(
    family: Family,
    max_size: int,
    hash_size: int = 8,
    highfreq_factor: int = 4,
    progress: Progress | None = None,
    *,
    renderer: Renderer | None = None,
) -> Razored:
    """From small to large, the programs whose perceptual hash no kept one has.

    Twins, programs that draw the pixels of an earlier one, have its hash and are never kept. So where the sharp razor
    goes by substructure, the rough razor hashes what that leaves, which gives the same programs.

    Args:
        family, max_size, progress, renderer: as in `sharp_razor`.
        hash_size, highfreq_factor: of `imagehash.phash`.

    Raises:
        DataError: more programs than the bounds allow.
    """
    own = Renderer(family) if renderer is None else renderer
    try:
        razor = RoughRazor(hash_size, highfreq_factor)
        collected = Collected(family, "rough")
        shelves = compose(family, family.size, max_size, own)
        if shelves is None:
            return _by_drawing(collected, lambda p: razor.keep(_plane(p)), family.size, max_size, own, progress)
        counts = Counts(family.vocabulary, max_size)
        for tokens in range(1, max_size + 1):
            shelves.build(tokens)
            ids, pictures = shelves.kept(tokens)
            kept = np.concatenate([np.empty(0, bool), *(razor.keep(_plane(part)) for part in _parts(pictures))])
            collected.add(tokens, counts.of(tokens), ids[kept], pictures.take(kept), progress)
        return collected.done(max_size)
    finally:
        if renderer is None:
            own.close()


def razor_table(
    family: Family,
    shelves: Substructure,
    max_size: int,
    candidates: int | None,
    renderer: Renderer,
    progress: Progress | None = None,
) -> Razored:
    """The sharp razor's table from a family's substructure, ended early before a size of more than `candidates`."""
    counts = Counts(family.vocabulary, max_size)
    collected = Collected(family, "substructure")
    for tokens in range(1, max_size + 1):
        total = shelves.total(tokens)
        if candidates is not None and total is not None and total > candidates:
            break
        shelves.build(tokens)
        collected.add(tokens, counts.of(tokens), *shelves.kept(tokens), progress)
    razored = collected.done(max_size)
    rows = np.unique(np.linspace(0, len(razored) - 1, CONFIRMED).astype(np.int64))
    confirm(razored, rows, renderer)
    return razored


def _by_drawing(
    collected: Collected,
    keep: Keep,
    size: tuple[int, int],
    max_size: int,
    renderer: Renderer,
    progress: Progress | None,
) -> Razored:
    """Draw every program, from small to large, and collect those that `keep` keeps."""
    family = collected.family
    _require_few(family, max_size)
    for tokens in range(1, max_size + 1):
        seen = 0
        kept_ids = [np.empty((0, tokens), np.int64)]
        kept_pixels = [np.empty((0, family.channels, *size), np.uint8)]
        for ids, pixels, count in _drawn(family, tokens, size, renderer):
            seen += count
            kept = keep(pixels)
            kept_ids.append(ids[kept])
            kept_pixels.append(pixels[kept])
        if seen:
            collected.add(tokens, seen, np.concatenate(kept_ids), _whole(np.concatenate(kept_pixels)), progress)
    return collected.done(max_size)


def _drawn(
    family: Family, tokens: int, size: tuple[int, int], renderer: Renderer
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8], int]]:
    """Chunks of ids and pictures of what has a picture, with how many programs there were."""
    chunk = max(256, (1 << 26) // (family.channels * size[0] * size[1]))  # 64 MB of pixels
    for ids in enumerate_canonical(family, tokens, chunk=chunk):
        drawn = renderer.render(ids, bin_centres(family.vocabulary, ids), size=size)
        yield ids[drawn.defined], drawn.pixels[drawn.defined], len(ids)


def _require_few(family: Family, max_size: int) -> None:
    counts = Counts(family.vocabulary, max_size)
    total = sum(2.0 ** counts.log2(s) for s in range(max_size + 1))
    if total > MAX_PROGRAMS:
        smaller = [s for s in range(max_size) if sum(2.0 ** counts.log2(t) for t in range(s + 1)) <= MAX_PROGRAMS]
        fact = f"{family.name} has {total:,.0f} programs of at most {max_size} tokens, more than {MAX_PROGRAMS:,}"
        raise DataError(fact, f"use a razor through size {smaller[-1]} at most")


def _whole(pixels: NDArray[np.uint8]) -> PackedPictures:
    """Pictures of any bytes, so that those of several sizes can be joined."""
    flat = pixels.reshape(len(pixels), int(np.prod(pixels.shape[1:])))
    channels, height, width = pixels.shape[1:]
    return PackedPictures(Levels(np.arange(256, dtype=np.uint8)), flat, (channels, height, width))


def _parts(pictures: PackedPictures, step: int = 65_536) -> Iterator[NDArray[np.uint8]]:
    for begin in range(0, len(pictures), step):
        yield pictures[begin : begin + step]


def _plane(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (N, C, H, W) as the hash takes them: (N, H, W), or (N, H, W, 3) in colour."""
    return pixels[:, 0] if pixels.shape[1] == 1 else np.moveaxis(pixels, 1, 3)


class _Twins:
    """Pictures met so far, found by a hash and compared byte by byte."""

    def __init__(self) -> None:
        self._number: dict[int, list[int]] = {}
        self._rows: list[NDArray[np.uint8]] = []

    def new(self, pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The pictures (N, C, H, W) that are met for the first time, by their places, in order."""
        if not len(pixels):
            return np.empty(0, np.int64)
        rows = pixels.reshape(len(pixels), -1)
        first = np.sort(unique_rows(rows)[0])
        found = []
        for place, value in zip(first.tolist(), row_hashes(rows[first]).tolist(), strict=True):
            alike = self._number.setdefault(value, [])
            if any(np.array_equal(self._rows[n], rows[place]) for n in alike):
                continue
            alike.append(len(self._rows))
            self._rows.append(rows[place].copy())
            found.append(place)
        return np.array(found, np.int64)
