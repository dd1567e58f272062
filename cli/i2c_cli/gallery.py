"""`i2c gallery`: the first images of a language on one sheet, or random figures as by hand."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import Usage, say
from i2c_core.families import Family

FIRST, SKETCHED = 1024, 64  # images unless told otherwise


@click.command("gallery")
@options.family(required=False)
@click.option(
    "-n",
    "count",
    metavar="COUNT",
    type=click.IntRange(1),
    help=f"Images [default: {FIRST}, and {SKETCHED} with --sketch].",
)
@options.picture("-o", "--out", "output", metavar="PATH", help="The PNG file to write [default: FAMILY-gallery.png].")
@click.option(
    "--razor",
    type=click.Choice(["rough", "sharp"]),
    help="Which images differ: by a perceptual hash, or by any pixel [default: rough].",
)
@click.option("--cell", metavar="PIXELS", type=click.IntRange(1, 1024), help="Height of an image on the sheet.")
@click.option("--columns", metavar="NUMBER", type=click.IntRange(1), help="Images in a row [default: about a square].")
@click.option("--captions", is_flag=True, help="Write each image's code under it.")
@click.option("--sketch", is_flag=True, help="Random figures instead, as if by hand; for families that hands draw.")
@click.option(
    "--page",
    "folder",
    metavar="FOLDER",
    type=options.PATH,
    help="Write a page of the family, of all without --family, with its sheet.",
)
@options.seed(None, "The seed of all chance of --sketch [default: 0].")
@options.quiet
def command(
    family: Family | None,
    count: int | None,
    output: Path | None,
    razor: str | None,
    cell: int | None,
    columns: int | None,
    captions: bool,
    sketch: bool,
    folder: Path | None,
    seed: int | None,
    quiet: bool,
) -> None:
    """Draw the first images of a family on one sheet, from small programs to large, each image once.

    Of levels of tiles, where no razor is named, random ones are drawn.
    """
    if folder is not None:
        given = [("-n", count), ("-o", output), ("--razor", razor), ("--cell", cell), ("--columns", columns)]
        taken = [
            name for name, value in [*given, ("--captions", captions or None), ("--sketch", sketch or None)] if value
        ]
        if taken:
            raise Usage(f"--page decides what is on its sheets, {taken[0]} is too much", "leave one of them out")
        _write_pages(family, folder, quiet)
        return
    if family is None:
        raise Usage("neither --family nor --page says what to draw", "name a family, as in --family NAME")
    if sketch and razor is not None:
        raise Usage("--razor sieves the first images, --sketch draws random ones", "leave one of them out")
    if seed is not None and not sketch:
        raise Usage("--seed is of --sketch: the first images of a family know no chance", "add --sketch")
    from i2c_core.drawing import save_png

    if sketch:
        from i2c_core.strokes.sheets import sketches

        sheet = sketches(family, count or SKETCHED, seed or 0, cell, captions, columns)
    elif family.tiles is not None and razor is None:  # the first images of thousands are levels with nothing on them
        from i2c_core.datasets.gallery import random_gallery

        sheet = random_gallery(family, count or SKETCHED, 0, cell, captions, columns)
    else:
        from i2c_core.datasets.gallery import gallery

        sheet = gallery(family, count or FIRST, razor or "rough", cell, captions, columns)
    path = output or Path(f"{family.name}-gallery.png")
    save_png(sheet, path)
    say(f"wrote {path} ({sheet.width}x{sheet.height} pixels)", quiet)


def _write_pages(family: Family | None, folder: Path, quiet: bool) -> None:
    from i2c_core.datasets.gallery_pages import write_pages
    from i2c_core.plugins import families

    if folder.is_file():
        raise Usage(f"--page {folder} is a file", "name a folder")
    drawn = [f for f in families() if f.render is not None] if family is None else [family]
    written = write_pages(drawn, folder)
    say(f"wrote {folder / 'README.md'} and {len(written) - 1} files beside it", quiet)
