"""Drawings as people give them, each with its program."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from i2c_core.answers import Candidate
from i2c_core.correction.shortest import Shortest
from i2c_core.drawing import draw, png_bytes
from i2c_core.errors import FamilyError, FormatError
from i2c_core.loops import body_of, cost_of, programs_of
from i2c_core.plugins import Plugins, default_drawings, get_family
from i2c_core.understanding import Failed, Understanding, Understood, is_picture, program_of

FIGURES = get_family("figures")
LANGUAGE = programs_of(FIGURES)
ROW = "circle 2, 3; circle 5, 3; circle 8, 3"
LOOP = "for (i < 3) {\n  circle 3*i + 2, 3\n}"


@pytest.fixture(scope="module")
def understanding() -> Iterator[Understanding]:
    with Understanding(FIGURES) as found:
        yield found


def test_pictures_files_and_texts(understanding: Understanding, tmp_path: Path) -> None:
    picture = tmp_path / "row.png"
    picture.write_bytes(png_bytes(draw(FIGURES, [FIGURES.parse(ROW)], (256, 256))[0]))
    (tmp_path / "sets.json").write_text('{"a": [{"op": "circle", "x": 2, "y": 3}], "b": 7}', encoding="utf-8")
    row, one, failed, text = understanding.read([picture, tmp_path / "sets.json", ROW])
    assert isinstance(row, Understood)
    assert isinstance(one, Understood)
    assert isinstance(text, Understood)
    assert isinstance(failed, Failed)
    assert (row.name, row.found.code, row.distance, row.picture.shape) == (str(picture), LOOP, 0, (1, 256, 256))
    assert (one.name, one.found.code, one.picture.shape) == ("a", "circle 2, 3", (1, 128, 128))
    assert failed.error.fact == f"{tmp_path / 'sets.json'}: b: expected a list of commands, got 7"
    assert text.program == row.program
    assert text.body == row.body


def test_a_text_with_loops_as_it_is_written_or_not(understanding: Understanding) -> None:
    written = "for (i < 2) {\n  circle 3*i + 2, 3\n}\ncircle 8, 3"
    assert understanding.read_one(written).found.code == LOOP
    with Understanding(FIGURES, as_written=True) as taken:
        found = taken.read_one(written)
        assert found.found.code == written
        assert found.found.cost == cost_of(body_of(LANGUAGE, LANGUAGE.parse(written)))
        assert not found.found.optimal
        assert taken.read_one(ROW).found.code == LOOP


@pytest.mark.parametrize("content", [ROW.encode(), png_bytes(draw(FIGURES, [FIGURES.parse(ROW)])[0])])
def test_standard_input_is_text_or_a_picture(
    understanding: Understanding, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    found = understanding.read_one("-")
    assert (found.name, found.found.code) == ("stdin", LOOP)


def test_one_drawing_is_one(understanding: Understanding, tmp_path: Path) -> None:
    (tmp_path / "sets.json").write_text('{"a": [], "b": []}', encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        understanding.read_one(tmp_path / "sets.json")
    assert caught.value.fact == f"{tmp_path / 'sets.json'} holds several drawings: a, b, ..."
    with pytest.raises(FormatError):
        understanding.read_one("nowhere.json")


def test_a_family_without_loops() -> None:
    with pytest.raises(FamilyError) as caught:
        Understanding(get_family("splits"))
    assert caught.value.fact == "family splits has no loops"


def test_the_program_that_a_reader_has_found_is_not_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    program = FIGURES.parse(ROW)
    body = body_of(LANGUAGE, LANGUAGE.parse(LOOP))
    shortest = Shortest(body, cost_of(body), cost_of(body), 0.5)
    picture = np.zeros((1, 8, 8), np.uint8)
    candidate = Candidate(program, ROW, 0.0, 0.0, program.size, picture, shortest=shortest)
    monkeypatch.setattr("i2c_core.understanding.synthesize_scene", None)
    found = program_of(FIGURES, candidate)
    assert (found.code, found.cost, found.optimal, found.seconds) == (LOOP, 2, True, 0.5)


def test_what_is_a_picture() -> None:
    assert [is_picture(s) for s in ("a.PNG", "b.jpg", "c.json", ROW)] == [True, True, False, False]


def test_the_family_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_drawings() is FIGURES
    monkeypatch.setattr("i2c_core.plugins.installed", Plugins)
    with pytest.raises(FamilyError) as caught:
        default_drawings()
    assert str(caught.value) == (
        "nothing says which family the drawing is of; those with loops and weights: none is installed\n  -> name one"
    )
