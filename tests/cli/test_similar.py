"""`i2c similar`: a folder ranked by the structure of its drawings' programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2c_core.drawing import draw, save_png
from i2c_core.plugins import get_family
from tests.cli.conftest import Run

FIGURES = get_family("figures")
ROW = "; ".join(f"circle {x}, 3" for x in (2, 5, 8))
MORE = "; ".join(f"circle {x}, 9" for x in (2, 5, 8, 11))
OTHER = "rectangle 1, 1 to 4, 4; line 5, 5 to 9, 5"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, lists of commands, a program, and two files that are none."""
    folder = tmp_path_factory.mktemp("drawings")
    save_png(draw(FIGURES, [FIGURES.parse(ROW)])[0], folder / "row.png")
    (folder / "more.txt").write_text(MORE, encoding="utf-8")
    (folder / "loop.txt").write_text("for (i < 3) { circle 4*i + 1, 3 }", encoding="utf-8")
    sets = {"a": [{"op": "circle", "x": 3, "y": 3}], "b": [{"op": "rectangle", "x1": 1, "y1": 1, "x2": 3, "y2": 3}]}
    (folder / "sets.json").write_text(json.dumps(sets), encoding="utf-8")
    (folder / "other.txt").write_text(OTHER, encoding="utf-8")
    (folder / "notes.md").write_text("no drawing", encoding="utf-8")
    return folder


def test_a_picture_against_a_folder(i2c: Run, folder: Path) -> None:
    found = i2c("similar", folder / "row.png", folder)
    assert found.exit_code == 0, found.stderr
    rows = [line.split(maxsplit=2) for line in found.stdout.splitlines()]
    assert [name for _, _, name in rows][:2] == ["more.txt", "loop.txt"]
    assert rows[0][0] == "0.000"  # the same structure, elsewhere and longer
    assert {name for _, _, name in rows} == {"more.txt", "loop.txt", "other.txt", "sets.json: a", "sets.json: b"}
    assert [float(away) for away, _, _ in rows] == sorted(float(away) for away, _, _ in rows)
    assert rows[-1][0] == "1.000"
    assert found.stderr == "5 drawings: distance of structure, distance of pixels, name\n"


def test_json_of_the_nearest(i2c: Run, folder: Path) -> None:
    found = i2c("similar", "for (i < 3) { circle 3*i + 2, 3 }", folder, "--json", "-n", "1", "-q")
    assert (found.exit_code, found.stderr) == (0, "")
    told = json.loads(found.stdout)
    assert told.pop("code") == "for (i < 3) {\n  circle 3*i + 2, 3\n}"
    assert told == {"schema": 1, "name": "row.png", "structure": 0.0, "pixels": 0.0, "cost": 2}


def test_what_cannot_be_read_is_told_and_left_out(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (tmp_path / "row.txt").write_text(ROW, encoding="utf-8")
    (tmp_path / "wrong.json").write_text('[{"op": "oval"}]', encoding="utf-8")
    found = i2c("similar", ROW, tmp_path)
    assert (found.exit_code, found.stdout) == (1, "0.000  0.000  row.txt\n")
    assert f"error: {tmp_path / 'broken.png'} is not an image that can be read\n" in found.stderr
    assert f"error: {tmp_path / 'wrong.json'}: command 1 is " in found.stderr


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        ([ROW, "nowhere"], 1, "error: nowhere is no folder\n  -> name the folder of drawings to compare with\n"),
        ([ROW, "{empty}"], 1, "error: folder {empty} holds no drawings\n  -> it needs files that end in .png, "),
        (["circle 99, 3", "{full}"], 1, "error: line 1, column 8: "),
        ([ROW, "{full}", "-f", "splits"], 1,
         "error: family splits has no loops\n  -> declare which arguments are positions with loops=\n"),
        ([ROW], 2, "error: missing argument 'FOLDER'\n  -> see 'i2c similar --help'\n"),
    ],
)  # fmt: skip
def test_errors(i2c: Run, folder: Path, tmp_path: Path, words: list[str], code: int, expected: str) -> None:
    places = {"{empty}": str(tmp_path), "{full}": str(folder)}
    found = i2c("similar", *(places.get(word, word) for word in words))
    assert (found.exit_code, found.stdout) == (code, "")
    assert found.stderr.startswith(expected.replace("{empty}", str(tmp_path)))


def test_blank_pictures(i2c: Run, tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64), 255, np.uint8)).save(tmp_path / "blank.png")
    found = i2c("similar", tmp_path / "blank.png", tmp_path)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith(f"error: folder {tmp_path} holds no drawings\n")
