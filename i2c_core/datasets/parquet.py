"""Pairs as Parquet that Hugging Face `datasets`, pandas and this package read.

Legend: N pairs, T tokens of the longest, C channels, H W pixels.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family
from i2c_core.raster import to_png

if TYPE_CHECKING:
    import pyarrow


def table_of(
    family: Family,
    ids: NDArray[np.integer],
    pixels: NDArray[np.uint8],
    values: NDArray[np.float64] | None = None,
    start: int = 0,
    more: Mapping[str, Sequence[str]] | None = None,
    mark: str = "",
) -> pyarrow.Table:
    """Pairs as an Arrow table that Hugging Face `datasets` shows with its images.

    Args:
        family: whose programs they are.
        ids: (N, T) prefix tokens, V behind each end.
        pixels: (N, C, H, W) uint8.
        values: (N, T), or None.
        start: the number of the first pair, which names its image.
        more: further columns of text, by name.
        mark: ends the names of images, so that no other table of a dataset has them too.
    """
    import pyarrow

    names = family.vocabulary.tokens
    rows = [[i for i in row if i < len(names)] for row in ids.tolist()]
    numbers = None if values is None else [v[: len(r)].tolist() for v, r in zip(values, rows, strict=True)]
    codes = [
        family.show(family.from_tokens(row, None if numbers is None else numbers[n])) for n, row in enumerate(rows)
    ]
    images = [{"bytes": png_bytes(p), "path": f"{start + n:08d}{mark}.png"} for n, p in enumerate(pixels)]
    columns = {
        "image": pyarrow.array(images, pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])),
        "code": pyarrow.array(codes, pyarrow.string()),
        "tokens": pyarrow.array([[names[i] for i in row] for row in rows], pyarrow.list_(pyarrow.string())),
        "size": pyarrow.array([len(row) for row in rows], pyarrow.int32()),
    }
    features: dict[str, Any] = {
        "image": {"_type": "Image"},
        "code": {"dtype": "string", "_type": "Value"},
        "tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
        "size": {"dtype": "int32", "_type": "Value"},
    }
    if numbers is not None:
        listed = [[None if v != v else v for v in row] for row in numbers]
        columns["values"] = pyarrow.array(listed, pyarrow.list_(pyarrow.float64()))
        features["values"] = {"feature": {"dtype": "float64", "_type": "Value"}, "_type": "List"}
    for name, texts in (more or {}).items():
        columns[name] = pyarrow.array(list(texts), pyarrow.string())
        features[name] = {"dtype": "string", "_type": "Value"}
    table = pyarrow.table(columns)
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """A picture (C, H, W) as the bytes of a PNG file."""
    buffer = io.BytesIO()
    to_png(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def parquet_bytes(table: pyarrow.Table) -> bytes:
    """A table as the bytes of a Parquet file, the same for the same table and version of pyarrow."""
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
