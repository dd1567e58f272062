"""Whether a family's pictures are put together from the pictures of their arguments: tried, not believed.

Legend: n programs, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.enumeration import enumerate_canonical
from i2c_core.datasets.razored import Razored
from i2c_core.datasets.sampling import bin_centres
from i2c_core.datasets.substructure import Substructure
from i2c_core.errors import FamilyError, RenderError
from i2c_core.families import Family
from i2c_core.raster import Renderer

TRIED = 512  # programs on which the claim that pictures compose is tried before it is used


def compose(family: Family, size: tuple[int, int], max_size: int, renderer: Renderer) -> Substructure | None:
    """The family's substructure at a size, or None where its pictures are not put together from their arguments'.

    The zooms must tile, and the claim is tried on small programs against the renderer.
    """
    if not family.has_zooms or not family.any_size or family.normalise is not None:
        return None
    try:
        with LeafDrawer(family, renderer) as leaves:
            shelves = Substructure(family, size, max_size, leaves.draw)
    except RenderError:
        return None  # an argument has no picture of its own
    return shelves if shelves.shapes.tiles() and _composes(shelves, family, renderer) else None


class LeafDrawer:
    """Draws programs of one token, of any type of a family."""

    def __init__(self, family: Family, renderer: Renderer) -> None:
        self._family, self._renderer = family, renderer
        self._others: dict[int, Renderer] = {}

    def __enter__(self) -> LeafDrawer:
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
                part = replace(self._family, root=root, signature=self._family.gamma, grammar=None, rules=())
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
