"""`i2c synthesize`: shorter programs, what they cost, and that they are the shortest."""

from __future__ import annotations

import json
import re
from pathlib import Path

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
         "error: family splits shortens no programs\n  -> give it a way to with synthesize=\n"),
        (["-f", "pacman"], 2, "error: missing argument 'PROGRAM...'\n  -> see 'i2c synthesize --help'\n"),
        (["-f", "pacman", "level 3 x 3 of dot", "--time", "0"], 2, "error: invalid value for '--time'"),
    ],
)  # fmt: skip
def test_errors(i2c: Run, words: list[str], code: int, expected: str) -> None:
    found = i2c("synthesize", *words)
    assert (found.exit_code, found.stdout) == (code, "")
    assert found.stderr.startswith(expected)
