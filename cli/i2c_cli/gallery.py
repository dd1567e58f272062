"""`i2c gallery`: the first images of a language on one sheet."""

from __future__ import annotations

from pathlib import Path

import click

from i2c_cli import options
from i2c_cli.console import say
from i2c_core.families import Family


@click.command("gallery")
@options.family()
@options.count(1024, "Images.")
@options.picture("-o", "--out", "output", metavar="PATH", help="The PNG file to write [default: FAMILY-gallery.png].")
@click.option(
    "--razor",
    type=click.Choice(["rough", "sharp"]),
    default="rough",
    show_default=True,
    help="Which images differ: by a perceptual hash, or by any pixel.",
)
@click.option("--cell", metavar="PIXELS", type=click.IntRange(1, 1024), help="Height of an image on the sheet.")
@click.option("--columns", metavar="NUMBER", type=click.IntRange(1), help="Images in a row [default: about a square].")
@click.option("--captions", is_flag=True, help="Write each image's code under it.")
@options.quiet
def command(
    family: Family,
    count: int,
    output: Path | None,
    razor: str,
    cell: int | None,
    columns: int | None,
    captions: bool,
    quiet: bool,
) -> None:
    """Draw the first images of a family on one sheet, from small programs to large, each image once."""
    from i2c_core.datasets.gallery import gallery
    from i2c_core.drawing import save_png

    sheet = gallery(family, count, razor, cell, captions, columns)
    path = output or Path(f"{family.name}-gallery.png")
    save_png(sheet, path)
    say(f"wrote {path} ({sheet.width}x{sheet.height} pixels)", quiet)
