"""The renderer of boxes: who owns each cell of the grid, then the cells in pixels.

Cells have their edges at floor(cell * pixels / 8), so that every size is drawn. Fills of another family are drawn by it
at the box's rectangle, and cut where later boxes cover them.

Legend: N programs, T tokens, K boxes of a program, n fills, C channels, H W pixels, G cells a side.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster import Array, TokenBatch, is_tensor
from i2c_plugins.boxes.tokens import FILL, OTHER, PALETTE, Tokens, is_foreign, tokens_of

SHORTEST = 7  # tokens of a box in a list
# Cells of boxes worked on at once. On a CPU working arrays should stay in its cache; on a device, in its memory.
WORKED, DEVICE_WORKED = 1 << 20, 1 << 27
_COLOURS = np.array([list(rgb.to_bytes(3, "big")) for rgb in (*PALETTE.values(), 0)], np.uint8)  # black for OTHER


@dataclass(frozen=True, eq=False)
class Layers:
    """The boxes of N programs, the ground first, each painted over those before it.

    Attributes:
        where: (N, 1 + K, 4) left, upper, right and lower edge in cells, cut by all boxes around; empty behind the last.
        fill: (N, 1 + K) the place of each fill's first token; T behind the last.
    """

    where: Array
    fill: Array


def render(batch: TokenBatch, size: tuple[int, int]) -> Array:
    """Draw programs of boxes.

    Args:
        batch: ids (N, T), NumPy or torch.
        size: height and width, 1 or more.

    Returns:
        (N, 3, H, W) uint8, in the library and on the device of `batch.ids`.
    """
    ids = batch.ids
    tokens = tokens_of(batch.vocabulary)
    on_device = is_tensor(ids) and ids.device.type != "cpu"
    each = max(size[0] * size[1] * 3, tokens.cells**2 * (1 + ids.shape[1] // SHORTEST))
    step = max(1, (DEVICE_WORKED if on_device else WORKED) // each)  # programs
    parts = [_draw(batch, tokens, n, n + step, size) for n in range(0, max(1, len(ids)), step)]
    return parts[0] if len(parts) == 1 else _library(ids).concatenate(parts)


def layers(tokens: Tokens, ids: Array) -> Layers:
    """The boxes of programs (N, T) in the order in which they are painted."""
    xp = _library(ids)
    count, length = ids.shape
    most = max(1, length // SHORTEST)  # K
    padded = xp.concatenate((ids, ids[:, :1] * 0 + len(tokens.arity) - 1), 1)  # (N, T + 1)
    own = ~is_foreign(tokens, padded)  # (N, T + 1)
    box = tokens.like("is_box", ids)[padded] & own
    nesting = (tokens.like("is_pile", ids)[padded] & own) * 1 - (tokens.like("is_nil", ids)[padded] & own) * 1
    level = xp.cumsum(nesting, 1) - nesting  # (N, T + 1) how many piles are open at a token
    # The place of each program's k-th box: T where it has none.
    rank = xp.where(box, xp.cumsum(box * 1, 1) - 1, most)  # (N, T + 1)
    place = _filled(ids, (count, most + 1), length)
    token = _range(ids, length + 1)
    if is_tensor(ids):
        place = place.scatter(1, rank, token.expand(count, length + 1))[:, :most]
    else:
        np.put_along_axis(place, rank, np.broadcast_to(token, rank.shape), 1)
        place = place[:, :most]
    there = place < length  # (N, K)
    ordinal = _range(ids, most)
    level = xp.where(there, _take(level, place), -1)  # (N, K)
    # The box around a box is the last one before it that lies one level higher.
    around = (level[:, None, :] == level[:, :, None] - 1) & (ordinal[None, :] < ordinal[:, None]) & there[:, None, :]
    parent = ((ordinal + 1) * around).max(2)  # (N, K) or what torch calls so
    parent = parent.values if is_tensor(ids) else parent
    number = tokens.like("number", ids)
    x, y, w, h = (number[_take(padded, xp.clip(place + 1 + a, 0, length))] for a in range(4))  # (N, K)
    where = _filled(ids, (count, 1 + most, 4), 0)
    where[:, 0, 2:] = tokens.cells
    row = _range(ids, count)
    for k in range(most):
        left, upper, right, lower = where[row, parent[:, k]].T  # (N,)
        left, upper = left + x[:, k], upper + y[:, k]
        edges = (left, upper, xp.minimum(left + w[:, k], right), xp.minimum(upper + h[:, k], lower))
        where[:, 1 + k] = xp.stack(edges, 1) * there[:, k, None]
    fill = xp.concatenate((place[:, :1] * 0 + 1, xp.clip(place + FILL, 0, length)), 1)
    return Layers(where, fill)


def owners(where: Array, cells: int) -> Array:
    """(N, G, G) the layer that each cell shows, 0 for the ground, of layers (N, 1 + K, 4)."""
    cell = _range(where, cells)
    left, upper, right, lower = (where[:, :, a, None] for a in range(4))  # (N, 1 + K, 1)
    wide = (cell >= left) & (cell < right)  # (N, 1 + K, G)
    tall = (cell >= upper) & (cell < lower)
    layer = _range(where, where.shape[1])[:, None, None]
    covered = (tall[:, :, :, None] & wide[:, :, None, :]) * layer  # (N, 1 + K, G, G)
    return covered.max(1).values if is_tensor(where) else covered.max(1)


def edges(pixels: int, cells: int) -> NDArray[np.int64]:
    """(G + 1,) the pixel at which each of the cells of a side begins, and the side's end."""
    return np.arange(cells + 1) * pixels // cells


