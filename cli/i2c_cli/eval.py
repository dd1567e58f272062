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

HELD_OUT = "held-out images of random programs, at most {} a size, seed {}"


@click.command("eval")
@options.family(required=False, help="The family [default: the one that --weights names].")
@options.weights
@click.option("--data", metavar="PATH", type=options.PLACE, help="Pairs to read instead: a Parquet file or a folder.")
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
@click.option(
    "--predictions",
    "answered",
    metavar="FILE",
    multiple=True,
    type=options.PATH,
    help="Measure this code of any program, once or several times; the network too with --weights or --strategy.",
)
@click.option(
    "--write-predictions", "written", metavar="FILE", type=options.PATH, help="Write what the last strategy answered."
)
@options.time
@options.no_preprocess
@options.no_refine
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
    answered: tuple[Path, ...],
    written: Path | None,
    time: float | None,
    no_preprocess: bool,
    no_refine: bool,
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

    With --predictions, code that any program has written is measured in the same way; what does not parse counts as
    failed. Whatever is measured together is compared image by image.
    """
    if family is None and weights is None:
        raise Usage("neither --family nor --weights says what to measure", "name a family: see 'i2c families'")
    for option, given in (("--sizes", sizes is not None), ("--sketch", sketch)):
        if data is not None and given:
            raise Usage(f"--data and {option} exclude each other", "leave one of them out")
    from i2c_core import evaluation, examples, predictions
    from i2c_core.devices import describe_hardware, find_device
    from i2c_core.files import make_folder, write_atomically
    from i2c_core.progress import make_progress
    from i2c_core.reader import Reader

    place, progress, metrics = find_device(device), make_progress(quiet), installed().metrics
    theirs = {name: predictions.read_predictions(path) for name, path in _named(answered).items()}
    if theirs and weights is None and not strategies:
        alone = {"--write-predictions": written is not None, "--card": card is not None, "--sketch": sketch}
        for option, asked in alone.items():
            if asked:
                raise Usage(f"{option} needs a network to measure", "name its --weights or a --strategy")
        assert family is not None
        if data is None and sizes is None:
            raise Usage("neither --data nor --sizes says what the predictions are for", "name the data")
        if data is not None:
            pictures, what = examples.pair_examples(family, data), f"{data.name}"
        else:
            pictures = examples.held_out_examples(family, examples.parse_sizes(sizes or ""), count, seed)
            what = HELD_OUT.format(count, seed)
        found = predictions.score(family, pictures, theirs, metrics, progress, what)
        more: dict[str, object] = {}
    else:
        named = weights or (family.name if family else "")
        if written is not None:
            make_folder(written.parent)  # before the work, not after it
        with Reader.load(named, device, family, strategies[0] if len(set(strategies)) == 1 else "auto") as reader:
            chosen = [
                options.Chosen(name, {}).make(reader.that_knows(name).proposer) for name in dict.fromkeys(strategies)
            ] or None
            wanted = examples.parse_sizes(sizes) if sizes else examples.trained_sizes(reader.checkpoint, reader.family)
            if data is not None:
                pictures, what = examples.pair_examples(reader.family, data), f"{data.name}"
            elif sketch:
                pictures = examples.sketched_examples(reader.family, wanted, count, seed, examples.sketch_size(reader))
                what = f"{count} sketches of random programs, seed {seed}"
            else:
                pictures = examples.held_out_examples(reader.family, wanted, count, seed)
                what = HELD_OUT.format(count, seed)
            measured = evaluation.evaluate(
                reader,
                pictures,
                metrics,
                progress,
                what,
                chosen,
                one_by_one=written is not None,
                time=time,
                preprocess=not no_preprocess,
                refine=not no_refine,
            )
            family = reader.family
        found = measured
        if theirs:
            scored = predictions.score(family, pictures, theirs, metrics, progress, what)
            found = predictions.together([scored, measured])
        more = {"weights": reader.checkpoint.name, "hardware": describe_hardware(place)}
    differences = predictions.differences(found) if theirs else []
    if as_json:
        said = {"differences": [each.record() for each in differences]} if theirs else {}
        emit_json(found.record() | more | said)
    else:
        emit(table(_rows(found)))
        for name in found.strategies:
            for line in _lines(found, name):
                say(f"{name}: {line}", quiet)
        for name in theirs:
            failed = [reading for reading in found.readings[name] if not reading.answer.candidates]
            if failed:
                error = failed[0].answer.error
                why = "no code, or code without a picture" if error is None else error.fact
                told = f"{len(failed)} of {len(found.readings[name])} predictions failed"
                say(f"{name}: {told}; the first, of {failed[0].example.name}: {why}", quiet)
        for each in differences:
            say(each.tell(), quiet)
    if written is not None:
        predictions.write_predictions(written, predictions.predictions_of(measured, measured.strategies[-1], seed))
        say(f"wrote {written}", quiet)
    if card is not None:
        from i2c_core.cards import model_card

        called = shlex.join(["i2c", *words])
        write_atomically(card, model_card(measured, reader.checkpoint, reader.family, place, installed(), called))
        say(f"wrote {card}", quiet)
    if report is not None:
        from i2c_core.review import review

        write_atomically(report, review(found, family))
        say(f"wrote {report}", quiet)


def _named(files: tuple[Path, ...]) -> dict[str, Path]:
    """Files of predictions by the names that the table gives them: without ending and folder where that says which."""
    stems = [path.stem for path in files]
    return {path.stem if stems.count(path.stem) == 1 else str(path): path for path in files}


def _lines(found: Evaluation, strategy: str) -> list[str]:
    """What the table does not hold of a strategy."""
    means = ", ".join(f"{name} {mean:.4f}" for name, mean in found.means(strategy).items())
    spent = f"{1000 * found.seconds[strategy]:.1f} ms an image; " if strategy in found.seconds else ""
    lines = [f"{spent}{means}"]
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
    from i2c_core.intervals import wilson

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
