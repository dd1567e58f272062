"""The sharp razor for families whose pictures are put together from the pictures of their arguments.

Where a symbol's boxes tile its rectangle and its picture is nothing but its arguments' pictures in them, a program can
be shortest only when each of its arguments is, at that argument's own shape. So what is kept of a type at a shape and a
size is found among the combinations of what is kept, at smaller sizes, of its arguments' types at their shapes. A
*shelf* holds what is kept of one type at one shape.

Pictures are compared by a sum of pixels times fixed random 64-bit weights, modulo 2**64: the sum of a combination is
the sum of its parts'. Whatever is dropped for an equal sum is then compared pixel by pixel.

Legend: N kept programs, M candidates, T tokens, A arguments, K bytes of a packed picture, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.packing import Levels, PackedPictures
from i2c_core.datasets.shapes import Key, Shape, Shapes
from i2c_core.datasets.shelves import Block, Shelf, compositions, first_of_each_sum, row_sums
from i2c_core.errors import DataError
from i2c_core.families import Family

Leaves = Callable[[int, NDArray[np.int64], Shape], tuple[NDArray[np.uint8], NDArray[np.bool_]]]
"""A type, tokens (n,) that are programs of it, and a shape: to pictures (n, C, H, W) and which are defined (n,)."""

MAX_CANDIDATES = 20_000_000  # of one size: about a gigabyte of sums and orders
WORD = 1 << 64  # orders that fit into one word
CHECKED = 1 << 24  # bytes of pixels compared at once


class Substructure:
    """Builds the shelves of a family, bottom up, at one reference size.

    Args:
        family: one with zooms that tile; see `Shapes.tiles`.
        size: height and width.
        leaves: draws programs of one token.
    """

    def __init__(self, family: Family, size: Shape, max_size: int, leaves: Leaves) -> None:
        self.vocabulary = family.vocabulary
        self.channels = family.channels
        self.max_size = max_size
        self._bits = max(1, int(self.vocabulary.size).bit_length())
        self.shapes = Shapes(family, size, max_size)
        self.root, self.needs = self.shapes.root, self.shapes.needs
        self.shelves = {key: Shelf(key[1]) for key in self.needs}
        self._leaves, self.levels = self._draw_leaves(leaves)
        self._part_sums: dict[tuple[Key, int, int, int], NDArray[np.uint64]] = {}
        self._weights: dict[Shape, NDArray[np.uint64]] = {}
        self._drawn: dict[int, list[Block]] = {}  # root blocks of the sizes that are drawn from
        self.candidates: dict[int, int] = {}
        self.built = 0

    def paste(self, program: Sequence[int]) -> NDArray[np.uint8] | None:
        """The picture (C, H, W) of a program as its leaves make it, each drawn alone; None where one has no picture."""
        height, width = self.root[1]
        picture = np.zeros((self.channels, height, width), np.uint8)
        pending = [(0, (0, 0, width, height))]
        for token in program:
            type_, (x0, y0, x1, y1) = pending.pop()
            shape = (y1 - y0, x1 - x0)
            args = self.vocabulary.productions[self.vocabulary.production[type_, token]].args
            if args:
                boxes = self.shapes.boxes(token, shape)
                inside = [(x0 + a, y0 + b, x0 + c, y0 + d) for a, b, c, d in boxes]
                pending += reversed(list(zip(args, inside, strict=True)))
                continue
            tokens, pixels = self._leaves[type_, shape]
            found = np.flatnonzero(tokens == token)
            if not len(found):
                return None
            picture[:, y0:y1, x0:x1] = pixels[found[0]].reshape(self.channels, *shape)
        return picture

    def build(self, size: int) -> None:
        """Fill every shelf with what is kept of `size`; sizes must be built one after the other from 1."""
        for key, most in self.needs.items():
            if size <= most:
                self._fill(key, size)
        self.built = size

    def total(self, size: int) -> int | None:
        """How many candidates of the root type a size has; None while shelves that it needs are not built."""
        least = self.vocabulary.least
        for token, args in self.shapes.begins(0):
            spare = size - 1 - sum(int(least[a]) for a in args)
            for child in self.shapes.children(token, args, self.root[1]) if spare >= 0 else ():
                if len(self.shelves[child].ids) < spare + int(least[child[0]]):
                    return None
        return sum(b.total for b in self._root_blocks(size))

    def draw(self, rng: np.random.Generator, size: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Candidates of the root type drawn uniformly, for a size whose shelf is not built.

        Returns:
            ids (count, size) and pictures (count, C, H, W). They are put together from shortest programs; most are
            shortest themselves.
        """
        blocks = self._root_blocks(size)
        offsets = np.cumsum([0] + [b.total for b in blocks])
        drawn = rng.integers(0, offsets[-1], count)
        pixels = self._compose(self.root, blocks, offsets, drawn)
        shape = (count, self.channels, *self.root[1])
        return self._ids(blocks, offsets, drawn, size).astype(np.int64), pixels.reshape(shape)

    def _root_blocks(self, size: int) -> list[Block]:
        if size not in self._drawn:
            self._drawn[size] = list(self._blocks(self.root, size))
        return self._drawn[size]

    def kept(self, size: int) -> tuple[NDArray[np.int64], PackedPictures]:
        """What is kept of the root type at the reference size: ids (N, size) and pictures."""
        shelf = self.shelves[self.root]
        shape = (self.channels, *shelf.shape)
        return shelf.ids[size], PackedPictures(self.levels, shelf.packed[size], shape)

    def _draw_leaves(self, leaves: Leaves) -> tuple[dict[Key, tuple[NDArray[np.int64], NDArray[np.uint8]]], Levels]:
        """For each shelf, the tokens that are programs by themselves and have a picture, and the pictures (n, M)."""
        drawn: dict[Key, tuple[NDArray[np.int64], NDArray[np.uint8]]] = {}
        seen = np.zeros(256, bool)
        for key in self.needs:
            tokens = np.array([t for t, args in self.shapes.begins(key[0]) if not args], np.int64)
            pixels = np.zeros((len(tokens), self.channels, *key[1]), np.uint8)
            if pixels.size:
                pixels, defined = leaves(key[0], tokens, key[1])
                tokens, pixels = tokens[defined], pixels[defined]
            seen[np.unique(pixels)] = True
            drawn[key] = tokens, pixels.reshape(len(tokens), self.channels * key[1][0] * key[1][1])
        return drawn, Levels(np.flatnonzero(seen).astype(np.uint8))

    def _fill(self, key: Key, size: int) -> None:
        shelf = self.shelves[key]
        if size == 1:
            tokens, pixels = self._leaves[key]
            ids, packed = tokens[:, None], self.levels.pack(pixels)
            if key == self.root:
                self.candidates[size] = len(ids)
            sums = row_sums(packed, self.levels.byte_sums(self._weights_of(key[1])))
            first = first_of_each_sum(sums, [np.arange(len(sums), dtype=np.uint64)])[0]
            alike = {int(s): i for s, i in zip(sums[first], first, strict=True)}
            same = np.array([alike[int(s)] for s in sums], np.int64)
            _require_equal(packed, packed[same])
            first = np.sort(first)
            shelf.put(size, ids[first], packed[first], sums[first])
            return
        blocks = list(self._blocks(key, size))
        total = sum(block.total for block in blocks)
        if total > MAX_CANDIDATES:
            fact = f"size {size} has {total:,} candidates, beyond the bound of {MAX_CANDIDATES:,}"
            raise DataError(fact, f"use the sharp razor through size {size - 1} at most")
        if key == self.root:
            self.candidates[size] = total
        if not blocks:
            shelf.put(size, *self._nothing(key[1], size))
            return
        offsets = np.cumsum([0] + [b.total for b in blocks])
        sums = np.concatenate([self._block_sums(key, b) for b in blocks])  # (M,)
        order = self._order(blocks)
        first, group = first_of_each_sum(sums, order)
        place = np.searchsorted(shelf.sums, sums[first])
        place[place == len(shelf.sums)] = 0
        known = shelf.sums[place] == sums[first] if len(shelf.sums) else np.zeros(len(first), bool)
        self._verify(key, blocks, offsets, first, group, np.where(known, place, -1))
        fresh = first[~known]
        fresh = fresh[np.lexsort([word[fresh] for word in reversed(order)])]
        ids = self._ids(blocks, offsets, fresh, size)
        packed = np.empty((len(fresh), self.levels.width(self.channels * key[1][0] * key[1][1])), np.uint8)
        for part in self._chunks(key[1], len(fresh)):
            packed[part] = self.levels.pack(self._compose(key, blocks, offsets, fresh[part]))
        shelf.put(size, ids, packed, sums[fresh])

    def _nothing(self, shape: Shape, size: int) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint64]]:
        width = self.levels.width(self.channels * shape[0] * shape[1])
        return np.empty((0, size), np.int64), np.empty((0, width), np.uint8), np.empty(0, np.uint64)

    def _blocks(self, key: Key, size: int) -> Iterator[Block]:
        for token, args in self.shapes.begins(key[0]):
            if not args:
                continue
            keys = self.shapes.children(token, args, key[1])
            for sizes in compositions(size - 1, len(args)):
                counts = tuple(self.shelves[k].count(s) for k, s in zip(keys, sizes, strict=True))
                if all(counts):
                    yield Block(token, tuple(keys), sizes, counts)

    def _block_sums(self, key: Key, block: Block) -> NDArray[np.uint64]:
        """(M,) the sums of a block's candidates, the last argument running fastest."""
        sums = np.zeros(1, np.uint64)
        for number, (child, size) in enumerate(zip(block.keys, block.sizes, strict=True)):
            part = self._sums_in_parent(key, block.token, number, child, size)
            sums = (sums[:, None] + part[None, :]).reshape(-1)
        return sums

    def _sums_in_parent(self, key: Key, token: int, number: int, child: Key, size: int) -> NDArray[np.uint64]:
        """(N,) what the kept pictures of an argument add to the sum of the picture that they stand in."""
        name = (key, token, number, size)
        if name not in self._part_sums:
            x0, y0, x1, y1 = self.shapes.boxes(token, key[1])[number]
            weights = self._weights_of(key[1]).reshape(self.channels, *key[1])[:, y0:y1, x0:x1]
            table = self.levels.byte_sums(np.ascontiguousarray(weights).ravel())
            self._part_sums[name] = row_sums(self.shelves[child].packed[size], table)
        return self._part_sums[name]

    def _weights_of(self, shape: Shape) -> NDArray[np.uint64]:
        if shape not in self._weights:
            draw = np.random.default_rng((20261121, *shape))  # any fixed numbers do: equal sums are checked
            count = self.channels * shape[0] * shape[1]
            self._weights[shape] = draw.integers(0, 1 << 64, count, dtype=np.uint64) | np.uint64(1)
        return self._weights[shape]

    def _order(self, blocks: Sequence[Block]) -> list[NDArray[np.uint64]]:
        """Words (M,) whose order, the first word first, is the prefix-token order of all candidates.

        No program is a prefix of another of its type, so programs compare as their tokens, then their first
        arguments, then their second, and an argument can be its rank among all that its shelf holds.
        """
        width = max(len(b.keys) for b in blocks)
        radix = [self.vocabulary.size + 1] + [
            max((self.shelves[b.keys[a]].held for b in blocks if a < len(b.keys)), default=1) for a in range(width)
        ]
        words: list[list[int]] = [[]]  # which columns share a word
        room = 1
        for column, values in enumerate(radix):
            if room * values > WORD:
                words.append([])
                room = 1
            words[-1].append(column)
            room *= max(values, 1)
        parts: list[list[NDArray[np.uint64]]] = [[] for _ in words]
        for block in blocks:
            for found, columns in zip(parts, words, strict=True):
                word = np.zeros(1, np.uint64)
                for column in range(width + 1):
                    inside = column in columns
                    if column == 0:
                        if inside:
                            word = word + np.uint64(block.token)
                        continue
                    if inside:
                        word = word * np.uint64(radix[column])
                    if column <= len(block.keys):
                        rank = self.shelves[block.keys[column - 1]].ranks(self._bits)[block.sizes[column - 1]]
                        added = rank.astype(np.uint64) if inside else np.zeros(len(rank), np.uint64)
                        word = (word[:, None] + added[None, :]).reshape(-1)
                found.append(word)
        return [np.concatenate(found) for found in parts]

    def _split(
        self, blocks: Sequence[Block], offsets: NDArray[np.int64], candidates: NDArray[np.int64]
    ) -> Iterator[tuple[Block, NDArray[np.int64], tuple[NDArray[np.int64], ...]]]:
        """Candidates by block: the block, the places in `candidates`, and the row of each argument."""
        block = np.searchsorted(offsets, candidates, side="right") - 1
        order = np.argsort(block, kind="stable")
        edges = np.searchsorted(block[order], np.arange(len(blocks) + 1))
        for number in np.flatnonzero(np.diff(edges)).tolist():
            places = order[edges[number] : edges[number + 1]]
            rows = np.unravel_index(candidates[places] - offsets[number], blocks[number].counts)
            yield blocks[number], places, rows

    def _ids(
        self, blocks: Sequence[Block], offsets: NDArray[np.int64], candidates: NDArray[np.int64], size: int
    ) -> NDArray[np.int64]:
        ids = np.empty((len(candidates), size), np.min_scalar_type(-self.vocabulary.size - 1))
        for block, places, rows in self._split(blocks, offsets, candidates):
            parts = [np.full((len(places), 1), block.token)]
            for key, own, row in zip(block.keys, block.sizes, rows, strict=True):
                parts.append(self.shelves[key].ids[own][row])
            ids[places] = np.concatenate(parts, axis=1)
        return ids

    def _compose(
        self, key: Key, blocks: Sequence[Block], offsets: NDArray[np.int64], candidates: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """(n, C * H * W) the pictures of candidates, put together from their arguments'."""
        height, width = key[1]
        pixels = np.empty((len(candidates), self.channels, height, width), np.uint8)
        for block, places, rows in self._split(blocks, offsets, candidates):
            drawn = np.empty((len(places), self.channels, height, width), np.uint8)
            boxes = self.shapes.boxes(block.token, key[1])
            for (x0, y0, x1, y1), child, own, row in zip(boxes, block.keys, block.sizes, rows, strict=True):
                length = self.channels * (y1 - y0) * (x1 - x0)
                part = self.levels.unpack(self.shelves[child].packed[own][row], length)
                drawn[:, :, y0:y1, x0:x1] = part.reshape(len(row), self.channels, y1 - y0, x1 - x0)
            pixels[places] = drawn
        return pixels.reshape(len(candidates), self.channels * height * width)

    def _chunks(self, shape: Shape, count: int) -> Iterator[slice]:
        step = max(1, CHECKED // max(1, self.channels * shape[0] * shape[1]))
        return (slice(begin, min(begin + step, count)) for begin in range(0, count, step))

    def _verify(
        self,
        key: Key,
        blocks: Sequence[Block],
        offsets: NDArray[np.int64],
        first: NDArray[np.int64],
        group: NDArray[np.int64],
        known: NDArray[np.int64],
    ) -> None:
        """Compare every candidate that is dropped with what it is dropped for, pixel by pixel."""
        shelf = self.shelves[key]
        every = np.arange(len(group))
        dropped = every[(first[group] != every) | (known[group] >= 0)]
        length = self.channels * key[1][0] * key[1][1]
        if length == 0:
            return
        dropped = dropped[np.argsort(group[dropped], kind="stable")]
        for part in self._chunks(key[1], len(dropped)):
            some = dropped[part]
            kinds, inverse = np.unique(group[some], return_inverse=True)
            truth = np.empty((len(kinds), self.levels.width(length)), np.uint8)
            old = known[kinds] >= 0
            where = shelf.where[known[kinds[old]]]
            for size in np.unique(where[:, 0]).tolist():
                rows = np.flatnonzero(old)[where[:, 0] == size]
                truth[rows] = shelf.packed[size][where[where[:, 0] == size, 1]]
            truth[~old] = self.levels.pack(self._compose(key, blocks, offsets, first[kinds[~old]]))
            _require_equal(self.levels.pack(self._compose(key, blocks, offsets, some)), truth[inverse])


def _require_equal(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
    if not np.array_equal(one, other):
        # One chance in 2**64 a pair; the weights are fixed, so a machine that meets it is told the way out.
        raise DataError("two different pictures have one weighted sum", "use another reference size")
