"""Programs to shorten as people give them: texts with loops or without, files of any format, and many sets in one file.

A file that holds many is an object in JSON, `{"a.png": [...], "b.png": [...]}`, each value in the family's own JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import I2cError, ParseError
from i2c_core.families import Family
from i2c_core.formats import Format, find_format
from i2c_core.loops import plain_of, programs_of, with_loops
from i2c_core.programs import Program
from i2c_core.sources import Given, open_source, parse_given

ONE = "tokens"  # a key of programs in the JSON that every family has


@dataclass(frozen=True)
class Set:
    """One program and what to call it.

    Attributes:
        name: a file's name without its ending, the name within a file of many, or `program` and a number.
        family: of the program: the one that was asked for, or its language with loops, or without.
        program: what was given.
    """

    name: str
    family: Family
    program: Program


def read_sets(
    family: Family, sources: Sequence[str | Given], format_name: str | None = None
) -> Iterator[Set | I2cError]:
    """Read programs, one or more a source; the error of what cannot be read comes in its place.

    Args:
        family: whose programs they are; of one with loops, programs with loops are read as well.
        sources: each a text, a file that exists, or `-` for standard input; or what was read of one already.
        format_name: the format of all of them; None reads texts in the family's grammar, or in JSON where they begin
            as such do, and files by their ending.

    Raises:
        FormatError: a format that the family has not.
    """
    readers = _Readers(family)
    wanted = None if format_name is None else find_format(readers.plain, format_name)
    for number, source in enumerate(sources, 1):
        try:
            given = source if isinstance(source, Given) else open_source(readers.plain, source, number, wanted)
        except I2cError as error:
            yield error
            continue
        yield from readers.read(given)


class _Readers:
    """A family, and its language with loops, or without."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.plain = plain_of(family) or family
        self.json: Format = find_format(self.plain, "json")

    def read(self, given: Given) -> Iterator[Set | I2cError]:
        """The programs of one source."""
        if given.format is None and given.text.lstrip().startswith(("[", "{")):
            given = replace(given, format=self.json)
        parts = [given]
        if given.format is not None and given.format.name == self.json.name:
            parts = [
                Given(name, f"{given.where}: {name}" if given.where else name, text, given.format)
                for name, text in _many(given.text)
            ] or parts
        for part in parts:
            try:
                yield self._parse(part)
            except I2cError as error:
                yield error

    def _parse(self, given: Given) -> Set:
        """The program of a text, in the first language that reads it; else the error that came farthest."""
        errors = []
        for family in self._speakers(given):
            try:
                format_ = None if given.format is None else find_format(family, given.format.name)
                program = parse_given(family, replace(given, format=format_))
                if family is not self.family and plain_of(self.family) is family:  # loops were asked for by name
                    return Set(given.name, self.family, with_loops(family, program))
                return Set(given.name, family, program)
            except I2cError as error:
                errors.append(error)
        raise max(errors, key=lambda e: (e.line, e.column) if isinstance(e, ParseError) else (0, 0))

    def _speakers(self, given: Given) -> Iterator[Family]:
        """The languages that a text may be in, made when their turn comes."""
        is_text = given.format is None or given.format.name == "text"
        if self.family is not self.plain:
            yield from (self.family, self.plain) if is_text else (self.plain, self.family)
            return
        yield self.family
        if is_text and self.family.loops is not None:
            yield programs_of(self.family)


def _many(text: str) -> list[tuple[str, str]]:
    """The names and texts of the programs that a text of JSON holds; none where it holds one, or is none."""
    try:
        found = parse_json(text)
    except DocumentError:
        return []
    if not isinstance(found, dict) or ONE in found or not any(isinstance(v, list | dict) for v in found.values()):
        return []
    return [(name, json.dumps(value)) for name, value in found.items()]


__all__ = ["Set", "read_sets"]
