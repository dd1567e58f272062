"""Datasets on disk: Parquet shards and a manifest that says what they are and proves that they are whole.

    OUT/manifest.json           settings, counts, seed, versions, and rows and sha256 of each shard
    OUT/data/pairs-00000.parquet, ...

A build is decided by its settings alone, and by its list where programs are given. Shards are written one after the
other, each whole or not at all, and the manifest after each; a build that was killed goes on where it stopped and ends
at the same bytes. Several builds may write their shares of one dataset into one folder (see `manifests`).
"""

from __future__ import annotations

import hashlib
import itertools
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from i2c_core.datasets.batches import RAZORS
from i2c_core.datasets.composing import compose
from i2c_core.datasets.given import HINT, Failed
from i2c_core.datasets.listing import Listing
from i2c_core.datasets.manifests import (
    MANIFEST,
    SAME,
    SCHEMA,
    SHARDS,
    dataset_info,
    difference,
    file_name,
    is_whole,
    manifest_name,
    manifest_text,
    manifests_of,
    mark_of,
    read_manifest,
    total_sizes,
)
from i2c_core.datasets.parquet import parquet_bytes, table_of
from i2c_core.datasets.parts import Part, choose, from_samples, from_table
from i2c_core.datasets.razor import Razored, rough_razor, sharp_razor
from i2c_core.errors import ConfigError, DataError, suggest
from i2c_core.families import Family
from i2c_core.files import write_atomically
from i2c_core.inputs import Shard
from i2c_core.progress import Progress, Silent
from i2c_core.raster import Renderer
from i2c_core.raster.careful import Careful
from i2c_core.version import VERSION

__all__ = ["MANIFEST", "PARTS", "SCHEMA", "SHARDS", "BuildConfig", "build_dataset", "dataset_info"]

