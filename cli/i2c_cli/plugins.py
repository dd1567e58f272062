"""`i2c plugins`: what is installed, what each adds, what is wrong."""

from __future__ import annotations

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, table
from i2c_core.plugins import installed


@click.command("plugins")
@options.as_json("Print one JSON object a plugin.")
def command(as_json: bool) -> None:
    """List the plugins: distribution, version, hooks and families of each, and what is wrong with it."""
    found = installed().plugins
    if as_json:
        for plugin in found:
            emit_json(
                {
                    "name": plugin.name,
                    "module": plugin.module,
                    "distribution": plugin.distribution,
                    "version": plugin.version,
                    "loaded": plugin.loaded,
                    "hooks": list(plugin.hooks),
                    "families": plugin.families,
                    "problems": plugin.problems,
                }
            )
        return
    rows = [("plugin", "distribution", "adds", "problems")]
    for p in found:
        adds = [h.removeprefix("i2c_") for h in p.hooks if h != "i2c_families"]
        adds += [f"family {name}" for name in p.families]
        rows.append((p.name, f"{p.distribution} {p.version}".strip(), ", ".join(adds), "; ".join(p.problems) or "-"))
    emit(table(rows))
