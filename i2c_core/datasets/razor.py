"""Razors: one program for each picture.

The *sharp* razor keeps, of all programs that draw the same pixels at a reference size, the shortest one, the first in
prefix-token order among equals. It goes by substructure where the family's zooms allow that, else it draws every
program. The *rough* razor of the i2c notes goes from small to large and keeps a program when no kept one has its
perceptual hash; it merges different drawings.

Legend: N kept programs, T tokens of the longest, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.datasets.packing import Levels, PackedPictures
from i2c_core.datasets.phash import row_hashes, unique_rows
from i2c_core.datasets.rough import RoughRazor
from i2c_core.datasets.sampling import bin_centres
from i2c_core.datasets.substructure import Substructure
from i2c_core.errors import DataError, FamilyError, RenderError
from i2c_core.families import Family
from i2c_core.raster import Renderer

Progress = Callable[[int, int, int], None]
"""Called after each size with the size, how many programs of it were seen and how many kept."""

MAX_PROGRAMS = 4_000_000  # that a razor draws one by one; at 10,000 a second, seven minutes
TRIED = 512  # programs on which the claim that pictures compose is tried before it is used
CONFIRMED = 4096  # kept pictures that are drawn again by the renderer at the end


@dataclass(frozen=True, eq=False)
class Razored:
    """What a razor kept, by size, then in prefix-token order.

    Attributes:
        ids: (N, T) prefix tokens, V behind each end; small integers.
        sizes: (N,) number of tokens.
        pictures: the N pictures, packed; indexing gives uint8 (n, C, H, W).
        seen: by size, the number of programs that the razor decided about.
        kept: by size, the number that it kept.
        method: "substructure", "drawing" or "rough".
    """

    family: Family
    ids: NDArray[np.signedinteger]
    sizes: NDArray[np.int64]
    pictures: PackedPictures
    seen: dict[int, int]
    kept: dict[int, int]
    method: str

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """All pictures (N, C, H, W) at once; `pictures[rows]` where only some are wanted."""
        return self.pictures[slice(None)]

    def tokens(self, row: int) -> list[str]:
        """The token names of one program."""
        names = self.family.vocabulary.tokens
        return [names[i] for i in self.ids[row, : self.sizes[row]].tolist()]

    def code(self, row: int) -> str:
        """One program as text."""
        return self.family.show(self.family.from_tokens(self.ids[row, : self.sizes[row]].tolist()))

    def take(self, rows: NDArray[np.int64]) -> Razored:
        """Some of the programs, with `kept` counted again."""
        sizes = self.sizes[rows]
        kept = {s: int((sizes == s).sum()) for s in self.seen}
        return Razored(self.family, self.ids[rows], sizes, self.pictures.take(rows), self.seen, kept, self.method)


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
        return _by_drawing(family, reference, max_size, own, progress)
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
        shelves = compose(family, family.size, max_size, own)
        if shelves is None:
            return _hash_drawn(family, razor, max_size, own, progress)
        counts = Counts(family.vocabulary, max_size)
        collected = _Collected(family, "rough")
        for tokens in range(1, max_size + 1):
            shelves.build(tokens)
            ids, pictures = shelves.kept(tokens)
            kept = np.concatenate([np.empty(0, bool), *(razor.keep(_plane(part)) for part in _parts(pictures))])
            collected.add(tokens, counts.of(tokens), ids[kept], pictures.take(kept), progress)
        return collected.done(max_size)
    finally:
        if renderer is None:
            own.close()


def compose(family: Family, size: tuple[int, int], max_size: int, renderer: Renderer) -> Substructure | None:
    """The family's substructure at a size, or None where its pictures are not put together from their arguments'.

    The zooms must tile, and the claim is tried on small programs against the renderer.
    """
    if not family.has_zooms or not family.any_size or family.normalise is not None:
        return None
    try:
        with _LeafDrawer(family, renderer) as leaves:
            shelves = Substructure(family, size, max_size, leaves.draw)
    except RenderError:
        return None  # an argument has no picture of its own
    return shelves if shelves.tiles() and _composes(shelves, family, renderer) else None


class _LeafDrawer:
    """Draws programs of one token, of any type of a family."""

    def __init__(self, family: Family, renderer: Renderer) -> None:
        self._family, self._renderer = family, renderer
        self._others: dict[int, Renderer] = {}

    def __enter__(self) -> _LeafDrawer:
        return self

    def __exit__(self, *_: object) -> None:
        for renderer in self._others.values():
            renderer.close()

    def draw(
        self, type_: int, tokens: NDArray[np.int64], shape: tuple[int, int]
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pictures (n, C, H, W) and which are defined (n,) of tokens (n,)."""
        renderer, names = self._renderer, self._family.vocabulary.tokens
        if type_ != 0:
            if type_ not in self._others:
                root = str(self._family.vocabulary.types[type_])
                part = replace(self._family, root=root, signature=self._family.gamma, grammar=None)
                self._others[type_] = Renderer(part, workers=0)
            renderer = self._others[type_]
        vocabulary = renderer.family.vocabulary
        ids = np.array([[vocabulary.ids[names[t]]] for t in tokens.tolist()], np.int64).reshape(len(tokens), 1)
        drawn = renderer.render(ids, bin_centres(vocabulary, ids), size=shape)
        return drawn.pixels, drawn.defined


