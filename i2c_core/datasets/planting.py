"""Random programs of a composition: one of the model, with programs of the materials in place of some of its leaves.

The model's program is of any size up to the one asked for. One of its leaves that a material may replace is replaced,
and each other with an even chance, as long as there are tokens left; by a program of any material, of any size that
fits. Each family draws by its own sampler, or uniformly by size. It is no uniform sample of the composition.
"""

from __future__ import annotations

import numpy as np

from i2c_core.composing import Parts
from i2c_core.composing.late import leaves
from i2c_core.composing.parts import Step, build
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.programs import Program

CHANCE = 0.5  # that a leaf other than the first is replaced
TRIES = 50  # programs drawn until one is canonical within its size


class Planting:
    """The sampler of a composition, `(family, rng, size) -> Program` of at most `size` tokens."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._samplers: dict[Family, Sampler] = {}

    def __call__(self, family: Family, rng: np.random.Generator, size: int) -> Program:
        """A canonical program; the same state of `rng` gives the same one."""
        for _ in range(TRIES):
            drawn = self._drawn(self._parts.model, rng, size)
            if drawn is None:
                break
            found = family.canonical(self._planted(family, drawn, rng, size))
            if found.size <= size:
                return found
        fact = f"no program of {family.name} was found with {size} tokens or fewer"
        raise DataError(fact, f"ask for more than {size} tokens")

    def _drawn(self, family: Family, rng: np.random.Generator, most: int) -> Program | None:
        """A program of one of the families of at most so many tokens; None where it has none."""
        sampler = self._samplers.get(family)
        if sampler is None or sampler.max_size < most:
            sampler = self._samplers[family] = Sampler(family, max(most, family.budget))
        sizes = sampler.sizes(1, most)
        if not sizes:
            return None
        ids, values = sampler.sample(rng, np.array([sizes[rng.integers(len(sizes))]]))  # (1, T)
        return family.from_tokens(ids[0].tolist(), None if values is None else values[0].tolist())

    def _planted(self, family: Family, drawn: Program, rng: np.random.Generator, size: int) -> Program:
        """The model's program, in the composition's signature, with programs of the materials in it."""
        parts = self._parts
        steps: list[list[Step]] = [[(n.name, len(n.args), n.value)] for n in drawn.nodes()]
        whole = build(family.gamma, [s[0] for s in steps])
        places = rng.permutation(leaves(family, parts, whole)).tolist()
        left = size - len(steps)
        for number, place in enumerate(places):
            if number and rng.random() >= CHANCE:
                continue
            material = int(rng.integers(len(parts.materials)))
            own = self._drawn(parts.materials[material], rng, left + 1)
            if own is not None:
                steps[place] = parts.steps(material, own)
                left -= own.size - 1
        return build(family.gamma, [step for some in steps for step in some])
