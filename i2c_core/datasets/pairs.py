"""Pairs of image and code on disk: Parquet, or a folder with images and a list of their codes.

    pairs.parquet       columns image (Hugging Face `Image`: bytes, path), code, tokens, size; values if there are any
    FOLDER/*.parquet    the same in shards; or FOLDER/data/*.parquet, as `i2c dataset build` writes them
    FOLDER/*.jsonl      one {"file": "0.png", "code": "h B W"} a line, the images beside it
    FOLDER/truth.json   {"0.png": "h B W", ...}; or tokens, or the data that the family's format with a key writes
    FOLDER/*.png        (or .jpg and so on) beside each a file of its name in a format that the family reads: 0.txt; one
                        file may serve several pictures, whose names go on with a hyphen: 0-a.png, 0-b.png

Legend: N pairs, T tokens of the longest, C channels, H W pixels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.parquet import parquet_bytes, png_bytes, table_of
from i2c_core.documents import DocumentError, decode_text, parse_json
from i2c_core.errors import DataError, I2cError
from i2c_core.families import Family
from i2c_core.files import is_remote, locate, read_whole, system_errors, write_atomically
from i2c_core.images import EXTENSIONS, fit, read_image
from i2c_core.programs import Program
from i2c_core.sources import read_programs
from i2c_core.vocabulary import Encoded

__all__ = ["Pair", "Pairs", "held_out", "pixel_keys", "read_pairs", "write_pairs"]

_HINT = "give a Parquet file, or a folder with Parquet, a .jsonl of file and code, truth.json, or code beside images"


@dataclass(frozen=True, eq=False)
class Pair:
    """One image (C, H, W) uint8 at its own size, its code, and the file that it came from."""

    file: str
    code: str
    image: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Pairs(Sequence[Pair]):
    """Pairs in memory.

    Attributes:
        files, codes: N names and programs as text.
        ids: (N, T) canonical prefix tokens, V behind each end.
        values: (N, T), or None for a family without continuous tokens.
        images: N pictures (C, H, W) uint8, each at its own size.
    """

    family: Family
    files: list[str]
    codes: list[str]
    ids: NDArray[np.int64]
    values: NDArray[np.float64] | None
    images: list[NDArray[np.uint8]]

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return Pair(self.files[index], self.codes[index], self.images[index])

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(N,) tokens of each program."""
        sizes: NDArray[np.int64] = np.sum(self.ids < self.family.vocabulary.pad, axis=1, dtype=np.int64)
        return sizes

    def pixels(self, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """(N, C, H, W) all pictures at one size, the family's unless told otherwise."""
        wanted = self.family.size if size is None else size
        pixels = np.empty((len(self), self.family.channels, *wanted), np.uint8)
        for row, image in enumerate(self.images):
            pixels[row] = image if image.shape[1:] == wanted else fit(image, wanted)
        return pixels


@dataclass(frozen=True)
class _Record:
    """One pair as it stands on disk; `where` names it in errors."""

    where: str
    file: str
    source: bytes | Path
    code: str | None
    tokens: list[str] | None
    values: list[float] | None
    data: Any = None  # the program in the format of the family's that has a key
    beside: Path | None = None  # a file of code


def read_pairs(path: Path | str, family: Family) -> Pairs:
    """Read pairs in any of the forms of this module's first lines.

    Raises:
        DataError: nothing there, a broken file, an unknown token, an image that is missing or cannot be read; the
            file and the line or row are named.
    """
    path = locate(path)
    files: list[str] = []
    codes: list[str] = []
    encoded: list[Encoded] = []
    images: list[NDArray[np.uint8]] = []
    for record in _records(path, family):
        try:
            program, code = _program(record, family)
            encoded.append(program)
            images.append(read_image(record.source, family.channels))
        except I2cError as error:
            raise DataError(f"{record.where}: {error.fact}", error.hint) from None
        files.append(record.file)
        codes.append(code)
    if not files:
        raise DataError(f"{path} holds no pair", _HINT)
    ids, values = family.vocabulary.pack(encoded)
    return Pairs(family, files, codes, ids, values if family.vocabulary.continuous.any() else None, images)


def _program(record: _Record, family: Family) -> tuple[Encoded, str]:
    """The canonical program of a record, and its code as text."""
    vocabulary = family.vocabulary
    if record.data is not None:
        program = family.canonical(_of_data(record.data, family))
        return vocabulary.encode(program), family.show(program)
    if record.beside is not None:
        if is_remote(record.beside):
            fact = f"a file of code beside each image is read on this machine, not from {record.beside}"
            raise DataError(fact, 'write a list of them: pairs.jsonl, with {"file": "0.png", "code": "..."} a line')
        program = family.canonical(read_programs(family, [str(record.beside)])[0].program)
        return vocabulary.encode(program), family.show(program)
    if record.code is not None and (record.tokens is None or family.normalise is not None or family.rules):
        return vocabulary.encode(family.canonical(family.parse(record.code))), record.code
    assert record.tokens is not None
    ids = vocabulary.names_to_ids(record.tokens)
    vocabulary.check(ids)  # nothing is built here: a file has many rows
    values = tuple(record.values) if record.values is not None else (float("nan"),) * len(ids)
    if record.code is None:
        program = family.from_tokens(ids, values)
        return vocabulary.encode(family.canonical(program)), family.show(program)
    return Encoded(tuple(ids), values), record.code


def _of_data(data: Any, family: Family) -> Program:
    """The program that JSON values say: in the family's own data format, or as its tokens."""
    if isinstance(data, list) and data and all(isinstance(token, str) for token in data):
        return family.from_tokens(family.vocabulary.names_to_ids(data))
    for format_ in family.formats:
        if format_.key is not None and format_.read is not None:
            return format_.loads(family, json.dumps(data, ensure_ascii=False))
    raise DataError(f"expected text, got {json.dumps(data)[:60]}", 'write {"0.png": "...", ...}')


def _records(path: Path, family: Family) -> Iterator[_Record]:
    try:
        with system_errors(path):
            yield from _found(path, family)
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror or error}", "check the path and its permissions"
        ) from None


