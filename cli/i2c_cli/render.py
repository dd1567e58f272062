"""`i2c render`: programs as pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import Usage, say
from i2c_core.families import Family


@click.command("render")
@click.argument("programs", nargs=-1, required=True, metavar="PROGRAM...")
@options.family()
@options.picture(
    "-o",
    "--out",
    "output",
    metavar="PATH",
    help="Where to write: a PNG file, a folder for several programs, or - for stdout.",
    required=True,
)
@options.size
@click.option("--from", "format_name", metavar="FORMAT", help="How the programs are written, if not by their file.")
@click.option("--sketch", is_flag=True, help="Draw them as a hand would; for families that hands draw.")
@click.option("--photograph", is_flag=True, help="Draw them as by hand, and as a camera sees that.")
@options.seed(None, "The seed of all chance of --sketch and --photograph [default: 0].")
@options.quiet
def command(
    programs: tuple[str, ...],
    family: Family,
    output: Path,
    size: tuple[int, int] | None,
    format_name: str | None,
    sketch: bool,
    photograph: bool,
    seed: int | None,
    quiet: bool,
) -> None:
    """Draw programs as PNG images.

    Each PROGRAM is the text of one, a file that holds one, or - for standard input.
    """
    sketch = sketch or photograph
    if seed is not None and not sketch:
        raise Usage("--seed is of --sketch: programs are drawn without chance", "add --sketch")
    from i2c_core.drawing import draw, save_png, write_png
    from i2c_core.sources import read_programs

    found = read_programs(family, programs, format_name)
    folder = output.is_dir() or len(found) > 1
    if folder and str(output) == "-":
        raise Usage(f"{len(found)} pictures do not fit on stdout", "name a folder: -o pictures")
    if folder and output.suffix.lower() == ".png" and not output.is_dir():
        raise Usage(f"{len(found)} pictures do not fit into {output}", f"name a folder: -o {output.with_suffix('')}")
    programs_ = [s.program for s in found]
    if sketch:
        from i2c_core.strokes.sheets import draw_sketches

        pictures = draw_sketches(family, programs_, size, seed or 0)
        if photograph:
            from i2c_core.photographs import photographed

            pictures = photographed(pictures, seed or 0)
    else:
        pictures = draw(family, programs_, size)
    if str(output) == "-":
        write_png(pictures[0], sys.stdout.buffer)
        return
    for source, pixels in zip(found, pictures, strict=True):
        path = output / f"{source.name}.png" if folder else output
        save_png(pixels, path)
        say(f"wrote {path}", quiet)
