"""Options that several commands share: one spelling, one help line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from i2c_cli.console import Usage
from i2c_core.errors import ConfigError
from i2c_core.families import Family
from i2c_core.files import is_remote, is_url, locate
from i2c_core.inputs import Shard
from i2c_core.plugins import get_family, installed

if TYPE_CHECKING:
    from i2c_core.clusters import Cluster

OTHER_PICTURES = (
    ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".apng", ".avif", ".heic", ".heif", ".pdf", ".svg",
)  # fmt: skip
LARGEST = 4096  # pixels a side; a colour picture of it takes 50 MB
LARGEST_SEED = 2**63 - 1  # what torch takes
LONGEST = 19  # digits of a number of rounds

Command = TypeVar("Command", bound=Callable[..., Any])


class _Place(click.Path):
    """A path of this machine; where `remote` says so, a URL too, handed on as the place behind it."""

    def __init__(self, remote: bool) -> None:
        super().__init__(path_type=Path)
        self.remote = remote

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or not is_url(value):
            return super().convert(value, param, ctx)
        found = locate(value)
        if is_remote(found) and not self.remote:
            names = [] if param is None else [name for name in param.opts if name.startswith("-")]
            name = max(names, key=len, default="this command")
            raise Usage(f"{name} takes no URL, got {value}", "give a path of this machine")
        return found


PATH = _Place(remote=False)
PLACE = _Place(remote=True)  # what commands read or write whole: checkpoints, runs, datasets


class Decorator(Protocol):
    """What adds an option to a command."""

    def __call__(self, command: Command, /) -> Command: ...


def complete_family(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The families whose names go on from what is typed."""
    return [n for n in installed().families.names() if n.startswith(incomplete)]


def _family(ctx: click.Context, param: click.Parameter, value: str | None) -> Family | None:
    return None if value is None or ctx.resilient_parsing else get_family(value)


def family_argument(command: Command) -> Command:
    """NAME, an installed family."""
    return click.argument("family", metavar="NAME", callback=_family, shell_complete=complete_family)(command)


def family(required: bool = True, help: str = "The family: see 'i2c families'.") -> Decorator:
    """--family NAME, handed on as the family itself."""
    return click.option(
        "-f", "--family", metavar="NAME", required=required, callback=_family, shell_complete=complete_family, help=help
    )


parser = click.option(
    "--parser",
    type=click.Choice(["lalr", "earley"]),
    help="How Lark reads it [default: lalr, and earley where it has conflicts].",
)


def language(command: Command) -> Command:
    """--family NAME, or --grammar FILE with --start and --parser: what `targets.language` makes a family of."""
    for option in (
        parser,
        click.option("--start", metavar="RULE", help="The rule of whole programs [default: start]."),
        click.option("--grammar", metavar="FILE", type=PATH, help="A Lark grammar instead of a family."),
        family(required=False),
    ):
        command = option(command)
    return command


def output(help: str, required: bool = False) -> Decorator:
    """-o FILE."""
    return click.option("-o", "--out", "output", metavar="PATH", type=PATH, required=required, help=help)


