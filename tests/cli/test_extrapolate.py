"""`i2c extrapolate`: drawings continued, as code and as pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run

ROW = """\
for (i < 3) {
  if (i > 0) {
    line 3*i, 3 to 3*i + 1, 3
  }
  circle 3*i + 2, 3
}
"""
LIST = "circle 2, 3; circle 5, 3; circle 8, 3; line 3, 3 to 4, 3; line 6, 3 to 7, 3"


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of LIST."""
    from i2c_core.drawing import draw, save_png
    from i2c_core.plugins import get_family

    family = get_family("figures")
    path = tmp_path_factory.mktemp("drawings") / "drawing.png"
    save_png(draw(family, [family.parse(LIST)])[0], path)
    return path


def size(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as image:
        return image.size


def test_a_picture_continued(i2c: Run, drawing: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.tikz"
    found = i2c("extrapolate", drawing, "--loop", "1=5", "-o", more)
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == f"wrote {more}\ndrew {tmp_path / 'more.png'}\nloop 1: 5 rounds instead of 3\n"
    text = more.read_text(encoding="utf-8")
    assert text.startswith("\\documentclass")
    assert "\\foreach \\i in {0,...,4} {" in text
    assert size(tmp_path / "more.png") == (128, 128)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["more.png", "more.tikz"]


def test_all_side_by_side(i2c: Run, drawing: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    found = i2c("extrapolate", drawing, "--loop", "1=5", "--side-by-side", sheet, "-q")
    assert (found.exit_code, found.stdout) == (0, ROW.replace("i < 3", "i < 5"))
    width, height = size(sheet)
    assert width > 2 * 256
    assert 256 < height < 400
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sheet.png"]


@pytest.mark.parametrize("given", [LIST, ROW, "-"])
def test_commands_continued_to_stdout(i2c: Run, given: str) -> None:
    found = i2c("extrapolate", given, "--family", "figures", "--loop", "1=4", input=LIST.encode())
    assert (found.exit_code, found.stdout, found.stderr) == (
        0,
        ROW.replace("i < 3", "i < 4"),
        "loop 1: 4 rounds instead of 3\n",
    )


def test_a_picture_on_standard_input(i2c: Run, drawing: Path) -> None:
    found = i2c("extrapolate", "-", "-q", input=drawing.read_bytes())
    assert (found.exit_code, found.stdout, found.stderr) == (0, ROW.replace("i < 3", "i < 4"), "")


def test_a_program_with_loops_is_taken_as_it_is(i2c: Run) -> None:
    text = "for (i < 2) {\n  circle 3*i + 2, 3\n}\nfor (i < 2) {\n  rectangle 5*i + 1, 9 to 5*i + 3, 12\n}"
    found = i2c("extrapolate", text, "-q")
    assert found.stdout.splitlines()[0] == "for (i < 3) {"
    assert found.stdout.count("i < 3") == 2
    only = i2c("extrapolate", text, "--loop", "2=4", "-q").stdout
    assert ("i < 2" in only, "i < 4" in only) == (True, True)


def test_beyond_the_grid(i2c: Run, tmp_path: Path) -> None:
    picture = tmp_path / "folder" / "more.png"
    found = i2c("extrapolate", LIST, "--loop", "1=6", "--before", "1=1", "-o", picture)
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == (
        f"drew {picture}\nloop 1: 7 rounds instead of 3\n"
        "moved 2 columns right, as it went beyond the left or lower side of the grid\n"
    )
    assert size(picture) == (8 * 20, 128)


def test_json(i2c: Run) -> None:
    told = json.loads(i2c("extrapolate", LIST, "--loop", "1=6", "--json", "-q").stdout)
    assert told.pop("code") == ROW.replace("i < 3", "i < 6").strip()
    assert len(told.pop("commands")) == 11
    assert told == {"schema": 1, "family": "figures", "grid": [18, 16], "moved": [0, 0], "left_out": 0}


def test_other_formats(i2c: Run) -> None:
    svg = i2c("extrapolate", LIST, "--format", "svg", "-q").stdout
    assert svg.startswith("<svg")
    assert svg.count("<circle") == 4
    assert len(json.loads(i2c("extrapolate", LIST, "--format", "json", "-q").stdout)) == 7


def test_a_level(i2c: Run) -> None:
    level = "level 8 x 5 of wall\nput dot 2, 2\nput dot 4, 2\nput dot 6, 2"
    found = i2c("extrapolate", level, "-f", "pacman:program", "--loop", "1=3", "-q")
    assert found.stdout == "level 8 x 5 of wall\nfor (i < 3) {\n  put dot 2*i + 2, 2\n}\n"
    shorter = i2c("extrapolate", level, "-f", "pacman", "--loop", "1=2", "-q")
    assert shorter.stdout == "level 8 x 5 of wall\nfor (i < 2) {\n  put dot 2*i + 2, 2\n}\n"
    again = i2c("extrapolate", shorter.stdout, "-f", "pacman", "--loop", "1=3", "-q")
    assert again.stdout == found.stdout
    for rounds in (10, 20):  # beyond the level, and beyond all levels
        longer = i2c("extrapolate", level, "-f", "pacman", "--loop", f"1={rounds}")
        assert longer.stderr == (
            f"loop 1: {rounds} rounds instead of 3\n"
            f"warning: left out {rounds - 4} commands that are off the grid or draw nothing\n"
        )
        assert longer.stdout.splitlines() == ["level 8 x 5 of wall", *(f"put dot {x}, 2" for x in (2, 4, 6, 8))]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["circle 2, 3"], 1,
         "error: the program has no loop that could run longer\n  -> draw what repeats itself, or write a loop\n"),
        ([LIST, "--loop", "2=5"], 1,
         "error: there is no loop 2, the program has 1 loop\n  -> count loops from 1, in the order of their lines\n"),
        ([LIST, "--loop", "1=0"], 1, "error: loop 1 would have 0 rounds\n  -> give it 1 or more\n"),
        ([LIST, "--loop", "1"], 2, "error: --loop '1' is no loop and its rounds\n  -> write --loop 1=5\n"),
        ([LIST, "--before", "1=-2"], 2, "error: --before '1=-2' is no loop and its rounds\n  -> write --before 1=5\n"),
        ([LIST, "--loop", "1=4", "--loop", "1=5"], 2, "error: --loop names loop 1 twice\n  -> name it once\n"),
        ([LIST, "--loop", "1=1000000000"], 1,
         "error: the program's loops have more than 100,000 rounds\n  -> make its loops shorter\n"),
        ([LIST, "--loop", "1=500"], 1,
         "error: the drawing would need a grid of 1,500 by 16, at most 256 by 256 is drawn\n"
         "  -> run its loops for fewer rounds\n"),
        (["nothing.png"], 1, "error: no file 'nothing.png'\n  -> check the path\n"),
        (["nothing.json"], 1, "error: no file 'nothing.json'\n  -> check the path\n"),
        ([LIST, "-o", "more.docx"], 1, "error: no format of figures has files that end in .docx\n"),
        ([LIST, "-f", "splits"], 1, "error: family splits has no loops\n"),
        ([], 2, "error: missing argument 'DRAWING'\n  -> see 'i2c extrapolate --help'\n"),
    ],
)  # fmt: skip
def test_errors(i2c: Run, words: list[str], code: int, expected: str) -> None:
    found = i2c("extrapolate", *words)
    assert (found.exit_code, found.stdout) == (code, "")
    assert found.stderr.startswith(expected)


