"""`i2c render`, `parse` and `convert`: programs from text, files and standard input."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run


def pixels(source: Path | io.BytesIO) -> np.ndarray:
    with Image.open(source) as image:
        return np.asarray(image)


def test_render_a_text(i2c: Run, tmp_path: Path) -> None:
    found = i2c("render", "h B W", "-f", "splits", "-o", tmp_path / "a.png")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", f"wrote {tmp_path / 'a.png'}\n")
    drawn = pixels(tmp_path / "a.png")
    assert drawn.shape == (32, 32)
    assert (drawn[:16] == 0).all()
    assert (drawn[16:] == 255).all()


@pytest.mark.parametrize(("size", "shape"), [("64", (64, 64)), ("96x64", (64, 96)), ("1x3", (3, 1))])
def test_render_sizes(i2c: Run, tmp_path: Path, size: str, shape: tuple[int, int]) -> None:
    assert i2c("render", "B", "-f", "splits", "-o", tmp_path / "a.png", "--size", size, "-q").stderr == ""
    assert pixels(tmp_path / "a.png").shape == shape


def test_render_several_from_files_and_stdin(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "first.txt").write_text("v B W\n", encoding="utf-8")
    (tmp_path / "second.json").write_text('{"tokens": ["W"]}', encoding="utf-8")
    words = [tmp_path / "first.txt", tmp_path / "second.json", "-", "B"]
    found = i2c("render", *words, "-f", "splits", "-o", tmp_path / "out", input=b"h W B")
    assert found.exit_code == 0, found.stderr
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"first.png", "second.png", "stdin.png", "program-4.png"}


def test_render_to_stdout(i2c: Run) -> None:
    found = i2c("render", "W", "-f", "splits", "-o", "-")
    assert found.exit_code == 0
    assert (pixels(io.BytesIO(found.stdout_bytes)) == 255).all()


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["B", "W", "-o", "-"], 2, "error: 2 pictures do not fit on stdout\n  -> name a folder: -o pictures\n"),
        (["B", "W", "-o", "a.png"], 2, "error: 2 pictures do not fit into a.png\n  -> name a folder: -o a\n"),
        (["B", "-o", "a.png", "--size", "big"], 2,
         "error: --size 'big' is no size\n  -> write pixels from 1 to 4096, as in 64 or 96x64\n"),
        (["B", "-o", "a.png", "--size", "9999"], 2,
         "error: --size '9999' is no size\n  -> write pixels from 1 to 4096, as in 64 or 96x64\n"),
        (["-o", "a.png"], 2, "error: missing argument 'PROGRAM...'\n  -> see 'i2c render --help'\n"),
        (["h B", "-o", "a.png"], 1,
         "error: line 1, column 4: expected h, v, q, B or W, got the end\n    h B\n       ^\n"),
    ],
)  # fmt: skip
def test_render_errors(
    i2c: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], code: int, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = i2c("render", *words, "-f", "splits")
    assert (found.exit_code, found.stdout) == (code, "")
    assert found.stderr.startswith(expected)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_parse_is_named(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("h B x\n", encoding="utf-8")
    found = i2c("render", tmp_path / "bad.txt", "-f", "splits", "-o", tmp_path / "a.png")
    assert found.exit_code == 1
    assert found.stderr.startswith(f"error: {tmp_path / 'bad.txt'}: line 1, column 5: ")
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    found = i2c("parse", tmp_path / "latin.txt", "-f", "splits")
    assert found.stderr == f"error: {tmp_path / 'latin.txt'} is no UTF-8 text: byte 1\n  -> save it as UTF-8\n"


def test_parse_prints_programs(i2c: Run) -> None:
    found = i2c("parse", " h  B\n W ", "q B W W B", "-f", "splits")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "h B W\nq B W W B\n", "")
    assert i2c("parse", "h B W", "-f", "splits", "--tokens").stdout == "h B W\n"
    assert i2c("parse", "h B v W B", "-f", "splits", "--tree").stdout == "h\n  B\n  v\n    W\n    B\n"


def test_parse_json(i2c: Run) -> None:
    found = i2c("parse", "h B v W B", "-f", "splits", "--json")
    assert json.loads(found.stdout) == {
        "schema": 1,
        "family": "splits",
        "code": "h B v W B",
        "canonical": True,
        "size": 5,
        "depth": 3,
        "tokens": ["h", "B", "v", "W", "B"],
    }


def test_parse_usage(i2c: Run) -> None:
    found = i2c("parse", "B", "-f", "splits", "--tokens", "--tree")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == "error: --tokens, --tree and --json exclude each other\n  -> choose one of them\n"


def test_convert_there_and_back(i2c: Run, tmp_path: Path) -> None:
    there = i2c("convert", "h B W", "-f", "splits", "-o", tmp_path / "a.json")
    assert (there.exit_code, there.stdout) == (0, "")
    back = i2c("convert", tmp_path / "a.json", "-f", "splits", "--format", "text")
    assert (back.exit_code, back.stdout, back.stderr) == (0, "h B W\n", "")
    piped = i2c("convert", "-", "-f", "splits", "--from", "json", "--format", "text", input=b'{"tokens": ["B"]}')
    assert piped.stdout == "B\n"


def test_convert_several(i2c: Run, tmp_path: Path) -> None:
    found = i2c("convert", "B", "W", "-f", "splits", "--format", "json", "-o", tmp_path / "out")
    assert found.exit_code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["program-1.json", "program-2.json"]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["B"], 2, "error: neither --format nor -o says how to write\n  -> name a format, as in --format json\n"),
        (["B", "W", "--format", "json"], 2, "error: 2 programs do not fit on stdout\n  -> name a folder: -o DIR\n"),
        (["B", "W", "-o", "out"], 2,
         "error: the folder out does not say how to write\n  -> name a format, as in --format json\n"),
        (["B", "--format", "yaml"], 1, "error: splits has no format 'yaml'\n  -> use one of text, json\n"),
        (["B", "-o", "out"], 1, "error: no format of splits has files without an ending\n"
         "  -> use .txt, .json, or name a format\n"),
        (["B", "--snippet"], 1, "error: format 'text' of splits has no short form\n  -> leave --snippet out\n"),
        (["{}", "--from", "json", "--format", "text"], 1,
         "error: this JSON is no program\n  -> write {\"tokens\": [\"...\", ...]}\n"),
    ],
)  # fmt: skip
def test_convert_errors(i2c: Run, words: list[str], code: int, expected: str) -> None:
    found = i2c("convert", *words, "-f", "splits")
    assert (found.exit_code, found.stdout, found.stderr) == (code, "", expected)


def test_convert_to_a_short_form(i2c: Run, tmp_path: Path) -> None:
    short = i2c("convert", "circle 4, 10", "-f", "figures", "--snippet")
    assert short.exit_code == 0
    assert short.stdout.startswith("\\begin{tikzpicture}")
    i2c("convert", "circle 4, 10", "-f", "figures", "--snippet", "-o", tmp_path / "a.tex")
    assert (tmp_path / "a.tex").read_text() == short.stdout
    found = i2c("convert", "circle 4, 10", "-f", "figures", "--snippet", "--format", "svg")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "error: format 'svg' of figures has no short form\n  -> leave --snippet out, or use tikz\n"


def test_text_is_utf8_with_lf(i2c: Run, tmp_path: Path) -> None:
    i2c("convert", "h B W", "-f", "splits", "--format", "text", "-o", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"h B W\n"
    (tmp_path / "windows.txt").write_bytes(b"\xef\xbb\xbfh B\r\nW\r\n")
    assert i2c("parse", tmp_path / "windows.txt", "-f", "splits").stdout_bytes == b"h B W\n"