PARTS = ("all", "train", "held-out")
WHOLE = Shard()

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class BuildConfig:
    """What a dataset holds.

    Attributes:
        max_size: the most tokens of a program; None, for programs that are given, for no limit.
        count: how many images, chosen by the seed; None for all that the razor keeps.
        razor: "sharp", "rough", "none" for programs drawn uniformly by size, or "auto": "sharp" where it goes by
            substructure, else "none". Of programs that are given, "auto" keeps the first of those with the same
            picture, "none" all.
        hash_size: of the rough razor.
        part: "all" images, those to "train" on, or the "held-out" ones.
        seed: of the choice.
        shard_size: images in a file.
    """

    max_size: int | None
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
    given: Iterable[str] | None = None,
    shard: Shard = WHOLE,
    resume: bool = False,
    progress: Progress | None = None,
    renderer: Renderer | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Write a dataset into the folder `out` and return its manifest.

    Args:
        given: the programs, a line each (see `i2c_core.datasets.given`), instead of the language's own. Those that
            fail are counted and told, and tried again when the build is resumed; a list that has grown is gone on with.
        shard: which share of the dataset to write.
        resume: whether to go on with what `out` holds.
        renderer: what draws; None for one that goes on with fewer programs at once when memory runs out.
        tell: called with a record for each pair when its file is on disk, and for each given program that failed.

    Raises:
        DataError: `out` holds a dataset and `resume` is off, or holds one of other settings; nothing to write.
        DiskError: the disk is full; what is written so far stays good and can be resumed.
        ConfigError: settings that do not go together.
    """
    progress = Silent() if progress is None else progress
    _check(family, config, given is not None)
    wanted = _describe(family, config, given is not None, shard)
    done = _started(out, wanted, shard, resume)
    if done.get("complete") and given is None:
        return done
    own = Careful(family, progress.say) if renderer is None else renderer
    tell = tell or (lambda record: None)
    try:
        build = _Build(family, out, config, shard, progress, own, tell)
        manifest = {**wanted, "counts": {}, "images": 0, "shards": done.get("shards", []), "complete": False}
        return build.given(manifest, given) if given is not None else build.language(manifest)
    finally:
        if renderer is None:
            own.close()


def _check(family: Family, config: BuildConfig, given: bool) -> None:
    if given and config.razor not in ("auto", "none"):
        fact = f"the razor {config.razor!r} sieves a language, not a list of programs"
        raise ConfigError(fact, "use auto, which keeps the first of equal pictures, or none")
    if given and config.count is not None:
        raise ConfigError(f"{config.count:,} images of a list were asked for", "leave the count out, and cut the list")
    if not given and config.max_size is None:
        raise ConfigError(f"how large programs of {family.name} may be is not said", "give max_size")


def _describe(family: Family, config: BuildConfig, given: bool, shard: Shard) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "family": family.name,
        "root": str(family.root_type),
        "fingerprint": family.vocabulary.fingerprint,
        "semantics": family.semantics,
        "image": {"channels": family.channels, "height": family.size[0], "width": family.size[1]},
        "config": asdict(config),
        **({"given": True} if given else {}),
        **({"shard": f"{shard.index}/{shard.count}"} if shard.count > 1 else {}),
        "versions": {
            "images-to-code": VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pillow", "pyarrow", "scipy")},
        },
    }


def _started(out: Path, wanted: dict[str, Any], shard: Shard, resume: bool) -> dict[str, Any]:
    """The manifest of what was built so far, with the shards that are still whole; empty for nothing."""
    own = manifest_name(shard)
    for name in manifests_of(out):
        if name == own:
            continue
        other = read_manifest(out / name)
        if other.get("shard", "").partition("/")[2] != wanted.get("shard", "").partition("/")[2]:
            fact = f"{out} holds a dataset of another division into shares: {name}"
            raise DataError(fact, "choose another folder, or the same number of shares")
        if differs := difference(other, wanted, SAME):
            raise DataError(f"{out} holds shares of a dataset of {differs}", "use the same settings for all shares")
    if not (out / own).exists():
        return {}
    if not resume:
        what = "a dataset" if shard.count == 1 else f"share {shard.index} of a dataset"
        raise DataError(f"{out} holds {what} already", "go on with --resume, or choose another folder")
    manifest = read_manifest(out / own)
    if differs := difference(manifest, wanted, (*SAME, "versions")):
        raise DataError(f"{out} holds a dataset of {differs}", "choose another folder, or use the same settings")
    whole = []
    for file in manifest["shards"]:
        if not is_whole(out, file):
            break
        whole.append(file)
    if len(whole) < len(manifest["shards"]):
        manifest["complete"] = False
    manifest["shards"] = whole
    return manifest


@dataclass(frozen=True)
class _Build:
    """A build under way."""

    family: Family
    out: Path
    config: BuildConfig
    shard: Shard
    progress: Progress
    renderer: Renderer
    tell: Tell

    def language(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Write what the razor keeps of the language, or programs drawn from it."""
        config, shards = self.config, manifest["shards"]
        method, table = self._table()
        manifest = manifest | {"razor": method}
        if table is not None:
            manifest["counts"] = {
                "programs": {str(s): n for s, n in table.seen.items()},
                "kept": {str(s): n for s, n in table.kept.items()},
            }
            chosen = choose(table, config, self.shard)
            total, parts = len(chosen), from_table(table, chosen, config, len(shards))
        else:
            total = self.shard.size(config.count or 0)
            parts = from_samples(self.family, self.out, config, self.shard, shards, self.renderer)
        self._write(manifest, parts, total)
        if not manifest["shards"] and self.shard.count == 1:
            fact = f"{self.family.name} has no image to write through size {config.max_size}"
            raise DataError(fact, "allow larger programs, or another part")
        return self._close(manifest, manifest["counts"])

    def given(self, manifest: dict[str, Any], lines: Iterable[str]) -> dict[str, Any]:
        """Write the programs of a list."""
        config = self.config
        manifest = manifest | {"razor": config.razor}
        lines = iter(lines)
        first = next(lines, None)  # before anything is written: a list that is not there leaves nothing
        if first is None:
            raise DataError("the list names no program", HINT)
        listing = Listing(
            self.family,
            itertools.chain([first], lines),
            self.shard,
            twins=config.razor == "none",
            part=config.part,
            max_size=config.max_size,
            tell=self._failed,
        )
        parts = listing.parts(self.out, manifest["shards"], config.shard_size, self.renderer)
        self._write(manifest, parts, None)
        return self._close(manifest, dict(listing.counts))

    def _failed(self, failed: Failed) -> None:
        record = {"source": failed.name, "error": failed.error.fact}
        self.tell(record | ({"hint": failed.error.hint} if failed.error.hint else {}))

    def _table(self) -> tuple[str, Razored | None]:
        """What the razor keeps, or None where pairs are drawn."""
        family, config, renderer = self.family, self.config, self.renderer
        assert config.max_size is not None

        def tell(size: int, seen: int, kept: int) -> None:
            self.progress.say(f"size {size}: {seen:,} programs, {kept:,} kept")

        if config.razor == "rough":
            return "rough", rough_razor(family, config.max_size, config.hash_size, progress=tell, renderer=renderer)
        composed = config.razor == "auto" and compose(family, family.size, 1, renderer) is not None
        if config.razor == "sharp" or composed:
            return "sharp", sharp_razor(family, config.max_size, progress=tell, renderer=renderer)
        if config.count is None:
            raise ConfigError(f"how many pairs of {family.name} to draw is not said", "give a count, or razor 'sharp'")
        return "none", None

    def _write(self, manifest: dict[str, Any], parts: Iterator[Part], total: int | None) -> None:
        """Write parts, a file each, and the manifest after each."""
        shards, written = manifest["shards"], sum(file["rows"] for file in manifest["shards"])
        manifest["images"] = written
        self._save(manifest)
        with self.progress.task(f"writing {self.out}", total, written) as task:
            for part in parts:
                batch, file = part.batch, file_name(self.shard, len(shards))
                mark = mark_of(self.shard)
                table = table_of(self.family, batch.ids, batch.pixels, batch.values, written, part.more, mark)
                content = parquet_bytes(table)
                write_atomically(self.out / file, content)
                sizes = np.bincount((batch.ids < self.family.vocabulary.pad).sum(1))
                by_size = {str(s): int(n) for s, n in enumerate(sizes) if n}
                digest = hashlib.sha256(content).hexdigest()
                shards.append({"file": file, "rows": len(batch), "sizes": by_size, "sha256": digest})
                manifest["images"] = written = written + len(batch)
                self._save(manifest)
                texts = {"code": table.column("code").to_pylist(), **part.more}
                for row in range(len(batch)):
                    self.tell({"file": file, "row": row} | {name: column[row] for name, column in texts.items()})
                task.advance(len(batch))

    def _close(self, manifest: dict[str, Any], counts: dict[str, Any]) -> dict[str, Any]:
        manifest["counts"] = counts | {"written": total_sizes(manifest["shards"])}
        manifest["complete"] = True
        self._save(manifest)
        return manifest

    def _save(self, manifest: dict[str, Any]) -> None:
        write_atomically(self.out / manifest_name(self.shard), manifest_text(manifest))
