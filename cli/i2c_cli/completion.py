"""`i2c completion`: what a shell needs to complete i2c."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from i2c_cli.app import COMPLETE, NAME, application
from i2c_cli.console import emit


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes commands, options and families in SHELL.

    \b
    bash  add to ~/.bashrc:  eval "$(i2c completion bash)"
    zsh   add to ~/.zshrc:   eval "$(i2c completion zsh)"
    fish  i2c completion fish > ~/.config/fish/completions/i2c.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # the choice above lists shells that click has
    emit(kind(application, {}, NAME, COMPLETE).source())
