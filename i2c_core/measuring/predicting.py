"""How predictable canonical programs are: bits a token of held-out ones, by a small table of what stood where before.

The table counts tokens by their type; by the symbol above and the number of the argument; by that and the first token
of the argument before; and by the symbol above that as well. Each count is mixed with the one before it, which stands
for `WEIGHT` programs, and what the mask closes gets nothing. Beside it: all open tokens as likely; and the entropy of
the draw, below which no model comes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.keys import held_out
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.measuring.coding import Step, steps_of
from i2c_core.raster import Renderer

WEIGHT = 4.0  # what a shorter context counts for


@dataclass(frozen=True)
class Predictability:
    """Bits a token.

    Attributes:
        size: symbols of the programs.
        trained, held_out: how many programs; what draws one image is on one side.
        uniform: all open tokens as likely.
        table: by the table.
        entropy: of the draw, None where programs are not drawn uniformly.
    """

    size: int
    trained: int
    held_out: int
    uniform: float
    table: float
    entropy: float | None


def predictability(
    family: Family, size: int, count: int, renderer: Renderer, rng: np.random.Generator
) -> Predictability:
    """Of `count` canonical programs of a size, one image in ten held out."""
    sampler = Sampler(family, size)
    ids, values = sampler.sample(rng, np.full(count, size))
    drawn = renderer.render(ids, values)
    ids, apart = ids[drawn.defined], held_out(drawn.pixels[drawn.defined])
    if not apart.any() or apart.all():
        raise DataError(f"{count} programs of {family.name} are too few to hold some out", "draw more")
    pad = family.vocabulary.pad
    steps = steps_of(family, [[t for t in row if t != pad] for row in ids.tolist()])
    train = [row for row, out in zip(steps, apart.tolist(), strict=True) if not out]
    test = [row for row, out in zip(steps, apart.tolist(), strict=True) if out]
    table = _Table(train)
    flat = [s for row in test for s in row]
    uniform = sum(math.log2(len(s.open)) for s in flat) / len(flat)
    bits = -sum(math.log2(table.chance(s)) for s in flat) / len(flat)
    entropy = Counts(family.vocabulary, size).log2(size) / size if sampler.kind == "uniform" else None
    return Predictability(size, len(train), len(test), uniform, bits, entropy)


class _Table:
    def __init__(self, programs: Sequence[Sequence[Step]]) -> None:
        self._seen: list[dict[object, dict[int, int]]] = [{}, {}, {}, {}]
        for step in (s for row in programs for s in row):
            for level, context in zip(self._seen, _contexts(step), strict=True):
                own = level.setdefault(context, {})
                own[step.token] = own.get(step.token, 0) + 1

    def chance(self, step: Step) -> float:
        """The probability of a token among what is open."""
        open_ = step.open.tolist()
        shares = dict.fromkeys(open_, 1 / len(open_))
        for level, context in zip(self._seen, _contexts(step), strict=True):
            own = level.get(context, {})
            total = sum(own.get(t, 0) for t in open_)
            shares = {t: (own.get(t, 0) + WEIGHT * shares[t]) / (total + WEIGHT) for t in open_}
        return shares[step.token]


def _contexts(step: Step) -> tuple[object, ...]:
    """From what says little to what says much."""
    return (
        step.type,
        (step.type, step.parent),
        (step.type, step.parent, step.left),
        (step.type, step.parent, step.left, step.grandparent),
    )
