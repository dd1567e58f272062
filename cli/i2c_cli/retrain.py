"""`i2c retrain`: shipped weights trained anew, and replaced only where the new ones read better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from i2c_cli import options
from i2c_cli.app import INTERRUPTED
from i2c_cli.console import emit, emit_json, say, table
from i2c_core.families import Family

if TYPE_CHECKING:
    from i2c_core.retraining import Verdict

KEPT = 3  # the exit code when the new weights are not good enough, as of i2c decode --threshold


@click.command("retrain")
@options.family()
@click.option("-o", "--out", metavar="FOLDER", type=options.PATH, help="The run's folder [default: runs/FAMILY-again].")
@click.option("--config", metavar="FILE", type=options.PATH, help="Settings as a TOML file.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="One setting, as in optim.lr=3e-4.")
@click.option("--init", metavar="FILE", type=options.PATH, help="Begin from these weights: a checkpoint, or a family.")
@click.option("--learner", metavar="NAME", help="The way to learn [default: the family's].")
@click.option(
    "-n",
    "--count",
    metavar="COUNT",
    type=click.IntRange(1),
    help="Pictures to judge by: sketches in all [default: 1000], or held-out images a size [default: 100].",
)
@options.seed(None, "The seed of the pictures to judge by [default: decided by the new weights].")
@click.option("--dry-run", is_flag=True, help="Replace nothing; say whether it would be done.")
@options.as_json("Print one JSON object.")
@options.device
@options.quiet
def command(
    family: Family,
    out: Path | None,
    config: Path | None,
    settings: tuple[str, ...],
    init: Path | None,
    learner: str | None,
    count: int | None,
    seed: int | None,
    dry_run: bool,
    as_json: bool,
    device: str,
    quiet: bool,
) -> int:
    """Train a family's weights anew by its recipe, and replace the shipped ones if the new ones are better.

    Better is: more images read exactly, of images that neither has seen, with a paired 95 % interval above 0. A model
    card is written beside them. Otherwise nothing is replaced, and the exit code is 3.

    The same command goes on where it was stopped, and torchrun starts it in several processes as it does 'i2c train'.
    Weights are replaced only in a package that is installed from its source.
    """
    from i2c_core.checkpoints import load_checkpoint
    from i2c_core.learning import learn
    from i2c_core.progress import make_progress
    from i2c_core.retraining import home_of_weights, judge, replace_weights
    from i2c_core.training.processes import joined
    from i2c_core.training.run import STATE_FILE

    home = home_of_weights(family, family.learner if learner is None else learner)  # before the hours, not after them
    progress = make_progress(quiet)
    folder = Path("runs") / f"{family.name}-again" if out is None else out
    begun = (folder / STATE_FILE).exists()
    if begun and init is not None:
        say(f"{folder} goes on where it was; --init counts only when a run begins", quiet)
    given = [*settings, f"run.device={device}"]
    with joined() as processes:
        trained = learn(
            family,
            given,
            None if begun else folder,
            config,
            folder if begun else None,
            None if begun else init,
            learner,
            progress,
        )
    if not trained.finished:
        return INTERRUPTED
    if not processes.first:  # all train, one judges
        return 0
    candidate = load_checkpoint(trained.checkpoint)
    verdict = judge(candidate, family, home, count, progress, device, seed)
    replaced = verdict.better and not dry_run
    card = replace_weights(family, candidate, verdict, home, count) if replaced else None
    if as_json:
        emit_json({"family": family.name, "weights": str(home), "replaced": replaced} | verdict.record())
    else:
        emit(table(_rows(verdict)))
    if verdict.difference is not None:
        say(verdict.difference.tell(), quiet)
    if card is not None:
        say(f"replaced {home}, wrote {card}", quiet)
    elif verdict.better:
        say(f"would replace {home}", quiet)
    elif verdict.old is None:
        say(f"left {home} as it is: the new weights in {folder} read none of the images exactly", quiet)
    else:
        say(f"kept {home}: the new weights in {folder} are not surely better", quiet)
    return 0 if verdict.better else KEPT


def _rows(verdict: Verdict) -> list[tuple[str, ...]]:
    from i2c_core.intervals import wilson

    rows: list[tuple[str, ...]] = [("weights", "images", "exact", "95 % interval")]
    for name, found in (("new", verdict.new), ("shipped", verdict.old)):
        if found is None:
            continue
        total = found.total()
        exact = total.exact[found.strategies[-1]]
        low, high = wilson(exact, total.images)
        rows.append(
            (name, str(total.images), f"{100 * exact / total.images:.2f} %", f"{100 * low:.2f} to {100 * high:.2f}")
        )
    return rows
