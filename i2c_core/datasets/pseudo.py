"""Pictures whose programs a network has read: pseudo-labels (D.-H. Lee, "Pseudo-label", ICML workshop 2013).

They are kept in the folder of the run that learns from them, so that a run that goes on reads nothing again, and stand
in its batches among the family's own pairs.

Legend: N pictures, B batch, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.config import TrainConfig
from i2c_core.datasets.batches import Batch
from i2c_core.datasets.pairs import read_pairs
from i2c_core.errors import DataError
from i2c_core.families import Family

PSEUDO_FILE = "pseudo.parquet"  # in a run's folder: pictures as the network sees them, and what was read
_CHANCE = 0x5E1F  # sets this chance apart from a run's other


@dataclass(frozen=True, eq=False)
class PseudoPairs:
    """Pictures and what was read in them, to be mixed into batches. Chance is a function of (seed, step).

    Attributes:
        pairs: ids (N, T), values (N, T) or None, pixels (N, C, H, W).
        pad: the token behind each end.
        share: of a batch, in the mean.
        seed: of the run.
    """

    pairs: Batch
    pad: int
    share: float
    seed: int

    def places(self, step: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which places of the step's batch of `count` they take, ascending, and which of the N stands in each."""
        rng = np.random.default_rng((_CHANCE, self.seed, step))
        taken = np.flatnonzero(rng.random(count) < self.share)
        return taken, rng.integers(len(self.pairs), size=len(taken))

    def into(self, batch: Batch, step: int) -> Batch:
        """The step's batch with pseudo pairs in their places; the other places are as they were.

        T is that of the longest program of both, so that it is the same for every step.
        """
        taken, which = self.places(step, len(batch))
        width = max(batch.ids.shape[1], self.pairs.ids.shape[1])
        ids, own = (_widened(b.ids, width, self.pad) for b in (batch, self.pairs))
        ids[taken] = own[which]
        pixels = batch.pixels.copy()
        pixels[taken] = self.pairs.pixels[which]
        values = None
        if batch.values is not None and self.pairs.values is not None:
            values, told = (_widened(b, width, np.nan) for b in (batch.values, self.pairs.values))
            values[taken] = told[which]
        return Batch(ids, values, pixels)


def read_pseudo_pairs(folder: Path, family: Family, config: TrainConfig) -> PseudoPairs | None:
    """What a run learns from beside the family's own pairs; None where its settings name no pictures.

    Args:
        folder: the run's.
        config: of the run, what the family decides filled in.

    Raises:
        DataError: the file is not there, or damaged.
    """
    data = config.data
    if not data.images:
        return None
    path = folder / PSEUDO_FILE
    if not path.is_file():
        raise DataError(f"{folder} has no {PSEUDO_FILE}, from which it learns", "begin a new run with --images")
    pairs = read_pairs(path, family)
    size = (data.height or family.size[0], data.width or family.size[1])
    batch = Batch(pairs.ids, pairs.values, pairs.pixels(size))
    return PseudoPairs(batch, family.vocabulary.pad, data.images_share, config.run.seed)


def _widened(rows: NDArray[Any], width: int, filling: float) -> NDArray[Any]:
    """A copy of (N, T) numbers with more columns."""
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=filling)
