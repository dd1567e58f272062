"""`i2c lint`, and levels through `i2c convert`: what people see, and what they see of files that are no level."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SOUND = "%%%%%\n%P.o%\n% G.%\n%%%%%\n"
BAD = "%%%%%%%\n%..%.G%\n%.o%%%%\n...P..%\n%%.%%P%\n%%%%%%%\n"
MENDED = "%%%%%%%\n%.. .G%\n%.o%%%%\n%..P..%\n%%.%% %\n%%%%%%%\n"
TOLD = (
    "{0}: row 5, column 6: there are 2 pacman tiles, expected exactly 1\n"
    "{0}: row 4, column 1: the border is open: dot, expected wall\n"
    "{0}: row 2, column 5: dot cannot be reached from pacman\n"
    "{0}: row 2, column 6: ghost cannot be reached from pacman\n"
)
CHANGED = (
    "{0}: row 2, column 4: wall became empty\n"
    "{0}: row 4, column 1: dot became wall\n"
    "{0}: row 5, column 6: pacman became empty\n"
)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.lay"
    path.write_text(BAD, encoding="utf-8")
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.lay"
    path.write_text(SOUND, encoding="utf-8")
    return path


def test_problems_are_told_one_a_line(i2c: Run, bad: Path, sound: Path) -> None:
    found = i2c("lint", bad, sound, "-f", "pacman")
    assert (found.exit_code, found.stdout, found.stderr) == (1, TOLD.format(bad), f"{sound} is sound\n")
    found = i2c("lint", sound, "-f", "pacman", "-q")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "")


def test_texts_and_standard_input(i2c: Run) -> None:
    found = i2c("lint", "level 3 x 3 of wall", "-", "-f", "pacman", "--from", "text", input=b"level 3 x 3 of wall")
    message = "there are no pacman tiles, expected exactly 1"
    assert (found.exit_code, found.stdout) == (1, f"program-1: {message}\nstdin: {message}\n")


def test_a_repair_is_written_as_the_program_came(i2c: Run, bad: Path) -> None:
    found = i2c("lint", bad, "-f", "pacman", "--repair")
    assert (found.exit_code, found.stdout) == (0, MENDED)
    assert found.stderr == TOLD.format(bad) + CHANGED.format(bad)
    found = i2c("lint", "-", "-f", "pacman", "--from", "lay", "--repair", input=BAD.encode())
    assert (found.exit_code, found.stdout) == (0, MENDED)


def test_repairs_of_several_programs(i2c: Run, bad: Path, sound: Path, tmp_path: Path) -> None:
    found = i2c("lint", bad, sound, "-f", "pacman", "--repair", "-o", tmp_path / "out", "--format", "lay", "-q")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "")
    assert (tmp_path / "out" / "bad.lay").read_text(encoding="utf-8") == MENDED
    assert (tmp_path / "out" / "sound.lay").read_text(encoding="utf-8") == SOUND


def test_a_repair_into_a_file(i2c: Run, bad: Path, tmp_path: Path) -> None:
    path = tmp_path / "mended.csv"
    found = i2c("lint", bad, "-f", "pacman", "--repair", "-o", path)
    assert found.stderr.endswith(f"wrote {path}\n")
    assert path.read_text(encoding="utf-8").startswith("wall,wall,wall,wall,wall,wall,wall\nwall,dot,dot,empty,dot,")


def test_json(i2c: Run, bad: Path) -> None:
    found = i2c("lint", bad, "-f", "pacman", "--json", "--repair")
    record = json.loads(found.stdout)
    assert (found.exit_code, record["name"], record["sound"], record["left"]) == (0, "bad", False, [])
    assert record["problems"][1] == {
        "rule": "a border of walls, but for rows that are open at both ends",
        "message": "the border is open: dot, expected wall",
        "places": [[4, 1]],
    }
    assert record["changes"][0] == {"row": 2, "column": 4, "was": "wall", "now": "empty"}
    assert record["code"].startswith("level 7 x 6 of empty\n")
    found = i2c("lint", bad, "-f", "pacman", "--json")
    assert found.exit_code == 1
    assert set(json.loads(found.stdout)) == {"schema", "name", "sound", "problems"}


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["h B W", "-f", "splits"], 1,
         "error: splits has no rules of soundness\n  -> use a family that declares lint\n"),
        (["x", "-f", "pacman", "--format", "lay"], 2,
         "error: --format says how to write, and without --repair nothing is written\n  -> add --repair\n"),
        (["x", "-f", "pacman", "-o", "a.lay"], 2,
         "error: -o says how to write, and without --repair nothing is written\n  -> add --repair\n"),
        (["x", "-f", "pacman", "-o", "a.lay", "--repair", "--json"], 2,
         "error: --json and -o exclude each other\n  -> leave one of them out\n"),
        (["x", "y", "-f", "pacman", "--repair"], 2,
         "error: 2 programs do not fit on stdout\n  -> name a folder: -o DIR\n"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together(i2c: Run, words: list[str], code: int, expected: str) -> None:
    found = i2c("lint", *words)
    assert (found.exit_code, found.stdout, found.stderr) == (code, "", expected)


@pytest.mark.parametrize("ending", ["lay", "csv", "tmj", "txt", "json"])
def test_levels_are_converted_both_ways(i2c: Run, sound: Path, tmp_path: Path, ending: str) -> None:
    other, again = tmp_path / f"other.{ending}", tmp_path / "again.lay"
    assert i2c("convert", sound, "-f", "pacman", "-o", other).exit_code == 0
    assert i2c("convert", other, "-f", "pacman", "-o", again).exit_code == 0
    assert again.read_text(encoding="utf-8") == SOUND


def test_a_map_comes_with_the_picture_of_its_tiles(i2c: Run, sound: Path, tmp_path: Path) -> None:
    path, picture = tmp_path / "a.tmj", tmp_path / "pacman.png"
    found = i2c("convert", sound, "-f", "pacman", "-o", path)
    assert found.stderr == f"wrote {path}\nwrote {picture}\n"
    picture.write_bytes(b"drawn by hand")
    assert i2c("convert", sound, "-f", "pacman", "-o", path).stderr == f"wrote {path}\n"
    assert picture.read_bytes() == b"drawn by hand"


KNOWN = "'.' dot, ' ' empty, '%' wall, 'o' power, 'G' ghost, 'P' pacman"
SIZES = "levels of pacman have 3 to 32 columns, 3 to 32 rows"
FARM = {
    "type": "map", "orientation": "orthogonal", "width": 3, "height": 3,
    "layers": [{"type": "tilelayer", "width": 3, "height": 3, "data": [1] * 9}],
    "tilesets": [{"firstgid": 1, "name": "farm", "tilecount": 40}],
}  # fmt: skip


@pytest.mark.parametrize("command", ["convert", "lint"])
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.lay", "%%%\n%%\n%%%\n", "row 2 has 2 characters, row 1 has 3\n"
         "  -> make all rows equally long, with spaces at the end where nothing is\n"),
        ("a.lay", "%%%\n%#%\n%%%\n", f"row 2, column 2: '#' stands for no tile\n  -> use one of {KNOWN}\n"),
        ("a.lay", "", "there is no level in it\n  -> write a row of tiles a line\n"),
        ("a.lay", ("%" * 300 + "\n") * 300, f"the level has 300 columns and 300 rows\n  -> {SIZES}\n"),
        ("a.csv", "wall,wall,wall\nwall,lava,wall\nwall,wall,wall\n",
         "row 2, column 2: 'lava' is no tile of pacman\n"
         "  -> its tiles are dot, empty, wall, power, ghost, pacman\n"),
        ("a.tmj", json.dumps(FARM), 'row 1, column 1: tile 0 of the tile set "farm" is no tile of pacman\n'
         "  -> set the class of each tile to one of dot, empty, wall, power, ghost, pacman in Tiled\n"),
    ],
    ids=["unequal", "unknown", "empty", "large", "name", "farm"],
)  # fmt: skip
def test_files_that_are_no_level(i2c: Run, tmp_path: Path, command: str, name: str, text: str, expected: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    words = ["--format", "text"] if command == "convert" else []
    found = i2c(command, path, "-f", "pacman", *words)
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {path}: {expected}")
