"""Pairs come back from every form they are written in, and what is wrong with a file is told with its place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pytest
from dataset_families import DIALS, SWAPPED
from numpy.typing import NDArray

from i2c_core.datasets.pairs import read_pairs, write_pairs
from i2c_core.datasets.parquet import png_bytes
from i2c_core.datasets.sampling import Sampler
from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.raster import Renderer

SPLITS = get_family("splits")


def some_pairs(family: Family) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float64] | None]:
    ids, values = Sampler(family, 7).sample(np.random.default_rng(0), np.array([1, 3, 5, 7, 7, 3]))
    with Renderer(family) as renderer:
        return ids, renderer.render(ids, values).pixels, values


@pytest.mark.parametrize("name", ["pairs.parquet", "folder"])
@pytest.mark.parametrize("family", [SPLITS, get_family("splits-rgb"), DIALS], ids=lambda f: f.name)
def test_round_trip(tmp_path: Path, family: Family, name: str) -> None:
    ids, pixels, values = some_pairs(family)
    write_pairs(tmp_path / name, family, ids, pixels, values)
    pairs = read_pairs(tmp_path / name, family)
    np.testing.assert_array_equal(pairs.ids, ids)
    np.testing.assert_array_equal(pairs.pixels(), pixels)
    assert (pairs.values is None) == (values is None)
    if values is not None:
        assert pairs.values is not None
        np.testing.assert_array_equal(pairs.values, values)
    assert len(pairs) == 6
    assert pairs.sizes.tolist() == [1, 3, 5, 7, 7, 3]
    assert [p.code for p in pairs] == pairs.codes
    assert pairs[3].image.shape == (family.channels, *family.size)
    assert [p.file for p in pairs[1:3]] == pairs.files[1:3]


def test_pandas_and_hugging_face_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, pixels, _ = some_pairs(SPLITS)
    write_pairs(tmp_path / "pairs.parquet", SPLITS, ids, pixels)
    frame = pandas.read_parquet(tmp_path / "pairs.parquet")
    assert list(frame.columns) == ["image", "code", "tokens", "size"]
    assert frame["size"].tolist() == [1, 3, 5, 7, 7, 3]
    assert frame["tokens"][1].tolist() == frame["code"][1].split()
    assert frame["image"][0]["bytes"] == png_bytes(pixels[0])
    schema = pyarrow.parquet.read_schema(tmp_path / "pairs.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert sorted(features) == sorted(frame.columns)


def test_hugging_face_shows_the_images(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    ids, pixels, _ = some_pairs(SPLITS)
    write_pairs(tmp_path / "pairs.parquet", SPLITS, ids, pixels)
    found = datasets.Dataset.from_parquet(str(tmp_path / "pairs.parquet"), cache_dir=str(tmp_path / "cache"))
    assert str(found.features["image"]) == str(datasets.Image())
    np.testing.assert_array_equal(np.asarray(found[3]["image"]), pixels[3, 0])
    assert found[3]["code"].split() == found[3]["tokens"]


def test_truth_json_and_other_sizes(tmp_path: Path) -> None:
    with Renderer(SPLITS) as renderer:
        drawn = renderer.render_programs([SPLITS.parse("h B W")], (64, 64)).pixels[0]
    (tmp_path / "a.png").write_bytes(png_bytes(drawn))
    (tmp_path / "truth.json").write_text('{"a.png": "h B W"}')
    for path in (tmp_path, tmp_path / "truth.json"):
        pairs = read_pairs(path, SPLITS)
        assert pairs[0].image.shape == (1, 64, 64)
        with Renderer(SPLITS) as renderer:
            np.testing.assert_array_equal(pairs.pixels(), renderer.render(pairs.ids).pixels)


def test_code_is_normalised(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes(np.zeros((1, 6, 6), np.uint8)))
    (tmp_path / "pairs.jsonl").write_text('\n{"file": "a.png", "code": "h(W, B)"}\n')
    pairs = read_pairs(tmp_path, SWAPPED)
    assert pairs.codes == ["h(W, B)"]
    assert SWAPPED.show(SWAPPED.from_tokens(pairs.ids[0].tolist())) == "h(B, W)"


def test_parquet_of_others(tmp_path: Path) -> None:
    """Image files as plain bytes, and code alone."""
    table = pyarrow.table({"image": [png_bytes(np.zeros((1, 32, 32), np.uint8))], "code": ["h B B"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    pairs = read_pairs(tmp_path, SPLITS)
    assert pairs.files == ["a.parquet:1"]
    assert pairs.ids.shape == (1, 3)


HINT = (
    "\n  -> give a Parquet file, or a folder with Parquet, a .jsonl of file and code, truth.json, or code beside images"
)
LINE = '\n  -> write {"file": "0.png", "code": "..."}'
WRONG: list[tuple[str, str | bytes | None, str]] = [
    ("none", None, "no data at PATH" + HINT),
    ("pairs.csv", "", "PATH is not a form of pairs that is known" + HINT),
    ("pairs.jsonl", "", "PATH holds no pair" + HINT),
    ("pairs.jsonl", '\n{"file": ', "PATH, line 2: no JSON: line 1, column 10: Expecting value" + LINE),
    ("pairs.jsonl", "[1]", "PATH, line 1: expected an object, got list" + LINE),
    ("pairs.jsonl", '{"file": "a.png"}', "PATH, line 1: expected text at 'code', got None" + LINE),
    (
        "pairs.jsonl",
        '{"file": "b.png", "code": "B"}',
        "PATH, line 1: no image FOLDER/b.png\n  -> put the image beside the list, or mend its name",
    ),
    (
        "pairs.jsonl",
        b"\xff\xff",
        "PATH cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte\n"
        "  -> write it as UTF-8",
    ),
    ("truth.json", "[]", 'PATH: expected an object, got list\n  -> write {"0.png": "...", ...}'),
    (
        "truth.json",
        "{",
        "PATH: no JSON: line 1, column 2: Expecting property name enclosed in double quotes\n"
        '  -> write {"0.png": "...", ...}',
    ),
]


@pytest.mark.parametrize(("name", "content", "text"), WRONG)
def test_what_is_wrong_is_told(tmp_path: Path, name: str, content: str | bytes | None, text: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as error:
        read_pairs(path, SPLITS)
    assert str(error.value) == text.replace("PATH", str(path)).replace("FOLDER", str(tmp_path))


def test_a_code_that_does_not_parse_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes(np.zeros((1, 6, 6), np.uint8)))
    (tmp_path / "pairs.jsonl").write_text('{"file": "a.png", "code": "B"}\n{"file": "a.png", "code": "h B X"}\n')
    with pytest.raises(DataError) as error:
        read_pairs(tmp_path, SPLITS)
    assert error.value.fact.startswith(f"{tmp_path / 'pairs.jsonl'}, line 2: ")


def test_an_image_that_is_none_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"not an image")
    (tmp_path / "truth.json").write_text('{"a.png": "B"}')
    with pytest.raises(DataError) as error:
        read_pairs(tmp_path, SPLITS)
    assert error.value.fact.startswith(f"{tmp_path / 'truth.json'}, a.png: ")


def test_wrong_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 cut off")
    with pytest.raises(DataError, match="is no Parquet file"):
        read_pairs(path, SPLITS)
    pyarrow.parquet.write_table(pyarrow.table({"image": [b""], "text": [""]}), path)
    with pytest.raises(DataError) as error:
        read_pairs(path, SPLITS)
    assert str(error.value) == (
        f"{path} has the columns image, text, expected image and code\n"
        "  -> name them image (bytes of an image file) and code"
    )
    picture = png_bytes(np.zeros((1, 4, 4), np.uint8))
    columns = {"image": [picture] * 2, "tokens": [["B"], ["h", "B"]]}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(DataError) as error:
        read_pairs(path, SPLITS)
    assert str(error.value) == (
        f"{path}, row 2: the program ends after 2 tokens, still open: Image\n  -> Image begins with h, v, q, B, W"
    )
    pyarrow.parquet.write_table(pyarrow.table({"image": [7], "code": ["B"]}), path)
    with pytest.raises(DataError) as error:
        read_pairs(path, SPLITS)
    assert str(error.value) == (f"{path}, row 1: expected the bytes of an image, got int\n  -> embed the image files")
