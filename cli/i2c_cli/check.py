"""`i2c check`: a family against the contract."""

from __future__ import annotations

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, say, table
from i2c_core.families import Family


@click.command("check")
@options.family_argument
@options.as_json("Print one JSON object a check.")
def command(family: Family, as_json: bool) -> int:
    """Run every check of the contract on the family NAME: 0 where all pass, 1 where one fails."""
    from i2c_core.testing import check_family

    results = check_family(family)
    if as_json:
        for result in results:
            emit_json({"check": result.check, "outcome": result.outcome, "message": result.message})
    else:
        emit(table([(r.check, r.outcome, r.message) for r in results]))
    passed = all(r.ok for r in results)
    if passed and not family.is_exact:
        say(f"{family.name} is reparse: a text may say another program than it was printed from ({family.doubt})")
    return 0 if passed else 1
