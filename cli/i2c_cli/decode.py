"""`i2c decode`: images to code."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from i2c_cli import options
from i2c_cli.console import SCHEMA, complain, emit_json, say, warn
from i2c_cli.targets import Targets
from i2c_core.errors import FormatError, RenderError
from i2c_core.families import Family
from i2c_core.inputs import Shard
from i2c_core.loops import programs_of
from i2c_core.plugins import default_drawings

if TYPE_CHECKING:
    from i2c_core.answers import Answer, Candidate
    from i2c_core.bulk import Answered
    from i2c_core.progress import Task
    from i2c_core.worst import Worst

MISSED = 3  # the exit code when nothing met --threshold
PROBLEMS = 6  # that are told of an answer, at most
SHORTEN = 5.0  # seconds to look for a shorter program, where --time does not say; less where none can be shorter
CODE = ("text", "json")  # formats that show how a program is put together


@click.command("decode")
@click.argument("images", nargs=-1, metavar="[IMAGE...]")
@options.files_from("Read the names of more images from a file, one a line; - is standard input.")
@options.shard("Only every COUNT-th image, from the INDEX-th on: the share of one of several machines.")
@options.resume("Leave out images that have an answer in -o, unless they have changed.")
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
    files_from: Path | None,
    shard: Shard,
    resume: bool,
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

    The code goes to stdout and everything else to stderr. A file with several images gives code for each. Each program
    is drawn again and compared with its image; the distance is 0 where they are equal; drawings by hand never are.
    Confidence is how probable it is that the code is right, where the network's training measured that.

    For many images, --json -o FILE keeps a record of each as it is read, and --resume goes on with that.
    """
    if family is not None and family.plain is not None and weights is None:  # NAME:program, by the network of NAME
        family, looped = family.plain, True
    if looped and family is None and weights is None:
        family = default_drawings()
    spoken = programs_of(family) if looped and family is not None else family
    targets = Targets.plan(
        images,
        family,
        weights,
        format_name,
        output,
        picture,
        as_json,
        snippet,
        spoken,
        files_from=files_from,
        resume=resume,
        shard=shard,
    )
    from i2c_core.answers import blame
    from i2c_core.bulk import Answered, key_of, read_all
    from i2c_core.progress import make_progress
    from i2c_core.questions import Question
    from i2c_core.reader import Reader
    from i2c_core.understanding import with_programs
    from i2c_core.worst import Worst

    done, worst = Answered(), Worst()
    with ExitStack() as stack:
        journal = targets.journal()
        if journal is not None:
            stack.enter_context(journal)
        reader = stack.enter_context(Reader.load(targets.weights, device, family, strategy.name))
        spoken = programs_of(reader.family) if looped else reader.family
        format_ = targets.format(spoken, format_name)
        knows = reader.that_knows(strategy.name)
        question = Question(
            n=count,
            strategy=strategy.make(knows.proposer),
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
        more = () if as_json else (format_.name, snippet, threshold)
        drawn = () if picture is None else (str(picture),)  # else what was answered before would not be drawn there
        asked = key_of(knows.checkpoint, spoken, question, *more, *drawn)
        if journal is not None:
            done.read(journal, asked, threshold)
        silent = quiet or (targets.total is not None and targets.total < 2)
        task = stack.enter_context(make_progress(silent).task("images", targets.total))
        watch = Watch(task, done, shard)
        results = stack.enter_context(
            closing(read_all(knows, targets.sources(), question, None if journal is None else done))
        )
        if journal is not None:
            stack.push(partial(_tell_how_to_go_on, done))
        for result in results:
            where, answer = result.picture, result.answer
            met: list[Candidate] = []
            wrote = ""
            try:
                if looped and answer.error is None:
                    answer = with_programs(answer, reader.family, SHORTEN if time is None else time)
                met = [c for c in answer.candidates if threshold is None or c.distance <= threshold]
                if met:
                    wrote = targets.write(where.number, where.frame, met, spoken, format_)
            except (FormatError, RenderError) as error:  # of this image alone
                answer = replace(answer, candidates=[], error=blame(answer.name, error))
            done.add(where.file, where.frame, failed=answer.error is not None, missed=not met)
            record = replace(result, answer=answer).record(spoken, asked) if as_json or journal is not None else {}
            if journal is not None:
                journal.append([{"schema": SCHEMA} | record])
            elif as_json:
                emit_json(record)
            _tell(answer, met, wrote, threshold, quiet, quiet or targets.bulk)
            if side_by_side is not None or report is not None:
                worst.add(answer)
            watch.see(where.number)
    _write_overviews(worst, spoken.name, side_by_side, report, quiet)
    if not done.count:
        warn("no image was named: the list is empty, or this share of it")
    if done.failed and done.count > 1:
        say(f"{done.failed:,} of {done.count:,} images failed")
    return 1 if done.failed else MISSED if done.missed else 0


def _tell_how_to_go_on(done: Answered, kind: type[BaseException] | None, *rest: object) -> None:
    """What an interrupted call leaves behind."""
    if kind is KeyboardInterrupt:
        say(f"{done.count:,} images are answered; --resume goes on with the others")


class Watch:
    """How far a call is: inputs done, images a second, and how many failed."""

    def __init__(self, task: Task, done: Answered, shard: Shard) -> None:
        self.task, self.done, self.shard = task, done, shard
        self.before, self.began = done.count, monotonic()
        self.inputs = 0

    def see(self, number: int) -> None:
        """An image of the input of this number is answered; those before it are, too."""
        inputs = number // self.shard.count + 1
        rate = (self.done.count - self.before) / max(monotonic() - self.began, 1e-9)
        note = f"{rate:.3g} a second" + (f", {self.done.failed:,} failed" if self.done.failed else "")
        self.task.advance(inputs - self.inputs, note)
        self.inputs = inputs


def _tell(answer: Answer, met: list[Candidate], wrote: str, threshold: float | None, quiet: bool, silent: bool) -> None:
    """Say what came of an image: what failed always, what succeeded unless `silent`."""
    from i2c_core.leftovers import ink_of

    if answer.error is not None:
        complain(answer.error)
    elif not met:
        nearest = f"the nearest has {answer.candidates[0].distance:.6g}" if answer.candidates else "none was found"
        say(f"{answer.name}: no code within a distance of {threshold:g}: {nearest}")
    else:
        if met[0].given is not None and not ink_of(met[0].given).any():
            warn(f"{answer.name} shows no drawing: no dark strokes on light paper, or light ones on dark")
        say(f"{answer.name}: {_told(met[0])}{wrote}", silent)
        for change in met[0].changes:
            say(f"{answer.name}: {change}", silent)
        _warn(answer.name, met[0])


def _warn(name: str, best: Candidate) -> None:
    """Tell what the family's rules say against an answer, the first problems of many."""
    shown = best.problems if len(best.problems) <= PROBLEMS else best.problems[: PROBLEMS - 1]
    for problem in shown:
        warn(f"{name}: {problem}")
    if len(shown) < len(best.problems):
        warn(f"{name}: {len(best.problems) - len(shown)} more problems, see 'i2c lint'")


def _write_overviews(worst: Worst, family: str, sheet: Path | None, page: Path | None, quiet: bool) -> None:
    from i2c_core import report
    from i2c_core.drawing import save_png
    from i2c_core.files import write_atomically

    shown = f", the {worst.most} worst of {worst.given:,} images" if worst.note else ""
    if sheet is not None:
        save_png(report.side_by_side(worst.answers), sheet)
        say(f"wrote {sheet}{shown}", quiet)
    if page is not None:
        write_atomically(page, report.html_report(family, worst.answers, note=worst.note))
        say(f"wrote {page}{shown}", quiet)


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