def test_the_picture_does_not_take_the_drawings_place(i2c: Run, drawing: Path) -> None:
    before = drawing.read_bytes()
    found = i2c("extrapolate", drawing, "-o", drawing.with_suffix(".tikz"))
    assert (found.exit_code, found.stderr) == (
        2,
        f"error: the picture would take the place of {drawing}\n  -> name another: --picture more.png\n",
    )
    assert drawing.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-o", "more.png", "--format", "tikz"], "error: two results would be written to one file\n"),
        (["-o", "more.tex", "--picture", "more.tex"], "error: two results would be written to one file\n"),
        (["-o", "more.tex", "--side-by-side", "more.png"], "error: two results would be written to one file\n"),
        (["-o", "."], "error: -o . is a folder\n"),
    ],
)
def test_no_result_takes_the_place_of_another(
    i2c: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = i2c("extrapolate", LIST, *words)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(expected)
    assert list(tmp_path.iterdir()) == []


def test_several_drawings_in_one_file(i2c: Run, tmp_path: Path) -> None:
    one = [{"op": "circle", "x": 3, "y": 3}]
    (tmp_path / "sets.json").write_text(json.dumps({"a": one, "b": one, "c": one}), encoding="utf-8")
    found = i2c("extrapolate", tmp_path / "sets.json")
    assert (found.exit_code, found.stderr) == (
        1,
        f"error: {tmp_path / 'sets.json'} holds several drawings: a, b, ...\n  -> write one into a file of its own\n",
    )
