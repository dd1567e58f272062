"""Shorter programs with the same picture, better and better, each with a bound that is proven.

A family whose programs mean a set of things in no order can say how short a program may be: it declares `synthesize`,
and what it finds is checked here by drawing it. A family that declares which numbers are positions gets programs with
loops, and what is found is checked by executing it.
"""

from i2c_core.synthesis.looping import Scene, scene_of
from i2c_core.synthesis.records import number_of, record, records_of, said, told_cost
from i2c_core.synthesis.sets import Set, read_sets
from i2c_core.synthesis.synthesizing import (
    Cost,
    Step,
    Synthesized,
    improve,
    language_of,
    synthesize,
    synthesize_scene,
)

__all__ = [
    "Cost",
    "Scene",
    "Set",
    "Step",
    "Synthesized",
    "improve",
    "language_of",
    "number_of",
    "read_sets",
    "record",
    "records_of",
    "said",
    "scene_of",
    "synthesize",
    "synthesize_scene",
    "told_cost",
]
