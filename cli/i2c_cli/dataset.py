"""`i2c dataset`: pairs of image and code on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from i2c_cli import options
from i2c_cli.console import Usage, complain, emit, emit_json, say, table
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.inputs import Shard

_PARTS = {"train": "train on", "held-out": "be held out"}


@click.group("dataset")
def command() -> None:
    """Build and describe data sets of images and code."""


@command.command("build")
@options.family()
@click.option("-o", "--out", metavar="FOLDER", type=options.PLACE, required=True, help="The folder to write.")
@click.option("--max-size", metavar="TOKENS", type=click.IntRange(1), help="Most tokens of a program.")
@options.files_from(
    "Programs of your own: names of files, or JSON objects with their code, one a line; - is standard input."
)
@click.option(
    "-n", "count", metavar="COUNT", type=click.IntRange(1), help="Images [default: all that the razor keeps]."
)
@click.option(
    "--razor",
    type=click.Choice(["auto", "sharp", "rough", "none"]),
    default="auto",
    show_default=True,
    help="One program an image; none draws programs at random, or keeps all that are given.",
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
@options.shard("Only one share of the dataset, as in 2/8: every share may be built on a machine of its own.")
@options.resume("Go on with what is in the folder.")
@options.place
@options.as_json("Print one JSON object a pair, when its file is on disk, and one a program that failed.")
@options.quiet
def build(
    family: Family,
    out: Path,
    max_size: int | None,
    files_from: Path | None,
    count: int | None,
    razor: str,
    hash_size: int,
    part: str,
    seed: int,
    shard_size: int,
    shard: Shard,
    resume: bool,
    place: options.Place,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write images and their code as Parquet files with a manifest, for training and evaluation.

    The programs are those of the language, through size --max-size, or those of a list. Of a list, programs that fail
    are told and left out; the exit code is then 1.
    """
    if max_size is None and files_from is None:
        raise Usage("neither --max-size nor --files-from says which programs", "name a size, as in --max-size 9")
    if count is not None and files_from is not None:
        raise Usage("-n and --files-from exclude each other", "leave -n out, and cut the list")
    from i2c_core.datasets.build import BuildConfig, build_dataset
    from i2c_core.inputs import listed
    from i2c_core.progress import make_progress
    from i2c_core.raster.spread import Spread

    def tell(record: dict[str, Any]) -> None:
        if as_json:
            emit_json(record)
        if "error" in record:
            complain(I2cError(record["error"], record.get("hint", "")), record["source"])

    config = BuildConfig(max_size, count, razor, hash_size, part, seed, shard_size)
    progress = make_progress(quiet)
    with place.open(progress.say) as cluster:
        manifest = build_dataset(
            family,
            out,
            config,
            given=None if files_from is None else listed(files_from),
            shard=shard,
            resume=resume,
            progress=progress,
            renderer=None if cluster is None else Spread(family, cluster, progress.say),
            tell=tell,
        )
    found, counts = manifest["images"], manifest["counts"]
    say(f"wrote {out}: {_counted(found, 'image')} in {_counted(len(manifest['shards']), 'file')}", quiet)
    wanted = None if count is None else shard.size(count)
    if wanted is not None and found < wanted:
        say(f"{_fewer(family, manifest)} through size {max_size}, {wanted:,} were asked for", quiet)
    if counts.get("twins"):
        say(f"left out {_counted(counts['twins'], 'program')} given twice, or with the image of another", quiet)
    if counts.get("other_parts"):
        say(f"left out {_counted(counts['other_parts'], 'program')} of images that are not to {_PARTS[part]}", quiet)
    if counts.get("failed"):
        say(f"{counts['failed']:,} of {_counted(counts['given'], 'program')} failed; mend them and use --resume")
        return 1
    say(f"next: i2c train --family {family.name} --data {out}", quiet)
    return 0


@command.command("info")
@click.argument("folder", type=options.PLACE)
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
        ("complete", "yes" if manifest["complete"] else f"no: {_missing(manifest)}"),
        ("files", f"{len(manifest['shards']):,}, as they were written"),
        *([("shares", f"{len(manifest['share']):,}")] if "share" in manifest else []),
        ("razor", str(manifest.get("razor", ""))),
        *((f"size {size}", f"{count:,}") for size, count in sizes.items()),
        *((name, str(value)) for name, value in manifest["config"].items() if value is not None),
    ]


def _missing(manifest: dict[str, Any]) -> str:
    """What to do about a dataset that is not complete."""
    missing = [name for name, state in manifest.get("share", {}).items() if state != "complete"]
    if not missing:
        return "build it again with --resume"
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing, build with --shard and --resume"
