"""What a stream is asked for, and what it gives.

Legend: B batch, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import ConfigError, suggest

RAZORS = ("auto", "sharp", "rough", "none")


@dataclass(frozen=True)
class StreamConfig:
    """What a stream gives.

    Attributes:
        batch_size: B.
        min_size, max_size: numbers of tokens of the programs.
        razor: which code an image gets. "sharp": the shortest one, from a table of all images up to `max_size`.
            "auto": the same while a size has at most `table_candidates` candidates; for the next sizes, combinations
            of shortest programs, then programs drawn uniformly, as for families whose zooms do not tile.
            "rough": one image a perceptual hash. "none": programs drawn uniformly.
        holdout: leave out the held-out images, one in ten by exact pixels.
        only_held_out: give nothing but those.
        size_power: a size with n programs is drawn in proportion to min(n, table_candidates) to this power, so that
            large sizes are frequent and small ones stay.
        table_candidates: see `razor`; a million take about ten seconds and a few hundred megabytes.
        max_rounds: how often a window is drawn on when pictures are missing to fill it.
    """

    batch_size: int = 256
    min_size: int = 1
    max_size: int = 11
    razor: str = "auto"
    holdout: bool = True
    only_held_out: bool = False
    size_power: float = 0.7
    table_candidates: int = 1_000_000
    max_rounds: int = 50

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigError(f"batch_size is {self.batch_size}, expected 1 or more", "raise it")
        if not 1 <= self.min_size <= self.max_size:
            fact = f"sizes {self.min_size}..{self.max_size} are no span"
            raise ConfigError(fact, "use 1 <= min_size <= max_size")
        if self.razor not in RAZORS:
            raise ConfigError(
                f"unknown razor {self.razor!r}", suggest(self.razor, RAZORS, f"use one of {', '.join(RAZORS)}")
            )


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs to learn from: ids (B, T) int64, V behind each end; values (B, T) or None; pixels (B, C, H, W) uint8."""

    ids: NDArray[np.int64]
    values: NDArray[np.float64] | None
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, which: NDArray[np.int64] | slice) -> Batch:
        """Some of the pairs."""
        return Batch(self.ids[which], None if self.values is None else self.values[which], self.pixels[which])
