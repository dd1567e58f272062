"""`i2c bench`: figures taken again, and compared with the last."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from i2c_cli import options
from i2c_cli.console import Usage, complain, emit, emit_json, say, table
from i2c_core.benching import Change, Comparison, Record, Suite, compare
from i2c_core.errors import DataError, I2cError
from i2c_core.families import Family

if TYPE_CHECKING:
    from collections.abc import Iterator


COUNT = 32  # programs to measure a family by
TOLD = {"same": "as before", "unlike": "not compared, of another machine or a busy one"}


@click.command("bench")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run all benchmarks, not only those of at most two minutes.")
@click.option("--list", "listing", is_flag=True, help="List the benchmarks with their minutes, and run none.")
@options.family(required=False, help="Measure a family on this machine instead; needs no checkout.")
@click.option(
    "-n",
    "count",
    metavar="COUNT",
    type=click.IntRange(1, 100_000),
    help=f"With --family: random programs to measure it by [default: {COUNT}].",
)
@options.weights
@options.device
@options.output("With --family: a JSON file, compared with and then written anew.")
@click.option("--check", is_flag=True, help="Exit with 1 where a figure is worse than before.")
@options.as_json("Print one JSON object a benchmark.")
@options.quiet
def command(
    names: tuple[str, ...],
    everything: bool,
    listing: bool,
    family: Family | None,
    count: int | None,
    weights: Path | None,
    device: str,
    output: Path | None,
    check: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the benchmarks of a checkout and compare each figure with the last one.

    NAME is a benchmark: see --list. Without one, those run that take at most two minutes. Figures are in
    benchmarks/results and every run in benchmarks/history. Seconds are compared on one idle machine only, shares and
    ratios always. With --family, one installed family is measured: programs drawn, tokens masked, pictures read.
    """
    if family is None and (given := _of_families(count, weights, device, output)):
        raise Usage(f"{given} is about one family, and none is named", "add --family NAME")
    if family is not None and (names or everything or listing):
        raise Usage("--family measures a family, and benchmarks are named too", "leave one of them out")
    if names and everything:
        raise Usage("--all runs every benchmark, and some are named", "leave one of them out")
    if listing and (names or everything or check):
        raise Usage("--list lists all benchmarks and runs none", "leave the names, --all and --check out")
    if family is not None:
        before = Record.load(output) if output is not None and output.exists() else None
        from i2c_core.benching.families import measure_family
        from i2c_core.progress import make_progress

        after = measure_family(family, make_progress(silent=quiet), weights, count or COUNT, device)
        compared = compare(before, after)
        _tell(compared, as_json, every=True)
        if output is not None:
            after.save(output)
            say(f"wrote {output}", quiet)
        return int(check and bool(compared.worse))
    suite = Suite.find(Path.cwd())
    if listing:
        _list(suite, as_json)
        return 0
    chosen = list(suite.minutes) if everything else suite.chosen(names) if names else suite.fast
    failed = worse = 0
    for found in _runs(suite, chosen, quiet):
        if isinstance(found, I2cError):
            failed += 1
            complain(found)
        else:
            worse += len(found.worse)
            _tell(found, as_json)
    if failed:
        raise DataError(f"{failed} of {len(chosen)} benchmarks failed", "see above")
    return int(check and worse > 0)


def _of_families(count: int | None, weights: Path | None, device: str, output: Path | None) -> str:
    """An option that was given and that only --family knows."""
    given = {"-n": count, "--weights": weights, "--device": None if device == "auto" else device, "-o": output}
    return next((name for name, value in given.items() if value is not None), "")


def _runs(suite: Suite, names: list[str], quiet: bool) -> Iterator[Comparison | I2cError]:
    """Benchmarks run one after the other; one that fails stops no other."""
    for name in names:
        say(f"running {name}, about {suite.minutes[name]:g} min on two cores", quiet)
        try:
            yield suite.run(name, quiet)
        except I2cError as error:
            yield error


def _list(suite: Suite, as_json: bool) -> None:
    """The benchmarks with their minutes, and what each measures as far as it has run."""
    about = {name: last.about if (last := suite.last(name)) else "" for name in suite.minutes}
    if as_json:
        for name, minutes in suite.minutes.items():
            emit_json({"benchmark": name, "minutes": minutes, "about": about[name]})
    else:
        emit(table([(name, f"{minutes:g} min", about[name]) for name, minutes in suite.minutes.items()]))


def _tell(found: Comparison, as_json: bool, every: bool = False) -> None:
    """A comparison: all figures, or those that moved and how many did not."""
    if as_json:
        emit_json(found.record())
        return
    counts = Counter(change.verdict for change in found.changes)
    emit(f"{found.name}: {', '.join(f'{count} {TOLD.get(verdict, verdict)}' for verdict, count in counts.items())}")
    shown = found.changes if every else found.moved
    if all(change.before is None for change in shown):  # none to compare with
        rows: list[tuple[str, ...]] = [(f"  {change.figure}", _value(change.after)) for change in shown]
    else:
        head = ("  figure", "before", "now", "")
        rows = [head, *((f"  {c.figure}", _value(c.before), _value(c.after), _verdict(c)) for c in shown)]
    if rows:
        emit(table(rows))
    for difference in found.differences:
        emit(f"  {difference}")


def _verdict(change: Change) -> str:
    return "" if change.verdict == "same" else change.verdict


def _value(value: object) -> str:
    """A figure as people read it."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
