"""The shapes that parts of a program can have in a picture of one size, for families with zooms.

A *key* is a type and a shape; symbols cut a shape by their zooms into the keys of their arguments.
"""

from __future__ import annotations

import numpy as np

from i2c_core.families import Family
from i2c_core.raster import Zooms

Shape = tuple[int, int]
Key = tuple[int, Shape]  # a type and a shape


class Shapes:
    """All keys of programs of up to `max_size` tokens.

    Attributes:
        root: the key of whole programs.
        needs: each key, with the largest size that a program there can have.
    """

    def __init__(self, family: Family, size: Shape, max_size: int) -> None:
        self.vocabulary = family.vocabulary
        self._zooms = Zooms.of(family.vocabulary, family.zooms)
        self._productions: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        self.root: Key = (0, size)
        self.needs = self._plan(max_size)

    def tiles(self) -> bool:
        """Whether every symbol's boxes cover its rectangle, at each shape that is met, each pixel once."""
        for type_, shape in self.needs:
            for token, args in self.begins(type_):
                if not args:
                    continue
                cover = np.zeros(shape, np.int64)
                for x0, y0, x1, y1 in self.boxes(token, shape):
                    if not (0 <= x0 <= x1 <= shape[1] and 0 <= y0 <= y1 <= shape[0]):
                        return False
                    cover[y0:y1, x0:x1] += 1
                if (cover != 1).any():
                    return False
        return True

    def begins(self, type_: int) -> list[tuple[int, tuple[int, ...]]]:
        """The tokens that begin a type, in order, with their argument types."""
        if type_ not in self._productions:
            row = self.vocabulary.production[type_]
            self._productions[type_] = [
                (t, self.vocabulary.productions[row[t]].args) for t in np.flatnonzero(row >= 0).tolist()
            ]
        return self._productions[type_]

    def boxes(self, token: int, shape: Shape) -> list[tuple[int, int, int, int]]:
        return self._zooms.cut(token, (0, 0, shape[1], shape[0]))

    def children(self, token: int, args: tuple[int, ...], shape: Shape) -> list[Key]:
        boxes = self.boxes(token, shape)
        return [(arg, (y1 - y0, x1 - x0)) for arg, (x0, y0, x1, y1) in zip(args, boxes, strict=True)]

    def _plan(self, max_size: int) -> dict[Key, int]:
        """Every (type, shape) that a program of the root can have in it, with the largest size that it can have."""
        least = self.vocabulary.least
        needs = {self.root: max_size}
        pending = [self.root]
        while pending:
            key = pending.pop()
            for token, args in self.begins(key[0]):
                spare = needs[key] - 1 - sum(int(least[a]) for a in args)
                for child in self.children(token, args, key[1]) if spare >= 0 else ():
                    most = spare + int(least[child[0]])
                    if needs.get(child, 0) < most:
                        needs[child] = most
                        pending.append(child)
        return needs
