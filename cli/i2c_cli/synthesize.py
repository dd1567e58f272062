"""`i2c synthesize`: shorter programs with the same picture."""

from __future__ import annotations

import click

from i2c_cli import options
from i2c_cli.console import complain, emit, emit_json, say
from i2c_core.families import Family


@click.command("synthesize")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
@options.family()
@options.seconds("Most seconds a program, for the shortest found by then.")
@click.option("--from", "from_", metavar="FORMAT", help="How the programs are written, if not by their file.")
@options.as_json("Print one JSON object a program.")
@options.quiet
def command(
    programs: tuple[str, ...], family: Family, seconds: float, from_: str | None, as_json: bool, quiet: bool
) -> int:
    """Find the shortest program that draws the same picture.

    Each PROGRAM is the text of one, a file that holds one, or - for standard input; a file of JSON may hold many by
    name. Sets of drawing commands become programs with loops, conditions and reflections. What is told of each is its
    cost, and a bound: no program with this picture costs less.
    """
    from i2c_core.errors import I2cError
    from i2c_core.progress import make_progress
    from i2c_core.synthesis import language_of, read_sets, record, synthesize, told_cost

    language_of(family)  # so that a family that cannot is told before anything is read
    given = list(read_sets(family, programs, from_))
    failed = wrote = False
    with make_progress(quiet or len(given) < 2).task("programs", len(given)) as task:
        for source in given:
            try:
                if isinstance(source, I2cError):
                    raise source
                found = synthesize(source.family, source.program, seconds)
            except I2cError as error:
                failed = True
                complain(error)
                task.advance()
                continue
            if as_json:
                emit_json(record(source.name, found))
            else:
                emit(("\n" if wrote and "\n" in found.code else "") + found.code)
                wrote = True
            where = f"{source.name}: " if len(given) > 1 else ""
            say(f"{where}{told_cost(found)}, {found.seconds:.1f} s", quiet)
            task.advance()
    return 1 if failed else 0
