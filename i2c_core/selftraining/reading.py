"""Pictures without programs, read by a network: which of them may be read, and which readings are trusted.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.answers import Candidate, Prepared
from i2c_core.calibration import WANTED
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import Pair
from i2c_core.errors import I2cError
from i2c_core.images import Frame, frames_of
from i2c_core.progress import Progress
from i2c_core.questions import Question
from i2c_core.reader import BATCH, Reader
from i2c_core.selftraining.trust import Trust

# Why a picture is left out.
UNREADABLE, HELD_OUT, EXCLUDED = "could not be read", "held out for evaluation", "excluded"
TWIN, UNANSWERED = "seen before", "without an answer"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Reading:
    """What became of one picture.

    Attributes:
        file: its name.
        candidate: what was read in it, if anything, without its pictures: there may be very many readings.
        accepted: whether it is learned from.
        left_out: why nothing was read in it, else empty.
        picture: (C, H, W) uint8, as the network sees it, where it is learned from.
    """

    file: str
    candidate: Candidate | None = None
    accepted: bool = False
    left_out: str = ""
    picture: Pixels | None = field(default=None, repr=False)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        if self.candidate is None:
            return {"file": self.file, "accepted": False, "left_out": self.left_out}
        sure = self.candidate.confidence
        return {
            "file": self.file,
            "accepted": self.accepted,
            "code": self.candidate.code,
            "confidence": None if sure is None else round(sure, 6),
            "distance": self.candidate.distance,
        }


def read_unlabelled(
    reader: Reader,
    files: Sequence[Path],
    trust: Trust,
    progress: Progress,
    *,
    budget: int | None = None,
    exclude: Iterable[Pair] = (),
    holdout: bool = True,
) -> list[Reading]:
    """Read the pictures of files, each as it is framed for the network; what became of each, in order.

    Args:
        reader: of the network that reads.
        files: pictures; one that cannot be read stops no other.
        trust: which readings are learned from.
        progress: where to tell how far it is.
        budget: the most tokens of a program; the network's own where None.
        exclude: pairs whose pictures are never read, as they are or as they are framed.
        holdout: whether one picture in ten, by its exact pixels, is left for evaluation.
    """
    desk = _Desk(reader, exclude, holdout)
    frames = _frames(files)
    found: list[Reading] = []
    accepted = 0
    with progress.task("reading", len(files)) as task:
        while some := list(islice(frames, BATCH)):
            laid = [frame if isinstance(frame, Reading) else desk.lay(frame) for frame in some]
            answers = reader.read_many([p for p in laid if isinstance(p, Prepared)], WANTED, budget=budget)
            for frame, each in zip(some, laid, strict=True):
                if isinstance(each, Prepared):
                    answer = next(answers)
                    each = _judged(each, answer.candidates[0] if answer.candidates else None, trust)
                found.append(each)
                accepted += each.accepted
                if isinstance(frame, Reading) or frame.number == 1:
                    task.advance(note=f"{accepted:,} accepted")
    return found


def _frames(files: Iterable[Path]) -> Iterator[Frame | Reading]:
    """The pictures that files hold, or that a file could not be read."""
    for file in files:
        try:
            yield from frames_of(file)
        except I2cError:
            yield Reading(str(file), left_out=UNREADABLE)


def _judged(seen: Prepared, best: Candidate | None, trust: Trust) -> Reading:
    if best is None:
        return Reading(seen.name, left_out=UNANSWERED)
    best = replace(best, picture=np.empty((0, 0, 0), np.uint8), given=None, crops=())
    if not trust.accepts(best):
        return Reading(seen.name, best)
    return Reading(seen.name, best, True, picture=seen.seen)


class _Desk:
    """Lays pictures before the reader, but those that must not be learned from, or were there before."""

    def __init__(self, reader: Reader, exclude: Iterable[Pair], holdout: bool) -> None:
        self._reader, self._holdout, self._question = reader, holdout, Question()
        self._known: set[int] = set()
        self._excluded: set[int] = set()
        plain = Question(preprocess=False)
        for pair in exclude:
            for question in (plain, self._question):
                seen = reader.prepare(torch.tensor(pair.image), question).seen
                if seen is not None:
                    self._excluded.add(_key(seen))

    def lay(self, frame: Frame) -> Prepared | Reading:
        """A picture as the reader looks at it, or why it is left out."""
        prepared = self._reader.prepare(frame, self._question)
        if prepared.seen is None:
            return Reading(frame.name, left_out=UNREADABLE)
        key = _key(prepared.seen)
        if key in self._excluded:
            return Reading(frame.name, left_out=EXCLUDED)
        if self._holdout and held_out(np.array([key], np.uint64))[0]:
            return Reading(frame.name, left_out=HELD_OUT)
        if key in self._known:
            return Reading(frame.name, left_out=TWIN)
        self._known.add(key)
        return prepared


def _key(picture: Pixels) -> int:
    return int(pixel_keys(picture[None])[0])
