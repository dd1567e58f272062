"""`i2c eval`: how well a network reads pictures that it was not trained on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from i2c_cli import options
from i2c_cli.console import Usage, emit, emit_json, say, table
from i2c_core.families import Family
from i2c_core.plugins import installed

if TYPE_CHECKING:
    from i2c_core.evaluation import Evaluation


@click.command("eval")
@options.family(required=False, help="The family [default: the one that --weights names].")
@options.weights
@click.option("--data", metavar="PATH", type=options.PATH, help="Pairs to read instead: a Parquet file or a folder.")
@click.option("--sketch", is_flag=True, help="Read programs drawn as by hand instead, for families that hands draw.")
@click.option("--sizes", metavar="SIZES", help="Program sizes of held-out images, as in 5..11 [default: as trained].")
@click.option(
    "-n",
    "--count",
    metavar="COUNT",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Held-out images a size; sketches in all.",
)
@click.option(
    "--strategy",
    "strategies",
    metavar="NAME",
    multiple=True,
    help="Measure this strategy, once or several times [default: greedy and auto].",
)
@options.time
@options.no_preprocess
@options.seed()
@options.as_json("Print one JSON object.")
@click.option("--card", metavar="FILE", type=options.PATH, help="Write a model card as Markdown.")
@click.option("--report", metavar="FILE", type=options.PATH, help="Write an HTML page of every image, worst first.")
@options.device
@options.quiet
@click.pass_obj
def command(
    words: list[str],
    family: Family | None,
    weights: Path | None,
    data: Path | None,
    sketch: bool,
    sizes: str | None,
    count: int,
    strategies: tuple[str, ...],
    time: float | None,
    no_preprocess: bool,
    seed: int,
    as_json: bool,
    card: Path | None,
    report: Path | None,
    device: str,
    quiet: bool,
) -> None:
    """Measure a network: the share of images read exactly, by greedy and by the default decoding.

    Without --data, images are drawn from random programs and those are read that training holds out: one image in ten,
    by its exact pixels. With --sketch they are drawn as by hand, with seeds that no training uses.

    Exact is what draws every pixel again, and in families that hands draw what means the same. Where programs are
    lists, their elements are compared too.
    """
    if family is None and weights is None:
        raise Usage("neither --family nor --weights says what to measure", "name a family: see 'i2c families'")
    for option, given in (("--sizes", sizes is not None), ("--sketch", sketch)):
        if data is not None and given:
            raise Usage(f"--data and {option} exclude each other", "leave one of them out")
    from i2c_core import evaluation, examples
    from i2c_core.devices import describe_hardware, find_device
    from i2c_core.files import write_atomically
    from i2c_core.progress import make_progress
    from i2c_core.reader import Reader

    place = find_device(device)
    with Reader.load(weights or (family.name if family else ""), device, family) as reader:
        chosen = [options.Chosen(name, {}).make(reader.proposer) for name in dict.fromkeys(strategies)] or None
        wanted = examples.parse_sizes(sizes) if sizes else examples.trained_sizes(reader.checkpoint, reader.family)
        if data is not None:
            pictures, what = examples.pair_examples(reader.family, data), f"{data.name}"
        elif sketch:
            pictures = examples.sketched_examples(reader.family, wanted, count, seed, examples.sketch_size(reader))
            what = f"{count} sketches of random programs, seed {seed}"
        else:
            pictures = examples.held_out_examples(reader.family, wanted, count, seed)
            what = f"held-out images of random programs, at most {count} a size, seed {seed}"
        progress, metrics = make_progress(quiet), installed().metrics
        found = evaluation.evaluate(
            reader, pictures, metrics, progress, what, chosen, time=time, preprocess=not no_preprocess
        )
    if as_json:
        emit_json(found.record() | {"weights": reader.checkpoint.name, "hardware": describe_hardware(place)})
    else:
        emit(table(_rows(found)))
        for name in found.strategies:
            for line in _lines(found, name):
                say(f"{name}: {line}", quiet)
    if card is not None:
        from i2c_core.cards import model_card

        said = shlex.join(["i2c", *words])
        write_atomically(card, model_card(found, reader.checkpoint, reader.family, place, installed(), said))
        say(f"wrote {card}", quiet)
    if report is not None:
        from i2c_core.review import review

        write_atomically(report, review(found, reader.family))
        say(f"wrote {report}", quiet)


def _lines(found: Evaluation, strategy: str) -> list[str]:
    """What the table does not hold of a strategy."""
    means = ", ".join(f"{name} {mean:.4f}" for name, mean in found.means(strategy).items())
    lines = [f"{1000 * found.seconds[strategy]:.1f} ms an image; {means}"]
    if strategy in found.times:
        median, worst = found.times[strategy]
        lines[0] += f"; half within {median:.2f} s, the slowest {worst:.2f} s"
    if strategy in found.elements:
        elements = found.elements[strategy].record()
        top = ", ".join(f"{count} within {n}" for n, count in found.top[strategy].items())
        lines.append(
            f"right programs {top}; elements missed {elements['missed']:.3f}, invented {elements['invented']:.3f} "
            f"an image, intersection over union {elements['iou']:.4f}"
        )
    if strategy in found.reliability:
        lines.append(found.reliability[strategy].tell())
    return lines


def _rows(found: Evaluation) -> list[tuple[str, ...]]:
    from i2c_core.evaluation import wilson

    head = ["size" if found.unit == "symbols" else found.unit, "images"]
    for strategy in found.strategies:
        head += [f"exact ({strategy})", "95 % interval", "longer"]
    rows = [tuple(head)]
    for label, row in [*found.table(), ("all", found.total())]:
        cells = [label, str(row.images)]
        for strategy in found.strategies:
            exact = row.exact[strategy]
            low, high = wilson(exact, row.images)
            longer = f"{100 * row.longer[strategy] / exact:.2f} %" if exact else "-"
            cells += [f"{100 * exact / row.images:.2f} %", f"{100 * low:.2f} to {100 * high:.2f}", longer]
        rows.append(tuple(cells))
    return rows
