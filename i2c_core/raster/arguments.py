"""Where in token rows the arguments that other families draw begin, and their pictures put in place.

Legend: N programs, T tokens, V tokens of the vocabulary, n arguments, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.raster.contract import Array, is_tensor, on_host
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary
from i2c_core.vocabulary.grounding import Rules

if TYPE_CHECKING:
    from i2c_core.raster.contract import TokenBatch


def foreign_openings(vocabulary: Vocabulary, foreign: Collection[str]) -> dict[str, str]:
    """The tokens that may begin an argument of a foreign type, each with that type.

    A token whose result is a foreign type is of that one; others, of types that a foreign type includes or symbols that
    make any type, are of the first foreign type that they may begin.
    """
    if not foreign:
        return {}
    signature = vocabulary.signature
    found = {t: str(signature[t].result) for t in vocabulary.tokens if str(signature[t].result) in foreign}
    rules = Rules(signature)
    for type_ in foreign:
        for token, _ in rules.alternatives(parse_type(type_)):
            if token in vocabulary.ids:
                found.setdefault(token, type_)
    return found


def foreign_places(ids: Array, arity: NDArray[np.int32], opens: NDArray[np.bool_]) -> Array:
    """Where the outermost foreign arguments of programs begin.

    Args:
        ids: (N, T) whole programs, padded with V, NumPy or torch.
        arity: (V,) arguments of each token.
        opens: (V,) the tokens that may begin a foreign argument.

    Returns:
        (N, T) bool, in the library and on the device of `ids`.
    """
    steps: Array = np.append(arity, 1).astype(np.int64) - 1  # (V + 1,) how a token changes what is still to come
    begins: Array = np.append(opens, False)  # (V + 1,)
    if is_tensor(ids):
        import torch

        steps, begins = torch.from_numpy(steps).to(ids.device), torch.from_numpy(begins).to(ids.device)
        ids = ids.long()
    change, begin = steps[ids], begins[ids]  # (N, T)
    found = begin & False
    left = change[:, 0] * 0  # (N,) the tokens that the argument around each program's next token still takes
    for t in range(ids.shape[1]):
        found[:, t] = begin[:, t] & (left == 0)
        inside = found[:, t] | (left > 0)
        left = left + (found[:, t] + change[:, t]) * inside
    return found


def spans(
    ids: NDArray[Any], arity: NDArray[np.int32], rows: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The tokens of sub-programs that begin at `positions` (n,) of `rows` (n,) of programs `ids` (N, T).

    Returns:
        Their places in those rows (n, t), and (n, t) which of these are theirs: t is the length of the longest.
    """
    change = np.append(arity, 1)[ids] - 1  # (N, T) by how much each token changes what is still to come
    column = np.arange(ids.shape[1])  # (T,)
    inside = column >= positions[:, None]  # (n, T)
    ends = inside & (np.cumsum(change[rows] * inside, 1) == -1)
    length = ends.argmax(1) + 1 - positions  # (n,)
    longest = int(length.max(initial=0))
    taken = column[:longest] < length[:, None]  # (n, t)
    return np.minimum(positions[:, None] + column[:longest], ids.shape[1] - 1), taken


def draw_foreign(batch: TokenBatch, where: Array, pixels: Array, first: int = 0) -> None:
    """Draw the foreign arguments of programs into their pictures, each at the rectangle of its first token.

    Arguments of one size are drawn together. Empty rectangles are left out.

    Args:
        batch: the programs.
        where: (n, T, 4) x0, y0, x1, y1 in pixels of the tokens of n programs, as `rectangles` gives them.
        pixels: (n, C, H, W) uint8 of these programs, which is changed.
        first: the place in the batch of the first of them.
    """
    if not batch.has_foreign:
        return
    found = on_host(batch.foreign_arguments()[first : first + len(pixels)])  # (n, T)
    rows, positions = np.nonzero(found)
    edges = on_host(where)[rows, positions]  # (n, 4)
    sizes = edges[:, [3, 2]] - edges[:, [1, 0]]  # (n, 2)
    for height, width in np.unique(sizes, axis=0).tolist():
        some = np.flatnonzero((sizes == (height, width)).all(1))
        if height and width:
            drawn = batch.picture(rows[some] + first, positions[some], (height, width))  # (n, C, h, w)
            paste(pixels, rows[some], edges[some, 0], edges[some, 1], drawn)


def paste(pixels: Array, rows: NDArray[np.int64], x: NDArray[np.int64], y: NDArray[np.int64], drawn: Array) -> None:
    """Put pictures `drawn` (n, C, h, w) with their upper left corners at x, y (n,) into `pixels[rows]`."""
    _, channels, height, width = drawn.shape
    index: tuple[Array, ...] = (
        rows[:, None, None, None],
        np.arange(channels)[:, None, None],
        (y[:, None] + np.arange(height))[:, None, :, None],
        (x[:, None] + np.arange(width))[:, None, None, :],
    )
    if is_tensor(pixels):
        import torch

        index = tuple(torch.from_numpy(i).to(pixels.device) for i in index)
    pixels[index] = drawn
