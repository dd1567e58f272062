"""The renderer of programs with loops: they are executed, and the plain family draws their commands.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from i2c_core.errors import ProgramError
from i2c_core.families import Family
from i2c_core.loops import listed, programs_of
from i2c_core.programs import Program
from i2c_core.raster.contract import Array, TokenBatch, is_tensor, on_host
from i2c_core.raster.renderer import Renderer

KEPT = 2_000  # programs whose commands are remembered


class Looped:
    """Draws the programs of `programs_of(family)`; one without a meaning has no picture."""

    def __init__(self, family: Family) -> None:
        self._language = programs_of(family)
        self._renderer = Renderer(family, workers=0)
        self._known: OrderedDict[tuple[int, ...], Program | None] = OrderedDict()

    def __call__(self, batch: TokenBatch, size: tuple[int, int]) -> tuple[Array, Array]:
        """Pixels (N, C, H, W) uint8, and (N,) which programs have a picture."""
        rows = on_host(batch.ids).tolist()
        lists = [self._listed(tuple(t for t in row if t != batch.vocabulary.pad)) for row in rows]
        defined = np.array([p is not None for p in lists], bool)
        pixels = np.zeros((len(rows), self._language.channels, *size), np.uint8)
        if defined.any():
            drawn = self._renderer.render_programs([p for p in lists if p is not None], size)
            pixels[defined] = drawn.pixels
            defined[defined] = drawn.defined
        if not is_tensor(batch.ids):
            return pixels, defined
        import torch

        device = batch.ids.device
        return torch.from_numpy(pixels).to(device), torch.from_numpy(defined).to(device)

    def _listed(self, ids: tuple[int, ...]) -> Program | None:
        """What a program draws, as a list of commands."""
        if ids not in self._known:
            try:
                self._known[ids] = listed(self._language, self._language.from_tokens(ids))
            except ProgramError:
                self._known[ids] = None
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[ids]
