"""`i2c mask`: what may come next behind a prefix, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from constraints import BALANCED, Balanced

from i2c_cli.targets import language
from i2c_core.families import Family
from i2c_core.plugins import Plugins
from tests.cli.conftest import Run

SUMS = """?start: sum
sum: NUMBER "+" sum -> plus
   | NUMBER -> last
NUMBER: "1".."3"
"""


def test_a_prefix_in_words(i2c: Run) -> None:
    found = i2c("mask", "h", "-f", "splits", "--budget", "4")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == (
        "after   h\n"
        "budget  4: 1 written, 3 left, 2 needed to close\n"
        "slack   1\n"
        "stack   Image, Image (the first is next)\n"
        "\n"
        "token  type   opens                       cost\n"
        "h      Image  Image, Image                2     closed: costs 2, the slack is 1\n"
        "v      Image  Image, Image                2     closed: costs 2, the slack is 1\n"
        "q      Image  Image, Image, Image, Image  4     closed: costs 4, the slack is 1\n"
        "B      Image  -                           0     open\n"
        "W      Image  -                           0     open\n"
    )


def test_a_whole_program(i2c: Run) -> None:
    found = i2c("mask", "-f", "splits", "h", "B W", "--budget", "3")
    assert found.stdout == (
        "after   h B W\n"
        "budget  3: 3 written, 0 left, 0 needed to close\n"
        "slack   0\n"
        "stack   empty: the program is complete\n"
    )
    record = json.loads(i2c("mask", "-f", "splits", "h B W", "--json").stdout)
    assert (record["complete"], record["stack"], record["tokens"]) == (True, [], [])


def test_a_prefix_from_standard_input_as_json(i2c: Run) -> None:
    found = i2c("mask", "-f", "splits", "h", "-", "--budget", "6", "--json", input=b"v\n  B\n")
    record = json.loads(found.stdout)
    choices = record.pop("tokens")
    assert record == {
        "schema": 1,
        "family": "splits",
        "prefix": ["h", "v", "B"],
        "complete": False,
        "budget": 6,
        "left": 3,
        "needed": 2,
        "slack": 1,
        "stack": ["Image", "Image"],
    }
    assert choices[0] == {
        "token": "h",
        "open": False,
        "type": "Image",
        "opens": ["Image", "Image"],
        "cost": 2,
        "closed": "costs 2, the slack is 1",
    }
    assert choices[4] == {"token": "W", "open": True, "type": "Image", "opens": [], "cost": 0, "closed": None}


def test_the_beginning_is_shown_within_the_budget_of_the_family(i2c: Run) -> None:
    found = i2c("mask", "-f", "splits")
    assert found.stdout.startswith("after   nothing\nbudget  31: 0 written, 31 left, 1 needed to close\nslack   30\n")


def test_a_grammar_without_a_family(i2c: Run, tmp_path: Path) -> None:
    (tmp_path / "My sums.lark").write_text(SUMS, encoding="utf-8")
    found = i2c("mask", "--grammar", tmp_path / "My sums.lark", "plus", "2", "--budget", "5", "--json")
    assert found.exit_code == 0, found.stderr
    record = json.loads(found.stdout)
    assert (record["family"], record["prefix"], record["slack"]) == ("my-sums", ["plus", "2"], 1)
    assert {c["token"] for c in record["tokens"] if c["open"]} == {"last"}
    found = i2c("mask", "--grammar", tmp_path / "My sums.lark", "--start", "sum", "--parser", "earley", "plus")
    assert found.exit_code == 0, found.stderr
    assert "\n1 .. 3" not in found.stdout  # three are shown one by one
    assert found.stdout.endswith("begins with plus or last\n")


def test_what_others_begin_with(i2c: Run, plugins: Plugins) -> None:
    text = "box : (x: N, y: N > x) -> Box\nN = 1..9"
    plugins.families.add(Family("pairs", "Box", text, render="no:where", budget=9), "tests")
    assert i2c("mask", "-f", "pairs", "box", "4").stdout == (
        "after   box 4\n"
        "budget  9: 2 written, 7 left, 1 needed to close\n"
        "slack   6\n"
        "stack   N in 2..9 (the first is next)\n"
        "\n"
        "token   type       opens  cost\n"
        "2       N in 2..9  -      0     closed: expected a value from 5 to 9\n"
        "3       N in 2..9  -      0     closed: expected a value from 5 to 9\n"
        "4       N in 2..9  -      0     closed: expected a value from 5 to 9\n"
        "5 .. 9  N in 2..9  -      0     open\n"
        "\n"
        "closed: no N in 2..9 begins with box or 1\n"
    )


def test_the_constraint_of_a_family(i2c: Run, plugins: Plugins) -> None:
    plugins.families.add(Family("balanced", "Image", BALANCED, render="no:where", constraint=Balanced), "tests")
    found = i2c("mask", "-f", "balanced", "h", "B", "--budget", "3", "--json")
    closed: dict[str, Any] = {c["token"]: c["closed"] for c in json.loads(found.stdout)["tokens"]}
    assert closed == {"h": "costs 2, the slack is 0", "B": "by the constraint of balanced", "W": None}
    found = i2c("mask", "-f", "balanced", "B")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "error: token 1, 'B', is closed by the constraint of balanced\n  -> open here: h\n"


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["h"], 2,
         "error: neither --family nor --grammar says which language\n  -> name a family: see 'i2c families'\n"),
        (["h", "-f", "splits", "--start", "a"], 2, "error: --start goes with --grammar\n  -> leave it out\n"),
        (["h", "-f", "splits", "--parser", "lalr"], 2, "error: --parser goes with --grammar\n  -> leave it out\n"),
        (["-f", "splits", "--grammar", "x.lark"], 2,
         "error: --family and --grammar exclude each other\n  -> leave one of them out\n"),
        (["--grammar", "no.lark"], 1, "error: --grammar: cannot read the grammar 'no.lark': No such file or directory\n"
         "  -> give a path, package:file.lark, or the text of a grammar\n"),
        (["h", "x", "-f", "splits"], 1, "error: unknown token 'x' at place 2\n  -> its tokens are h, v, q, B, W\n"),
        (["-1", "-f", "splits"], 1, "error: unknown token '-1' at place 1\n  -> its tokens are h, v, q, B, W\n"),
        (["q", "-f", "splits", "--budget", "3"], 1,
         "error: token 1, 'q', is closed: costs 4, the slack is 2\n  -> open here: h, v, B, W\n"),
        (["-f", "splits", "--budget", "0"], 2,
         "error: invalid value for '--budget': 0 is not in the range x>=1\n  -> see 'i2c mask --help'\n"),
    ],
)  # fmt: skip
def test_mask_errors(
    i2c: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], code: int, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = i2c("mask", *words)
    assert (found.exit_code, found.stdout, found.stderr) == (code, "", expected)


def test_names_of_several_words(i2c: Run, plugins: Plugins) -> None:
    text = "pick : (Two, Bool) -> Bool\nsame : (t, u) -> Bool for t in Two, Bool for u in Two, Bool\n"
    text += "Two = 1..2\nBool = yes"
    plugins.families.add(Family("logic", "Bool", text, render="no:where"), "tests")
    names = [c["token"] for c in json.loads(i2c("mask", "-f", "logic", "--json").stdout)["tokens"]]
    assert "same[Two, Bool]" in names
    found = json.loads(i2c("mask", "-f", "logic", "same[Two, Bool]  1 same[Bool,", "Bool] yes", "--json").stdout)
    assert found["prefix"] == ["same[Two, Bool]", "1", "same[Bool, Bool]", "yes"]
    assert found["stack"] == ["Bool"]


def test_it_loads_no_torch(process: Any) -> None:
    code = "import sys, i2c_cli.mask\nfrom i2c_cli.app import application\n"
    code += "try:\n    application(['mask', '-f', 'splits'])\nexcept SystemExit:\n    print('torch' in sys.modules)"
    assert process("-c", code).stdout.endswith("False\n")


@pytest.mark.parametrize("parser", ["lalr", "earley"])
def test_a_language_without_a_family_reads_and_prints(tmp_path: Path, parser: str) -> None:
    (tmp_path / "4 sums.lark").write_text(SUMS, encoding="utf-8")
    found = language(None, tmp_path / "4 sums.lark", "sum", parser)
    assert (found.name, found.parser, found.start) == ("grammar-4-sums", parser, "sum")
    assert found.show(found.parse("1+2")) == "1+2"
