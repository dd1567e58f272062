"""Where words go: code and data on stdout, everything else on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from i2c_core.errors import I2cError

SCHEMA = 1  # of every --json record; raised when a field changes its meaning or goes


class Usage(I2cError):
    """Options or arguments that do not go together."""

    exit_code = 2


def emit(text: str) -> None:
    """Code or data to stdout, with one LF at the end."""
    click.echo(text.rstrip("\n"))


def emit_json(record: dict[str, Any]) -> None:
    """One record as one line of JSON on stdout, with the schema's number first."""
    click.echo(json.dumps({"schema": SCHEMA} | record, ensure_ascii=False))


def say(text: str, quiet: bool = False) -> None:
    """Talk, to stderr."""
    if not quiet:
        click.echo(text, err=True)


def warn(text: str) -> None:
    """Something is wrong, but the command goes on."""
    click.echo(f"warning: {text}", err=True)


def complain(error: I2cError, where: str = "") -> None:
    """One of several inputs failed; the command goes on with the others."""
    click.echo(f"error: {where + ': ' if where else ''}{error.fact}", err=True)
    if error.hint:
        click.echo(f"  -> {error.hint}", err=True)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows of text in aligned columns, two spaces apart.

    >>> print(table([("a", "1"), ("bcd", "2")]))
    a    1
    bcd  2
    """
    rows = [tuple(r) for r in rows]
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))] if rows else []
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)).rstrip() for r in rows)
