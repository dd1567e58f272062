"""`i2c lint`: what is wrong with programs that are legal, and the likeliest ones without problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from i2c_cli import options
from i2c_cli.console import Usage, complain, emit, emit_json, say
from i2c_cli.targets import STDOUT
from i2c_core.errors import I2cError
from i2c_core.families import Family

if TYPE_CHECKING:
    from i2c_core.formats import Format


@click.command("lint")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
@options.family()
@click.option("--from", "from_", metavar="FORMAT", help="How the programs are written, if not by their file.")
@click.option(
    "--repair", is_flag=True, help="Write the likeliest programs without problems, and tell what was changed."
)
@options.format_name
@options.output("Where to write what is repaired: a file, or a folder for several programs [default: stdout].")
@options.as_json("Print one JSON object a program.")
@options.quiet
def command(
    programs: tuple[str, ...],
    family: Family,
    from_: str | None,
    repair: bool,
    format_name: str | None,
    output: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Tell what is wrong with programs that are legal: 0 where nothing is, 1 where something is.

    Each PROGRAM is the text of one, a file that holds one, or - for standard input. Problems are told one a line, with
    the row and column where they have a place. With --repair the exit code is about what was written. What cannot be
    read is told, and the others go on.
    """
    from i2c_core import soundness
    from i2c_core.sources import read_each, save

    output = None if str(output) == STDOUT else output
    _refuse(programs, repair, format_name, output, as_json)
    folder = output is not None and (output.is_dir() or len(programs) > 1)
    sound = True
    for word, source in zip(programs, read_each(family, programs, from_), strict=True):
        if isinstance(source, I2cError):
            sound = False
            if as_json:
                emit_json({"name": word, "error": source.fact, "hint": source.hint})
            complain(source)
            continue
        shown = word if Path(source.name).stem == Path(word).stem and source.name != word else source.name
        problems = soundness.lint(family, source.program)
        record: dict[str, Any] = {
            "name": source.name,
            "sound": not problems,
            "problems": [p.record() for p in problems],
        }
        if not repair:
            sound = sound and not problems
            if as_json:
                emit_json(record)
            for problem in problems if not as_json else ():
                emit(f"{shown}: {problem}")
            if not problems and not as_json:
                say(f"{shown} is sound", quiet)
            continue
        repaired = soundness.repair(family, source.program)
        sound = sound and repaired.sound
        if as_json:
            record |= {"code": family.show(repaired.program), "changes": [c.record() for c in repaired.changes]}
            emit_json(record | {"left": [problem.record() for problem in repaired.problems]})
            continue
        for told in (*problems, *repaired.changes):
            say(f"{shown}: {told}", quiet)
        for problem in repaired.problems:
            say(f"{shown}: still {problem}", quiet)
        if not problems:
            say(f"{shown} is sound", quiet)
        format_ = _format(family, format_name, None if folder else output, word if from_ is None else None, from_)
        text = format_.dumps(family, repaired.program)
        if output is None:
            emit(text)
            continue
        path = output / f"{source.name}{format_.extension}" if folder else output
        for written in save(family, format_, path, text):
            say(f"wrote {written}", quiet)
    return 0 if sound else 1


def _refuse(programs: Sequence[str], repair: bool, format_name: str | None, output: Path | None, as_json: bool) -> None:
    """Raise `Usage` for options that do not go together."""
    for option, given in (("--format", format_name is not None), ("-o", output is not None)):
        if given and not repair:
            raise Usage(f"{option} says how to write, and without --repair nothing is written", "add --repair")
        if given and as_json:
            raise Usage(f"--json and {option} exclude each other", "leave one of them out")
    if repair and len(programs) > 1 and output is None and not as_json:
        raise Usage(f"{len(programs)} programs do not fit on stdout", "name a folder: -o DIR")


def _format(family: Family, name: str | None, output: Path | None, word: str | None, from_: str | None) -> Format:
    """The format of a name or of a file to write, else the one that the program came in."""
    from i2c_core.formats import choose_format

    if name is None and output is None:
        came = Path(word) if word is not None and _is_file(word) else None
        return choose_format(family, from_, came if from_ is None else None)
    return choose_format(family, name, output)


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # a program's text is no path
        return False
