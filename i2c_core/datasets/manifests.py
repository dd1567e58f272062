"""Manifests: what a dataset is, and the proof that it is whole.

OUT/manifest.json                          of a dataset that one build wrote
OUT/manifest-2-of-8.json                   of the second of eight builds that share one dataset, OUT
OUT/data/pairs-00000.parquet               its files; of a share: pairs-2-of-8-00000.parquet
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from i2c_core.documents import parse_json
from i2c_core.errors import DataError
from i2c_core.inputs import Shard

SCHEMA = 1
MANIFEST = "manifest.json"
SHARDS = "data"  # a folder of their own: pandas reads it whole, Hugging Face `datasets` finds it
SAME = ("family", "root", "fingerprint", "semantics", "image", "config", "given")
"""What all builds that share a dataset agree on; one that goes on agrees on its share and on versions as well."""

_SHARED = re.compile(r"manifest-(\d+)-of-(\d+)\.json")
_SHARE = re.compile(r"\d{1,6}/\d{1,6}")
_NAME = re.compile(rf"{SHARDS}/[\w.-]{{1,100}}")  # of a file of pairs, inside the dataset


def manifest_name(shard: Shard) -> str:
    """The file of a build's manifest.

    >>> manifest_name(Shard()), manifest_name(Shard(2, 16))
    ('manifest.json', 'manifest-02-of-16.json')
    """
    return f"manifest{mark_of(shard)}.json"


def file_name(shard: Shard, number: int) -> str:
    """The file of some pairs, counted from 0 in each share.

    >>> file_name(Shard(2, 8), 0)
    'data/pairs-2-of-8-00000.parquet'
    """
    return f"{SHARDS}/pairs{mark_of(shard)}-{number:05d}.parquet"


def mark_of(shard: Shard) -> str:
    """What ends the names of a share's files and images, nothing for a whole dataset."""
    if shard.count == 1:
        return ""
    return f"-{shard.index:0{len(str(shard.count))}d}-of-{shard.count}"


def dataset_info(path: Path) -> dict[str, Any]:
    """The manifest of a dataset, after every file was checked against it; of a shared one, all manifests as one.

    One of a shared dataset also has `share`, for each build how far it is, and is complete when all of them are.

    Raises:
        DataError: no manifest, or a file that is missing or changed.
    """
    found = manifests_of(path)
    if not found:
        raise DataError(f"no dataset at {path}: {MANIFEST} is missing", "give a folder that 'i2c dataset build' wrote")
    read = [read_manifest(path / name) for name in found]
    for manifest in read:
        for shard in manifest["shards"]:
            file = path / shard["file"]
            if not file.is_file():
                raise DataError(f"{file} is missing", "build the dataset again with --resume")
            digest = digest_of(file)
            if digest != shard["sha256"]:
                fact = f"{file} has sha256 {digest[:12]}..., expected {shard['sha256'][:12]}..."
                raise DataError(fact, "build the dataset again with --resume")
    return read[0] if len(read) == 1 and MANIFEST in found else _joined(read)


def manifests_of(path: Path) -> list[str]:
    """The names of the manifests in a folder: the one of a whole dataset, or those of its shares."""
    if (path / MANIFEST).is_file():
        return [MANIFEST]
    if not path.is_dir():
        return []
    return sorted(file.name for file in path.iterdir() if _SHARED.fullmatch(file.name))


def read_manifest(file: Path) -> dict[str, Any]:
    """A manifest as it stands on disk.

    Raises:
        DataError: it is none, or one of a later version.
    """
    try:
        manifest = parse_json(file.read_bytes())
        known = manifest["schema"] <= SCHEMA and _is_manifest(manifest)
    except (AttributeError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise DataError(f"{file} is no manifest of schema {SCHEMA}", "build the dataset again in an empty folder")
    return dict(manifest)


def _is_manifest(found: Any) -> bool:
    """Whether all that is read of a manifest is of its kind: somebody else may have written the file."""
    kinds = {"family": str, "semantics": int, "image": dict, "config": dict, "shards": list}
    kinds |= {"images": int, "complete": bool, "counts": dict}
    later = {"razor": str, "shard": str}
    whole = all(isinstance(found[name], kind) for name, kind in kinds.items())
    return (
        whole
        and all(isinstance(found[name], kind) for name, kind in later.items() if name in found)
        and all(isinstance(found["image"][side], int) for side in ("height", "width"))
        and ("shard" not in found or _SHARE.fullmatch(found["shard"]) is not None)
        and all(map(_is_shard, found["shards"]))
    )


def _is_shard(found: Any) -> bool:
    """Whether a manifest may say this of one of its files."""
    named = _NAME.fullmatch(found["file"]) is not None and isinstance(found["sha256"], str)
    sizes = all(size.isdecimal() and len(size) < 10 and isinstance(n, int) for size, n in found["sizes"].items())
    return named and isinstance(found["rows"], int) and sizes


def manifest_text(manifest: dict[str, Any]) -> str:
    """A manifest as it is written."""
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def is_whole(out: Path, shard: dict[str, Any]) -> bool:
    """Whether a file that a manifest lists is there as it was written."""
    file: str = shard["file"]
    return (out / file).is_file() and digest_of(out / file) == str(shard["sha256"])


def digest_of(file: Path) -> str:
    """The sha256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def difference(found: dict[str, Any], wanted: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first of some settings in which two manifests differ, with both sides; empty where they agree."""
    for name in names:
        if found.get(name) != wanted.get(name):
            return f"{name} {_shown(found.get(name))}, got {_shown(wanted.get(name))}"
    return ""


def _shown(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def total_sizes(shards: list[dict[str, Any]]) -> dict[str, int]:
    """How many pairs of each size some files hold."""
    totals: dict[str, int] = {}
    for shard in shards:
        for size, count in shard["sizes"].items():
            totals[size] = totals.get(size, 0) + count
    return dict(sorted(totals.items(), key=lambda item: int(item[0])))


def _joined(read: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifests of a dataset's shares as one."""
    count = int(read[0]["shard"].partition("/")[2])
    states = {f"{index}/{count}": "not begun" for index in range(1, count + 1)}
    for manifest in read:
        states[manifest["shard"]] = "complete" if manifest["complete"] else "begun"
    shards = [shard for manifest in read for shard in manifest["shards"]]
    joined = {name: value for name, value in read[0].items() if name != "shard"}
    return joined | {
        "counts": {"written": total_sizes(shards)},
        "images": sum(shard["rows"] for shard in shards),
        "shards": shards,
        "share": states,
        "complete": set(states.values()) == {"complete"},
    }
