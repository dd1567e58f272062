"""`i2c train`: a network that reads a family's images."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.app import INTERRUPTED
from i2c_cli.console import Usage, emit, table
from i2c_core.families import Family

SHORTCUTS = {  # options that are short for --set
    "steps": "run.steps",
    "batch_size": "run.batch_size",
    "seed": "run.seed",
    "device": "run.device",
    "data": "data.pairs",
    "exclude": "data.exclude",
    "images": "data.images",
    "workers": "data.workers",
}


def _print_settings(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from i2c_core.config import all_specs

        rows = [(k, "" if s.default is None else str(s.default), s.doc) for k, s in all_specs().items()]
        emit(table([("setting", "default", "what it is"), *rows]))
        ctx.exit()


@click.command("train")
@options.family(required=False)
@click.option("-o", "--out", metavar="FOLDER", type=options.PLACE, help="The run's folder [default: runs/FAMILY].")
@click.option("--config", metavar="FILE", type=options.PATH, help="Settings as a TOML file.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="One setting, as in optim.lr=3e-4.")
@click.option("--settings", "show", is_flag=True, is_eager=True, expose_value=False, callback=_print_settings,
              help="List all settings and leave.")  # fmt: skip
@click.option("--steps", metavar="NUMBER", help="Batches to learn from.")
@click.option("--batch-size", metavar="NUMBER", help="Images in a batch, of all processes together.")
@click.option("--seed", metavar="NUMBER", help="The seed of all chance.")
@click.option("--device", metavar="DEVICE", help="Where the network runs: auto, cpu, cuda, cuda:1.")
@click.option("--data", metavar="PATH", help="Learn from these pairs instead: a Parquet file or a folder.")
@click.option("--exclude", metavar="PATH", help="Never learn from the images of these pairs.")
@click.option("--images", metavar="DIR", help="Learn from these pictures too, by reading them; they have no programs.")
@click.option("--workers", metavar="NUMBER", help="Processes that draw, for renderers of one program at a time.")
@click.option("--resume", metavar="FOLDER", type=options.PLACE, help="Go on with the run in FOLDER.")
@click.option("--init", metavar="FILE", type=options.PLACE, help="Begin from these weights: a checkpoint, or a family.")
@click.option("--learner", metavar="NAME", help="The way to learn [default: paired, or the run's].")
@options.quiet
def command(
    family: Family | None,
    out: Path | None,
    config: Path | None,
    settings: tuple[str, ...],
    resume: Path | None,
    init: Path | None,
    learner: str | None,
    quiet: bool,
    **shortcuts: str | None,
) -> int:
    """Train a network that reads the images of a family; the last line tells the next command.

    Settings come from defaults, the family's recipe, --config and the options, later ones first. Started by torchrun,
    as in 'torchrun --nproc-per-node 2 -m i2c_cli train ...', processes share each batch.
    """
    if family is None and resume is None:
        raise Usage("neither --family nor --resume says what to train", "name a family: see 'i2c families'")
    if resume is not None:
        for option, given in (("--out", out), ("--init", init)):
            if given is not None:
                raise Usage(f"--resume and {option} exclude each other", "leave one of them out")
    short = [f"{SHORTCUTS[name]}={value}" for name, value in shortcuts.items() if value is not None]

    from i2c_core.learning import learn
    from i2c_core.progress import make_progress

    found = learn(family, [*settings, *short], out, config, resume, init, learner, make_progress(quiet))
    return 0 if found.finished else INTERRUPTED
