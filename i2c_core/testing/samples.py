"""The programs that checks look at. Legend: N programs, T tokens."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.sampling import Sampler, token_sampler
from i2c_core.families import Family
from i2c_core.programs import Program

SAMPLES = 24  # random programs a check looks at: enough to meet every symbol of a small language


def some_programs(family: Family, count: int = SAMPLES, seed: int = 0) -> list[Program]:
    """Random programs of a family, of all small sizes that it has, the same for the same seed; its examples first."""
    examples = [family.parse(text) for text in family.examples]
    sampler, rng = _sampler(family), np.random.default_rng(seed)
    ids, values = sampler.sample(rng, rng.choice(_sizes(family, sampler.max_size), count))  # (N, T)
    rows = zip(ids, values if values is not None else [None] * count, strict=True)
    return examples + [family.from_tokens(i.tolist(), v) for i, v in rows]


def legal_programs(family: Family, count: int = SAMPLES, seed: int = 0) -> list[Program]:
    """As `some_programs`, drawn among all that are legal, whatever `normalise` and rules make of them."""
    family = replace(family, rules=()) if family.rules else family
    most, rng = _sampler(family).max_size, np.random.default_rng(seed)
    ids = token_sampler(family.vocabulary, most).sample(rng, rng.choice(_sizes(family, most), count))  # (N, T)
    return [family.parse(text) for text in family.examples] + [family.from_tokens(i.tolist()) for i in ids]


@lru_cache(maxsize=8)
def _sampler(family: Family) -> Sampler:
    return Sampler(family, max(family.vocabulary.shortest + 12, 15))


def _sizes(family: Family, most: int) -> list[int]:
    sizes = _sampler(family).sizes(1, most) if family.sample is None else Counts(family.vocabulary, most).sizes(1, most)
    assert sizes, f"{family.name} has no program of {most} tokens or fewer, expected some"
    return sizes
