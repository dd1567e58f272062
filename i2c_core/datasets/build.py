"""Datasets on disk: Parquet shards and a manifest that says what they are and proves that they are whole.

    OUT/manifest.json           settings, counts, seed, versions, and rows and sha256 of each shard
    OUT/data/pairs-00000.parquet, ...

A build is decided by its settings alone. Shards are written one after the other, each whole or not at all, and the
manifest after each; a build that was killed goes on where it stopped and ends at the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.batches import RAZORS, Batch, StreamConfig
from i2c_core.datasets.composing import compose
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.pairs import read_pairs
from i2c_core.datasets.parquet import parquet_bytes, table_of
from i2c_core.datasets.razor import Razored, rough_razor, sharp_razor
from i2c_core.datasets.sources import Choice, SampleSource
from i2c_core.errors import ConfigError, DataError, suggest
from i2c_core.families import Family
from i2c_core.files import write_atomically
from i2c_core.progress import Progress, Silent
from i2c_core.raster import Renderer
from i2c_core.version import VERSION

SCHEMA = 1
MANIFEST = "manifest.json"
SHARDS = "data"  # a folder of their own: pandas reads it whole, Hugging Face `datasets` finds it
PARTS = ("all", "train", "held-out")


@dataclass(frozen=True)
class BuildConfig:
    """What a dataset holds.

    Attributes:
        max_size: the most tokens of a program.
        count: how many images, chosen by the seed; None for all that the razor keeps.
        razor: "sharp", "rough", "none" for programs drawn uniformly by size, or "auto": "sharp" where it goes by
            substructure, else "none".
        hash_size: of the rough razor.
        part: "all" images, those to "train" on, or the "held-out" ones.
        seed: of the choice.
        shard_size: images in a file.
    """

    max_size: int
    count: int | None = None
    razor: str = "auto"
    hash_size: int = 8
    part: str = "all"
    seed: int = 0
    shard_size: int = 10_000

    def __post_init__(self) -> None:
        for name, known in (("razor", RAZORS), ("part", PARTS)):
            value = getattr(self, name)
            if value not in known:
                raise ConfigError(f"unknown {name} {value!r}", suggest(value, known, f"use one of {', '.join(known)}"))
        for name in ("max_size", "shard_size", "count"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}, expected 1 or more", "raise it")


def build_dataset(
    family: Family,
    out: Path,
    config: BuildConfig,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    renderer: Renderer | None = None,
) -> dict[str, Any]:
    """Write a dataset into the folder `out` and return its manifest.

    Raises:
        DataError: `out` holds a dataset and `resume` is off, or holds one of other settings; nothing to write.
        DiskError: the disk is full; what is written so far stays good and can be resumed.
    """
    progress = Silent() if progress is None else progress
    wanted = _describe(family, config)
    done = _started(out, wanted, resume)
    if done.get("complete"):
        return done
    own = Renderer(family) if renderer is None else renderer
    try:
        return _build(family, out, config, wanted, done.get("shards", []), progress, own)
    finally:
        if renderer is None:
            own.close()


def dataset_info(path: Path) -> dict[str, Any]:
    """The manifest of a dataset, after every shard was checked against it.

    Raises:
        DataError: no manifest, or a shard that is missing or changed.
    """
    manifest = _read_manifest(path)
    for shard in manifest["shards"]:
        file = path / shard["file"]
        if not file.is_file():
            raise DataError(f"{file} is missing", "build the dataset again with --resume")
        found = _digest(file)
        if found != shard["sha256"]:
            fact = f"{file} has sha256 {found[:12]}..., expected {shard['sha256'][:12]}..."
            raise DataError(fact, "build the dataset again with --resume")
    return manifest


def _describe(family: Family, config: BuildConfig) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "family": family.name,
        "root": str(family.root_type),
        "fingerprint": family.vocabulary.fingerprint,
        "semantics": family.semantics,
        "image": {"channels": family.channels, "height": family.size[0], "width": family.size[1]},
        "config": asdict(config),
        "versions": {
            "images-to-code": VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pillow", "pyarrow", "scipy")},
        },
    }


def _started(out: Path, wanted: dict[str, Any], resume: bool) -> dict[str, Any]:
    """The manifest of what was built so far, with the shards that are still whole; empty for nothing."""
    if not (out / MANIFEST).exists():
        return {}
    if not resume:
        raise DataError(f"{out} holds a dataset already", "go on with --resume, or choose another folder")
    manifest = _read_manifest(out)
    for name in ("family", "root", "fingerprint", "semantics", "image", "config", "versions"):
        if manifest.get(name) != wanted[name]:
            fact = f"{out} holds a dataset of {name} {_shown(manifest.get(name))}, got {_shown(wanted[name])}"
            raise DataError(fact, "choose another folder, or use the same settings")
    whole = []
    for shard in manifest["shards"]:
        if not (out / shard["file"]).is_file() or _digest(out / shard["file"]) != shard["sha256"]:
            break
        whole.append(shard)
    if len(whole) < len(manifest["shards"]):
        manifest["complete"] = False
    manifest["shards"] = whole
    return manifest


def _shown(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _build(
    family: Family,
    out: Path,
    config: BuildConfig,
    manifest: dict[str, Any],
    shards: list[dict[str, Any]],
    progress: Progress,
    renderer: Renderer,
) -> dict[str, Any]:
    method, table = _table(family, config, progress, renderer)
    manifest = {**manifest, "razor": method, "counts": {}, "images": 0, "shards": list(shards), "complete": False}
    total = config.count
    if table is not None:
        manifest["counts"] = {
            "programs": {str(s): n for s, n in table.seen.items()},
            "kept": {str(s): n for s, n in table.kept.items()},
        }
        chosen = _choose(table, config)
        total = len(chosen)
        parts = _from_table(table, chosen, config, len(shards))
    else:
        parts = _from_samples(family, out, config, shards, renderer)
    write_atomically(out / MANIFEST, _json(manifest))
    written = sum(shard["rows"] for shard in shards)
    with progress.task(f"writing {out}", total, written) as task:
        for batch in parts:
            content = parquet_bytes(table_of(family, batch.ids, batch.pixels, batch.values, written))
            file = f"{SHARDS}/pairs-{len(manifest['shards']):05d}.parquet"
            write_atomically(out / file, content)
            sizes = np.bincount((batch.ids < family.vocabulary.pad).sum(1))
            digest = hashlib.sha256(content).hexdigest()
            by_size = {str(s): int(n) for s, n in enumerate(sizes) if n}
            manifest["shards"].append({"file": file, "rows": len(batch), "sizes": by_size, "sha256": digest})
            written += len(batch)
            write_atomically(out / MANIFEST, _json(manifest))
            task.advance(len(batch))
    if not written:
        fact = f"{family.name} has no image to write through size {config.max_size}"
        raise DataError(fact, "allow larger programs, or another part")
    manifest["images"], manifest["complete"] = written, True
    manifest["counts"]["written"] = _total_sizes(manifest["shards"])
    write_atomically(out / MANIFEST, _json(manifest))
    return manifest


def _table(family: Family, config: BuildConfig, progress: Progress, renderer: Renderer) -> tuple[str, Razored | None]:
    """What the razor keeps, or None where pairs are drawn."""

    def tell(size: int, seen: int, kept: int) -> None:
        progress.say(f"size {size}: {seen:,} programs, {kept:,} kept")

    if config.razor == "rough":
        return "rough", rough_razor(family, config.max_size, config.hash_size, progress=tell, renderer=renderer)
    composed = config.razor == "auto" and compose(family, family.size, 1, renderer) is not None
    if config.razor == "sharp" or composed:
        return "sharp", sharp_razor(family, config.max_size, progress=tell, renderer=renderer)
    if config.count is None:
        raise ConfigError(f"how many pairs of {family.name} to draw is not said", "give a count, or razor 'sharp'")
    return "none", None


def _choose(table: Razored, config: BuildConfig) -> NDArray[np.int64]:
    """The rows of a table that are written, in its order."""
    rows = np.arange(len(table))
    if config.part != "all":
        keys = [pixel_keys(table.pictures[b : b + 65_536]) for b in range(0, len(table), 65_536)]
        rows = rows[held_out(np.concatenate(keys)) == (config.part == "held-out")]
    if config.count is not None and config.count < len(rows):
        rows = np.sort(np.random.default_rng(config.seed).permutation(rows)[: config.count])
    return rows


def _from_table(table: Razored, rows: NDArray[np.int64], config: BuildConfig, first: int) -> Iterator[Batch]:
    for begin in range(first * config.shard_size, len(rows), config.shard_size):
        part = rows[begin : begin + config.shard_size]
        yield Batch(table.ids[part].astype(np.int64), None, table.pictures[part])


def _from_samples(
    family: Family, out: Path, config: BuildConfig, shards: list[dict[str, Any]], renderer: Renderer
) -> Iterator[Batch]:
    """Drawn pairs, shard by shard, no picture twice; shards that are there already only say what they hold."""
    assert config.count is not None
    seen = np.empty(0, np.uint64)
    for shard in shards:
        seen = np.union1d(seen, pixel_keys(read_pairs(out / shard["file"], family).pixels()))
    left = config.count - sum(shard["rows"] for shard in shards)
    number = len(shards)
    choices = StreamConfig(
        max_size=config.max_size,
        razor="none",
        holdout=config.part == "train",
        only_held_out=config.part == "held-out",
    )
    while left > 0:
        wanted = min(config.shard_size, left)
        source = SampleSource(family, Choice(choices, seen), renderer)
        try:
            batch = source.collect(np.random.default_rng([config.seed, number]), wanted).first()
        except DataError:
            if number == 0:
                raise
            return  # no image is left that was not written before
        seen = np.union1d(seen, pixel_keys(batch.pixels))
        yield batch
        left -= len(batch)
        number += 1
        if len(batch) < wanted:
            return


def _total_sizes(shards: list[dict[str, Any]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for shard in shards:
        for size, count in shard["sizes"].items():
            totals[size] = totals.get(size, 0) + count
    return dict(sorted(totals.items(), key=lambda item: int(item[0])))


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    if not file.is_file():
        raise DataError(f"no dataset at {path}: {MANIFEST} is missing", "give a folder that 'i2c dataset build' wrote")
    try:
        manifest = json.loads(file.read_text("utf-8"))
        known = isinstance(manifest, dict) and isinstance(manifest["shards"], list) and manifest["schema"] <= SCHEMA
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise DataError(f"{file} is no manifest of schema {SCHEMA}", "build the dataset again in an empty folder")
    return dict(manifest)


def _digest(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _json(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