def _found(path: Path, family: Family) -> Iterator[_Record]:
    if path.is_dir():
        shards = sorted(path.glob("*.parquet")) or sorted(path.glob("data/*.parquet"))
        lists = sorted(path.glob("*.jsonl"))
        if shards:
            for shard in shards:
                yield from _parquet_records(shard)
        elif lists:
            for each in lists:
                yield from _jsonl_records(each)
        elif (path / "truth.json").is_file():
            yield from _truth_records(path / "truth.json")
        else:
            yield from _neighbours(path, family)
    elif not path.is_file():
        raise DataError(f"no data at {path}", _HINT)
    elif path.suffix == ".parquet":
        yield from _parquet_records(path)
    elif path.suffix == ".jsonl":
        yield from _jsonl_records(path)
    elif path.suffix == ".json":
        yield from _truth_records(path)
    else:
        raise DataError(f"{path} is not a form of pairs that is known", _HINT)


def _neighbours(folder: Path, family: Family) -> Iterator[_Record]:
    """The images of a folder, each with the file of code beside it."""
    endings = {f.extension for f in family.all_formats if f.read is not None}
    codes = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in endings}
    images = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in EXTENSIONS]
    if not codes or not images:
        raise DataError(f"{folder} has no pairs in it", _HINT)
    for image in images:
        stem = image.stem
        while stem not in codes and "-" in stem:
            stem = stem.rpartition("-")[0]
        if stem not in codes:
            hint = f"put {image.stem}{family.formats[0].extension if family.formats else '.txt'} beside it"
            raise DataError(f"{image} has no code beside it", hint)
        yield _Record(str(image), image.name, _source(image), None, None, None, beside=codes[stem])


def _jsonl_records(path: Path) -> Iterator[_Record]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            entry = parse_json(line)
        except DocumentError as error:
            raise DataError(f"{where}: {error}", 'write {"file": "0.png", "code": "..."}') from None
        yield _listed(path.parent, where, entry)


def _truth_records(path: Path) -> Iterator[_Record]:
    try:
        entries = parse_json(_text(path))
    except DocumentError as error:
        raise DataError(f"{path}: {error}", 'write {"0.png": "...", ...}') from None
    if not isinstance(entries, dict):
        raise DataError(f"{path}: expected an object, got {type(entries).__name__}", 'write {"0.png": "...", ...}')
    for file, code in entries.items():
        where = f"{path}, {file}"
        if isinstance(code, list | dict):
            yield _Record(where, file, _source(_beside(path.parent, where, file)), None, None, None, code)
        else:
            yield _listed(path.parent, where, {"file": file, "code": code})


