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
@click.option("--sizes", metavar="SIZES", help="Program sizes of held-out images, as in 5..11 [default: as trained].")
@options.count(100, "Held-out images a size.")
@options.seed()
@options.as_json("Print one JSON object.")
@click.option("--card", metavar="FILE", type=options.PATH, help="Write a model card as Markdown.")
@options.device
@options.quiet
@click.pass_obj
def command(
    words: list[str],
    family: Family | None,
    weights: Path | None,
    data: Path | None,
    sizes: str | None,
    count: int,
    seed: int,
    as_json: bool,
    card: Path | None,
    device: str,
    quiet: bool,
) -> None:
    """Measure a network: the share of images drawn again exactly, by greedy and by the default decoding.

    Without --data, images are drawn from random programs and those are read that training holds out: one image in ten,
    by its exact pixels.
    """
    if family is None and weights is None:
        raise Usage("neither --family nor --weights says what to measure", "name a family: see 'i2c families'")
    if data is not None and sizes is not None:
        raise Usage("--data and --sizes exclude each other", "leave one of them out")
    from i2c_core import evaluation
    from i2c_core.devices import describe_hardware, find_device
    from i2c_core.files import write_atomically
    from i2c_core.progress import make_progress
    from i2c_core.reader import Reader

    place = find_device(device)
    with Reader.load(weights or (family.name if family else ""), device, family) as reader:
        if data is not None:
            examples, what = evaluation.pair_examples(reader.family, data), f"{data.name}"
        else:
            wanted = evaluation.parse_sizes(sizes) if sizes else evaluation.trained_sizes(reader)
            examples = evaluation.held_out_examples(reader.family, wanted, count, seed)
            what = f"held-out images of random programs, at most {count} a size, seed {seed}"
        found = evaluation.evaluate(reader, examples, installed().metrics, make_progress(quiet), what)
    if as_json:
        emit_json(found.record() | {"weights": reader.checkpoint.name, "hardware": describe_hardware(place)})
    else:
        emit(table(_rows(found)))
        for strategy in found.strategies:
            means = ", ".join(f"{name} {mean:.4f}" for name, mean in found.metrics[strategy].items())
            say(f"{strategy}: {1000 * found.seconds[strategy]:.1f} ms an image; {means}", quiet)
    if card is not None:
        from i2c_core.cards import model_card

        said = shlex.join(["i2c", *words])
        write_atomically(card, model_card(found, reader.checkpoint, reader.family, place, installed(), said))
        say(f"wrote {card}", quiet)


def _rows(found: Evaluation) -> list[tuple[str, ...]]:
    from i2c_core.evaluation import wilson

    head = ["size", "images"]
    for strategy in found.strategies:
        head += [f"exact ({strategy})", "95 % interval", "longer"]
    rows = [tuple(head)]
    for row in [*found.rows, found.total()]:
        cells = [str(row.size or "all"), str(row.images)]
        for strategy in found.strategies:
            exact = row.exact[strategy]
            low, high = wilson(exact, row.images)
            longer = f"{100 * row.longer[strategy] / exact:.2f} %" if exact else "-"
            cells += [f"{100 * exact / row.images:.2f} %", f"{100 * low:.2f} to {100 * high:.2f}", longer]
        rows.append(tuple(cells))
    return rows
