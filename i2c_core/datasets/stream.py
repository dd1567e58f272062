"""A seeded, endless stream of batches for training: batch = f(seed, step).

Batches are drawn in *windows* of a few steps, each from its own random generator, so any step can be had at any time
and a resumed run sees what an uninterrupted one does. Within a window no two pictures are equal, pixel by pixel; the
smaller code stays.

Legend: B batch, T tokens, C channels, H W pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.batches import RAZORS, Batch, StreamConfig
from i2c_core.datasets.pairs import Pairs
from i2c_core.datasets.pseudo import PseudoPairs
from i2c_core.datasets.sources import Choice, PairSource, SampleSource, Source, table_source
from i2c_core.families import Family
from i2c_core.raster import Renderer

__all__ = ["RAZORS", "Batch", "Stream", "StreamConfig"]


class Stream:
    """Batches for training; see the module's first lines.

    Args:
        family: whose programs.
        config: see `StreamConfig`.
        seed: together with the step it decides each batch.
        renderer: one to draw with, not used by another thread meanwhile; made here otherwise.
        exclude: keys (see `pixel_keys`) of pictures that must not be given.
        pairs: read from disk, to be given in place of drawn ones: each once an epoch, in an order from the seed.
        pseudo: pictures and what a network read in them, to be mixed into the batches.

    Attributes:
        note: a word for the user: which code an image gets, and where batches repeat images for want of more.

    Raises:
        DataError: nothing to give, with the reason.
    """

    def __init__(
        self,
        family: Family,
        config: StreamConfig,
        seed: int,
        renderer: Renderer | None = None,
        exclude: NDArray[np.uint64] | None = None,
        pairs: Pairs | None = None,
        pseudo: PseudoPairs | None = None,
    ) -> None:
        self.family, self.config, self.seed, self.pseudo = family, config, seed, pseudo
        self.renderer = Renderer(family) if renderer is None else renderer
        self._owns_renderer = renderer is None
        choice = Choice(config, np.unique(exclude) if exclude is not None else np.empty(0, np.uint64))
        self.source: Source
        if pairs is not None:
            self.source = PairSource(pairs, choice)
        elif config.razor != "none":
            self.source = table_source(family, choice, self.renderer)
        else:
            self.source = SampleSource(family, choice, self.renderer)
        self._window: tuple[int, Batch] | None = None

    @property
    def note(self) -> str:
        return self.source.note

    def batch(self, step: int) -> Batch:
        """The batch of a step, from 0 on; always full, T the same for every step."""
        size, steps = self.config.batch_size, self.source.window
        number, place = divmod(step, steps)
        if self._window is None or self._window[0] != number:
            self._window = number, self.source.draw(self.seed, number, steps * size)
        batch = self._window[1].rows(slice(place * size, (place + 1) * size))
        return batch if self.pseudo is None else self.pseudo.into(batch, step)

    def close(self) -> None:
        """End the renderer's processes, where the renderer was made here."""
        if self._owns_renderer:
            self.renderer.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
