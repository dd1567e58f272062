"""`i2c decode`: images to code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from i2c_cli import options
from i2c_cli.console import complain, emit_json, say, warn
from i2c_cli.targets import Targets
from i2c_core.families import Family
from i2c_core.loops import programs_of
from i2c_core.plugins import default_drawings

if TYPE_CHECKING:
    from i2c_core.answers import Answer, Candidate

MISSED = 3  # the exit code when nothing met --threshold
PROBLEMS = 6  # that are told of an answer, at most
SHORTEN = 5.0  # seconds to look for a shorter program, where --time does not say; less where none can be shorter
CODE = ("text", "json")  # formats that show how a program is put together


@click.command("decode")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@options.family(required=False, help="The family [default: the one that --weights names].")
@options.weights
@options.count(1, "Candidates an image, best first.", most=1000)
@options.format_name
@options.snippet
@options.output("Where to write the code: a file, or a folder for several images [default: stdout].")
@options.as_json("Print one JSON object an image.")
@options.picture("--picture", metavar="PATH", help="Draw the best code: a PNG file, or a folder.")
@options.picture("--side-by-side", metavar="FILE", help="Draw inputs beside outputs as one PNG file.")
@click.option("--report", metavar="FILE", type=options.PATH, help="Write an HTML page of inputs, outputs and code.")
@click.option(
    "--threshold",
    metavar="DISTANCE",
    type=options.Number(min=0),
    help="Write only code within this distance of its image; exit with 3 where an image has none.",
)
@options.strategy
@options.time
@options.grid
@click.option("--budget", metavar="TOKENS", type=click.IntRange(1), help="Most tokens of a program.")
@click.option("--invert/--no-invert", default=None, help="Exchange dark and light, or not [default: by the image].")
@click.option("--program", "looped", is_flag=True, help="Print the shortest program with loops that draws the code.")
@click.option("--repair", is_flag=True, help="Make code sound by the family's rules, by the likeliest changes.")
@options.no_preprocess
@options.no_refine
@options.seed()
@options.device
@options.quiet
def command(
    images: tuple[str, ...],
    family: Family | None,
    weights: Path | None,
    count: int,
    format_name: str | None,
    snippet: bool,
    output: Path | None,
    as_json: bool,
    picture: Path | None,
    side_by_side: Path | None,
    report: Path | None,
    threshold: float | None,
    strategy: options.Chosen,
    time: float | None,
    grid: tuple[int, int] | None,
    budget: int | None,
    invert: bool | None,
    looped: bool,
    repair: bool,
    no_preprocess: bool,
    no_refine: bool,
    seed: int,
    device: str,
    quiet: bool,
) -> int:
    """Print code that draws each IMAGE: a file, a folder of them, or - for standard input.

    The code goes to stdout and everything else to stderr. Each program is drawn again and compared with its image; the
    distance is 0 where they are equal; drawings by hand never are. Confidence is how probable it is that the code is
    right, where the network's training measured that.
    """
    if family is not None and family.plain is not None and weights is None:  # NAME:program, by the network of NAME
        family, looped = family.plain, True
    if looped and family is None and weights is None:
        family = default_drawings()
    spoken = programs_of(family) if looped and family is not None else family
    targets = Targets.plan(images, family, weights, format_name, output, picture, as_json, snippet, spoken)
    from i2c_core.leftovers import ink_of
    from i2c_core.progress import make_progress
    from i2c_core.reader import Reader
    from i2c_core.understanding import with_programs

    failed = missed = False
    kept: list[Answer] = []
    with Reader.load(targets.weights, device, family, strategy.name) as reader:
        spoken = programs_of(reader.family) if looped else reader.family
        format_ = targets.format(spoken, format_name)
        how = strategy.make(reader.that_knows(strategy.name).proposer)
        answers = reader.read_many(
            targets.inputs,
            count,
            strategy=how,
            budget=budget,
            invert=invert,
            seed=seed,
            time=time,
            preprocess=not no_preprocess,
            size=grid,
            shorten=(SHORTEN if time is None else time) if as_json or format_.name in CODE else 0.0,
            repair=repair,
            refine=not no_refine,
            program=looped,
        )
        with make_progress(quiet or len(targets.inputs) < 2).task("images", len(targets.inputs)) as task:
            for index, answer in enumerate(answers):
                if looped:
                    answer = with_programs(answer, reader.family, SHORTEN if time is None else time)
                met = [c for c in answer.candidates if threshold is None or c.distance <= threshold]
                if as_json:
                    emit_json(answer.record(spoken))
                if answer.error is not None:
                    failed = True
                    complain(answer.error)
                elif not met:
                    missed = True
                    best = (
                        f"the nearest has {answer.candidates[0].distance:.6g}"
                        if answer.candidates
                        else "none was found"
                    )
                    say(f"{answer.name}: no code within a distance of {threshold:g}: {best}")
                else:
                    wrote = targets.write(index, met, spoken, format_)
                    if met[0].given is not None and not ink_of(met[0].given).any():
                        warn(f"{answer.name} shows no drawing: no dark strokes on light paper, or light ones on dark")
                    say(f"{answer.name}: {_told(met[0])}{wrote}", quiet)
                    for change in met[0].changes:
                        say(f"{answer.name}: {change}", quiet)
                    _warn(answer.name, met[0])
                if side_by_side is not None or report is not None:
                    kept.append(answer)
                task.advance()
        _write_overviews(kept, spoken.name, side_by_side, report, quiet)
    return 1 if failed else MISSED if missed else 0


def _warn(name: str, best: Candidate) -> None:
    """Tell what the family's rules say against an answer, the first problems of many."""
    shown = best.problems if len(best.problems) <= PROBLEMS else best.problems[: PROBLEMS - 1]
    for problem in shown:
        warn(f"{name}: {problem}")
    if len(shown) < len(best.problems):
        warn(f"{name}: {len(best.problems) - len(shown)} more problems, see 'i2c lint'")


def _write_overviews(answers: list[Answer], family: str, sheet: Path | None, page: Path | None, quiet: bool) -> None:
    from i2c_core import report
    from i2c_core.drawing import save_png
    from i2c_core.files import write_atomically

    if sheet is not None:
        save_png(report.side_by_side(answers), sheet)
        say(f"wrote {sheet}", quiet)
    if page is not None:
        write_atomically(page, report.html_report(family, answers))
        say(f"wrote {page}", quiet)


def _told(best: Candidate) -> str:
    """What is said of an answer: how sure it is where that is known, how far and how long."""
    distance, size = f"distance {best.distance:.6g}", f"{best.size} symbol{'s' * (best.size != 1)}"
    if best.shortest is not None:
        from i2c_core.synthesis import told_cost

        size = told_cost(best.shortest)
    elif best.bound is not None:
        size += ", the fewest possible" if best.bound >= best.size else f", at least {best.bound} are needed"
    if best.confidence is None:
        return f"{distance}, {size}"
    from i2c_core.report import share

    return f"confidence {share(best.confidence)}, {size}, {distance}"
