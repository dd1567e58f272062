"""`i2c new-family`: write a plugin distribution to edit."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import say
from i2c_cli.targets import language
from i2c_core import scaffold
from i2c_core.errors import FamilyError
from i2c_core.plugins import installed

TEMPLATES = Path(__file__).parent / "templates"


@click.command("new-family")
@click.argument("name")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write [default: i2c-family-NAME].")
@click.option("--grammar", type=click.Path(path_type=Path), help="Start from this Lark grammar, symbols derived.")
@click.option("--start", metavar="RULE", help="The grammar's first rule [default: start].")
@options.parser
@click.option("--tiles", type=click.Path(path_type=Path), help="Start from this tile set: levels of a game, in TOML.")
@click.option("--like", metavar="FAMILY", help="Start from a copy of an installed family.")
def command(
    name: str,
    out: Path | None,
    grammar: Path | None,
    start: str | None,
    parser: str | None,
    tiles: Path | None,
    like: str | None,
) -> None:
    """Write a pip-installable plugin for a new language, whose tests pass at once."""
    given = [o for o, v in (("--grammar", grammar), ("--tiles", tiles), ("--like", like)) if v is not None]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} exclude each other")
    families = installed().families
    if name in families.names():
        fact = f"family {name!r} is installed already, from {families.owner(name)}"
        raise FamilyError(fact, "choose another name")
    doubt = ""
    target = out or Path(scaffold.Names(name).distribution)
    if grammar is not None:
        made = language(None, grammar, start, parser)
        files, doubt = scaffold.new_family_from_grammar(TEMPLATES, target, name, made), made.doubt
    elif tiles is not None:
        files = scaffold.new_family_from_tiles(TEMPLATES, target, name, tiles)
    elif like is not None:
        files = scaffold.new_family_like(TEMPLATES, target, name, like, installed())
    else:
        files = scaffold.new_family(TEMPLATES, target, name)
    for path in files:
        click.echo(str(path))
    if doubt:
        say(f"{name} is reparse: a text may say another program than it was printed from ({doubt})")
    click.echo(f'next: python -m pip install -e "{target}[test]" && python -m pytest {target}', err=True)