class Number(click.FloatRange):
    """A range of numbers without NaN, which is in every range of click's."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value} is not a number", param, ctx)
        return number


def _png(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() in OTHER_PICTURES and not value.is_dir():
        hint = f"name it {value.with_suffix('.png')}"
        raise Usage(f"pictures are written as PNG, {param.opts[0]} {value} ends in {value.suffix}", hint)
    return value


def picture(*names: str, metavar: str, help: str, required: bool = False) -> Decorator:
    """A PNG file to write; refused where its ending says another kind of picture."""
    return click.option(*names, metavar=metavar, type=PATH, callback=_png, required=required, help=help)


# Which strategies have a number of their own.
NUMBERS = {
    "temperature": ("sample", "stochastic-beam", "smc"),
    "top_k": ("sample",),
    "top_p": ("sample",),
    "width": ("beam", "stochastic-beam"),
    "particles": ("smc",),
}


@dataclass(frozen=True)
class Chosen:
    """A strategy by its name and numbers."""

    name: str
    numbers: dict[str, Any]

    def make(self, proposer: Any = None) -> Any:
        """What a reader takes: the name alone, or the strategy itself where it was given numbers.

        A proposer may have strategies of its own, so that a name is known only where the weights are.
        """
        if not self.numbers:
            from i2c_core.decoding.rounds import make_stages

            try:
                make_stages(self.name, 1, proposer)
            except ConfigError as error:
                raise Usage(error.fact, error.hint) from None
            return self.name
        from i2c_core.decoding.strategies import KINDS

        return KINDS[self.name](**self.numbers)


def strategy(command: Command) -> Command:
    """--strategy NAME and the numbers of strategies, handed on as `Chosen`."""

    @wraps(command)
    def chosen(*args: Any, strategy: str, **rest: Any) -> Any:
        given = {name: rest.pop(name) for name in NUMBERS}
        numbers = {name: number for name, number in given.items() if number is not None}
        for name in numbers:
            if strategy not in NUMBERS[name]:
                *first, last = NUMBERS[name]
                known = f"{', '.join(first)} and {last}" if first else last
                option = f"--{name.replace('_', '-')}"
                raise Usage(f"{option} is no number of the strategy {strategy}", f"it goes with {known}")
        return command(*args, strategy=Chosen(strategy, numbers), **rest)

    found: Any = chosen
    for option in (
        click.option("--particles", metavar="COUNT", type=click.IntRange(1), help="Particles an image, for smc."),
        click.option("--width", metavar="COUNT", type=click.IntRange(1), help="Beams an image, for both beams."),
        click.option(
            "--top-p",
            metavar="SHARE",
            type=Number(0, 1, min_open=True),
            help="Sample among the fewest tokens of this probability.",
        ),
        click.option("--top-k", metavar="COUNT", type=click.IntRange(1), help="Sample among the likeliest tokens."),
        click.option(
            "--temperature",
            metavar="NUMBER",
            type=Number(0, min_open=True),
            help="Sample bolder (below 1) or more widely (above).",
        ),
        click.option(
            "--strategy",
            metavar="NAME",
            default="auto",
            show_default=True,
            help="How programs are proposed: auto (widens its beam until one draws the image exactly), beam, greedy, "
            "sample, stochastic-beam, smc, zoom (level by level), or one that the learner of the weights has.",
        ),
    ):
        found = option(found)
    wrapped: Command = found
    return wrapped


def time(command: Command) -> Command:
    """--time SECONDS an image."""
    help = "Most seconds an image, for the best found by then."
    return click.option("--time", metavar="SECONDS", type=Number(0, min_open=True), help=help)(command)


def seconds(help: str = "Most seconds to look for the shortest program of a drawing.") -> Decorator:
    """--time SECONDS for the search for a program, of which the best so far counts."""
    kind = Number(0, min_open=True)
    return click.option("--time", "seconds", metavar="SECONDS", type=kind, default=5.0, show_default=True, help=help)


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[int, int]:
    """Numbers by number from N=COUNT, each N once."""
    found: dict[int, int] = {}
    for value in values:
        left, equals, right = value.partition("=")
        if not equals or not all(s.isascii() and s.isdigit() and len(s) < LONGEST for s in (left, right)):
            raise Usage(f"{param.opts[0]} {value!r} is no loop and its rounds", f"write {param.opts[0]} 1=5")
        if int(left) in found:
            raise Usage(f"{param.opts[0]} names loop {int(left)} twice", "name it once")
        found[int(left)] = int(right)
    return found


def rounds(name: str, help: str) -> Decorator:
    """--loop N=COUNT, as often as wanted; handed on as a dictionary."""
    return click.option(
        name, name.lstrip("-"), metavar="N=COUNT", multiple=True, callback=_pairs, help=f"{help} May be repeated."
    )


def files_from(help: str = "Read the names from a file, one a line; - is standard input.") -> Decorator:
    """--files-from FILE, a list: see `i2c_core.inputs.listed`."""
    return click.option("--files-from", metavar="FILE", type=PATH, help=help)


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> Shard:
    if value is None:
        return Shard()
    try:
        return Shard.parse(value)
    except ConfigError as error:
        raise Usage(f"{param.opts[0]}: {error.fact}", error.hint) from None


def shard(help: str = "Only every COUNT-th of them, from the INDEX-th on: one share of several machines.") -> Decorator:
    """--shard INDEX/COUNT, handed on as `Shard`; the whole where it is not given."""
    return click.option("--shard", metavar="INDEX/COUNT", callback=_shard, help=help)


def resume(help: str = "Go on with what the output holds, each thing exactly once.") -> Decorator:
    """--resume."""
    return click.option("--resume", is_flag=True, help=help)


@dataclass(frozen=True)
class Place:
    """Where work runs: in this process, in so many processes of this machine, or on a Ray cluster."""

    workers: int | None
    ray: str | None

    def open(self, tell: Callable[[str], None] | None = None) -> AbstractContextManager[Cluster | None]:
        """The cluster, ended when the context is left; None for this process."""
        from i2c_core.clusters import open_cluster

        return open_cluster(self.workers, self.ray, tell) or nullcontext()


def place(command: Command) -> Command:
    """--workers COUNT and --ray ADDRESS, handed on as `Place`."""

    @wraps(command)
    def placed(*args: Any, workers: int | None, ray: str | None, **rest: Any) -> Any:
        if workers is not None and ray is not None:
            raise Usage("--workers and --ray exclude each other", "leave one of them out")
        return command(*args, place=Place(workers, ray), **rest)

    found: Any = placed
    for option in (
        click.option("--ray", metavar="ADDRESS", help="Work on a Ray cluster: its address, local, or local:2."),
        click.option(
            "--workers",
            metavar="COUNT",
            type=click.IntRange(1, 1024),
            help="Work in so many processes [default: this].",
        ),
    ):
        found = option(found)
    wrapped: Command = found
    return wrapped


def count(default: int, help: str, most: int | None = None) -> Decorator:
    """-n COUNT, one or more."""
    return click.option(
        "-n", "count", metavar="COUNT", type=click.IntRange(1, most), default=default, show_default=True, help=help
    )


def seed(default: int | None = 0, help: str = "The seed of all chance.") -> Decorator:
    return click.option(
        "--seed",
        metavar="NUMBER",
        type=click.IntRange(0, LARGEST_SEED),
        default=default,
        show_default=default is not None,
        help=help,
    )


def as_json(help: str = "Print JSON.") -> Decorator:
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
    help = "A checkpoint instead of the family's own weights."
    return click.option("--weights", metavar="FILE", type=PLACE, help=help)(command)


def format_name(command: Command) -> Command:
    """--format NAME; how what is written is chosen."""
    help = "How to write, if not by the ending of -o: see 'i2c families --table'."
    return click.option("--format", "format_name", metavar="NAME", help=help)(command)


no_preprocess = click.option(
    "--no-preprocess", is_flag=True, help="Take images as they are, framed already, without a search for the drawing."
)


no_refine = click.option(
    "--no-refine",
    is_flag=True,
    help="Leave numbers as the network gives them, where they could be moved until the image is met.",
)


snippet = click.option("--snippet", is_flag=True, help="Write the short form, to paste into a document.")


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Height and width in pixels from WIDTHxHEIGHT, or from one number for a square."""
    if value is None:
        return None
    width, cross, height = value.lower().partition("x")
    sides = (height if cross else width, width)
    if not all(s.isascii() and s.isdigit() and 1 <= int(s) <= LARGEST for s in sides):
        raise Usage(f"--size {value!r} is no size", f"write pixels from 1 to {LARGEST}, as in 64 or 96x64")
    return int(sides[0]), int(sides[1])


def _grid(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Columns and rows from COLUMNSxROWS."""
    if value is None:
        return None
    sides = value.lower().split("x")
    if len(sides) != 2 or not all(s.isascii() and s.isdigit() and 1 <= int(s) <= LARGEST for s in sides):
        raise Usage(f"--size {value!r} is no size of a grid", "write columns and rows, as in 20x11")
    return int(sides[0]), int(sides[1])


grid = click.option(
    "--size",
    "grid",
    metavar="COLUMNSxROWS",
    callback=_grid,
    help="How many tiles the images show, for families of levels [default: found].",
)


def size(command: Command) -> Command:
    """--size WIDTHxHEIGHT, handed on as (height, width)."""
    help = "Pixels of a picture: 64, or 96x64 for width and height [default: the family's]."
    return click.option("--size", metavar="PIXELS", callback=_size, help=help)(command)
