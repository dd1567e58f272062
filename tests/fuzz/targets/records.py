"""Files of records: predictions, pairs in all their forms, settings, signatures of shards and names."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from i2c_core.bulk import Answered
from i2c_core.config import resolve_config
from i2c_core.correction.weighing import Correction
from i2c_core.datasets.given import draw_entries, read_entries
from i2c_core.datasets.manifests import MANIFEST, dataset_info
from i2c_core.datasets.pairs import read_pairs
from i2c_core.datasets.parquet import parquet_bytes, png_bytes, table_of
from i2c_core.inputs import Shard, listed
from i2c_core.journals import Journal
from i2c_core.plugins import get_family
from i2c_core.predictions import read_predictions
from i2c_core.raster import Renderer
from tests.fuzz import mutating
from tests.fuzz.targets.target import Target

CODES = ("h B W", "v B W", "q B W B W", "h v B W B")
PICTURE = png_bytes(np.tile(np.array([0, 255], np.uint8), (1, 8, 4)))


def targets() -> Iterator[Target]:
    yield Target("records/predictions", ".jsonl", read_predictions, _predictions, mutating.lines)
    yield Target("records/pairs", ".jsonl", _read_pairs, _pairs, mutating.lines)
    yield Target("records/truth", ".json", _read_pairs, _truth, mutating.json_)
    yield Target("records/truth-of-figures", ".json", _read_figures, _truth_of_figures, mutating.json_)
    yield Target("records/parquet", ".parquet", _read_parquet, _parquet, mutating.bytes_)
    yield Target("records/table", ".parquet", _read_parquet, _parquet, _other_table)
    yield Target("records/journal", ".jsonl", _read_journal, _journal, mutating.lines)
    yield Target("records/list", ".txt", _read_list, _list, mutating.lines)
    yield Target("records/manifest", ".json", _read_manifest, _manifest, mutating.json_)
    yield Target("records/correction", ".json", _read_correction, _correction, mutating.json_)
    yield Target("records/settings", ".toml", _read_settings, _settings, mutating.text)


def _read_pairs(file: Path) -> None:
    _with_picture(file, "splits")


def _read_figures(file: Path) -> None:
    _with_picture(file, "figures")


def _with_picture(file: Path, name: str) -> None:
    picture = file.with_name("0.png")
    picture.write_bytes(PICTURE)
    try:
        read_pairs(file, get_family(name)).pixels()
    finally:
        picture.unlink()


def _read_parquet(file: Path) -> None:
    read_pairs(file, get_family("splits"))


def _read_journal(file: Path) -> None:
    """As `i2c decode --resume` does: what is torn is cut off, the rest is counted, and more is written behind it."""
    with Journal(file, resume=True) as journal:
        Answered().read(journal, "asked", threshold=0.1)
        journal.append([{"file": "a", "sha256": "0", "asked": "asked"}])
        assert list(journal.records()), "what was written is not there"


def _read_list(file: Path) -> None:
    """As `i2c dataset build --files-from` does."""
    with Renderer(get_family("splits")) as renderer:
        entries = read_entries(renderer.family, listed(file), Shard(1, 1))
        for _ in draw_entries(renderer.family, entries, renderer, max_size=None):
            pass


def _read_manifest(file: Path) -> None:
    """As `i2c dataset info` does."""
    folder = file.with_suffix("")
    folder.mkdir()
    try:
        (folder / MANIFEST).write_bytes(file.read_bytes())
        dataset_info(folder)
    finally:
        (folder / MANIFEST).unlink()
        folder.rmdir()


def _read_correction(file: Path) -> None:
    Correction.loads(file.read_text("utf-8", "replace"), file.name)


def _read_settings(file: Path) -> None:
    config = resolve_config(file=file).for_family(get_family("splits"))
    config.to_toml()


def _lines(records: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def _predictions() -> Sequence[bytes]:
    told = [{"file": f"{n}.png", "code": code, "seed": n, "seconds": 0.5, "renders": 3} for n, code in enumerate(CODES)]
    return [_lines(told), _lines([{"file": "0.png", "code": None}]), _lines([{"file": "a", "code": "B", "more": [1]}])]


def _pairs() -> Sequence[bytes]:
    return [_lines([{"file": "0.png", "code": code} for code in CODES])]


def _truth() -> Sequence[bytes]:
    return [json.dumps({"0.png": code}).encode() for code in (*CODES, ["h", "B", "W"])]


def _truth_of_figures() -> Sequence[bytes]:
    family = get_family("figures")
    said = [f.dumps(family, family.parse(e)) for e in family.examples for f in family.formats if f.key is not None]
    return [json.dumps({"0.png": json.loads(text)}).encode() for text in said]


def _parquet() -> Sequence[bytes]:
    family = get_family("splits")
    programs = [family.to_tokens(family.parse(code)) for code in CODES]
    ids, _ = family.vocabulary.pack(programs)
    pixels = np.zeros((len(CODES), 1, 8, 8), np.uint8)
    return [parquet_bytes(table_of(family, ids, pixels))]


def _journal() -> Sequence[bytes]:
    code = {"code": "h B W", "distance": 0.0, "logprob": -0.1, "confidence": 0.9}
    told = {"frame": 2, "name": "a.png", "candidates": [code], "sha256": "0" * 64, "asked": "asked"}
    lines = _lines([{"file": f"{n}.png"} | told for n in range(3)])
    return [lines, lines[:-20], _lines([{"file": "b", "error": "no", "sha256": None, "asked": "asked"}]), b""]


def _list() -> Sequence[bytes]:
    return [
        _lines([{"code": code, "file": code} for code in CODES]),
        _lines([{"tokens": ["h", "B", "W"]}]),
        b"a.txt\nb",
    ]


def _manifest() -> Sequence[bytes]:
    shard = {"file": "data/a.parquet", "sha256": "0" * 64, "rows": 10, "sizes": {"3": 10}}
    whole = {"schema": 1, "family": "splits", "semantics": 1, "image": {"channels": 1, "height": 32, "width": 32}}
    whole |= {"config": {"part": "all"}, "images": 0, "complete": True, "counts": {"written": {}}, "razor": "sharp"}
    return [json.dumps(whole | {"shards": shards}).encode() for shards in ([], [shard])]


def _correction() -> Sequence[bytes]:
    return [(resources.files("i2c_plugins.figures") / "correction.json").read_bytes()]


def _settings() -> Sequence[bytes]:
    return [
        resolve_config().for_family(get_family("splits")).to_toml().encode(),
        b"[run]\nsteps = 10\n[optim]\nlr = 1e-3\n",
    ]


def _other_table(rng: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """A sound Parquet file whose columns are of other types, lengths and names."""
    import pyarrow
    import pyarrow.parquet

    values: dict[str, list[Any]] = {
        "image": [{"bytes": PICTURE, "path": "0.png"}, {"bytes": PICTURE, "path": None}],
        "code": ["h B W", "B"],
        "tokens": [["h", "B", "W"], ["B"]],
        "values": [[None, None, None], [0.5]],
    }
    table = {name: values[name] for name in values if rng.random() < 0.8}
    for _ in range(rng.randrange(3)):
        if table:
            name = rng.choice(list(table))
            table[name] = rng.choice(
                (
                    [mutating.change_value(rng, v) if not isinstance(v, dict) else v for v in table[name]],
                    [rng.choice(mutating.VALUES)] * 2,
                    [{"bytes": rng.choice((None, b"", PICTURE[:40])), "path": rng.choice((None, "\x1b", "a" * 5000))}]
                    * 2,
                    [rng.randbytes(5)] * 2,
                    [None, None],
                    [PICTURE, PICTURE],
                )
            )
    buffer = io.BytesIO()
    try:
        arrays = {name: pyarrow.array(column) for name, column in table.items()}
        pyarrow.parquet.write_table(pyarrow.table(arrays), buffer)
    except (pyarrow.ArrowException, UnicodeError, OverflowError, TypeError, ValueError):
        return content
    return buffer.getvalue()
