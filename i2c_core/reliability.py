"""Whether confidence holds: of the answers told with some confidence, that share should be right.

The expected calibration error is the mean distance of the two over bins of confidence, weighted by their pictures
(M. P. Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BINS = 10
SURE = 0.9  # confidence from which on an answer is told as sure
SIDE = 240  # pixels of the plot


@dataclass(frozen=True)
class Bin:
    """The answers with a confidence from `low` to `high`: how many, their mean confidence, the share that is right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Reliability:
    """How well confidence holds.

    Attributes:
        pictures: how many answers have a confidence.
        error: the expected calibration error.
        bins: of those that are not empty.
        sure: how many were told at SURE or above, and how many of these are right.
    """

    pictures: int
    error: float
    bins: list[Bin]
    sure: tuple[int, int]

    @classmethod
    def of(cls, told: Sequence[tuple[float, bool]]) -> Reliability | None:
        """From pairs of confidence and whether the answer was right; None where there are none."""
        if not told:
            return None
        bins = []
        for number in range(BINS):
            here = [(c, r) for c, r in told if min(int(c * BINS), BINS - 1) == number]
            if here:
                mean, right = (sum(column) / len(here) for column in zip(*here, strict=True))
                bins.append(Bin(number / BINS, (number + 1) / BINS, len(here), mean, right))
        error = sum(b.count * abs(b.confidence - b.right) for b in bins) / len(told)
        sure = [r for c, r in told if c >= SURE]
        return cls(len(told), error, bins, (len(sure), sum(sure)))

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        told, right = self.sure
        return {
            "pictures": self.pictures,
            "error": round(self.error, 6),
            "sure": {"from": SURE, "pictures": told, "right": right},
            "bins": [{**vars(b), "confidence": round(b.confidence, 6), "right": round(b.right, 6)} for b in self.bins],
        }

    def tell(self) -> str:
        """In one sentence."""
        told, right = self.sure
        share = f", of which {100 * right / told:.1f} % are right" if told else ""
        return f"calibration error {self.error:.3f}; {told} of {self.pictures} told at {SURE:g} or above{share}"

    def svg(self) -> str:
        """The plot, to stand in a page: share that is right over confidence; a dot's area goes with its pictures."""
        edge = 30
        whole = SIDE + 2 * edge

        def at(x: float, y: float) -> tuple[float, float]:
            return round(edge + x * SIDE, 1), round(edge + (1 - y) * SIDE, 1)

        parts = [f'<rect x="{edge}" y="{edge}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#bbb"/>']
        (x1, y1), (x2, y2) = at(0, 0), at(1, 1)
        parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#bbb" stroke-dasharray="4 4"/>')
        largest = max(b.count for b in self.bins)
        points = [at(b.confidence, b.right) for b in self.bins]
        line = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="#1e50e6"/>')
        for b, (x, y) in zip(self.bins, points, strict=True):
            radius = round(2 + 8 * (b.count / largest) ** 0.5, 1)
            told = f"{b.count} answers, confidence {b.confidence:.3f}, right {b.right:.3f}"
            parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#1e50e6" fill-opacity=".6">')
            parts.append(f"<title>{told}</title></circle>")
        for mark in (0.0, 0.5, 1.0):
            x, y = at(mark, 0)
            parts.append(f'<text x="{x}" y="{y + 16}" font-size="12" text-anchor="middle">{mark:g}</text>')
            x, y = at(0, mark)
            parts.append(f'<text x="{x - 6}" y="{y + 4}" font-size="12" text-anchor="end">{mark:g}</text>')
        label = f'<text x="{whole / 2}" y="{edge - 10}" font-size="12" text-anchor="middle">'
        parts.append(f"{label}share right over confidence</text>")
        return f'<svg width="{whole}" height="{whole}" role="img" aria-label="reliability">{"".join(parts)}</svg>'