def cell_of(pixels: int, cells: int) -> NDArray[np.int64]:
    """(pixels,) the cell of each pixel of a side."""
    return np.repeat(np.arange(cells), np.diff(edges(pixels, cells)))


def _draw(batch: TokenBatch, tokens: Tokens, begin: int, end: int, size: tuple[int, int]) -> Array:
    ids = batch.ids[begin:end].long() if is_tensor(batch.ids) else batch.ids[begin:end].astype(np.int64)
    found = layers(tokens, ids)
    owner = owners(found.where, tokens.cells)  # (N, G, G)
    xp = _library(ids)
    padded = xp.concatenate((ids, ids[:, :1] * 0 + len(tokens.arity) - 1), 1)  # (N, T + 1)
    first = _take(padded, found.fill)  # (N, 1 + K)
    colour = _placed(_COLOURS, ids)[tokens.like("colour", ids)[first]]  # (N, 1 + K, C)
    row = _range(ids, len(ids))[:, None, None]
    shades = colour[row, owner]  # (N, G, G, C)
    tall, wide = (_placed(cell_of(side, tokens.cells), ids) for side in size)  # (H,), (W,)
    pixels = shades[:, tall][:, :, wide]  # (N, H, W, C)
    pixels = pixels.permute(0, 3, 1, 2) if is_tensor(ids) else pixels.transpose(0, 3, 1, 2)
    if tokens.has_foreign:
        shown = owner[:, tall][:, :, wide]  # (N, H, W)
        pixels = pixels.contiguous() if is_tensor(ids) else np.ascontiguousarray(pixels)
        seen = (owner.reshape(len(ids), -1, 1) == _range(ids, first.shape[1])).any(1)  # (N, 1 + K)
        foreign = seen & (tokens.like("colour", ids)[first] == OTHER) & (first < len(tokens.arity) - 1)
        _fill(batch, begin, found, foreign, shown, pixels, size, tokens.cells)
    return pixels


def _fill(
    batch: TokenBatch,
    begin: int,
    found: Layers,
    foreign: Array,
    shown: Array,
    pixels: Array,
    size: tuple[int, int],
    cells: int,
) -> None:
    """Paint what other families draw into `pixels` (N, C, H, W), where `shown` (N, H, W) tells the layer to be seen."""
    xp = _library(pixels)
    row, layer = xp.where(foreign)  # (n,)
    down, right = (_placed(edges(side, cells), pixels) for side in size)
    where = found.where[row, layer]  # (n, 4)
    left, upper = right[where[:, 0]], down[where[:, 1]]
    wide, tall = right[where[:, 2]] - left, down[where[:, 3]] - upper
    for w, h in dict.fromkeys(zip(wide.tolist(), tall.tolist(), strict=True)):
        some = xp.where((wide == w) & (tall == h))[0]
        if not w * h:
            continue
        at, number = row[some], layer[some]
        drawn = batch.picture(at + begin, found.fill[at, number], (h, w))  # (n, C, h, w)
        y = (upper[some, None] + _range(pixels, h))[:, :, None]  # (n, h, 1)
        x = (left[some, None] + _range(pixels, w))[:, None, :]  # (n, 1, w)
        seen = shown[at[:, None, None], y, x] == number[:, None, None]  # (n, h, w)
        one, line, column = xp.where(seen)
        pixels[at[one], :, y[one, line, 0], x[one, 0, column]] = drawn[one, :, line, column]


def _library(like: Array) -> ModuleType | Any:
    if not is_tensor(like):
        return np
    import torch

    return torch


def _placed(table: NDArray[Any], like: Array) -> Array:
    if not is_tensor(like):
        return table
    import torch

    return torch.from_numpy(table).to(like.device)


def _range(like: Array, count: int) -> Array:
    return _placed(np.arange(count), like)


def _filled(like: Array, shape: tuple[int, ...], value: int) -> Array:
    if not is_tensor(like):
        return np.full(shape, value, np.int64)
    import torch

    return torch.full(shape, value, dtype=torch.int64, device=like.device)


def _take(rows: Array, place: Array) -> Array:
    """(N, K) what rows (N, T) hold at places (N, K)."""
    return rows.gather(1, place) if is_tensor(rows) else np.take_along_axis(rows, place, 1)
