"""`i2c doctor`: what an issue should begin with."""

from __future__ import annotations

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, table


@click.command("doctor")
@options.as_json("Print one JSON object.")
def command(as_json: bool) -> int:
    """Show versions, devices, optional tools and plugins; exit with 1 where something that i2c needs is missing."""
    from i2c_core.doctor import examine

    found = examine()
    if as_json:
        emit_json(found.record())
    else:
        emit(table([(f.what, f.state, f.note) for f in found.findings]))
    return 0 if found.well else 1
