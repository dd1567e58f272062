"""Formats: other ways to write a program down than its grammar (a game's level file, LaTeX, JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import FormatError, I2cError, suggest
from i2c_core.references import Reference, resolve

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.leftovers import Region
    from i2c_core.programs import Program


@dataclass(frozen=True)
class Format:
    """One way to write programs.

    Args:
        name: what `--format` takes.
        extension: of files in it, with the dot; `-o level.lay` picks the format by it.
        write: `(family, program) -> str`, the text with LF line ends.
        read: `(family, text) -> Program`, or None where it only writes. What is read back from what was written
            renders to the same pixels; where `exact` is set it is the same program.
        exact: whether `read(write(p)) == p`.
        doc: one line for people.
        key: for a format of JSON: under `--json` each candidate carries what it writes under this key.
        fragment: as `write`, the short form to paste into a document, which `--snippet` asks for.
        annotated: whether `write` and `fragment` take a keyword `unexplained`, the regions of a drawing
            (`i2c_core.leftovers.Region`) that the program does not explain, to be told in the text.
        beside: reference to `(family) -> {file name: bytes}`, files that texts in this format point at, such as the
            pictures of tiles: commands write them beside a file in this format where they are not there.
    """

    name: str
    extension: str
    write: Reference
    read: Reference | None = None
    exact: bool = True
    doc: str = ""
    key: str | None = None
    fragment: Reference | None = None
    annotated: bool = False
    beside: Reference | None = None

    def dumps(
        self, family: Family, program: Program, *, snippet: bool = False, unexplained: Sequence[Region] = ()
    ) -> str:
        """The program in this format, with one LF at the end.

        Args:
            family: whose program it is.
            program: what to write.
            snippet: whether to write the short form.
            unexplained: what the program does not explain of a drawing; told by formats that are `annotated`.
        """
        if snippet and self.fragment is None:
            raise _no_fragment(family, self)
        write = resolve(self.fragment if snippet and self.fragment else self.write, f"format {self.name!r}")
        text = write(family, program, unexplained=tuple(unexplained)) if self.annotated else write(family, program)
        if not isinstance(text, str):
            fact = f"format {self.name!r} of {family.name} wrote {type(text).__name__}, expected str"
            raise FormatError(fact, "return text from its write function")
        return text.replace("\r\n", "\n").rstrip("\n") + "\n"

    def files(self, family: Family) -> dict[str, bytes]:
        """The files, by name, that texts in this format point at."""
        if self.beside is None:
            return {}
        found: dict[str, bytes] = resolve(self.beside, f"format {self.name!r}")(family)
        return found

    def loads(self, family: Family, text: str) -> Program:
        """The program that a text in this format says."""
        if self.read is None:
            raise FormatError(f"format {self.name!r} cannot be read", "use a format that reads: see 'i2c families'")
        program: Program = resolve(self.read, f"format {self.name!r}")(family, text)
        return program


def _write_text(family: Family, program: Program) -> str:
    return family.show(program)


def _read_text(family: Family, text: str) -> Program:
    return family.parse(text)


def _write_json(family: Family, program: Program) -> str:
    encoded = family.vocabulary.encode(program)
    tokens = [family.vocabulary.tokens[i] for i in encoded.ids]
    record: dict[str, Any] = {"family": family.name, "root": str(family.root), "tokens": tokens}
    if encoded.has_values:
        record["values"] = [None if v != v else v for v in encoded.values]
    return json.dumps(record, ensure_ascii=False)


def _read_json(family: Family, text: str) -> Program:
    hint = 'write {"tokens": ["...", ...]}'
    try:
        record = parse_json(text)
        tokens = [str(t) for t in record["tokens"]]
        values, owner = record.get("values"), record.get("family", family.name)
        numbers = None if values is None else [float("nan") if v is None else float(v) for v in values]
    except DocumentError as error:
        raise FormatError(f"this is {error}", hint) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise FormatError("this JSON is no program", hint) from None
    if owner != family.name:
        fact = f"this JSON is a program of family {owner!r}, read as one of {family.name!r}"
        raise FormatError(fact, f"name the family {owner}, or take its name out of the JSON")
    if numbers is not None and len(numbers) != len(tokens):
        raise FormatError(f"{len(tokens)} tokens and {len(numbers)} values", "give one value, or null, a token")
    try:
        return family.vocabulary.decode(family.vocabulary.names_to_ids(tokens), numbers)
    except I2cError as error:
        raise FormatError(error.fact, error.hint) from None


# Every family writes these; `text` is its grammar.
TEXT = Format("text", ".txt", _write_text, _read_text, doc="the family's grammar")
JSON = Format("json", ".json", _write_json, _read_json, doc="prefix tokens, with values where there are any")


def find_format(family: Family, name: str) -> Format:
    """The family's format of a name."""
    for format_ in family.all_formats:
        if format_.name == name:
            return format_
    known = [f.name for f in family.all_formats]
    raise FormatError(f"{family.name} has no format {name!r}", suggest(name, known, f"use one of {', '.join(known)}"))


def format_of_file(family: Family, extension: str) -> Format:
    """The family's format whose files end with `extension`, or in its name; its own formats come before the core's."""
    for format_ in family.all_formats:
        if format_.extension.lower() == extension.lower():
            return format_
    for format_ in family.all_formats:
        if f".{format_.name}" == extension.lower():
            return format_
    known = ", ".join(f.extension for f in family.all_formats)
    files = f"files that end in {extension}" if extension else "files without an ending"
    raise FormatError(f"no format of {family.name} has {files}", f"use {known}, or name a format")


def choose_format(family: Family, name: str | None, output: Path | None = None, snippet: bool = False) -> Format:
    """The format of a name, else the one that the ending of `output` says, else the family's grammar as text.

    With `snippet` it must have a short form; where neither name nor ending says which, the first that has one.
    """
    if name is None and output is None and snippet:
        name = next((f.name for f in family.all_formats if f.fragment), None)
    if name is not None:
        found = find_format(family, name)
    else:
        found = find_format(family, TEXT.name) if output is None else format_of_file(family, output.suffix)
    if snippet and found.fragment is None:
        raise _no_fragment(family, found)
    return found


def _no_fragment(family: Family, format_: Format) -> FormatError:
    known = [f.name for f in family.all_formats if f.fragment]
    hint = f"leave --snippet out, or use {' or '.join(known)}" if known else "leave --snippet out"
    return FormatError(f"format {format_.name!r} of {family.name} has no short form", hint)
