"""A renderer that lets a cluster draw.

Legend: N programs, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.clusters import Carried, Cluster, Job, carried
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster.careful import Careful
from i2c_core.raster.contract import Pictures

_PIXELS = 1 << 22  # a part of a batch, of a batched renderer
_PROGRAMS = 8  # a part, of a renderer of one program
_MOST = 1024  # programs of a part

Part = tuple[NDArray[Any], NDArray[np.float64] | None, tuple[int, int] | None]  # ids (N, T), values (N, T), size


class Spread(Careful):
    """As a `Renderer`; parts of a batch are drawn side by side by the workers of a cluster.

    Pictures do not depend on it, as a batch renders as its members do alone. What is no more than one part is drawn
    in this process.
    """

    def __init__(self, family: Family, cluster: Cluster, tell: Callable[[str], None] | None = None) -> None:
        super().__init__(family, tell, workers=0)
        self._cluster = cluster
        self._drawing = Job("i2c_core.raster.spread:drawing", {"carried": carried(family)})

    def render(
        self, ids: NDArray[Any], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Pictures:
        """As a `Renderer`; raises `ClusterError` where the cluster cannot draw."""
        height, width = size or self.family.size
        most = _PIXELS // (self.family.channels * height * width) if self.batched else _PROGRAMS
        step = max(1, min(_MOST, most))
        if len(ids) <= step:
            return super().render(ids, values, size)
        with self._timed():
            self.drawn += len(ids)
            pixels = np.empty((len(ids), self.family.channels, height, width), np.uint8)
            defined = np.empty(len(ids), bool)
            begin = 0
            for part in self._cluster.map(self._drawing, _parts(ids, values, size, step)):
                end = begin + len(part[1])
                pixels[begin:end], defined[begin:end] = part
                begin = end
        return Pictures(pixels, defined)

    def render_programs(self, programs: Sequence[Program], size: tuple[int, int] | None = None) -> Pictures:
        """As a `Renderer`; raises `ClusterError` where the cluster cannot draw."""
        encoded = [self.family.vocabulary.encode(p) for p in programs]
        ids, values = self.family.vocabulary.pack(encoded)
        return self.render(ids, values if any(e.has_values for e in encoded) else None, size)


def _parts(
    ids: NDArray[Any], values: NDArray[np.float64] | None, size: tuple[int, int] | None, step: int
) -> Iterator[Part]:
    for begin in range(0, len(ids), step):
        some = slice(begin, begin + step)
        yield ids[some], None if values is None else values[some], size


def drawing(carried: Carried) -> Callable[[Part], tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """What a worker makes of the job: it draws a part, pixels (N, C, H, W) and defined (N,)."""
    renderer = Careful(carried.family(), workers=0)

    def draw(part: Part) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        drawn = renderer.render(*part)
        return drawn.pixels, drawn.defined

    return draw
