"""A renderer that goes on when memory runs out: with fewer programs at once.

Legend: N programs, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family
from i2c_core.memory import out_of_memory
from i2c_core.programs import Program
from i2c_core.raster.contract import Pictures
from i2c_core.raster.renderer import Renderer


class Careful(Renderer):
    """As a `Renderer`; a batch for which memory runs out is drawn in halves, and all later ones in parts as small.

    Pictures do not depend on it, as a batch renders as its members do alone.

    Args:
        family: whose programs it draws.
        tell: called with one line when memory runs out for the first time.
        **options: of `Renderer`.

    Attributes:
        most: programs drawn at once from now on; None while memory suffices.
    """

    def __init__(self, family: Family, tell: Callable[[str], None] | None = None, **options: Any) -> None:
        super().__init__(family, **options)
        self.most: int | None = None
        self._tell = tell

    def render(
        self, ids: NDArray[Any], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Pictures:
        """As a `Renderer`; raises its errors where one program alone is too much."""
        draw = super().render
        return self._in_parts(len(ids), lambda some: draw(ids[some], None if values is None else values[some], size))

    def render_programs(self, programs: Sequence[Program], size: tuple[int, int] | None = None) -> Pictures:
        """As a `Renderer`; raises its errors where one program alone is too much."""
        if self.batched:
            return super().render_programs(programs, size)  # which asks `render`
        draw = super().render_programs
        return self._in_parts(len(programs), lambda some: draw(programs[some], size))

    def _in_parts(self, count: int, draw: Callable[[slice], Pictures]) -> Pictures:
        parts: list[Pictures] = []
        begin = 0
        while begin < max(count, 1):
            step = min(self.most or count, count - begin)
            try:
                parts.append(draw(slice(begin, begin + step)))
            except Exception as error:
                if step <= 1 or not _for_want_of_memory(error):
                    raise
                if self.most is None and self._tell is not None:
                    self._tell(f"memory ran out for {step:,} programs at once; going on with fewer")
                self.most = step // 2
                continue
            begin += max(step, 1)
        if len(parts) == 1:
            return parts[0]
        return Pictures(np.concatenate([p.pixels for p in parts]), np.concatenate([p.defined for p in parts]))


def _for_want_of_memory(error: BaseException) -> bool:
    """Whether an error of a renderer, or what it was raised from, says that memory ran out."""
    return out_of_memory(error) or (error.__cause__ is not None and out_of_memory(error.__cause__))
