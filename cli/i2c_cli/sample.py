"""`i2c sample`: random programs of a language."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, say
from i2c_cli.targets import language
from i2c_core.families import Family

LARGEST = 100_000  # tokens; such a program takes half a minute


@click.command("sample")
@options.language
@options.count(10, "Programs.")
@click.option(
    "--budget",
    metavar="TOKENS",
    type=click.IntRange(1, LARGEST),
    help="Most tokens of a program [default: the family's].",
)
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

    found = language(family, grammar, start, parser, quiet)
    redrawn = Redrawn()
    for program, text in random_programs(found, count, budget or found.budget, seed, redrawn):
        if as_json:
            encoded = found.to_tokens(program)
            record = {"code": text, "tokens": [found.vocabulary.tokens[i] for i in encoded.ids]}
            values = [None if v != v else v for v in encoded.values]
            emit_json(record | ({"values": values} if encoded.has_values else {}))
        else:
            emit(text)
    if redrawn.normalised or redrawn.refused:
        doubt = f" is not shown unambiguous ({found.doubt})" if found.doubt else ""
        counts = f"texts that said another program: {redrawn.normalised}, drawn again: {redrawn.refused}"
        say(f"{found.name}{doubt}; {counts}", quiet)
