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
        "traceback of an internal error. `I2C_CACHE` is the folder that keeps compiled signatures, empty for none;\n"
        "unset, it is `i2c` in the user's folder for caches.",
        f"```text\n{_group_help()}\n```",
    ]
    for name in COMMANDS:
        for context in _contexts(_root(), name, application.get_command(_root(), name)):
            parts.append(f"## {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def _root() -> click.Context:
    settings = {**application.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    return click.Context(application, info_name=NAME, **settings)


def _contexts(parent: click.Context, name: str, command: click.Command | None) -> Iterator[click.Context]:
    """A command's context, then those of its own commands."""
    assert command is not None
    context = click.Context(command, parent, name)
    yield context
    if isinstance(command, click.Group):
        for inner, below in command.commands.items():
            yield from _contexts(context, inner, below)


def _group_help() -> str:
    """The group's own help without the list of commands, which may hold strangers'."""
    return _root().get_help().partition("\nCommands:")[0].rstrip()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8", newline="\n")
