"""Folders of drawings, and the order in which they are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from i2c_core.errors import FormatError
from i2c_core.plugins import get_family
from i2c_core.similarity import find_drawings, rank
from i2c_core.similarity.ranking import pixels_apart
from i2c_core.understanding import Understanding

FIGURES = get_family("figures")


def test_what_a_folder_holds(tmp_path: Path) -> None:
    for name in ("b.png", "a.json", "c.TXT", "d.svg", ".hidden.png", "e.md"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "folder.png").mkdir()
    assert [p.name for p in find_drawings(FIGURES, tmp_path)] == ["a.json", "b.png", "c.TXT"]
    assert [p.name for p in find_drawings(FIGURES, tmp_path, tmp_path / "b.png")] == ["a.json", "c.TXT"]
    with pytest.raises(FormatError):
        find_drawings(FIGURES, tmp_path / "folder.png")


def test_by_structure_then_by_pixels(tmp_path: Path) -> None:
    for name, text in {
        "near": "circle 2, 4; circle 5, 4; circle 8, 4",
        "far": "circle 2, 12; circle 5, 12; circle 8, 12",
        "same": "for (i < 3) { circle 3*i + 2, 3 }",
        "other": "rectangle 2, 2 to 4, 4",
        "broken": "circle 99, 4",
    }.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    with Understanding(FIGURES) as understanding:
        given = understanding.read_one("circle 2, 3; circle 5, 3; circle 8, 3")
        matches, failed = rank(given, find_drawings(FIGURES, tmp_path), understanding)
    assert (matches[0].name, matches[-1].name) == ("same.txt", "other.txt")
    assert [m.structure for m in matches] == [0, 0, 0, 1]
    assert [m.pixels for m in matches[:3]] == sorted(m.pixels for m in matches[:3])
    assert matches[0].pixels == 0 < matches[1].pixels
    assert len(failed) == 1
    assert matches[0].record() == {
        "name": "same.txt",
        "structure": 0,
        "pixels": 0,
        "cost": 2,
        "code": "for (i < 3) {\n  circle 3*i + 2, 3\n}",
    }


def test_pixels_of_pictures_of_other_sizes() -> None:
    black, white = np.zeros((1, 64, 32), np.uint8), np.full((3, 40, 40), 255, np.uint8)
    assert pixels_apart(black, white, FIGURES) == 1
    assert pixels_apart(black, black[:, ::2], FIGURES) == 0
