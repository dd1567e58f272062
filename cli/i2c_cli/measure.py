"""`i2c measure`: what a language is worth."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import Usage, emit, emit_json, say
from i2c_core.families import Family

LARGEST = 64  # pixels a side of the small resolution


@click.command("measure")
@options.family()
@click.option("--images", metavar="DIR", type=options.PATH, help="Images to compress [default: random ones].")
@click.option(
    "--pixels",
    metavar="PIXELS",
    default="4x4",
    show_default=True,
    help="The resolution at which all images are counted.",
)
@click.option(
    "--max-size",
    "rule_size",
    metavar="NUMBER",
    type=click.IntRange(0, 15),
    default=7,
    show_default=True,
    help="Symbols of a rewrite rule's left side, a variable counted as one; 0 for no rules.",
)
@click.option(
    "--through",
    metavar="SIZE",
    type=click.IntRange(1),
    default=13,
    show_default=True,
    help="Symbols of programs through which images are counted; above they are estimated.",
)
@options.seed()
@options.as_json("Print one JSON object.")
@options.output("A folder for the page, its charts and the rules.")
@options.quiet
def command(
    family: Family,
    images: Path | None,
    pixels: str,
    rule_size: int,
    through: int,
    seed: int,
    as_json: bool,
    output: Path | None,
    quiet: bool,
) -> None:
    """Measure a family's language: how many images it can say, how many programs say one, which rewrite rules hold, and
    how many bits its code takes.
    """
    wide, cross, high = pixels.lower().partition("x")
    sides = (high if cross else wide, wide)
    if not all(s.isascii() and s.isdigit() and 1 <= int(s) <= LARGEST for s in sides):
        raise Usage(f"--pixels {pixels!r} is no size", f"write pixels from 1 to {LARGEST}, as in 4x4")
    if output is not None and output.is_file():
        raise Usage(f"-o {output} is a file", "name a folder")
    from i2c_core.images import find_images, read_image
    from i2c_core.measuring import measure
    from i2c_core.measuring.page import as_text, write_folder
    from i2c_core.progress import make_progress

    files = [] if images is None else find_images([images])
    found = measure(
        family,
        rule_size=rule_size,
        resolution=(int(sides[0]), int(sides[1])),
        through=through,
        images=[read_image(f, family.channels) for f in files] if images is not None else None,
        source=str(images or ""),
        seed=seed,
        progress=make_progress(silent=quiet),
    )
    if as_json:
        emit_json(found.record())
    else:
        emit(as_text(found))
    if output is not None:
        written = write_folder(found, output)
        say(f"wrote {written[-1]} and {len(written) - 1} files beside it", quiet)
