"""Programs of levels to levels, whole batches at once.

Every shape is one or four rectangles, every tile of a row another. Each rectangle is four numbers in an array of its
tile's layer; sums along rows and columns tell how many rectangles lie over a cell, and the highest layer that has one
shows; the ground's own tile counts for nothing. `i2c_core.tilesets.draw` is the same cell by cell.

Legend: N programs, T tokens, V tokens of the vocabulary, B rectangles, K tiles, R C most rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from i2c_core.raster import TokenBatch
from i2c_core.symbols import character
from i2c_core.tilesets.statements import AXES
from i2c_core.tilesets.tileset import SPACE, TileSet
from i2c_core.vocabulary import Vocabulary

CELLS = 1 << 25  # numbers in layers at once
_RECTANGLE, _FRAME, _ACROSS, _DOWN, _PUT, _ROW, _MIRROR, _STOP = range(1, 9)
_WORDS = ("", "rectangle", "frame", "across", "down", "put", "row", "mirror", "stop")


@dataclass(frozen=True, eq=False)
class _Tokens:
    """What each token means: (V + 1,) tables, the last entry for the pad."""

    word: Tensor  # its place in _WORDS, 0 for others
    number: Tensor  # of a literal; 0 for others
    tile: Tensor  # index of the tile that it names; -1 for others
    char: Tensor  # index of the tile whose character it is; -1 for others
    axis: Tensor  # of a mirror: 1 for left-right, 2 for top-bottom, 3 for both


@lru_cache(maxsize=32)
def _tokens(vocabulary: Vocabulary, tiles: TileSet, device: torch.device) -> _Tokens:
    chars = {c.replace(" ", SPACE): n for n, c in enumerate(tiles.chars)}
    names = {name: n for n, name in enumerate(tiles.names)}
    tables = torch.zeros(5, vocabulary.size + 1, dtype=torch.int64)
    tables[2:4] = -1
    for place, token in enumerate(vocabulary.tokens):
        letter = character(token)
        if letter:
            tables[3, place] = chars.get(letter, -1)
        elif token in _WORDS and token:
            tables[0, place] = _WORDS.index(token)
        elif token.isdigit():
            tables[1, place] = int(token)
        elif token in names:
            tables[2, place] = names[token]
        elif token in AXES:
            tables[4, place] = AXES.index(token) + 1
    return _Tokens(*tables.to(device))


def paint(batch: TokenBatch, tiles: TileSet) -> tuple[Tensor, Tensor, Tensor]:
    """The levels of programs.

    Args:
        batch: ids (N, T), NumPy or torch.
        tiles: the set that the programs are about.

    Returns:
        kinds (N, R, C) uint8, index of each tile, 0 beyond a level's own columns and rows; columns (N,) and rows (N,)
        int64. On the device of `batch.ids`, tensors in any case.
    """
    ids = torch.as_tensor(batch.ids).long()  # (N, T)
    means = _tokens(batch.vocabulary, tiles, ids.device)
    columns, rows = means.number[ids[:, 1]], means.number[ids[:, 2]]  # (N,)
    ground = means.tile[ids[:, 3]]  # (N,)
    if not len(ids):
        return torch.zeros(0, 0, 0, dtype=torch.uint8, device=ids.device), columns, rows
    wide, high = int(columns.max()), int(rows.max())
    chunk = max(1, CELLS // (len(tiles) * (wide + 1) * (high + 1)))
    parts = []
    for n in range(0, len(ids), chunk):
        part = slice(n, n + chunk)
        parts.append(_paint(ids[part], means, columns[part], rows[part], ground[part], len(tiles), (high, wide)))
    return torch.cat(parts), columns, rows


def _paint(
    ids: Tensor, means: _Tokens, columns: Tensor, rows: Tensor, ground: Tensor, kinds: int, extent: tuple[int, int]
) -> Tensor:
    count, (high, wide) = len(ids), extent
    boxes = _boxes(ids, means)  # program, tile, x1, y1, x2, y2, axis: (B,) each
    who, tile, box, axis = boxes[0], boxes[1], boxes[2:6], boxes[6]
    w, h = columns[who], rows[who]
    layers = torch.zeros(count * kinds * (high + 1) * (wide + 1), dtype=torch.int32, device=ids.device)
    for flip_x, flip_y in ((False, False), (True, False), (False, True), (True, True)):
        held = torch.ones_like(who, dtype=torch.bool)
        if flip_x:
            held &= (axis & 1) == 1
        if flip_y:
            held &= (axis & 2) == 2
        x1, y1, x2, y2 = box
        if flip_x:
            x1, x2 = w + 1 - x2, w + 1 - x1
        if flip_y:
            y1, y2 = h + 1 - y2, h + 1 - y1
        x1, y1, x2, y2 = x1.clamp(min=1), y1.clamp(min=1), torch.minimum(x2, w), torch.minimum(y2, h)
        held &= (x1 <= x2) & (y1 <= y2) & (tile != ground[who])
        start = (who * kinds + tile) * (high + 1)
        for y, x, sign in ((y1 - 1, x1 - 1, 1), (y1 - 1, x2, -1), (y2, x1 - 1, -1), (y2, x2, 1)):
            place = ((start + y) * (wide + 1) + x)[held]
            layers.index_add_(0, place, torch.full_like(place, sign, dtype=torch.int32))
    over = layers.view(count, kinds, high + 1, wide + 1)[:, :, :high, :wide]
    over = over.cumsum(2).cumsum(3) > 0  # (N, K, R, C)
    level = (torch.arange(1, kinds + 1, device=ids.device).view(1, -1, 1, 1) * over).amax(1)  # (N, R, C)
    level = torch.where(level > 0, level - 1, ground[:, None, None])
    inside = torch.arange(high, device=ids.device)[None, :, None] < rows[:, None, None]
    inside = inside & (torch.arange(wide, device=ids.device)[None, None, :] < columns[:, None, None])
    return (level * inside).to(torch.uint8)


def _boxes(ids: Tensor, means: _Tokens) -> Tensor:
    """(7, B) rectangles: program, tile, x1, y1, x2, y2, counted from 1, and the axis of their mirror."""
    word, number = means.word[ids], means.number[ids]  # (N, T)
    place = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    # The last mirror that was opened holds what follows until it ends.
    opened = torch.where(word == _MIRROR, place, -1).cummax(1).values
    ended = torch.where(word == _STOP, place, -1).cummax(1).values
    axis = torch.where(opened > ended, means.axis[ids.gather(1, (opened + 1).clamp(0, ids.shape[1] - 1))], 0)
    found: list[Tensor] = []

    def arguments(kind: int, count: int) -> list[Tensor]:
        """Program, axis, tile and numbers of each shape of a kind."""
        who, where = (word == kind).nonzero(as_tuple=True)
        tile = means.tile[ids[who, where + 1]]
        return [who, axis[who, where], tile, *(number[who, where + n] for n in range(2, 2 + count))]

    def add(who: Tensor, tile: Tensor, x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor, mirror: Tensor) -> None:
        found.append(torch.stack([who, tile, x1, y1, x2, y2, mirror]))

    who, mirror, tile, x1, y1, x2, y2 = arguments(_RECTANGLE, 4)
    add(who, tile, x1, y1, x2, y2, mirror)
    who, mirror, tile, x1, y1, x2, y2 = arguments(_FRAME, 4)
    for side in ((x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2)):
        add(who, tile, *side, mirror)
    who, mirror, tile, x, y, n = arguments(_ACROSS, 3)
    add(who, tile, x, y, x + n - 1, y, mirror)
    who, mirror, tile, x, y, n = arguments(_DOWN, 3)
    add(who, tile, x, y, x, y + n - 1, mirror)
    who, mirror, tile, x, y = arguments(_PUT, 2)
    add(who, tile, x, y, x, y, mirror)
    char = means.char[ids]
    begun = torch.where(word == _ROW, place, -1).cummax(1).values
    who, where = (char >= 0).nonzero(as_tuple=True)
    row = begun[who, where]
    x, y = where - row - 1, number[who, row + 1]
    add(who, char[who, where], x, y, x, y, axis[who, where])
    return torch.cat(found, 1)
