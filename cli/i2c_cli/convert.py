"""`i2c convert`: programs from one format to another."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import Usage, emit, say
from i2c_cli.targets import STDOUT
from i2c_core.families import Family


@click.command("convert")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
@options.family()
@click.option("--from", "from_", metavar="FORMAT", help="How the programs are written, if not by their file.")
@options.format_name
@options.snippet
@options.output("Where to write: a file, or a folder for several programs [default: stdout].")
@options.quiet
def command(
    programs: tuple[str, ...],
    family: Family,
    from_: str | None,
    format_name: str | None,
    snippet: bool,
    output: Path | None,
    quiet: bool,
) -> None:
    """Write programs in another format: see 'i2c families --table'.

    Each PROGRAM is the text of one, a file that holds one, or - for standard input.
    """
    from i2c_core.formats import choose_format
    from i2c_core.sources import read_programs, save

    output = None if str(output) == STDOUT else output
    if format_name is None and output is None and not snippet:
        raise Usage("neither --format nor -o says how to write", "name a format, as in --format json")
    folder = output is not None and (output.is_dir() or len(programs) > 1)
    if len(programs) > 1 and output is None:
        raise Usage(f"{len(programs)} programs do not fit on stdout", "name a folder: -o DIR")
    if folder and format_name is None:
        raise Usage(f"the folder {output} does not say how to write", "name a format, as in --format json")
    format_ = choose_format(family, format_name, None if folder else output, snippet)
    found = read_programs(family, programs, from_)
    for source in found:
        text = format_.dumps(family, source.program, snippet=snippet)
        if output is None:
            emit(text)
            continue
        path = output / f"{source.name}{format_.extension}" if folder else output
        for written in save(family, format_, path, text):
            say(f"wrote {written}", quiet)
