"""Drawings as people give them, pictures or commands, each with the shortest program with loops that draws it.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from i2c_core.answers import Answer, Candidate, blame
from i2c_core.correction.shortest import Shortest
from i2c_core.documents import decode_text, standard_input
from i2c_core.errors import FamilyError, FormatError, I2cError
from i2c_core.families import Family
from i2c_core.formats import find_format
from i2c_core.images import EXTENSIONS
from i2c_core.loops import Body, Loop, Reflect, body_of, cost_of, plain_of, program_from, programs_of, walk
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.reader import Reader
from i2c_core.sources import STDIN, Given
from i2c_core.synthesis import Set, Synthesized, read_sets, scene_of, synthesize_scene

SECONDS = 5.0  # to look for the shortest program of a drawing, unless told otherwise

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Understood:
    """A drawing and its program.

    Attributes:
        name: the path of a picture; a file of commands without its ending, or the name in a file of many.
        family: of the commands, without loops.
        program: the commands, canonical.
        found: the program with loops; of a text with loops that text's own.
        picture: (C, H, W) uint8, what was given, framed; of commands what they draw, at the family's own size.
        distance: from what the program draws to the picture that was given, 0 for commands.
    """

    name: str
    family: Family
    program: Program
    found: Synthesized
    picture: Pixels = field(repr=False)
    distance: float = 0.0

    @property
    def body(self) -> Body:
        """The program with loops as plain data."""
        assert self.found.body is not None
        return self.found.body


@dataclass(frozen=True)
class Failed:
    """A drawing that could not be understood, and why."""

    name: str
    error: I2cError


def is_picture(source: str) -> bool:
    """Whether a source is a picture by its name."""
    return Path(source).suffix.lower() in EXTENSIONS


def program_of(family: Family, candidate: Candidate, seconds: float = SECONDS) -> Synthesized:
    """The shortest program with loops of what a picture was read as.

    Args:
        family: whose reader gave the candidate.
        seconds: to look for one, where the reader's own search was not over.
    """
    scene = scene_of(family, candidate.program)
    known = candidate.shortest
    if known is None or not known.optimal:
        return synthesize_scene(scene, seconds)
    language = programs_of(scene.family)
    program = program_from(language, known.body, scene.frame)
    return Synthesized(program, known.cost, known.bound, known.seconds, language, known.body)


def with_programs(answer: Answer, family: Family, seconds: float = SECONDS) -> Answer:
    """An answer whose candidates are programs with loops that draw what was read.

    Args:
        family: whose reader gave the answer.
        seconds: to look for programs of all candidates together, where the reader's own search was not over.
    """
    found = []
    for candidate in answer.candidates:
        one = program_of(family, candidate, seconds / len(answer.candidates))
        assert one.body is not None
        shortest = Shortest(one.body, Fraction(one.cost), Fraction(one.bound), one.seconds)
        found.append(replace(candidate, program=one.program, code=one.code, size=one.program.size, shortest=shortest))
    return replace(answer, candidates=found)


class Understanding:
    """Reads drawings of one family; a context manager, as its network may have workers.

    Args:
        family: one that declares loops, or a language of programs with loops.
        weights: a checkpoint instead of the family's own.
        device: where the network runs.
        seconds: to look for the shortest program of a drawing.
        format_name: how commands are written, if not by their file.
        as_written: whether a text with loops is taken as it is; else the shortest program of what it draws is sought.
    """

    def __init__(
        self,
        family: Family,
        *,
        weights: Path | None = None,
        device: str = "auto",
        seconds: float = SECONDS,
        format_name: str | None = None,
        as_written: bool = False,
    ) -> None:
        self.family = plain_of(family) or family
        if self.family.loops is None:
            raise FamilyError(f"family {family.name} has no loops", "declare which arguments are positions with loops=")
        self._asked, self.weights, self.device = family, weights, device
        self.seconds, self.format_name, self.as_written = seconds, format_name, as_written
        self._reader: Reader | None = None
        self._renderer = Renderer(self.family, workers=0)

    def read(self, sources: Sequence[str | Path]) -> Iterator[Understood | Failed]:
        """The drawings that sources name, in order: pictures, files of commands, texts of commands; `-` is stdin.

        A file may hold many sets of commands. What cannot be read comes as `Failed`, and stops no other.
        """
        for source in map(str, sources):
            if source == STDIN:
                yield from self._stdin(standard_input())
            elif is_picture(source):
                yield self._picture(source, source)
            else:
                yield from self._sets(source)

    def read_one(self, source: str | Path) -> Understood:
        """The one drawing that a source names.

        Raises:
            I2cError: it cannot be read, or holds several.
        """
        found: Understood | None = None
        for one in self.read([source]):
            if isinstance(one, Failed):
                raise one.error
            if found is not None:
                names = f"{found.name}, {one.name}, ..."
                raise FormatError(f"{source} holds several drawings: {names}", "write one into a file of its own")
            found = one
        if found is None:
            raise FormatError(f"{source} holds no drawing", "write one into it")
        return found

    def _stdin(self, content: bytes) -> Iterator[Understood | Failed]:
        """What standard input holds: commands where it is text, else a picture."""
        try:
            text = decode_text(content)
        except UnicodeDecodeError:
            yield self._picture("stdin", content)
            return
        wanted = None if self.format_name is None else find_format(self.family, self.format_name)
        yield from self._sets(Given("stdin", "stdin", text, wanted))

    def _picture(self, name: str, content: str | bytes) -> Understood | Failed:
        """What a picture shows, as its reader's best candidate says it."""
        if self._reader is None:
            self._reader = Reader.load(self.weights or self.family.name, self.device, self.family)
        try:
            answer = next(self._reader.read_many([content], 1, program=True))
            if answer.error is not None:
                raise answer.error
            best = answer.candidates[0]
            found = program_of(self.family, best, self.seconds)
        except I2cError as error:
            return Failed(name, error)
        assert answer.picture is not None
        return Understood(name, self.family, best.program, found, answer.picture, best.distance)

    def _sets(self, source: str | Given) -> Iterator[Understood | Failed]:
        """The drawings that a text or a file of commands holds."""
        for given in read_sets(self._asked, [source], self.format_name):
            if isinstance(given, I2cError):
                yield Failed(source if isinstance(source, str) else source.name, given)
                continue
            try:
                yield self._of_commands(given)
            except I2cError as error:
                yield Failed(given.name, blame(given.name, error))

    def _of_commands(self, given: Set) -> Understood:
        scene = scene_of(given.family, given.program)
        body = None if given.family is self.family else body_of(given.family, given.program)
        if self.as_written and body is not None and any(isinstance(s, Loop | Reflect) for s in walk(body)):
            found = Synthesized(given.program, cost_of(body), 0, 0.0, given.family, body)
        else:
            found = synthesize_scene(scene, self.seconds)
        return Understood(given.name, self.family, scene.program, found, self.draw(scene.program))

    def draw(self, program: Program) -> Pixels:
        """(C, H, W) what a list of commands draws."""
        pixels: Pixels = self._renderer.render_programs([program]).pixels[0]
        return pixels

    def close(self) -> None:
        self._renderer.close()
        if self._reader is not None:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


__all__ = [
    "SECONDS",
    "Failed",
    "Understanding",
    "Understood",
    "is_picture",
    "program_of",
    "with_programs",
]
