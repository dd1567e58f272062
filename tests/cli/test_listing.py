"""`i2c families`, `plugins`, `check` and `doctor`."""

from __future__ import annotations

import json
from importlib import metadata

import numpy as np
import pytest

from i2c_core import doctor
from i2c_core.families import Family
from i2c_core.plugins import Plugin, Plugins
from i2c_core.programs import Program
from tests.cli.conftest import Run


def test_families(i2c: Run) -> None:
    found = i2c("families")
    assert (found.exit_code, found.stderr) == (0, "")
    names = ["boxes", "diagrams", "figures", "functions", "functions-rgb", "pacman", "splits", "splits-rgb"]
    assert [line.split()[0] for line in found.stdout.splitlines()] == names
    assert i2c("families", "s*-rgb").stdout.startswith("splits-rgb  image splits with a palette")


def test_families_json(i2c: Run) -> None:
    (record,) = (json.loads(line) for line in i2c("families", "splits", "--json").stdout.splitlines())
    formats = record.pop("formats")
    assert [f["name"] for f in formats] == ["text", "json"]
    assert record == {
        "schema": 1,
        "name": "splits",
        "doc": "image splits in black and white: halves and quarters",
        "owner": "images-to-code (splits)",
        "root": "Image",
        "channels": 1,
        "size": [32, 32],
        "any_size": True,
        "semantics": 1,
        "budget": 31,
        "weights": True,
    }


def test_a_familys_table(i2c: Run) -> None:
    found = i2c("families", "splits", "--table")
    assert "h, v : (Image, Image) -> Image" in found.stdout
    assert found.stdout.rstrip().endswith(".json  prefix tokens, with values where there are any")


def test_a_composition_is_shown_where_it_is_named(i2c: Run) -> None:
    found = i2c("families", "splits+splits-rgb")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.startswith("splits+splits-rgb  image splits in black and white: halves and quarters; in it ")
    record = json.loads(i2c("families", "splits+splits-rgb", "--json").stdout)
    assert (record["owner"], record["channels"]) == ("images-to-code (splits)", 3)
    found = i2c("families", "splits+split")
    assert found.exit_code == 1
    assert found.stderr == "error: unknown family 'split' in 'splits+split'\n  -> did you mean 'splits'?\n"
    found = i2c("new-family", "mine", "--like", "splits+splits-rgb")
    assert found.exit_code == 1
    assert found.stderr == (
        "error: 'splits+splits-rgb' is a composition, which has no sources of its own\n"
        "  -> copy one of its parts: --like splits\n"
    )


def test_families_that_do_not_exist(i2c: Run) -> None:
    found = i2c("families", "splts")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "error: no family matches 'splts'\n  -> did you mean 'splits'?\n"
    known = "boxes, diagrams, figures, functions, functions-rgb, pacman, splits, splits-rgb"
    assert i2c("families", "?").stderr == f"error: no family matches '?'\n  -> families: {known}\n"


def test_plugins(i2c: Run, plugins: Plugins) -> None:
    plugins.plugins.append(Plugin("old", "old_module", "old-dist", "0.1", problems=["wants version 9"]))
    found = i2c("plugins")
    assert found.exit_code == 0
    assert found.stderr == "warning: plugin old-dist (old): wants version 9\n"
    lines = [line.split() for line in found.stdout.splitlines()]
    assert lines[0] == ["plugin", "distribution", "adds", "problems"]
    assert lines[-1] == ["old", "old-dist", "0.1", "wants", "version", "9"]
    records = [json.loads(line) for line in i2c("plugins", "--json").stdout.splitlines()]
    assert records[-1] == {
        "schema": 1,
        "name": "old",
        "module": "old_module",
        "distribution": "old-dist",
        "version": "0.1",
        "loaded": False,
        "hooks": [],
        "families": [],
        "problems": ["wants version 9"],
    }
    assert next(r for r in records if r["name"] == "splits")["families"] == ["splits", "splits-rgb"]


def test_check_tells_what_fails(i2c: Run, plugins: Plugins) -> None:
    bad = Family("bad", root="Image", signature="B, W : Image", render="no_such_module:render", examples=("B",))
    plugins.families.add(bad, "tests")
    found = i2c("check", "bad", "--json")
    assert found.exit_code == 1
    outcomes = {r["check"]: r for r in map(json.loads, found.stdout.splitlines())}
    assert outcomes["grammar"] == {"schema": 1, "check": "grammar", "outcome": "passed", "message": ""}
    assert outcomes["renderer"]["outcome"] == "failed"
    assert "cannot import 'no_such_module'" in outcomes["renderer"]["message"]


def test_check_tells_of_a_grammar_that_is_not_exact(i2c: Run, plugins: Plugins) -> None:
    grammar = 'start: expr\nexpr: expr "+" expr -> add\n    | "x"\n%ignore " "\n'
    plugins.families.add(Family("sums", root="Expr", grammar=grammar, render=_blank), "tests")
    found = i2c("check", "sums")
    assert found.exit_code == 0, found.stdout
    assert found.stderr == (
        "sums is reparse: a text may say another program than it was printed from "
        "(grammar of sums, line 2: before '+', rule expr may end or go on)\n"
    )


def _blank(program: Program) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.zeros((32, 32), np.uint8)


def test_check_wants_a_family(i2c: Run) -> None:
    assert i2c("check", "splts").stderr == "error: unknown family 'splts'\n  -> did you mean 'splits'?\n"
    assert i2c("check").exit_code == 2


def test_doctor(i2c: Run) -> None:
    found = i2c("doctor")
    assert (found.exit_code, found.stderr) == (0, "")
    first = [line.split()[0] for line in found.stdout.splitlines()]
    assert {"i2c", "python", "torch", "lark", "cpu", "splits"} <= set(first)
    record = json.loads(i2c("doctor", "--json").stdout)
    assert record["well"] is True
    assert {f["area"] for f in record["findings"]} == {"system", "packages", "devices", "tools", "plugins"}


def test_doctor_misses_what_is_needed(i2c: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: ["nosuch>=2", 'nosuch-extra>=1 ; extra == "magic"'])
    found = i2c("doctor")
    assert found.exit_code == 1
    lines = [" ".join(line.split()) for line in found.stdout.splitlines()]
    assert "nosuch missing install it: python -m pip install 'nosuch>=2'" in lines
    assert "nosuch-extra not installed optional: python -m pip install 'images-to-code[magic]'" in lines


def test_doctor_outside_an_installation(i2c: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DISTRIBUTION", "no-such-distribution")
    assert "no-such-distribution  missing" in i2c("doctor").stdout
