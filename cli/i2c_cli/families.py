"""`i2c families`: the families that are installed."""

from __future__ import annotations

import fnmatch

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, table
from i2c_core.errors import FamilyError, suggest
from i2c_core.families import LOOPED, MARK
from i2c_core.plugins import families


@click.command("families")
@click.argument("pattern", metavar="[GLOB]", default="*", shell_complete=options.complete_family)
@click.option("--table", "show", is_flag=True, help="Print each family's symbol table and formats.")
@options.as_json("Print one JSON object a family.")
def command(pattern: str, show: bool, as_json: bool) -> None:
    """List the families that are installed, or those whose name matches GLOB."""
    installed = families()
    found = [family for family in installed if fnmatch.fnmatchcase(family.name, pattern)]
    if not found and pattern.endswith(LOOPED):  # made of others, and not listed
        looped = [f.name + LOOPED for f in installed if f.loops is not None]
        found = [installed[name] for name in looped if fnmatch.fnmatchcase(name, pattern)] or [installed[pattern]]
    if not found and MARK in pattern:
        found = [installed[pattern]]
    if not found and pattern != "*":
        known = ", ".join(installed.names()) or "none is installed"
        raise FamilyError(f"no family matches {pattern!r}", suggest(pattern, installed.names(), f"families: {known}"))
    for family in found:
        if as_json:
            emit_json(
                {
                    "name": family.name,
                    "doc": family.doc,
                    "owner": installed.owner(family.name),
                    "root": family.root,
                    "channels": family.channels,
                    "size": list(family.size),
                    "any_size": family.any_size,
                    "semantics": family.semantics,
                    "budget": family.budget,
                    "weights": family.weights is not None,
                    "formats": [
                        {"name": f.name, "extension": f.extension, "reads": f.read is not None, "doc": f.doc}
                        for f in family.all_formats
                    ],
                }
            )
        elif show:
            rows = [(f"  {f.name}", f.extension, f.doc) for f in family.all_formats]
            emit(f"{family.describe()}\nformats\n{table(rows)}\n")
            emit("")
    if found and not as_json and not show:
        emit(table([(f.name, f.doc, "" if f.weights else "(no weights yet)") for f in found]))