def _composes(shelves: Substructure, family: Family, renderer: Renderer) -> bool:
    """Whether small programs look like their leaves, each drawn alone at its own rectangle's shape."""
    tried = 0
    for tokens in range(1, shelves.max_size + 1):
        for ids in enumerate_canonical(family, tokens, chunk=TRIED):
            drawn = renderer.render(ids, bin_centres(family.vocabulary, ids), size=shelves.root[1])
            for row, program in enumerate(ids.tolist()):
                pasted = shelves.paste(program)
                if (pasted is not None) != drawn.defined[row]:
                    return False
                if pasted is not None and not np.array_equal(pasted, drawn.pixels[row]):
                    return False
            tried += len(ids)
            if tried >= TRIED:
                return True
    return True


class _Collected:
    """Gathers what is kept, size by size."""

    def __init__(self, family: Family, method: str) -> None:
        self.family, self.method = family, method
        self.seen: dict[int, int] = {}
        self.kept: dict[int, int] = {}
        self._ids: list[NDArray[np.int64]] = []
        self._pictures: list[PackedPictures] = []

    def add(
        self, size: int, seen: int, ids: NDArray[np.int64], pictures: PackedPictures, progress: Progress | None
    ) -> None:
        if seen:
            self.seen[size], self.kept[size] = seen, len(ids)
            self._ids.append(ids)
            self._pictures.append(pictures)
            if progress is not None:
                progress(size, seen, len(ids))

    def done(self, max_size: int) -> Razored:
        vocabulary = self.family.vocabulary
        if not self._ids:
            fact = f"no program of {self.family.name} has at most {max_size} tokens"
            raise DataError(fact, f"use a size of at least {vocabulary.shortest}")
        longest = max(ids.shape[1] for ids in self._ids)
        total = sum(map(len, self._ids))
        ids = np.full((total, longest), vocabulary.pad, np.min_scalar_type(-vocabulary.pad - 1))
        sizes = np.empty(total, np.int64)
        at = 0
        for part in self._ids:
            ids[at : at + len(part), : part.shape[1]] = part
            sizes[at : at + len(part)] = part.shape[1]
            at += len(part)
        first = self._pictures[0]
        packed = np.concatenate([p.packed for p in self._pictures])
        pictures = PackedPictures(first.levels, packed, first.shape)
        if first.levels.bits == 8:
            pictures = PackedPictures.of(pictures[slice(None)])
        return Razored(self.family, ids, sizes, pictures, self.seen, self.kept, self.method)


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
    collected = _Collected(family, "substructure")
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


def confirm(razored: Razored, rows: NDArray[np.int64], renderer: Renderer) -> None:
    """Raise `FamilyError` where the renderer draws a kept program otherwise than its parts do."""
    ids = razored.ids[rows].astype(np.int64)
    size = razored.pictures.shape[1:]
    drawn = renderer.render(ids, bin_centres(razored.family.vocabulary, ids), size=size)
    wrong = ~drawn.defined | (drawn.pixels != razored.pictures[rows]).any(axis=(1, 2, 3))
    if wrong.any():
        code = razored.code(int(rows[np.argmax(wrong)]))
        fact = f"{razored.family.name} draws {code!r} otherwise than its arguments in their zooms"
        raise FamilyError(fact, "declare zooms only for symbols whose picture is their arguments' pictures")


def _by_drawing(
    family: Family, size: tuple[int, int], max_size: int, renderer: Renderer, progress: Progress | None
) -> Razored:
    _require_few(family, max_size)
    twins = _Twins()
    collected = _Collected(family, "drawing")
    for tokens in range(1, max_size + 1):
        seen = 0
        kept_ids, kept_pixels = [np.empty((0, tokens), np.int64)], []
        for ids, pixels, count in _drawn(family, tokens, size, renderer):
            seen += count
            new = twins.new(pixels.reshape(len(pixels), int(np.prod(pixels.shape[1:]))))
            kept_ids.append(ids[new])
            kept_pixels.append(pixels[new])
        if seen:
            pixels = np.concatenate([np.empty((0, family.channels, *size), np.uint8), *kept_pixels])
            collected.add(tokens, seen, np.concatenate(kept_ids), _whole(pixels), progress)
    return collected.done(max_size)


def _hash_drawn(
    family: Family, razor: RoughRazor, max_size: int, renderer: Renderer, progress: Progress | None
) -> Razored:
    _require_few(family, max_size)
    collected = _Collected(family, "rough")
    for tokens in range(1, max_size + 1):
        seen = 0
        kept_ids, kept_pixels = [np.empty((0, tokens), np.int64)], []
        for ids, pixels, count in _drawn(family, tokens, family.size, renderer):
            seen += count
            kept = razor.keep(_plane(pixels))
            kept_ids.append(ids[kept])
            kept_pixels.append(pixels[kept])
        if seen:
            pixels = np.concatenate([np.empty((0, family.channels, *family.size), np.uint8), *kept_pixels])
            collected.add(tokens, seen, np.concatenate(kept_ids), _whole(pixels), progress)
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

    def new(self, rows: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The rows (N, M) that are met for the first time, by their places, in order."""
        if not len(rows):
            return np.empty(0, np.int64)
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
