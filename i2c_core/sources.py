"""Where programs come from when people give them: text, files in any readable format, or standard input."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from i2c_core.documents import decode_text, standard_input
from i2c_core.errors import FormatError, I2cError, ParseError
from i2c_core.families import Family
from i2c_core.files import write_atomically
from i2c_core.formats import Format, find_format, format_of_file
from i2c_core.programs import Program

STDIN = "-"
MAX_WORDS = 16  # of a token's name


@dataclass(frozen=True)
class Source:
    """One program and what to call it: a file's name without its ending, or `program` and a number."""

    name: str
    program: Program


def read_programs(family: Family, sources: Sequence[str], format_name: str | None = None) -> list[Source]:
    """Read programs, one a source.

    Args:
        family: the family whose programs they are.
        sources: each a text, a file that exists, or `-` for standard input.
        format_name: the format of all of them; None reads texts in the family's grammar and files by their ending.

    Raises:
        I2cError: a source that cannot be read, its name first.
    """
    found = []
    for source in read_each(family, sources, format_name):
        if isinstance(source, I2cError):
            raise source
        found.append(source)
    return found


def read_each(family: Family, sources: Sequence[str], format_name: str | None = None) -> Iterator[Source | I2cError]:
    """As `read_programs`, with the error of each source that cannot be read in its place.

    Raises:
        FormatError: a format that the family has not.
    """
    wanted = None if format_name is None else find_format(family, format_name)
    for number, source in enumerate(sources, 1):
        try:
            yield _read_one(family, source, number, wanted)
        except I2cError as error:
            yield error


@dataclass(frozen=True)
class Given:
    """What one source holds, as text.

    Attributes:
        name: what to call it, see `Source`.
        where: the file, for messages; empty for a text on the command line.
        text: what it holds.
        format: how it is written; None for the family's grammar.
    """

    name: str
    where: str
    text: str
    format: Format | None


def open_source(family: Family, source: str, number: int = 1, wanted: Format | None = None) -> Given:
    """What a source holds.

    Args:
        family: whose formats say what a file's ending means.
        source: a text, a file that exists, or `-` for standard input.
        number: which of the sources it is, for its name.
        wanted: the format, where it is told; else a file's ending tells it.

    Raises:
        FormatError: it cannot be read, or no format has its ending.
    """
    path = Path(source)
    if source == STDIN:
        return Given("stdin", "stdin", decoded(standard_input(), "standard input"), wanted)
    if _is_file(path):
        text = _read(path)
        if wanted is None and path.is_file():  # a pipe has no ending
            wanted = format_of_file(family, path.suffix)
        return Given(path.stem, source, text, wanted)
    _refuse_path(family, source)
    return Given(f"program-{number}", "", source, wanted)


def _read_one(family: Family, source: str, number: int, wanted: Format | None) -> Source:
    """The program of a source."""
    given = open_source(family, source, number, wanted)
    return Source(given.name, parse_given(family, given))


def read_tokens(family: Family, sources: Sequence[str]) -> list[str]:
    """The names of tokens in texts; `-` is standard input. A name may hold spaces, as `eq[A, B]` does.

    Words that are no token are handed on, for errors about their place.
    """
    texts = [decoded(standard_input(), "standard input") if s == STDIN else s for s in sources]
    known, found = family.vocabulary.ids, list[str]()
    words = [word for text in texts for word in ([text] if text in known else text.split())]
    start = 0
    while start < len(words):
        lengths = range(MAX_WORDS, 1, -1)
        length = next(
            (n for n in lengths if " ".join(words[start : start + n]) in known), 1
        )  # of the longest name here
        found.append(" ".join(words[start : start + length]))
        start += length
    return found


def _is_file(path: Path) -> bool:
    """Whether a source names a file; a program's text may be no path at all, too long or with odd characters."""
    try:
        return path.is_file() or path.is_fifo()  # a shell's <(...) is the latter
    except (OSError, ValueError):
        return False


def _refuse_path(family: Family, source: str) -> None:
    """Raise `FormatError` for what can only be meant as a file: one word with the ending of one of the formats."""
    endings = tuple(f.extension for f in family.all_formats)
    if source.endswith(endings) and not any(c.isspace() for c in source):
        raise FormatError(f"no file {source!r}", "check the path")


def _read(path: Path) -> str:
    try:
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}", "check the file and its permissions") from None


def decoded(content: bytes, name: str) -> str:
    """The text of a source's bytes, with LF at the ends of lines.

    Raises:
        FormatError: it is no UTF-8.
    """
    try:
        return decode_text(content)
    except UnicodeDecodeError as error:
        raise FormatError(f"{name} is no UTF-8 text: byte {error.start + 1}", "save it as UTF-8") from None


def parse_given(family: Family, given: Given) -> Program:
    """The program that a source's text says; errors tell where it stands."""
    where, format_ = given.where, given.format
    try:
        program = family.parse(given.text) if format_ is None else format_.loads(family, given.text)
        return family.check(program)
    except ParseError as error:
        raise (ParseError(f"{where}: {error.fact}", error.hint, error.line, error.column) if where else error) from None
    except I2cError as error:
        raise (type(error)(f"{where}: {error.fact}", error.hint) if where else error) from None


def save(family: Family, format_: Format, path: Path, text: str) -> list[Path]:
    """Write a text in a format to a file, and beside it the files that it points at and that are not there yet.

    Returns:
        What was written, the file itself first.
    """
    write_atomically(path, text)
    written = [path]
    for name, content in format_.files(family).items():
        other = path.with_name(name)
        if not other.exists():  # people may have drawn their own
            write_atomically(other, content)
            written.append(other)
    return written


def output_names(sources: Sequence[Path]) -> list[str]:
    """A name for what is made from each input: its stem, with its ending where two stems are equal.

    Windows and macOS take names that differ in nothing but case, or in how accents are composed, for one.

    Raises:
        FormatError: two inputs of one name.

    >>> output_names([Path("a/x.png"), Path("a/y.png"), Path("a/Y.jpg")])
    ['x', 'y.png', 'Y.jpg']
    """
    stems = Counter(_alike(p.stem) for p in sources)
    names = [p.stem if stems[_alike(p.stem)] == 1 else p.name for p in sources]
    seen: dict[str, Path] = {}
    for name, path in zip(names, sources, strict=True):
        if _alike(name) in seen:
            fact = f"{seen[_alike(name)]} and {path} would be written under one name"
            raise FormatError(fact, "decode them into different folders, or use --json")
        seen[_alike(name)] = path
    return names


def _alike(name: str) -> str:
    """The same text for names that some file system takes for one."""
    return unicodedata.normalize("NFC", name.casefold())
