"""The shortest program of a picture, exactly, in a language whose pictures are tiled by those of their arguments.

A program is shortest only when each of its arguments is, at that argument's own rectangle. So a picture's shortest
program is a constant that draws it, or the best of all symbols over the shortest programs of the parts that they cut it
into. Parts are remembered by type, shape and pixels. Of equal size the first in prefix-token order is taken, as razors
take it. It shares no code with them.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.composing import LeafDrawer
from i2c_core.datasets.shapes import Shapes
from i2c_core.families import Family
from i2c_core.raster import Renderer

Tokens = tuple[int, ...]
KNOWN = 2_000_000  # parts that are remembered
_Part = tuple[int, tuple[int, int], bytes]


class Shortest:
    """Finds shortest programs at any size of picture.

    Args:
        family: one for which `compose` finds that pictures are tiled.
        renderer: of the family; draws the constants.
    """

    def __init__(self, family: Family, renderer: Renderer) -> None:
        self.family = family
        self._shapes = Shapes(family, family.size, 1)
        self._leaves = LeafDrawer(family, renderer)
        self._drawn: dict[tuple[int, tuple[int, int]], dict[bytes, int]] = {}
        self._known: dict[_Part, Tokens | None] = {}

    def __enter__(self) -> Shortest:
        return self

    def __exit__(self, *_: object) -> None:
        self._leaves.__exit__()

    def of(self, pixels: NDArray[np.uint8]) -> Tokens | None:
        """The tokens of the shortest program of a picture (C, H, W), None where no program draws it."""
        return self._of(0, np.ascontiguousarray(pixels))

    def _of(self, type_: int, pixels: NDArray[np.uint8]) -> Tokens | None:
        shape = pixels.shape[1], pixels.shape[2]
        key = type_, shape, pixels.tobytes()
        if key in self._known:
            return self._known[key]
        if len(self._known) > KNOWN:
            self._known.clear()
        leaf = self._leaf(type_, shape).get(key[2])
        best: Tokens | None = None if leaf is None else (leaf,)
        if best is None and min(shape) > 0 and max(shape) > 1:
            for token, args in self._shapes.begins(type_):
                found = self._with(token, args, pixels, shape) if args else None
                if found is not None and (best is None or (len(found), found) < (len(best), best)):
                    best = found
        self._known[key] = best
        return best

    def _with(
        self, token: int, args: tuple[int, ...], pixels: NDArray[np.uint8], shape: tuple[int, int]
    ) -> Tokens | None:
        """The shortest program that begins with a token."""
        found: Tokens = (token,)
        for arg, (x0, y0, x1, y1) in zip(args, self._shapes.boxes(token, shape), strict=True):
            if (y1 - y0, x1 - x0) == shape:
                return None  # all of it is in one argument: never shorter than that argument's own program
            part = self._of(arg, np.ascontiguousarray(pixels[:, y0:y1, x0:x1]))
            if part is None:
                return None
            found += part
        return found

    def _leaf(self, type_: int, shape: tuple[int, int]) -> dict[bytes, int]:
        """The first constant of a type for each picture of a shape."""
        if (type_, shape) not in self._drawn:
            tokens = np.array([t for t, args in self._shapes.begins(type_) if not args], np.int64)
            known: dict[bytes, int] = {}
            if len(tokens) and min(shape) > 0:
                pixels, defined = self._leaves.draw(type_, tokens, shape)
                for token, picture, has in zip(tokens.tolist(), pixels, defined.tolist(), strict=True):
                    if has:
                        known.setdefault(picture.tobytes(), token)
            elif len(tokens):
                known[b""] = int(tokens[0])
            self._drawn[type_, shape] = known
        return self._drawn[type_, shape]
