"""Programs from texts, files and standard input; names for what is made of them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from i2c_core.drawing import draw, png_bytes, save_png
from i2c_core.errors import FormatError, I2cError, ParseError, RenderError
from i2c_core.families import Family
from i2c_core.plugins import get_family
from i2c_core.sources import output_names, read_programs

SPLITS = get_family("splits")


def test_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("h B W", encoding="utf-8")
    (tmp_path / "b.json").write_text('{"tokens": ["W"]}', encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"v B W")))
    found = read_programs(SPLITS, ["B", str(tmp_path / "a.txt"), str(tmp_path / "b.json"), "-"])
    assert [(s.name, SPLITS.show(s.program)) for s in found] == [
        ("program-1", "B"), ("a", "h B W"), ("b", "W"), ("stdin", "v B W")
    ]  # fmt: skip


def test_a_grammar_without_line_ends_reads_files_that_end_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = Family("sums", root="Expr", grammar='start: expr\n?expr: "x" | expr "+" "x" -> add\n%ignore " "\n')
    (tmp_path / "a.txt").write_bytes(b"x + x\r\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x+x\n")))
    found = read_programs(sums, [str(tmp_path / "a.txt"), "-"])
    assert [sums.show(s.program) for s in found] == ["x + x", "x + x"]


def test_a_text_too_long_for_a_path() -> None:
    text = "h B " * 3000 + "W"
    assert read_programs(SPLITS, [text])[0].program.size == 6001


def test_errors_name_the_source(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("h\nB x", encoding="utf-8")
    with pytest.raises(ParseError) as caught:
        read_programs(SPLITS, [str(path)])
    assert caught.value.fact.startswith(f"{path}: line 2, column 3: ")
    assert (caught.value.line, caught.value.column) == (2, 3)
    with pytest.raises(I2cError, match=r"^line 1, column 1: "):
        read_programs(SPLITS, ["x"])
    (tmp_path / "a.xyz").write_text("B", encoding="utf-8")
    with pytest.raises(FormatError, match=r"no format of splits has files that end in \.xyz"):
        read_programs(SPLITS, [str(tmp_path / "a.xyz")])


def test_names_of_outputs() -> None:
    assert output_names([Path("a/x.png"), Path("b/y.png")]) == ["x", "y"]
    assert output_names([Path("x.png"), Path("x.jpg"), Path("y.gif")]) == ["x.png", "x.jpg", "y"]
    with pytest.raises(FormatError) as caught:
        output_names([Path("a/x.png"), Path("b/x.png")])
    assert str(caught.value) == (
        f"{Path('a/x.png')} and {Path('b/x.png')} would be written under one name\n"
        "  -> decode them into different folders, or use --json"
    )


def test_names_that_some_system_takes_for_one_are_kept_apart() -> None:
    """Of Windows and macOS: case, and accents as a part of the letter or beside it."""
    assert output_names([Path("a.png"), Path("A.jpg")]) == ["a.png", "A.jpg"]
    assert output_names([Path("\u00e9.png"), Path("e\u0301.jpg")]) == ["\u00e9.png", "e\u0301.jpg"]
    with pytest.raises(FormatError) as caught:
        output_names([Path("x/a.png"), Path("y/A.png")])
    assert str(caught.value) == (
        f"{Path('x/a.png')} and {Path('y/A.png')} would be written under one name\n"
        "  -> decode them into different folders, or use --json"
    )


def test_drawing(tmp_path: Path) -> None:
    pictures = draw(SPLITS, [SPLITS.parse("h B W"), SPLITS.parse("W")], (6, 4))
    assert pictures.shape == (2, 1, 6, 4)
    save_png(pictures[0], tmp_path / "new" / "a.png")
    assert (tmp_path / "new" / "a.png").read_bytes() == png_bytes(pictures[0])
    fixed = Family("fixed", root="Image", signature="B : Image", size=(8, 9))
    with pytest.raises(RenderError) as caught:
        draw(fixed, [], (6, 4))
    assert str(caught.value) == "pictures of 4x6 were asked for, fixed draws 9x8 only\n  -> leave the size out"
