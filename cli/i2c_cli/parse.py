"""`i2c parse`: check programs and print them."""

from __future__ import annotations

import click

from i2c_cli import options
from i2c_cli.console import Usage, emit, emit_json, say
from i2c_core.families import Family


@click.command("parse")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
@options.family()
@click.option("--tokens", is_flag=True, help="Print prefix tokens instead of text.")
@click.option("--tree", is_flag=True, help="Print an indented tree instead of text.")
@click.option("--from", "format_name", metavar="FORMAT", help="How the programs are written, if not by their file.")
@options.as_json("Print one JSON object a program.")
@options.quiet
def command(
    programs: tuple[str, ...],
    family: Family,
    tokens: bool,
    tree: bool,
    format_name: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Check programs against the grammar and the types, and print each in canonical form.

    Each PROGRAM is the text of one, a file that holds one, or - for standard input.
    """
    from i2c_core.sources import read_programs

    if tokens + tree + as_json > 1:
        raise Usage("--tokens, --tree and --json exclude each other", "choose one of them")
    for source in read_programs(family, programs, format_name):
        program = family.canonical(source.program)
        changed = program != source.program
        encoded = family.to_tokens(program)
        names = [family.vocabulary.tokens[i] for i in encoded.ids]
        if as_json:
            record = {"family": family.name, "code": family.show(program), "canonical": not changed}
            values = [None if v != v else v for v in encoded.values]
            emit_json(
                record
                | {"size": program.size, "depth": program.depth, "tokens": names}
                | ({"values": values} if encoded.has_values else {})
            )
        elif tree:
            emit(program.tree())
        else:
            emit(" ".join(names) if tokens else family.show(program))
        if changed:
            say(f"{source.name} was legal, and is printed in canonical form", quiet)
