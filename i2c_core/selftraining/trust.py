"""Which readings are learned from."""

from __future__ import annotations

from dataclasses import dataclass

from i2c_core.answers import Candidate
from i2c_core.config import DataSettings


@dataclass(frozen=True)
class Trust:
    """A reading is trusted where it draws its picture again, or where it is sure.

    Attributes:
        distance: up to which it counts as drawn again, in what the family compares pictures by; 0 is pixel by pixel.
        confidence: from which on it is sure (see `i2c_core.calibration`); a reading without one never is.
    """

    distance: float
    confidence: float

    @classmethod
    def of(cls, data: DataSettings) -> Trust:
        """The rule that a run's settings say."""
        return cls(data.images_distance, data.images_confidence)

    def redraws(self, reading: Candidate) -> bool:
        """Whether the reading draws its picture again."""
        return reading.distance <= self.distance

    def accepts(self, reading: Candidate) -> bool:
        """Whether the reading is learned from."""
        sure = reading.confidence is not None and reading.confidence >= self.confidence
        return sure or self.redraws(reading)
