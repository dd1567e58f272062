"""Correction: candidates of a reader weighed together with their shortest programs with loops and reflections."""

from i2c_core.correction.correcting import Corrected, Corrector, confidences, own_correction, ranked
from i2c_core.correction.shortest import Shortener, Shortest
from i2c_core.correction.weighing import FEATURES, Correction, features_of

__all__ = [
    "FEATURES",
    "Corrected",
    "Correction",
    "Corrector",
    "Shortener",
    "Shortest",
    "confidences",
    "features_of",
    "own_correction",
    "ranked",
]
