"""Many images in one go: read ahead, in order, each exactly once however often the work was ended and begun again.

An image is known by its name and its content, so that a changed file is read again and an unchanged one is not. What
was answered stands in a journal, one JSON record a line; memory holds a few bytes of each.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import torch

from i2c_core.ahead import ahead
from i2c_core.answers import Answer, Prepared
from i2c_core.checkpoints import Checkpoint
from i2c_core.errors import DataError, I2cError
from i2c_core.families import Family
from i2c_core.images import frames_of, image_bytes
from i2c_core.journals import Journal
from i2c_core.questions import Question
from i2c_core.reader import BATCH, Reader

DIGITS = 12  # of the key of a question, in records: enough to tell questions apart
STDIN = "standard input"
_KEPT = 16  # bytes that are kept of each picture that has an answer


@dataclass(frozen=True)
class Picture:
    """One picture of the inputs.

    Attributes:
        number: of its file among all that were named, from 0.
        file: how the file was named.
        frame: which picture of the file it is, from 1; None where the file has one alone.
        sha256: of the file's content, in hexadecimal; None where it could not be read.
        prepared: the picture itself, or why there is none.
    """

    number: int
    file: str
    frame: int | None
    sha256: str | None
    prepared: Prepared


@dataclass(frozen=True)
class Result:
    """A picture and what it was read as."""

    picture: Picture
    answer: Answer

    def record(self, family: Family, asked: str) -> dict[str, Any]:
        """What a journal and `--json` say of it.

        Args:
            family: of the code.
            asked: the key of the question.
        """
        said = self.answer.record(family) | {"file": self.picture.file}
        frame = {} if self.picture.frame is None else {"frame": self.picture.frame}
        return {"file": self.picture.file, **frame, **said, "sha256": self.picture.sha256, "asked": asked}


class Answered:
    """Which pictures have an answer, and which of these are errors: a few bytes each, and a few more for errors.

    Attributes:
        count: the answers so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._claimed: set[bytes] = set()
        self._unread: set[bytes] = set()  # files of which the last answer says that they could not be read at all
        self._failed: set[bytes] = set()
        self._missed: set[bytes] = set()

    @property
    def failed(self) -> int:
        """How many pictures could not be read, as the last answer about each says."""
        return len(self._failed)

    @property
    def missed(self) -> int:
        """How many have no code that is near enough."""
        return len(self._missed)

    def read(self, journal: Journal, asked: str, threshold: float | None = None) -> None:
        """Take in what a journal holds.

        Args:
            asked: the key of the question that is asked now.
            threshold: the most that the distance of a candidate may be.

        Raises:
            DataError: the journal holds answers to another question, or other things than answers.
        """
        for number, record in enumerate(journal.records(), 1):
            where = f"line {number} of {journal.path}"
            try:
                file, frame, content = record["file"], record.get("frame"), record["sha256"]
                failed = "error" in record
                distances = [] if failed else [float(c["distance"]) for c in record["candidates"]]
            except (KeyError, TypeError, ValueError):
                raise DataError(f"{where} is no answer about an image", "write into another file") from None
            if record.get("asked") != asked:
                fact = f"{where} answers the question {record.get('asked')}, this one is {asked}"
                raise DataError(fact, "go on with the same weights and options, or write into another file")
            self.claim(file, frame, content)
            near = threshold is None or any(distance <= threshold for distance in distances)
            self.add(file, frame, failed=failed, missed=not near)

    def claim(self, file: str, frame: int | None, content: str | None) -> bool:
        """Whether a picture has no answer yet; from now on it counts as taken.

        A file that was answered, could not be read later, and is there again needs a later answer than that error.
        """
        key, named = _digest(file, frame, content), _digest(file)
        new = key not in self._claimed or (content is not None and named in self._unread)
        self._claimed.add(key)
        if content is None:
            self._unread.add(named)
        else:
            self._unread.discard(named)
        return new

    def add(self, file: str, frame: int | None, *, failed: bool, missed: bool) -> None:
        """Count an answer. A later one about the same picture stands in place of an earlier one."""
        self.count += 1
        key = _digest(file, frame)
        for known in (self._failed, self._missed):
            known -= {key, _digest(file, None)}  # the latter of a file that could not be read at all
        if failed:
            self._failed.add(key)
        elif missed:
            self._missed.add(key)


def _digest(*words: str | int | None) -> bytes:
    return blake2b(json.dumps(words).encode(), digest_size=_KEPT).digest()


def key_of(checkpoint: Checkpoint, family: Family, question: Question, *more: object) -> str:
    """A short key of all that answers depend on beside the pictures: weights, language and options.

    How many pictures are decoded together is none of it.

    Args:
        more: what else, in words.
    """
    found = sha256(json.dumps(checkpoint.meta, sort_keys=True, default=str).encode())
    for name in sorted(checkpoint.tensors):
        numbers = checkpoint.tensors[name].detach().cpu().contiguous().flatten().view(torch.uint8)  # of any type
        found.update(name.encode() + numbers.numpy().tobytes())
    words = (family.name, family.root, family.vocabulary.fingerprint, family.semantics, replace(question, batch=None))
    found.update(repr((words, more)).encode())
    return found.hexdigest()[:DIGITS]


def read_all(
    reader: Reader,
    inputs: Iterable[tuple[int, str | Path]],
    question: Question,
    answered: Answered | None = None,
) -> Generator[Result, None, None]:
    """Read files as they are named, in order, in batches; one that fails stops no other.

    Args:
        reader: the one that knows the question's strategy, see `Reader.that_knows`.
        inputs: files by number; taken as they are needed, by another thread.
        question: what is asked of each.
        answered: what has an answer already, and is left out; what is read is claimed there.
    """
    waiting: deque[Picture] = deque()  # as many as are decoded at once
    pictures = ahead(_pictures(reader, inputs, question, answered), BATCH)

    def prepared() -> Iterator[Prepared]:
        for picture in pictures:
            waiting.append(picture)
            yield picture.prepared

    try:
        for answer in reader.ask(question, prepared()):
            yield Result(waiting.popleft(), answer)
    finally:
        pictures.close()


def _pictures(
    reader: Reader, inputs: Iterable[tuple[int, str | Path]], question: Question, answered: Answered | None
) -> Iterator[Picture]:
    """The pictures of files, ready to be decoded; those that are claimed are left out."""

    def new(frame: int | None, content: str | None) -> bool:
        return answered is None or answered.claim(name, frame, content)

    for number, source in inputs:
        name, content = str(source), None
        try:
            data = image_bytes(source)
            content = sha256(data).hexdigest()
            for frame in frames_of(data, STDIN if name == "-" else name):
                shown = frame.number if frame.several else None
                if new(shown, content):
                    called = name if shown is None else f"{name}#{shown}"
                    ready = replace(reader.prepare(frame, question), name=called)
                    yield Picture(number, name, shown, content, ready)
        except I2cError as error:
            if new(None, content):
                yield Picture(number, name, None, content, Prepared(name, error=error))


__all__ = ["Answered", "Picture", "Result", "key_of", "read_all"]
