"""`i2c race`: who finds the closer and the smaller code, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from i2c_cli import options
from i2c_cli.console import Usage, emit, emit_json, say, table, warn
from i2c_core.families import Family
from i2c_core.plugins import installed

if TYPE_CHECKING:
    from i2c_core.race import Standing

SECONDS = 10.0  # an image, where neither --seconds nor --renders says


@click.command("race")
@options.family()
@options.weights
@click.option(
    "--data", metavar="PATH", type=options.PATH, help="Images [default: held out from training, of sizes --sizes]."
)
@click.option("--sizes", metavar="SIZES", help="Program sizes of held-out images, as in 5..11.")
@click.option("-n", "--count", metavar="COUNT", type=click.IntRange(1), help="Most images, or held-out ones a size.")
@click.option(
    "--seconds",
    metavar="SECONDS",
    type=options.Number(0, min_open=True),
    help=f"Of each search of an image [default: {SECONDS:g}, or none with --renders].",
)
@click.option("--renders", metavar="COUNT", type=click.IntRange(1), help="Programs that each search may draw.")
@click.option(
    "--seeds",
    metavar="COUNT",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How often those run that draw lots, each time with other ones.",
)
@click.option("--searchers", metavar="NAMES", help="Who races, between commas [default: all that can].")
@click.option("--budget", metavar="TOKENS", type=click.IntRange(1), help="Most tokens of a program.")
@click.option("--enough", is_flag=True, help="End a search when its code is exact and no longer than the true code.")
@click.option(
    "--clock",
    type=click.Choice(["wall", "processor"]),
    default="wall",
    show_default=True,
    help="Seconds as people count them, or of the processor: those that other programs do not take.",
)
@options.seed(help="The first seed, and that of held-out images.")
@options.as_json("Print one JSON object a search, then one a searcher.")
@options.output("A folder for runs.jsonl, race.png, and what each found as predictions.")
@options.device
@options.place
@options.quiet
def command(
    family: Family,
    weights: Path | None,
    data: Path | None,
    sizes: str | None,
    count: int | None,
    seconds: float | None,
    renders: int | None,
    seeds: int,
    searchers: str | None,
    budget: int | None,
    enough: bool,
    clock: Literal["wall", "processor"],
    seed: int,
    as_json: bool,
    output: Path | None,
    device: str,
    place: options.Place,
    quiet: bool,
) -> None:
    """Let the strategies of the trained network and all searchers find code for the same images.

    Each search has the same time, or may draw the same number of programs, by the same renderer and on one thread. What
    counts is the distance to the image, then the number of symbols. Those that need trained weights are left out where
    there are none, which is told.
    """
    if data is not None and sizes is not None:
        raise Usage("--data and --sizes exclude each other", "leave one of them out")
    if data is None and sizes is None:
        raise Usage("neither --data nor --sizes says which images to race on", "name a folder, or sizes as in 21..31")
    wanted = None if searchers is None else [name.strip() for name in searchers.split(",") if name.strip()]
    if wanted == []:
        raise Usage("--searchers names nobody", f"name some of {', '.join(installed().searchers)}, or leave it out")
    import torch

    from i2c_core import race
    from i2c_core.devices import describe_hardware, find_device
    from i2c_core.examples import parse_sizes
    from i2c_core.files import make_folder
    from i2c_core.progress import make_progress
    from i2c_core.race.networks import networks_or_reason
    from i2c_core.race.spreading import race_job

    torch.set_num_threads(1)  # one core for everybody
    seconds = SECONDS if seconds is None and renders is None else seconds
    limits = race.Limits(seconds, renders, family.budget if budget is None else budget, enough, clock)
    if data is not None:
        goals = race.read_goals(family, data)[:count]
    else:
        goals = race.held_out_goals(family, parse_sizes(sizes or ""), 10 if count is None else count, seed)
    networks, why = networks_or_reason(family, weights, device)
    entered = race.field_of(family, installed().searchers, networks, wanted, why)
    for reason in dict.fromkeys(entered.absent.values()):
        names = [name for name, why in entered.absent.items() if why == reason]
        warn(f"{', '.join(names)} {'does' if len(names) == 1 else 'do'} not race: {reason}")
    if output is not None:
        make_folder(output)  # before the time is spent, not after it
    progress, runs = make_progress(quiet), []
    with place.open(progress.say) as cluster:
        if cluster is None:
            race.warm_up(family, goals, entered.racers)
        elif seconds is not None and clock == "wall":
            warn("searches side by side take each other's seconds: --clock processor, or --renders, is fair")
        job = None if cluster is None else race_job(family, goals, limits, wanted, weights, device)
        seeds_ = range(seed, seed + seeds)
        for run in race.race(family, goals, entered.racers, limits, seeds_, progress, cluster, job):
            runs.append(run)
            if as_json:
                emit_json(run.record())
    found = race.standings(runs)
    if as_json:
        hardware = describe_hardware(find_device(device))
        for standing in found:
            emit_json({"standing": standing.record(), "hardware": hardware})
    else:
        emit(table(_rows(found)))
    for standing in found:
        for error in standing.failed:
            warn(f"{standing.searcher} failed: {error}")
    if output is not None:
        written = race.write_race(output, runs, limits)
        say(f"wrote {written[0]}, {written[1]} and {len(written) - 2} files of predictions", quiet)


def _rows(found: Sequence[Standing]) -> list[tuple[str, ...]]:
    from i2c_core.intervals import wilson

    known = all(standing.short is not None for standing in found)
    head = ["searcher", "searches", "exact", "95 % interval"]
    head += ["no longer"] if known else []
    rows = [(*head, "proved", "empty", "distance", "symbols", "seconds", "renders")]
    for s in found:
        low, high = wilson(s.exact, s.runs)
        cells = [s.searcher, str(s.runs), _share(s.exact, s.runs), f"{100 * low:.1f} to {100 * high:.1f}"]
        cells += [_share(s.short or 0, s.runs)] if known else []
        cells += [_share(s.proved, s.runs), str(s.empty), "-" if s.distance is None else f"{s.distance:.4f}"]
        cells += ["-" if s.size is None else f"{s.size:.1f}"]
        cells += ["-" if s.seconds is None else f"{s.seconds:.2f}", "-" if s.renders is None else f"{s.renders:,.0f}"]
        rows.append(tuple(cells))
    return rows


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"
