"""The worst answers of many, in bounded memory: what people look at first."""

from __future__ import annotations

import heapq

from i2c_core.answers import Answer

MOST = 200  # that a page shows: more than anybody looks through


class Worst:
    """Keeps the `most` worst of the answers that it is given.

    Errors are worst, then what is least confident; answers without a confidence go by their distance.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.given = 0
        self._kept: list[tuple[tuple[float, float], int, Answer]] = []  # a heap, the best of them first

    def add(self, answer: Answer) -> None:
        """Take one more answer into account."""
        entry = (_badness(answer), -self.given, answer)  # of equally bad ones the first stay
        self.given += 1
        if len(self._kept) < self.most:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    @property
    def answers(self) -> list[Answer]:
        """Those that were kept: the worst first where some were not, else as they came."""
        if self.given <= self.most:
            return [answer for _, _, answer in sorted(self._kept, key=lambda entry: -entry[1])]
        return [answer for _, _, answer in sorted(self._kept, key=lambda entry: entry[:2], reverse=True)]

    @property
    def note(self) -> str:
        """What is shown, where it is not all of them; else nothing."""
        if self.given <= self.most:
            return ""
        return f"The {self.most} worst of {self.given:,} images: errors first, then the least confident or farthest."


def _badness(answer: Answer) -> tuple[float, float]:
    """What sorts answers, the worst highest: errors, doubt (1 where nothing is known of it), distance."""
    if answer.error is not None or not answer.candidates:
        return 2.0, 0.0
    best = answer.candidates[0]
    return (1.0 if best.confidence is None else 1.0 - best.confidence), best.distance


__all__ = ["MOST", "Worst"]
