"""`i2c dataset`: pairs of image and code on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from i2c_cli import options
from i2c_cli.console import emit, emit_json, say, table
from i2c_core.families import Family


@click.group("dataset")
def command() -> None:
    """Build and describe data sets of images and code."""


@command.command("build")
@options.family()
@click.option("-o", "--out", metavar="FOLDER", type=options.PATH, required=True, help="The folder to write.")
@click.option("--max-size", metavar="TOKENS", type=click.IntRange(1), required=True, help="Most tokens of a program.")
@click.option(
    "-n", "count", metavar="COUNT", type=click.IntRange(1), help="Images [default: all that the razor keeps]."
)
@click.option(
    "--razor",
    type=click.Choice(["auto", "sharp", "rough", "none"]),
    default="auto",
    show_default=True,
    help="One program an image; none draws programs at random.",
)
@click.option(
    "--hash-size", metavar="BITS", type=click.IntRange(2), default=8, show_default=True, help="Rough razor's."
)
@click.option(
    "--part",
    type=click.Choice(["all", "train", "held-out"]),
    default="all",
    show_default=True,
    help="All images, those that training may see, or those that it never sees.",
)
@options.seed()
@click.option("--shard-size", metavar="COUNT", type=click.IntRange(1), default=10_000, show_default=True,
              help="Images in a file.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with what is in the folder.")
@options.quiet
def build(
    family: Family,
    out: Path,
    max_size: int,
    count: int | None,
    razor: str,
    hash_size: int,
    part: str,
    seed: int,
    shard_size: int,
    resume: bool,
    quiet: bool,
) -> None:
    """Write images and their code as Parquet files with a manifest, for training and evaluation."""
    from i2c_core.datasets.build import BuildConfig, build_dataset
    from i2c_core.progress import make_progress

    config = BuildConfig(max_size, count, razor, hash_size, part, seed, shard_size)
    manifest = build_dataset(family, out, config, resume=resume, progress=make_progress(quiet))
    found = manifest["images"]
    say(f"wrote {out}: {_counted(found, 'image')} in {_counted(len(manifest['shards']), 'file')}", quiet)
    if count is not None and found < count:
        say(f"{_fewer(family, manifest)} through size {max_size}, {count:,} were asked for", quiet)
    say(f"next: i2c train --family {family.name} --data {out}", quiet)


@command.command("info")
@click.argument("folder", type=options.PATH)
@options.as_json("Print the manifest as one JSON object.")
def info(folder: Path, as_json: bool) -> None:
    """Check a data set that 'i2c dataset build' wrote in FOLDER, file by file, and describe it."""
    from i2c_core.datasets.build import dataset_info

    manifest = dataset_info(folder)
    if as_json:
        emit_json(manifest)
    else:
        emit(table(_rows(manifest)))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _fewer(family: Family, manifest: dict[str, Any]) -> str:
    """Why there are fewer images than were asked for: some are not looked for, or looked for and not found."""
    part = {"all": "", "train": " to train on", "held-out": " held out"}[manifest["config"]["part"]]
    images = _counted(manifest["images"], "image") + part
    if manifest["razor"] == "none":
        return f"drawing programs of {family.name} found only {images}"
    if manifest["razor"] == "rough":
        return f"the rough razor keeps only {images} of {family.name}"
    return f"the language has only {images}"


def _rows(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    image = manifest["image"]
    sizes = manifest.get("counts", {}).get("written", {})
    return [
        ("family", f"{manifest['family']}, semantics {manifest['semantics']}"),
        ("images", f"{manifest['images']:,} of {image['width']}x{image['height']} pixels"),
        ("complete", "yes" if manifest["complete"] else "no: build it again with --resume"),
        ("files", f"{len(manifest['shards']):,}, as they were written"),
        ("razor", str(manifest.get("razor", ""))),
        *((f"size {size}", f"{count:,}") for size, count in sizes.items()),
        *((name, str(value)) for name, value in manifest["config"].items() if value is not None),
    ]
