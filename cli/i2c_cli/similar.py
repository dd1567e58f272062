"""`i2c similar`: drawings whose programs are built alike."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import complain, emit, emit_json, say, table
from i2c_core.families import Family
from i2c_core.plugins import default_drawings


@click.command("similar")
@click.argument("drawing", metavar="DRAWING")
@click.argument("folder", metavar="FOLDER", type=options.PATH)
@options.family(required=False, help="The family [default: the one of drawings that has loops and weights].")
@options.weights
@click.option("-n", "count", metavar="COUNT", type=click.IntRange(1), help="Drawings to tell [default: all].")
@options.seconds()
@click.option("--from", "from_", metavar="FORMAT", help="How DRAWING is written, if not by its file.")
@options.as_json("Print one JSON object a drawing.")
@options.device
@options.quiet
def command(
    drawing: str,
    folder: Path,
    family: Family | None,
    weights: Path | None,
    count: int | None,
    seconds: float,
    from_: str | None,
    as_json: bool,
    device: str,
    quiet: bool,
) -> int:
    """Rank the drawings of FOLDER by how alike their programs are to DRAWING's.

    DRAWING is a picture, a file of commands, or the text of a program; FOLDER holds such pictures and files. Each is
    turned into its shortest program. The first number is the distance of the programs' structures: loops, reflections
    and what stands in them, not where it lies or how often it is drawn. The second is that of the pictures' pixels.
    Both are 0 where they are equal and at most 1.
    """
    from i2c_core.progress import make_progress
    from i2c_core.similarity import find_drawings, rank
    from i2c_core.understanding import Understanding

    family = default_drawings() if family is None else family
    others = find_drawings(family, folder, None if drawing == "-" else Path(drawing))
    with Understanding(family, weights=weights, device=device, seconds=seconds, format_name=from_) as understanding:
        given = understanding.read_one(drawing)
        understanding.format_name = None  # of the folder's files, each has its own
        matches, failed = rank(given, others, understanding, make_progress(quiet))
    for one in failed:
        complain(one.error)
    shown = matches[:count]
    if as_json:
        for match in shown:
            emit_json(match.record())
    elif shown:
        emit(table((f"{m.structure:.3f}", f"{m.pixels:.3f}", m.name) for m in shown))
    many = f"{len(matches)} drawing{'s' * (len(matches) != 1)}"
    say(f"{many}: distance of structure, distance of pixels, name", quiet)
    return 1 if failed else 0