def _listed(folder: Path, where: str, entry: Any) -> _Record:
    hint = 'write {"file": "0.png", "code": "..."}'
    if not isinstance(entry, dict):
        raise DataError(f"{where}: expected an object, got {type(entry).__name__}", hint)
    for name in ("file", "code"):
        if not isinstance(entry.get(name), str):
            raise DataError(f"{where}: expected text at {name!r}, got {entry.get(name)!r}", hint)
    image = _beside(folder, where, entry["file"])
    return _Record(where, entry["file"], _source(image), entry["code"], None, None)


def _beside(folder: Path, where: str, file: str) -> Path:
    """The image that a list names, which must be there."""
    image = folder / file
    try:
        found = image.is_file()
    except (OSError, ValueError):  # no name of a file: too long, or with a zero byte
        found = False
    if not found:
        raise DataError(f"{where}: no image {image}", "put the image beside the list, or mend its name")
    return image


def _source(image: Path) -> Path | bytes:
    """What a picture is read from."""
    return read_whole(image) if is_remote(image) else image


def _text(path: Path) -> str:
    try:
        return decode_text(read_whole(path))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "write it as UTF-8") from None


def _parquet_records(path: Path) -> Iterator[_Record]:
    with path.open("rb") if is_remote(path) else nullcontext(path) as source:
        yield from _rows(path, source)


def _rows(path: Path, source: Path | IO[bytes]) -> Iterator[_Record]:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(source)
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:  # a column's name may be no text
        raise DataError(f"{path} is no Parquet file: {str(error).splitlines()[0]}", "write it again") from None
    with file:
        names = file.schema_arrow.names
        if "image" not in names or not {"code", "tokens"} & set(names):
            fact = f"{path} has the columns {', '.join(names)}, expected image and code"
            raise DataError(fact, "name them image (bytes of an image file) and code")
        wanted = [n for n in ("image", "code", "tokens", "values") if n in names]
        row = 0
        try:
            for batch in file.iter_batches(batch_size=4096, columns=wanted):
                for entry in batch.to_pylist():
                    row += 1
                    yield _stored(path, row, entry)
        except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
            raise DataError(f"{path} is damaged: {str(error).splitlines()[0]}", "write it again") from None


def _stored(path: Path, row: int, entry: dict[str, Any]) -> _Record:
    where = f"{path}, row {row}"
    image, name = entry["image"], f"{path.name}:{row}"
    if isinstance(image, dict):
        name = image.get("path") or name
        image = image.get("bytes")
    if not isinstance(image, bytes):
        raise DataError(f"{where}: expected the bytes of an image, got {type(image).__name__}", "embed the image files")
    code, tokens, values = (entry.get(column) for column in ("code", "tokens", "values"))
    if not isinstance(name, str):
        raise DataError(f"{where}: expected text as the path of an image, got {type(name).__name__}", "write text")
    if not isinstance(code, str | None) or (code is None and tokens is None):
        raise DataError(f"{where}: expected text as code, got {type(code).__name__}", "write text")
    if tokens is not None and not (isinstance(tokens, list) and all(isinstance(t, str) for t in tokens)):
        raise DataError(f"{where}: expected a list of texts as tokens", "leave the column out")
    if values is not None:
        fine = isinstance(values, list) and all(isinstance(v, int | float | None) for v in values)
        if not fine or tokens is None or len(values) != len(tokens):
            raise DataError(f"{where}: expected a number, or null, a token as values", "leave the column out")
        values = [math.nan if v is None else float(v) for v in values]
    return _Record(where, name, image, code, tokens, values)


def write_pairs(
    path: Path | str,
    family: Family,
    ids: NDArray[np.integer],
    pixels: NDArray[np.uint8],
    values: NDArray[np.float64] | None = None,
) -> None:
    """Write pairs: one Parquet file where `path` ends with .parquet, else a folder of PNG with pairs.jsonl.

    Arguments as in `table_of`. What exists is replaced at once, when everything is written.
    """
    path = locate(path)
    if path.suffix == ".parquet":
        write_atomically(path, parquet_bytes(table_of(family, ids, pixels, values)))
        return
    lines = []
    for row, picture in enumerate(pixels):
        tokens = [i for i in ids[row].tolist() if i < family.vocabulary.size]
        program = family.from_tokens(tokens, None if values is None else values[row, : len(tokens)].tolist())
        file = f"{row:0{max(3, len(str(len(pixels) - 1)))}d}.png"
        write_atomically(path / file, png_bytes(picture))
        lines.append(json.dumps({"file": file, "code": family.show(program)}, ensure_ascii=False))
    write_atomically(path / "pairs.jsonl", "".join(line + "\n" for line in lines))
