"""`i2c synthesize`: shorter programs, what they cost, and that they are the shortest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

import pytest

from tests.cli.conftest import Run

LAY = """\
%%%%%%%%
%......%
%.%%%%.%
%......%
%%%%%%%%
"""
SHORT = """\
level 8 x 5 of wall
frame dot 2, 2 to 7, 4
"""


def test_the_shortest_program_of_a_file(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "ring.lay").write_text(LAY, encoding="utf-8")
    found = i2c("synthesize", "--family", "pacman", tmp_path / "ring.lay", "--time", "60")
    assert (found.exit_code, found.stdout) == (0, SHORT)
    assert re.fullmatch(r"cost 12, the shortest, \d+\.\d s\n", found.stderr)
    assert i2c("synthesize", "-f", "pacman", tmp_path / "ring.lay", "-q").stderr == ""


def test_several_as_json(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "ring.lay").write_text(LAY, encoding="utf-8")
    words = [tmp_path / "ring.lay", "level 3 x 3 of dot\nput wall 1, 1\nput wall 1, 2", "--time", "60"]
    found = i2c("synthesize", "-f", "pacman", "--json", *words)
    assert found.exit_code == 0, found.stderr
    first, second = (json.loads(line) for line in found.stdout.splitlines())
    assert first.pop("seconds") >= 0
    assert first == {"schema": 1, "name": "ring", "code": SHORT.strip(), "cost": 12, "bound": 12, "optimal": True}
    assert second["name"] == "program-2"
    assert second["code"] == "level 3 x 3 of dot\ndown wall 1, 1 length 2"
    assert re.fullmatch(
        r"ring: cost 12, the shortest, \d+\.\d s\nprogram-2: cost 11, the shortest, \d+\.\d s\n", found.stderr
    )


def test_a_gap_is_told(i2c: Run) -> None:
    program = "level 32 x 32 of dot\n" + "\n".join(
        f"put wall {n % 9 + 1}, {n}\nput ghost {n % 7 + 9}, {n}" for n in range(1, 33)
    )
    found = i2c("synthesize", "-f", "pacman", program, "--time", "0.000001")
    assert found.exit_code == 0
    assert re.fullmatch(r"cost 325, at least \d+ \(\d+\.\d % gap\), \d+\.\d s\n", found.stderr)


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["-f", "splits", "W"], 1,
         "error: family splits shortens no programs\n  -> give it a way to with synthesize= or loops=\n"),
        (["-f", "pacman"], 2, "error: missing argument 'PROGRAM...'\n  -> see 'i2c synthesize --help'\n"),
        (["-f", "pacman", "level 3 x 3 of dot", "--time", "0"], 2, "error: invalid value for '--time'"),
    ],
)  # fmt: skip
def test_errors(i2c: Run, words: list[str], code: int, expected: str) -> None:
    found = i2c("synthesize", *words)
    assert (found.exit_code, found.stdout) == (code, "")
    assert found.stderr.startswith(expected)


# -- sets of drawing commands, which become programs with loops

ROW = """\
for (i < 3) {
  if (i > 0) {
    line 3*i, 3 to 3*i + 1, 3
  }
  circle 3*i + 2, 3
}
"""
COMMANDS = [
    *({"op": "circle", "x": x, "y": 3} for x in (2, 5, 8)),
    *({"op": "line", "x1": x, "y1": 3, "x2": x + 1, "y2": 3, "arrow": False, "dashed": False} for x in (3, 6)),
]


@pytest.mark.parametrize("family", ["figures", "figures:program"])
def test_a_list_of_commands(i2c: Run, tmp_path: Path, family: str) -> None:
    file = tmp_path / "row.json"
    file.write_text(json.dumps([*COMMANDS, COMMANDS[0]]), encoding="utf-8")  # one of them twice
    found = i2c("synthesize", "--family", family, file)
    assert (found.exit_code, found.stdout) == (0, ROW)
    assert re.fullmatch(r"cost 3, the shortest, \d+\.\d s\n", found.stderr)


def test_many_sets_in_one_file(i2c: Run, tmp_path: Path) -> None:
    sets = {"b.png": COMMANDS, "empty": [], "off.png": [{"op": "circle", "x": 99, "y": 3}], "a.png": COMMANDS[:1]}
    (tmp_path / "sets.json").write_text(json.dumps(sets), encoding="utf-8")
    found = i2c("synthesize", "-f", "figures", tmp_path / "sets.json", "--json")
    assert found.exit_code == 1
    row, empty, one = (json.loads(line) for line in found.stdout.splitlines())
    assert row.pop("seconds") >= 0
    told = {"schema": 1, "name": "b.png", "code": ROW.strip(), "cost": 3, "bound": 3, "optimal": True}
    assert row == told | {"commands": COMMANDS}
    assert (empty["name"], empty["code"], empty["cost"], empty["optimal"]) == ("empty", "", 0, True)
    assert (one["name"], one["code"], one["commands"]) == ("a.png", "circle 2, 3", COMMANDS[:1])
    assert (
        f"error: {tmp_path / 'sets.json'}: off.png: x of command 1 is 99\n  -> write a whole number from 1 to 15\n"
        in found.stderr
    )
    assert re.search(r"^empty: cost 0, the shortest, \d+\.\d s$", found.stderr, re.M)


@pytest.mark.parametrize("text", [json.dumps(COMMANDS), ROW, "; ".join(f"circle {x}, 3" for x in (2, 5, 8))])
def test_texts_and_standard_input(i2c: Run, text: str) -> None:
    given = i2c("synthesize", "-f", "figures", text, "-q")
    read = i2c("synthesize", "-f", "figures", "-", "-q", input=text.encode())
    assert (given.exit_code, read.exit_code, given.stderr) == (0, 0, "")
    assert given.stdout == read.stdout
    assert given.stdout.startswith("for (i < 3) {\n")


def test_tikz(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "row.tex").write_text("\n".join(f"\\draw ({x},3) circle (1);" for x in (2, 5, 8)), encoding="utf-8")
    found = i2c("synthesize", "-f", "figures", tmp_path / "row.tex", "-q")
    assert found.stdout == "for (i < 3) {\n  circle 3*i + 2, 3\n}\n"


def test_thirds_are_told(i2c: Run) -> None:
    text = "; ".join(f"circle {x}, {y}" for x in (2, 5, 8) for y in (2, 6, 10))
    found = i2c("synthesize", "-f", "figures", text)
    assert found.stderr.startswith("cost 3 1/3, the shortest, ")
    assert json.loads(i2c("synthesize", "-f", "figures", text, "--json", "-q").stdout)["cost"] == pytest.approx(10 / 3)


def test_a_level_with_loops(i2c: Run) -> None:
    text = "level 8 x 5 of wall\nput dot 2, 2\nput dot 4, 2\nput dot 6, 2"
    found = i2c("synthesize", "-f", "pacman:program", text, "--json")
    told = json.loads(found.stdout)
    assert told["code"] == "level 8 x 5 of wall\nfor (i < 3) {\n  put dot 2*i + 2, 2\n}"
    assert (told["cost"], told["optimal"]) == (2, True)
    assert told["commands"] == [{"op": "put", "tile": "dot", "x": x, "y": 2} for x in (2, 4, 6)]


def test_two_hundred_commands_within_the_time(i2c: Run) -> None:
    cells = [(x, y) for x in range(1, 16) for y in range(1, 16)]
    commands = [{"op": "circle", "x": x, "y": y} for x, y in Random(0).sample(cells, 200)]
    found = i2c("synthesize", "-f", "figures", json.dumps(commands), "--time", "2", "--json")
    told = json.loads(found.stdout)
    assert found.exit_code == 0
    assert told["seconds"] < 6
    assert sorted(c["x"] * 100 + c["y"] for c in told["commands"]) == sorted(c["x"] * 100 + c["y"] for c in commands)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"op": "circle", "x": 0, "y": 3}]',
         "error: x of command 1 is 0\n  -> write a whole number from 1 to 15\n"),
        ('{"a": [{"op": "oval"}]}',
         "error: a: command 1 is {\"op\": \"oval\"}\n  -> give it an op, one of circle, rectangle, line\n"),
        ("[[[", "error: this is no JSON: line 1, column 4: Expecting value\n"
         '  -> write [{"op": "circle", "x": 4, "y": 10}, ...]\n'),
        ("[" * 100_000, "error: this is JSON nested too deeply\n"
         '  -> write [{"op": "circle", "x": 4, "y": 10}, ...]\n'),
    ],
)  # fmt: skip
def test_sets_that_are_none(i2c: Run, text: str, expected: str) -> None:
    found = i2c("synthesize", "-f", "figures", "-", input=text.encode())
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.replace("stdin: ", "") == expected
