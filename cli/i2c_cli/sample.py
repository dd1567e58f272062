"""`i2c sample`: random programs of a language."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, say
from i2c_cli.targets import language
from i2c_core.families import Family


@click.command("sample")
@options.language
@options.count(10, "Programs.")
@click.option("--budget", metavar="TOKENS", type=click.IntRange(1), help="Most tokens [default: the family's].")
@options.seed()
@options.as_json("Print one JSON object a program.")
@options.quiet
def command(
    family: Family | None,
    grammar: Path | None,
    start: str | None,
    parser: str | None,
    count: int,
    budget: int | None,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print random programs of a family, or of any Lark grammar: each complete and within the budget.

    Every text is read back before it is printed where the grammar is not shown unambiguous.
    """
    from i2c_core.datasets.random_programs import Redrawn, random_programs

    found = language(family, grammar, start, parser)
    redrawn = Redrawn()
    for program, text in random_programs(found, count, budget or found.budget, seed, redrawn):
        if as_json:
            ids = found.to_tokens(program).ids
            emit_json({"code": text, "tokens": [found.vocabulary.tokens[i] for i in ids]})
        else:
            emit(text)
    if redrawn.normalised or redrawn.refused:
        fact = f"{found.name} is not shown unambiguous ({found.doubt}): " if found.doubt else ""
        say(f"{fact}{redrawn.normalised} texts said another program, {redrawn.refused} were drawn again", quiet)
