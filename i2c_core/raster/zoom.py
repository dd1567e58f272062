"""Where in the picture each node of a program lives, in whole pixels, for families whose symbols declare zooms.

A symbol's zoom cuts its half-open rectangle: an edge at fraction f of [a, b) lies at a + floor((b - a) * f). Rectangles
may be empty, [a, a), where a picture is smaller than a program is deep.

The arrays of one call are all NumPy or all torch on one device; torch is not imported for NumPy arrays.
Legend: N programs, T tokens, V tokens of the vocabulary, A the largest arity, S slots of a stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import FamilyError
from i2c_core.families import Box
from i2c_core.raster.contract import Array, is_tensor
from i2c_core.vocabulary import Vocabulary

_CORNER = [0, 1, 0, 1]  # the columns of x0, y0, x1, y1 that hold the corner which each edge counts from
_FAR = [2, 3, 2, 3]


@dataclass(frozen=True, eq=False)
class Zooms:
    """The zooms of a family as tables, with row V for padding.

    Attributes:
        arity: (V + 1,) arguments of each token.
        numerator, denominator: (V + 1, A, 4) the edges x0, y0, x1, y1 of each argument as fractions of the token's
            rectangle; the whole rectangle where a token declares no zoom.
    """

    arity: NDArray[np.int64]
    numerator: NDArray[np.int64]
    denominator: NDArray[np.int64]
    _placed: dict[Any, tuple[Array, Array, Array]] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(vocabulary: Vocabulary, zooms: Mapping[str, Sequence[Box]]) -> Zooms:
        """The tables of a vocabulary; raises `FamilyError` where a token has not one box an argument."""
        arity = np.append(vocabulary.arity, 0).astype(np.int64)  # (V + 1,)
        shape = (len(arity), max(1, int(arity.max())), 4)
        numerator, denominator = np.zeros(shape, np.int64), np.ones(shape, np.int64)
        numerator[..., 2:] = 1
        for token, boxes in zooms.items():
            row = vocabulary.ids.get(token)
            if row is None:
                continue  # not reachable from this root
            if len(boxes) != arity[row]:
                fact = f"{token!r} zooms into {len(boxes)} boxes, expected {arity[row]}"
                raise FamilyError(fact, "give one box an argument")
            for number, edges in enumerate(boxes):
                numerator[row, number] = [f.numerator for f in edges]
                denominator[row, number] = [f.denominator for f in edges]
        return Zooms(arity, numerator, denominator)

    def like(self, ids: Array) -> tuple[Array, Array, Array]:
        """arity, numerator and denominator in the library and on the device of `ids`."""
        if not is_tensor(ids):
            return self.arity, self.numerator, self.denominator
        if ids.device not in self._placed:
            import torch

            arity, numerator, denominator = (
                torch.from_numpy(t).to(ids.device) for t in (self.arity, self.numerator, self.denominator)
            )
            self._placed[ids.device] = arity, numerator, denominator
        return self._placed[ids.device]

    def cut(self, token: int, rectangle: Sequence[int]) -> list[tuple[int, int, int, int]]:
        """The rectangles x0, y0, x1, y1 of the arguments of one token that lives at `rectangle`."""
        where = np.array(rectangle, np.int64)
        extent = where[_FAR] - where[_CORNER]
        parts = where[_CORNER] + extent * self.numerator[token] // self.denominator[token]  # (A, 4)
        return [(int(p[0]), int(p[1]), int(p[2]), int(p[3])) for p in parts[: self.arity[token]]]


def rectangles(zooms: Zooms, ids: Array, size: tuple[int, int]) -> Array:
    """The rectangle of every node, in pixels.

    A stack of rectangles a program is moved forward token by token, for all programs at once.

    Args:
        zooms: the family's tables.
        ids: (N, T) whole programs in prefix order, padded with V, NumPy or torch.
        size: height and width of the picture.

    Returns:
        (N, T, 4) int64, x0, y0, x1, y1 of each token's node; all 0 at padding.
    """
    return _tensor_rectangles(zooms, ids, size) if is_tensor(ids) else _rectangles(zooms, ids, size)


def _rectangles(zooms: Zooms, ids: NDArray[Any], size: tuple[int, int]) -> NDArray[np.int64]:
    count, length = ids.shape
    steps = np.ascontiguousarray(ids.T)  # (T, N)
    live = steps < len(zooms.arity) - 1  # (T, N)
    arity = zooms.arity[steps]  # (T, N)
    slots = 1 + int(np.cumsum(arity - live, 0).max(initial=0))  # S, the most nodes that are ever still to come
    stack = np.zeros((count * slots + 1, 4), np.int64)  # the last row takes what no argument needs
    top = np.arange(0, count * slots, slots)  # (N,) the row of each program's next node
    stack[top] = 0, 0, size[1], size[0]
    argument = np.arange(zooms.numerator.shape[1])  # (A,)
    found = np.zeros((length, count, 4), np.int64)
    for t in range(length):
        found[t] = stack[top]
        inner = np.flatnonzero(arity[t])  # (M,) only these have arguments to place
        token, parent = steps[t, inner], found[t, inner]  # (M,), (M, 4)
        corner = parent[:, None, _CORNER]  # (M, 1, 4)
        extent = parent[:, None, _FAR] - corner
        parts = corner + extent * zooms.numerator[token] // zooms.denominator[token]  # (M, A, 4)
        last = arity[t, inner, None] - 1 - argument  # (M, A) the first argument goes on top
        stack[np.where(last >= 0, top[inner, None] + last, -1)] = parts
        top += arity[t] - live[t]
    found *= live[..., None]
    return np.ascontiguousarray(found.transpose(1, 0, 2))


def _tensor_rectangles(zooms: Zooms, ids: Array, size: tuple[int, int]) -> Array:
    import torch

    arity_of, numerator, denominator = zooms.like(ids)
    count, length = ids.shape
    steps = ids.long().T.contiguous()  # (T, N)
    live = steps < len(arity_of) - 1  # (T, N)
    arity = arity_of[steps]  # (T, N)
    # A bound that needs no copy to the host: each of T tokens leaves at most A - 1 more nodes behind it.
    slots = 1 + length * max(1, numerator.shape[1] - 1)
    if slots > 64:
        slots = 1 + max(0, int(torch.cumsum(arity - live.long(), 0).max())) if count else 1
    stack = torch.zeros((count * slots + 1, 4), dtype=torch.int64, device=ids.device)
    top = torch.arange(count, device=ids.device) * slots  # (N,)
    stack[top] = torch.tensor([0, 0, size[1], size[0]], device=ids.device)
    argument = torch.arange(numerator.shape[1], device=ids.device)  # (A,)
    found = []
    for t in range(length):
        where = stack[top]  # (N, 4)
        found.append(where * live[t, :, None])
        corner = where[:, None, _CORNER]  # (N, 1, 4)
        extent = where[:, None, _FAR] - corner
        shift = torch.div(extent * numerator[steps[t]], denominator[steps[t]], rounding_mode="floor")
        last = arity[t, :, None] - 1 - argument  # (N, A)
        slot = torch.where(last >= 0, top[:, None] + last, count * slots)
        stack[slot] = corner + shift  # (N, A, 4)
        top = top + arity[t] - live[t].long()
    if not found:
        return torch.zeros((count, 0, 4), dtype=torch.int64, device=ids.device)
    return torch.stack(found, 1)
