"""`i2c decode --program`: the shortest program with loops of what a picture shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from i2c_core.drawing import draw, save_png
from i2c_core.plugins import get_family
from tests.cli.conftest import Run

FIGURES = get_family("figures")
LIST = "circle 2, 3; circle 5, 3; circle 8, 3; line 3, 3 to 4, 3; line 6, 3 to 7, 3"
PROGRAM = """\
for (i < 3) {
  if (i > 0) {
    line 3*i, 3 to 3*i + 1, 3
  }
  circle 3*i + 2, 3
}
"""


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawings") / "row.png"
    save_png(draw(FIGURES, [FIGURES.parse(LIST)], (256, 256))[0], path)
    return path


@pytest.mark.parametrize("words", [["--program"], ["-f", "figures", "--program"], ["-f", "figures:program"]])
def test_the_program_alone_on_stdout(i2c: Run, drawing: Path, words: list[str]) -> None:
    found = i2c("decode", drawing, *words)
    assert (found.exit_code, found.stdout) == (0, PROGRAM)
    assert found.stderr == f"{drawing}: confidence >99 %, cost 3, the shortest, distance 0\n"


def test_json(i2c: Run, drawing: Path) -> None:
    told = json.loads(i2c("decode", drawing, "--program", "--json", "-n", "2").stdout)
    assert told["family"] == "figures:program"
    best = told["candidates"][0]
    assert (best["code"], best["cost"], best["bound"], best["optimal"]) == (PROGRAM.strip(), 3, 3, True)
    assert best["commands"][0] == {"op": "circle", "x": 2, "y": 3}
    assert len(best["commands"]) == 5


def test_tikz_has_its_loops(i2c: Run, drawing: Path, tmp_path: Path) -> None:
    found = i2c("decode", drawing, "--program", "--format", "tikz", "--snippet", "-q")
    assert "\\foreach \\i in {0,1,2} {" in found.stdout
    i2c("decode", drawing, "--program", "-o", tmp_path / "row.tex", "-q")
    assert "\\foreach" in (tmp_path / "row.tex").read_text(encoding="utf-8")


def test_errors(i2c: Run, drawing: Path) -> None:
    found = i2c("decode", drawing, "--family", "splits", "--program")
    assert (found.exit_code, found.stdout, found.stderr) == (
        1,
        "",
        "error: family splits has no loops\n  -> declare which arguments are positions with loops=\n",
    )
