"""`i2c extrapolate`: drawings continued."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import Usage, emit, emit_json, say, warn
from i2c_cli.targets import STDOUT
from i2c_core.families import Family
from i2c_core.plugins import default_drawings

PICTURE = ".png"
SHOWN = 256  # pixels a side of a picture beside the code


@click.command("extrapolate")
@click.argument("drawing", metavar="DRAWING")
@options.rounds("--loop", "Run loop N for COUNT rounds; loops are counted as they are printed.")
@options.rounds("--before", "Begin loop N so many rounds earlier, beside those it has.")
@options.family(required=False, help="The family [default: the one of drawings that has loops and weights].")
@options.weights
@options.format_name
@options.snippet
@options.output("Where to write: code, or a picture where it ends in .png [default: stdout].")
@options.picture("--picture", metavar="FILE", help="Draw it: a PNG file [default: beside the file of -o].")
@options.picture("--side-by-side", metavar="FILE", help="Show the drawing, its commands, its program and it continued.")
@options.size
@options.seconds()
@click.option("--from", "from_", metavar="FORMAT", help="How DRAWING is written, if not by its file.")
@options.as_json()
@options.device
@options.quiet
def command(
    drawing: str,
    loop: dict[int, int],
    before: dict[int, int],
    family: Family | None,
    weights: Path | None,
    format_name: str | None,
    snippet: bool,
    output: Path | None,
    picture: Path | None,
    side_by_side: Path | None,
    size: tuple[int, int] | None,
    seconds: float,
    from_: str | None,
    as_json: bool,
    device: str,
    quiet: bool,
) -> None:
    """Continue DRAWING: run the loops of its program longer.

    DRAWING is a picture, a file of commands, or the text of a program. Its shortest program is found, unless it is one
    with loops already; loops are counted from 1 in the order in which that is printed. Without --loop and --before each
    runs one round longer. What leaves the grid moves to a larger one with all the rest, in families that have larger
    ones; else it is left out.
    """
    from i2c_core.drawing import draw, save_png
    from i2c_core.extrapolating import extrapolate, format_for, record, remarks, written
    from i2c_core.files import make_folder
    from i2c_core.sheets import sheet
    from i2c_core.sources import save
    from i2c_core.understanding import Understanding

    family = default_drawings() if family is None else family
    output = None if str(output) == STDOUT else output
    if output is not None and output.suffix.lower() == PICTURE and format_name is None:
        output, picture = None, output if picture is None else picture
        prints = False
    else:
        prints = output is None
    if output is not None and (output.is_dir() or not output.name):
        raise Usage(f"-o {output} is a folder", "name a file: -o more.tikz")
    if picture is None and output is not None:
        picture = output.with_suffix(PICTURE)
    places = [path.absolute() for path in (output, picture, side_by_side) if path is not None]
    if len(set(places)) < len(places):
        raise Usage("two results would be written to one file", "name others with -o, --picture and --side-by-side")
    if picture is not None and _same(picture, drawing):
        raise Usage(f"the picture would take the place of {drawing}", "name another: --picture more.png")
    for path in (output, picture, side_by_side):
        if path is not None:
            make_folder(path.parent)
    with Understanding(
        family, weights=weights, device=device, seconds=seconds, format_name=from_, as_written=True
    ) as understanding:
        format_ = format_for(understanding.family, format_name, output, snippet)
        given = understanding.read_one(drawing)
        found = extrapolate(given.family, given.body, loop, before, given.program)
    if as_json:
        emit_json(record(found))
    elif prints:
        emit(written(found, format_, snippet))
    if output is not None:
        for path in save(found.family, format_, output, written(found, format_, snippet)):
            say(f"wrote {path}", quiet)
    if picture is not None or side_by_side is not None:
        drawn = draw(found.family, [found.program], size)[0]
        if picture is not None:
            save_png(drawn, picture)
            say(f"drew {picture}", quiet)
        if side_by_side is not None:
            larger = 2 * found.family.size[0], 2 * found.family.size[1]
            drawn = draw(found.family, [found.program], larger)[0] if size is None and found.family.any_size else drawn
            row = [given.picture, given.family.show(given.program), given.found.code, drawn]
            save_png(sheet(["drawing", "commands", "program", "continued"], [row], SHOWN), side_by_side)
            say(f"drew {side_by_side}", quiet)
    for remark in remarks(found):
        say(remark, quiet)
    if found.left_out:
        many = len(found.left_out)
        warn(f"left out {many} command{'s' * (many != 1)} that are off the grid or draw nothing")


def _same(path: Path, drawing: str) -> bool:
    """Whether what is to be written is what is read."""
    return path.exists() and drawing != STDOUT and Path(drawing).exists() and path.samefile(drawing)
