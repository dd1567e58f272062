"""Programs that people give for a dataset: read, checked, drawn, each with what makes it the same one tomorrow.

A list has an entry a line: the name of a file in any format that the family reads, or a JSON object that holds the
program itself, {"code": "..."} in the family's grammar or {"tokens": [...]}.

Legend: N programs, C channels, H W pixels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2c_core.documents import DocumentError, parse_json
from i2c_core.drawing import undefined
from i2c_core.errors import DataError, FormatError, I2cError, ProgramError
from i2c_core.families import Family
from i2c_core.files import locate, read_whole
from i2c_core.formats import JSON, format_of_file
from i2c_core.inputs import Shard
from i2c_core.programs import Program
from i2c_core.raster import Renderer
from i2c_core.sources import Given, decoded, parse_given
from i2c_core.vocabulary import Encoded

AT_ONCE = 256  # programs drawn together
PIXELS = 1 << 24  # drawn together, at most
HINT = 'name a file, or write {"code": "..."}'


@dataclass(frozen=True)
class Entry:
    """What a list says in one line: the name of a program, its text, and the sha256 of what holds it."""

    given: Given
    digest: str


@dataclass(frozen=True, eq=False)
class Drawn:
    """A program of a list as it is learned from: canonical tokens, and its picture (C, H, W)."""

    name: str
    digest: str
    encoded: Encoded
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Failed:
    """An entry of a list that gives no pair, and why."""

    name: str
    error: I2cError


def read_entries(family: Family, lines: Iterable[str], shard: Shard) -> Iterator[Entry | Failed]:
    """The entries of a share of a list, one by one as they are asked for."""
    for number, line in enumerate(lines):
        if not shard.takes(number):
            continue
        name = line
        try:
            if not line.lstrip().startswith("{"):
                yield _of_file(family, line)
                continue
            name = f"entry {number + 1}"
            yield _of_object(name, line)
        except I2cError as error:
            yield Failed(name, error)


def draw_entries(
    family: Family, entries: Iterable[Entry | Failed], renderer: Renderer, max_size: int | None
) -> Iterator[Drawn | Failed]:
    """The programs of a list with their pictures, in its order; one that fails does not stop the others.

    Args:
        renderer: draws some programs at once; when that fails, each alone.
        max_size: most tokens of a program; None for no limit.
    """
    some = max(1, min(AT_ONCE, PIXELS // (family.channels * family.size[0] * family.size[1])))
    pending: list[_Parsed | Failed] = []
    for entry in entries:
        pending.append(entry if isinstance(entry, Failed) else _parsed(family, entry, max_size))
        if len(pending) >= some:
            yield from _drawn(family, pending, renderer)
            pending = []
    yield from _drawn(family, pending, renderer)


@dataclass(frozen=True)
class _Parsed:
    name: str
    digest: str
    program: Program


def _of_file(family: Family, line: str) -> Entry:
    path = locate(line)
    try:
        content = read_whole(path)
    except FileNotFoundError:
        raise FormatError("there is no such file", "check the path") from None
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise FormatError(f"it cannot be read: {reason}", "check the file and its permissions") from None
    format_ = format_of_file(family, path.suffix)
    return Entry(Given(line, "", decoded(content, "it"), format_), hashlib.sha256(content).hexdigest())


def _of_object(name: str, line: str) -> Entry:
    try:
        record = parse_json(line)
    except DocumentError as error:
        raise DataError(f"this is {error}", HINT) from None
    called = record.get("file")
    name = called if isinstance(called, str) and called else name
    code = record.get("code")
    if isinstance(code, str):
        return Entry(Given(name, "", code, None), _digest(code))
    if "tokens" in record:
        text = json.dumps({key: record[key] for key in ("family", "tokens", "values") if key in record})
        return Entry(Given(name, "", text, JSON), _digest(text))
    raise DataError(f"this has neither code nor tokens: {', '.join(record)[:60] or 'nothing'}", HINT)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(family: Family, entry: Entry, max_size: int | None) -> _Parsed | Failed:
    name = entry.given.name
    try:
        program = family.canonical(parse_given(family, entry.given))
    except I2cError as error:
        return Failed(name, error)
    if max_size is not None and program.size > max_size:
        fact = f"it has {program.size} tokens, at most {max_size} are wanted"
        return Failed(name, ProgramError(fact, "raise --max-size, or leave it out"))
    return _Parsed(name, entry.digest, program)


def _drawn(family: Family, parsed: list[_Parsed | Failed], renderer: Renderer) -> Iterator[Drawn | Failed]:
    programs = [one for one in parsed if isinstance(one, _Parsed)]
    pictures = iter(_pictures(family, [one.program for one in programs], renderer))
    for one in parsed:
        if isinstance(one, Failed):
            yield one
            continue
        picture = next(pictures)
        if isinstance(picture, I2cError):
            yield Failed(one.name, picture)
        else:
            yield Drawn(one.name, one.digest, family.vocabulary.encode(one.program), picture)


def _pictures(family: Family, programs: list[Program], renderer: Renderer) -> Iterator[NDArray[np.uint8] | I2cError]:
    """A picture a program, or why it has none."""
    if not programs:
        return
    try:
        drawn = renderer.render_programs(programs)
    except I2cError as error:
        if len(programs) == 1:
            yield error
            return
        for program in programs:
            yield from _pictures(family, [program], renderer)
        return
    for program, picture, defined in zip(programs, drawn.pixels, drawn.defined, strict=True):
        yield picture if defined else undefined(family, program)
