"""A renderer that counts what it draws and stops when time or number is used up: the same for every searcher.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Pictures, Renderer

if TYPE_CHECKING:
    from torch import Tensor

PIXELS = 1 << 22  # drawn between two looks at the clock, 16 MB of working arrays or so
SLOW = 16  # programs between two looks at the clock, of a renderer that draws one at a time
Clock = Literal["wall", "processor"]


class Over(Exception):
    """Time or renders are used up. No `I2cError`: a searcher that copes with errors of renderers must not catch it."""


class Meter(Renderer):
    """Draws for one search, in this process.

    The clock begins when it is made. What is asked for within the limits is drawn; programs beyond them come back
    without a picture, and whoever asks once more gets `Over`.

    Args:
        family: whose programs it draws.
        seconds: by the clock; None for no limit.
        renders: programs; None for no limit.
        clock: "wall", or "processor" for the time that this process has a core, which other programs do not change.

    Attributes:
        renders: programs drawn so far.
    """

    def __init__(
        self, family: Family, seconds: float | None = None, renders: int | None = None, clock: Clock = "wall"
    ) -> None:
        super().__init__(family, workers=0)
        self.renders = 0
        self._most = renders
        self._now = time.perf_counter if clock == "wall" else time.process_time
        self._began = self._now()
        self._limit = seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return self._now() - self._began

    @property
    def over(self) -> bool:
        """Whether nothing more is drawn."""
        late = self._limit is not None and self.elapsed >= self._limit
        return late or (self._most is not None and self.renders >= self._most)

    def tick(self) -> None:
        """Raise `Over` when nothing more is drawn: for searchers that have met nothing new to draw."""
        if self.over:
            raise Over

    def render(
        self, ids: NDArray[Any], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Pictures:
        """As a `Renderer`; raises `Over` when nothing more is drawn."""
        height, width = self.family.size if size is None else size
        step = max(1, PIXELS // (height * width * self.family.channels)) if self.batched else SLOW
        parts: list[Pictures] = []
        begin = 0
        while begin < max(len(ids), 1):
            count = self._allowed(min(step, len(ids) - begin), first=not parts)
            if count == 0 and len(ids):
                break
            some = slice(begin, begin + count)
            parts.append(super().render(ids[some], None if values is None else values[some], size))
            begin += max(count, 1)
        return _padded(parts, len(ids))

    def render_programs(self, programs: Sequence[Program], size: tuple[int, int] | None = None) -> Pictures:
        """As a `Renderer`; raises `Over` when nothing more is drawn."""
        encoded = [self.family.vocabulary.encode(p) for p in programs]
        ids, values = self.family.vocabulary.pack(encoded)
        return self.render(ids, values if any(e.has_values for e in encoded) else None, size)

    def render_tensors(
        self, ids: Tensor, values: Tensor | None = None, size: tuple[int, int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """As a `Renderer`, but drawn on the CPU; raises `Over` when nothing more is drawn."""
        import torch

        drawn = self.render(ids.cpu().numpy(), None if values is None else values.cpu().double().numpy(), size)
        return torch.from_numpy(drawn.pixels.copy()).to(ids.device), torch.from_numpy(drawn.defined).to(ids.device)

    def _allowed(self, count: int, first: bool) -> int:
        """How many of `count` programs may be drawn now; counts them."""
        if self.over:
            if first:
                raise Over
            return 0
        allowed = count if self._most is None else min(count, self._most - self.renders)
        self.renders += allowed
        return allowed


def _padded(parts: Sequence[Pictures], count: int) -> Pictures:
    """Parts as one, with what was not drawn behind them, undefined."""
    pixels = np.concatenate([part.pixels for part in parts])
    defined = np.concatenate([part.defined for part in parts])
    missing = count - len(pixels)
    if missing > 0:
        pixels = np.concatenate([pixels, np.zeros((missing, *pixels.shape[1:]), np.uint8)])
        defined = np.concatenate([defined, np.zeros(missing, bool)])
    return Pictures(pixels, defined)
