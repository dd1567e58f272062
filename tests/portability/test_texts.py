"""Texts as other systems write them: CRLF, a byte order mark, UTF-16 of Windows PowerShell's `>`. All say the same."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from i2c_core import Family, get_family
from i2c_core.datasets.pairs import read_pairs
from i2c_core.images import read_image
from i2c_core.inputs import listed
from i2c_core.plugins import families
from i2c_core.predictions import read_predictions
from i2c_core.settings import read_toml
from i2c_core.sources import read_programs
from i2c_core.tilesets import TileSet

ROOT = Path(__file__).resolve().parents[2]


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


AS_WRITTEN: dict[str, Callable[[str], bytes]] = {
    "CRLF": lambda text: crlf(text).encode(),
    "a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "a mark and CRLF": lambda text: codecs.BOM_UTF8 + crlf(text).encode(),
    "PowerShell's >": lambda text: codecs.BOM_UTF16_LE + crlf(text).encode("utf-16-le"),
    "the other UTF-16": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}

written = pytest.mark.parametrize("encode", AS_WRITTEN.values(), ids=AS_WRITTEN.keys())


def same(path: Path, text: str, encode: Callable[[str], bytes], read: Callable[[Path], Any]) -> None:
    """Reading a text as another system writes it gives what reading it as this one does."""
    path.write_bytes(text.encode())
    expected = read(path)
    path.write_bytes(encode(text))
    assert read(path) == expected


PROGRAMS = [(f, form, example) for f in families() for form in f.all_formats if form.read for example in f.examples[:1]]


@written
@pytest.mark.parametrize(
    ("family", "form", "example"), PROGRAMS, ids=[f"{family.name} {form.name}" for family, form, _ in PROGRAMS]
)
def test_programs(tmp_path: Path, family: Family, form: Any, example: str, encode: Callable[[str], bytes]) -> None:
    text = form.dumps(family, family.parse(example))
    same(tmp_path / f"ä{form.extension}", text, encode, lambda p: read_programs(family, [str(p)])[0].program)


@written
def test_grammars(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    text = (ROOT / "examples" / "calc.lark").read_text(encoding="utf-8")
    same(tmp_path / "calc.lark", text, encode, lambda p: Family.from_grammar(str(p)).gamma)


@written
def test_tile_sets(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    text = (ROOT / "tests" / "support" / "caves.toml").read_text(encoding="utf-8")
    path = tmp_path / "caves.toml"
    path.write_bytes(encode(text))
    found, expected = TileSet.load(path), TileSet.load(ROOT / "tests" / "support" / "caves.toml")
    assert repr(found) == repr(expected)


@written
def test_settings(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    same(tmp_path / "a.toml", '[run]\nsteps = 7\n\n[data]\npairs = "ä b"\n', encode, read_toml)


@written
@pytest.mark.parametrize("name", ["pairs.jsonl", "truth.json"])
def test_pairs(tmp_path: Path, encode: Callable[[str], bytes], name: str) -> None:
    family = get_family("splits")
    for file in ("ä.png", "b.png"):
        Image.new("L", family.size, 255).save(tmp_path / file)
    entries = {"ä.png": "W", "b.png": "B"}
    lines = "".join(json.dumps({"file": f, "code": c}, ensure_ascii=False) + "\n" for f, c in entries.items())
    text = json.dumps(entries, ensure_ascii=False, indent=1) if name == "truth.json" else lines
    same(tmp_path / name, text, encode, lambda p: [(x.file, x.code) for x in read_pairs(p, family)])


@written
def test_predictions(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    """A name may hold what Unicode calls the end of a line."""
    lines = [{"file": "a\u2028b.png", "code": "h W B"}, {"file": "c.png", "code": "W"}]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    same(tmp_path / "a.jsonl", text, encode, read_predictions)


@written
def test_lists_of_files(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    same(tmp_path / "list.txt", "ä b.png\n\nC:\\Bilder\\x.png\n", encode, lambda p: list(listed(p)))


@pytest.mark.parametrize("read", [lambda: read_image("-", 1), lambda: read_programs(get_family("splits"), ["-"])])
def test_a_closed_standard_input_is_empty(monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any]) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Exception, match=r"^(standard input is empty|stdin: the text is empty)"):
        read()
