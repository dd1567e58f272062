"""Programs and sets of commands as people give them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from i2c_core.errors import FormatError, I2cError, ParseError
from i2c_core.loops import programs_of
from i2c_core.plugins import get_family
from i2c_core.synthesis import Set, read_sets

FIGURES = get_family("figures")
LANGUAGE = programs_of(FIGURES)
ONE = [{"op": "circle", "x": 3, "y": 3}]


def read(*sources: str, family: object = FIGURES) -> list[Set | I2cError]:
    return list(read_sets(family, sources))  # type: ignore[arg-type]


def shown(found: Set | I2cError) -> tuple[str, str, str]:
    assert isinstance(found, Set)
    return found.name, found.family.name, found.family.show(found.program)


def test_texts_without_loops_and_with() -> None:
    plain, looped = read("circle 3, 3", "for (i < 3) { circle 3*i + 2, 3 }")
    assert shown(plain) == ("program-1", "figures", "circle 3, 3")
    assert shown(looped) == ("program-2", "figures:program", "for (i < 3) {\n  circle 3*i + 2, 3\n}")
    assert shown(read("circle 3, 3", family=LANGUAGE)[0]) == ("program-1", "figures:program", "circle 3, 3")


def test_lists_and_files_of_many(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(ONE), encoding="utf-8")
    (tmp_path / "many.json").write_text(json.dumps({"b": ONE, "a": []}), encoding="utf-8")
    found = read(json.dumps(ONE), str(tmp_path / "one.json"), str(tmp_path / "many.json"))
    assert [shown(f) for f in found] == [
        ("program-1", "figures", "circle 3, 3"),
        ("one", "figures", "circle 3, 3"),
        ("b", "figures", "circle 3, 3"),
        ("a", "figures", ""),
    ]
    assert [shown(f)[2] for f in read(str(tmp_path / "many.json"), family=LANGUAGE)] == ["circle 3, 3", ""]


def test_the_json_that_every_family_has() -> None:
    pacman = get_family("pacman")
    program = pacman.parse("level 3 x 3 of dot\nput wall 1, 1")
    text = next(f for f in pacman.all_formats if f.name == "json").dumps(pacman, program)
    (found,) = read(text, family=pacman)
    assert isinstance(found, Set)
    assert found.program == program


def test_one_that_fails_stops_no_other(tmp_path: Path) -> None:
    sets = {"bad": [{"op": "circle", "x": 16, "y": 3}], "good": ONE, "worse": 7}
    (tmp_path / "many.json").write_text(json.dumps(sets), encoding="utf-8")
    bad, good, worse, missing = read(str(tmp_path / "many.json"), "nowhere.json")
    assert isinstance(bad, FormatError)
    assert bad.fact == f"{tmp_path / 'many.json'}: bad: x of command 1 is 16"
    assert isinstance(good, Set)
    assert isinstance(worse, FormatError)
    assert worse.fact == f"{tmp_path / 'many.json'}: worse: expected a list of commands, got 7"
    assert isinstance(missing, FormatError)


def test_the_error_that_came_farthest_is_told() -> None:
    (found,) = read("for (i < 3) { circle 3*i + 2, 99 }")
    assert isinstance(found, ParseError)
    assert (found.line, found.column > 20) == (1, True)


def test_a_format_that_is_none() -> None:
    with pytest.raises(FormatError):
        list(read_sets(FIGURES, ["circle 3, 3"], "docx"))
