"""The reference docs/commands.md, made from the commands: `python -m i2c_cli.reference docs/commands.md` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from i2c_cli.app import NAME, application
from i2c_cli.commands import COMMANDS

WIDTH = 100  # columns of a help page


def reference() -> str:
    """The help of i2c and of each command that ships with it, as Markdown."""
    parts = [
        "# Commands",
        "This page is made from the commands' own help: `python -m i2c_cli.reference docs/commands.md`.\n"
        "Code and data go to stdout and everything else to stderr. Exit codes: 0 ok, 1 error, 2 usage, 3 nothing met\n"
        "`--threshold`, 130 interrupted. `I2C_LOAD_PLUGINS` chooses plugins by name, `I2C_TRACEBACK=1` shows the\n"
        "traceback of an internal error.",
        f"```text\n{_group_help()}\n```",
    ]
    for name in COMMANDS:
        for path, command in _leaves(name, application.get_command(_context(application, NAME), name)):
            parts.append(f"## {NAME} {path}\n\n```text\n{_help(command, f'{NAME} {path}')}\n```")
    return "\n\n".join(parts) + "\n"


def _leaves(path: str, command: click.Command | None) -> Iterator[tuple[str, click.Command]]:
    assert command is not None
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _leaves(f"{path} {name}", inner)


def _context(command: click.Command, path: str) -> click.Context:
    return click.Context(command, info_name=path, max_content_width=WIDTH, terminal_width=WIDTH)


def _help(command: click.Command, path: str) -> str:
    return command.get_help(_context(command, path)).rstrip()


def _group_help() -> str:
    """The group's own help without the list of commands, which may hold strangers'."""
    return _help(application, NAME).partition("\nCommands:")[0].rstrip()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8", newline="\n")
