"""Random programs of compositions: canonical, within their size, with parts of every material, repeatable."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from composed_families import FRAMES, RULES

from i2c_core import Family, Program, get_family
from i2c_core.composing import Parts, compose
from i2c_core.datasets.planting import Planting
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import DataError

SPLITS = get_family("splits")


def blank(family: Family, rng: np.random.Generator, size: int) -> Program:
    return family.parse("frame(blank)")


def test_a_composition_samples_by_itself_where_a_part_does() -> None:
    assert compose(SPLITS, RULES).sample is None
    composed = compose(SPLITS, replace(FRAMES, sample=blank), RULES)
    parts = Parts(SPLITS, [FRAMES, RULES], "Image", lambda: composed)
    sample = composed.sample
    assert callable(sample)
    drawn = [sample(composed, np.random.default_rng(seed), 12) for seed in range(60)]
    assert all(p.size <= 12 and composed.is_canonical(p) and composed.check(p) is p for p in drawn)
    found = Counter(number for p in drawn for number, _ in parts.inside(p))
    assert min(found[0], found[1]) > 10
    inside = {parts.own(0, part) for p in drawn for number, part in parts.inside(p) if number == 0}
    assert inside == {FRAMES.parse("frame(blank)")}  # by the material's own sampler
    assert len({p.size for p in drawn}) > 6
    assert sample(composed, np.random.default_rng(7), 12) == drawn[7]


def test_sizes_without_programs_are_refused() -> None:
    composed = compose(FRAMES, replace(RULES, sample=lambda family, rng, size: family.parse("tiny(dark, no)")))
    with pytest.raises(DataError) as error:
        Planting(Parts(FRAMES, [RULES], "Image", lambda: composed))(composed, np.random.default_rng(0), 1)
    assert str(error.value) == (
        "no program of frames+every-rule was found with 1 tokens or fewer\n  -> ask for more than 1 tokens"
    )
    ids, _ = Sampler(composed, 8).sample(np.random.default_rng(0), np.array([8, 8]))
    assert ids.shape[1] <= 8
