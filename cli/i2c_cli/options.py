"""Options that several commands share: one spelling, one help line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from i2c_core.families import Family
from i2c_core.plugins import get_family, installed

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def _complete_family(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [n for n in installed().families.names() if n.startswith(incomplete)]


def _family(ctx: click.Context, param: click.Parameter, value: str | None) -> Family | None:
    return None if value is None or ctx.resilient_parsing else get_family(value)


def family_argument(command: Command) -> Command:
    """NAME, an installed family."""
    return click.argument("family", metavar="NAME", callback=_family, shell_complete=_complete_family)(command)


def family(required: bool = True, help: str = "The family: see 'i2c families'.") -> Decorator[Command]:
    """--family NAME, handed on as the family itself."""
    return click.option(
        "-f", "--family", metavar="NAME", required=required, callback=_family, shell_complete=_complete_family, help=help
    )


def output(help: str, required: bool = False) -> Decorator[Command]:
    """-o FILE."""
    kind = click.Path(path_type=Path)
    return click.option("-o", "--output", metavar="PATH", type=kind, required=required, help=help)


def count(default: int, help: str) -> Decorator[Command]:
    """-n COUNT, one or more."""
    return click.option(
        "-n", "count", metavar="COUNT", type=click.IntRange(1), default=default, show_default=True, help=help
    )


def seed(default: int | None = 0, help: str = "The seed of all chance.") -> Decorator[Command]:
    return click.option(
        "--seed", metavar="NUMBER", type=click.IntRange(0), default=default, show_default=default is not None, help=help
    )


def as_json(help: str = "Print JSON.") -> Decorator[Command]:
    return click.option("--json", "as_json", is_flag=True, help=help)


def quiet(command: Command) -> Command:
    return click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")(command)


def device(command: Command) -> Command:
    return click.option(
        "--device",
        metavar="DEVICE",
        default="auto",
        show_default=True,
        help="Where the network runs: auto, cpu, cuda, cuda:1.",
    )(command)


def weights(command: Command) -> Command:
    kind = click.Path(path_type=Path)
    help = "A checkpoint instead of the family's own weights."
    return click.option("--weights", metavar="FILE", type=kind, help=help)(command)
