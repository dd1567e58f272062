"""`i2c sample`: random programs of a family, or of nothing but a grammar."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import lark
import pytest

from i2c_core.families import Family
from i2c_core.plugins import Plugins, get_family
from tests.cli.conftest import Run

CALC = r"""
?start: sum
?sum: sum "+" atom -> add | atom
?atom: NUMBER | "(" sum ")"
NUMBER: /[0-9]+/
%ignore " "
"""
AMBIGUOUS = 'start: sum\nsum: sum "+" sum -> add | "x" -> x\n'
CONFLICT = 'start: a | b\na: "x" -> a\nb: "x" -> b\n'
TOLD = "c.lark: two ways to read the same text: <a : X> and <b : X>"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with grammars."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("calc", CALC), ("ambiguous", AMBIGUOUS), ("c", CONFLICT)):
        Path(f"{name}.lark").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_family(i2c: Run) -> None:
    found = i2c("sample", "-f", "splits", "-n", "6", "--budget", "9", "--seed", "7")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == GOLDEN_SPLITS


def test_a_family_as_json(i2c: Run) -> None:
    plain = i2c("sample", "-f", "splits", "-n", "40").stdout.splitlines()
    family = get_family("splits")
    for line, code in zip(i2c("sample", "-f", "splits", "-n", "40", "--json").stdout.splitlines(), plain, strict=True):
        record = json.loads(line)
        assert list(record) == ["schema", "code", "tokens"]
        assert (record["schema"], record["code"]) == (1, code)
        ids = family.vocabulary.names_to_ids(record["tokens"])
        assert family.show(family.from_tokens(ids)) == code
        assert len(ids) <= family.budget


def test_the_default_is_ten_programs_within_the_budget_of_the_family(i2c: Run) -> None:
    found = i2c("sample", "-f", "splits").stdout
    assert len(found.splitlines()) == 10
    assert found == i2c("sample", "-f", "splits", "--seed", "0", "-n", "10", "--budget", "31").stdout
    assert found != i2c("sample", "-f", "splits", "--seed", "1").stdout
    assert i2c("sample", "-f", "splits", "-n", "4").stdout == "".join(found.splitlines(keepends=True)[:4])


def test_a_grammar(i2c: Run, here: Path) -> None:
    found = i2c("sample", "--grammar", "calc.lark", "-n", "5", "--budget", "12", "--seed", "2")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == GOLDEN_CALC
    for name in ("lalr", "earley"):
        reader = lark.Lark(CALC, parser=name)
        found = i2c("sample", "--grammar", "calc.lark", "-n", "50", "--budget", "30", "--parser", name, "--json")
        for line in found.stdout.splitlines():
            record = json.loads(line)
            reader.parse(record["code"])
            assert len(record["tokens"]) <= 30


def test_another_start(i2c: Run, here: Path) -> None:
    found = i2c("sample", "--grammar", "calc.lark", "--start", "atom", "-n", "30")
    reader = lark.Lark(CALC, parser="lalr", start="atom")
    assert found.exit_code == 0, found.stderr
    for line in found.stdout.splitlines():
        reader.parse(line)


def test_a_grammar_of_a_package(i2c: Run) -> None:
    found = i2c("sample", "--grammar", "i2c_grammars:splits.lark", "-n", "3")
    assert (found.exit_code, len(found.stdout.splitlines())) == (0, 3)


def test_what_the_texts_of_an_ambiguous_grammar_say_is_counted(i2c: Run, here: Path) -> None:
    found = i2c("sample", "--grammar", "ambiguous.lark", "-n", "20", "--budget", "9")
    assert (found.exit_code, found.stderr) == (0, AMBIGUOUS_TOLD)
    assert i2c("sample", "--grammar", "ambiguous.lark", "-n", "20", "--budget", "9", "-q").stderr == ""


def test_a_grammar_that_is_not_lalr_is_read_with_earley(i2c: Run, here: Path) -> None:
    found = i2c("sample", "--grammar", "c.lark", "-n", "3")
    assert (found.exit_code, found.stdout) == (0, "x\nx\nx\n")
    told = "the grammar is not LALR(1), so that Earley reads it; --parser lalr tells why"
    assert found.stderr.splitlines()[0] == told
    assert i2c("sample", "--grammar", "c.lark", "-n", "3", "-q").stderr == ""
    assert i2c("sample", "--grammar", "c.lark", "-n", "3", "--parser", "earley").stdout == "x\nx\nx\n"
    assert i2c("mask", "--grammar", "c.lark", "--json").exit_code == 0


def test_but_not_where_lalr_is_asked_for(i2c: Run, here: Path) -> None:
    found = i2c("sample", "--grammar", "c.lark", "--parser", "lalr")
    hint = "parse it with Earley, or make it LALR(1): give the two different keywords, or join them"
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {TOLD}\n  -> {hint}\n")


def test_values_travel_beside_the_tokens(i2c: Run, plugins: Plugins) -> None:
    table = "f : (V) -> T\nV = 0.0..1.0 in 2 bins"
    plugins.families.add(Family("shades", "T", table, render="no:where"), "tests")
    record = json.loads(i2c("sample", "-f", "shades", "-n", "1", "--json").stdout)
    assert record["values"][0] is None
    assert record["values"][1] in (0.25, 0.75)


@pytest.mark.posix
def test_a_reader_that_has_seen_enough(here: Path) -> None:
    line = f"{sys.executable} -m i2c_cli sample -f splits -n 1000000000000 --budget 9 | head -2"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert (len(found.stdout.splitlines()), found.stderr) == (2, "")


def test_it_loads_no_torch(process: Any) -> None:
    code = "import sys\nfrom i2c_cli.app import application\ntry:\n    application(['sample', '-f', 'splits'])\n"
    assert process("-c", f"{code}except SystemExit:\n    print('torch' in sys.modules)").stdout.endswith("\nFalse\n")


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        ([], 2, "neither --family nor --grammar says which language\n  -> name a family: see 'i2c families'"),
        (["-f", "splits", "--grammar", "calc.lark"], 2,
         "--family and --grammar exclude each other\n  -> leave one of them out"),
        (["-f", "splits", "--start", "a"], 2, "--start goes with --grammar\n  -> leave it out"),
        (["-f", "splits", "--parser", "earley"], 2, "--parser goes with --grammar\n  -> leave it out"),
        (["-f", "splits", "-n", "0"], 2,
         "invalid value for '-n': 0 is not in the range x>=1\n  -> see 'i2c sample --help'"),
        (["-f", "splits", "--budget", "1000000000"], 2,
         "invalid value for '--budget': 1000000000 is not in the range 1<=x<=100000\n  -> see 'i2c sample --help'"),
        (["--grammar", "calc.lark", "--budget", "1"], 1,
         "a budget of 1 tokens is below the shortest Sum, which has 3\n  -> use a budget of at least 3"),
        (["--grammar", "calc.lark", "--start", "smu"], 1,
         "calc.lark has no rule 'smu'\n  -> name the first rule with --start: did you mean 'sum'?"),
        (["--grammar", "calc.lark", "--start", ""], 1,
         "calc.lark has no rule ''\n  -> name the first rule with --start: its rules are start, sum, atom"),
        (["--grammar", "calc.lark", "--parser", "cyk"], 2,
         "invalid value for '--parser': 'cyk' is not one of 'lalr', 'earley'\n  -> see 'i2c sample --help'"),
    ],
)  # fmt: skip
def test_sample_errors(i2c: Run, here: Path, words: list[str], code: int, expected: str) -> None:
    found = i2c("sample", *words)
    assert (found.exit_code, found.stdout, found.stderr) == (code, "", f"error: {expected}\n")


GOLDEN_SPLITS = """\
h h B q W B B W B
h v v B B W B
q h B W B B B
h h h v W B W B W
v B h h B W W
h q B W W B B
"""
GOLDEN_CALC = """\
9 + 7 + 9
2 + 6 + 5
1 + 6
3 + 1
5 + 6
"""
AMBIGUOUS_TOLD = (
    "ambiguous is not shown unambiguous (ambiguous.lark, line 2: before '+', rule sum may end or go on); "
    "texts that said another program: 11, drawn again: 0\n"
)
