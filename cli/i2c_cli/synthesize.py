"""`i2c synthesize`: shorter programs with the same picture."""

from __future__ import annotations

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, say
from i2c_core.families import Family


@click.command("synthesize")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
@options.family()
@click.option(
    "--time",
    "seconds",
    metavar="SECONDS",
    type=options.Number(0, min_open=True),
    default=5.0,
    show_default=True,
    help="Most seconds a program, for the shortest found by then.",
)
@click.option("--from", "from_", metavar="FORMAT", help="How the programs are written, if not by their file.")
@options.as_json("Print one JSON object a program.")
@options.quiet
def command(
    programs: tuple[str, ...], family: Family, seconds: float, from_: str | None, as_json: bool, quiet: bool
) -> None:
    """Find the shortest program that draws the same picture.

    Each PROGRAM is the text of one, a file that holds one, or - for standard input. What is told of each is its cost
    in symbols, and a bound: no program with this picture has fewer.
    """
    from i2c_core.sources import read_programs
    from i2c_core.synthesis import synthesize

    for source in read_programs(family, programs, from_):
        found = synthesize(family, source.program, seconds)
        code = family.show(found.program)
        if as_json:
            record = {"name": source.name, "code": code, "cost": found.cost, "bound": found.bound}
            emit_json(record | {"optimal": found.optimal, "seconds": round(found.seconds, 3)})
        else:
            emit(code)
        where = f"{source.name}: " if len(programs) > 1 else ""
        least = "the shortest" if found.optimal else f"at least {found.bound} ({100 * found.gap:.1f} % gap)"
        say(f"{where}cost {found.cost}, {least}, {found.seconds:.1f} s", quiet)
