"""Grammars and signatures that cannot be, or that only look so: one clear error, or the right answer, and soon."""

from __future__ import annotations

from pathlib import Path

import lark
import pytest

from i2c_core.families import Family
from i2c_core.plugins import Plugins
from tests.cli.conftest import Run

OPTIONAL = " ".join(f'["k{i}"]' for i in range(25))
GRAMMARS: list[tuple[str, str]] = [
    ("", "g.lark is empty\n  -> write a rule, as in: start: \"dot\""),
    ("// nothing\n", "g.lark has no rule\n  -> write one, as in: start: \"dot\""),
    ('A: "x"\n', "g.lark has no rule\n  -> write one, as in: start: \"dot\""),
    ('a: "x"\n', "g.lark has no rule 'start'\n  -> name the first rule with --start: its rules are a"),
    ("start: b\n", "g.lark, line 1: rule start uses b, which is not defined\n  -> define b"),
    ("start: a\na: b\nb: a\n", "g.lark, line 2: rule a never ends: each of its alternatives needs b, which needs a\n"
     "  -> add an alternative to a that needs no b"),
    ('start: start "x" | start "y"\n', "g.lark, line 1: rule start never ends: each of its alternatives needs start\n"
     "  -> add an alternative to start that needs no start"),
    ("start: Y\nY: /(a+)\\1/\n", "g.lark: terminal Y refers back to a group, which is not regular\n"
     "  -> write out what may stand there"),
    ('%declare _INDENT _DEDENT\nstart: "a" _INDENT "b" _DEDENT\n',
     "g.lark: terminals _DEDENT and _INDENT are declared without a pattern, which only a post-lexer makes\n"
     "  -> give them regular expressions or texts; i2c runs no post-lexer"),
    ('start: A "b"\nA: "a"*\n', "g.lark: terminal A matches the empty text\n"
     "  -> let it match at least one character, and make it optional where it stands"),
    ("start: A\nA: /.*a.{20}/\n", "g.lark: terminal A needs more than 20,000 states\n"
     "  -> bound its repeats more tightly"),
    ('start: t{"x"}\nt{a}: "(" t{t{a}} ")" | a\n',
     "g.lark: template t uses itself with arguments that grow without end\n  -> pass its parameters on as they are"),
    (f"start: {OPTIONAL}\n", "g.lark: rule start has more than 32,768 ways to leave its optional parts out\n"
     "  -> move some of them into rules of their own"),
    ('start: "x"\nstart: "y"\n', "g.lark: Rule 'start' defined more than once\n"
     "  -> see https://lark-parser.readthedocs.io/en/stable/grammar.html"),
]  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["sample", "mask"])
@pytest.mark.parametrize(("grammar", "expected"), GRAMMARS, ids=range(len(GRAMMARS)))
def test_grammars(i2c: Run, here: Path, command: str, grammar: str, expected: str) -> None:
    Path("g.lark").write_text(grammar, encoding="utf-8")
    found = i2c(command, "--grammar", "g.lark")
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {expected}\n")


def test_the_grammar_of_python(i2c: Run) -> None:
    found = i2c("sample", "--grammar", Path(lark.__file__).parent / "grammars" / "python.lark", "--start", "file_input")
    fact = "python.lark: terminals _DEDENT and _INDENT are declared without a pattern, which only a post-lexer makes"
    hint = "give them regular expressions or texts; i2c runs no post-lexer"
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {fact}\n  -> {hint}\n")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot read the grammar 'g.lark': No such file or directory\n"
         "  -> give a path, package:file.lark, or the text of a grammar"),
        (bytes(range(256)), "g.lark, line 2 is not UTF-8\n  -> save the grammar as UTF-8"),
        (b'start: "\xff"\n', "g.lark, line 1 is not UTF-8\n  -> save the grammar as UTF-8"),
    ],
    ids=["missing", "binary", "latin"],
)  # fmt: skip
def test_files(i2c: Run, here: Path, content: bytes | None, expected: str) -> None:
    if content is not None:
        Path("g.lark").write_bytes(content)
    found = i2c("sample", "--grammar", "g.lark")
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: --grammar: {expected}\n")


@pytest.mark.parametrize(
    "grammar",
    [
        "start: A\nA: /(a+)+b/\n",
        "start: A\nA: /(x+x+)+y/\n",
        "start: A\nA: /(a|a)*b/\n",
        "?start: a\n?a: b\n?b: a | \"z\"\n",
        'start: a | b\na: "x"\nb: "x"\n',
        'start: a*\na: "x"?\n',
        'start: start start | "x"\n',
        'start: "é" A\nA: "日本"|"本"\n',
        "start: A\nA: /[一-龥]+/\n",
        '\ufeffstart: "x"\r\n  | "y"\r\n',
        "start:\n",
    ],
)  # fmt: skip
def test_grammars_that_only_look_bad(i2c: Run, here: Path, grammar: str) -> None:
    Path("g.lark").write_bytes(grammar.encode())
    found = i2c("sample", "--grammar", "g.lark", "-n", "8", "--budget", "300", "-q")
    assert (found.exit_code, found.stderr) == (0, "")
    assert len(found.stdout.splitlines()) == 8


def test_a_grammar_of_three_thousand_rules(i2c: Run, here: Path) -> None:
    rules = (f'r{i}: "k{i}" r{(7 * i + 1) % 3000} | "x{i}" INT -> y{i}\n' for i in range(3000))
    Path("g.lark").write_text(f'start: r0\n{"".join(rules)}INT: /[0-9]+/\n%ignore " "\n', encoding="utf-8")
    found = i2c("sample", "--grammar", "g.lark", "-n", "3")
    assert (found.exit_code, found.stderr, len(found.stdout.splitlines())) == (0, "", 3)


VARIABLES = ", ".join(f"A{i}" for i in range(30))
SIGNATURES: list[tuple[str, str, str]] = [
    ("f : (Num[0..s-1]) -> Expr[s]\ng : (Expr[s]) -> Expr[s]\nNum = 0..9\ns = 0..0", "Expr[0]",
     "root type Expr[0] can never end: each of its symbols (f, g) needs a type without end; f needs Num[0..-1], "
     "type Num[0..-1] is an empty range\n  -> declare a symbol of type Expr[0] that needs no Num[0..-1]"),
    ("f : (A) -> T\nA > B\nB > A", "T", "root type T can never end: its symbol f needs A, type A has no symbol, "
     "nor has B, which it stands for\n  -> declare a symbol of type A"),
    ("f : (Pair[t, t]) -> t\np : (t, t) -> Pair[t, t]\na : T", "T",
     "grounding 'f' at Pair[Pair[Pair[Pair[Pair[Pair[T, T], Pair[T, T]], Pair[Pair[... makes ever larger types\n"
     "  -> list what its variable may be: ... for t in TypeA, TypeB"),
    ("f : (X) -> T\nX = 0..1000000000", "T", "'X = 0..1000000000' has 1,000,000,001 values, room is left for 999,999 "
     "productions\n  -> narrow the range, or write its numbers digit by digit"),
    ("f : (t, u, v) -> T for t in A for u in A for v in A\n".replace("in A", f"in {VARIABLES}")
     + "".join(f"a{i} : A{i}\n" for i in range(30)), "T",
     "'f' stands for 27,000 symbols, one for each choice of its variables, more than 20,000\n"
     "  -> list fewer types for them"),
    ("f : (x: X, y: X > x) -> T\nX = 1..1", "T", "root type T can never end: no values satisfy the relations of f\n"
     "  -> widen the ranges of its arguments, or the relations"),
]  # fmt: skip


@pytest.mark.parametrize("command", ["sample", "mask"])
@pytest.mark.parametrize(("table", "root", "expected"), SIGNATURES, ids=range(len(SIGNATURES)))
def test_signatures(i2c: Run, plugins: Plugins, command: str, table: str, root: str, expected: str) -> None:
    plugins.families.add(Family("stranger", root, table, render="no:where"), "tests")
    found = i2c(command, "-f", "stranger")
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"error: {expected}\n")


def test_types_that_stand_for_each_other(i2c: Run, plugins: Plugins) -> None:
    table = "f : (A) -> T\na : B\nA > B\nB > A"
    plugins.families.add(Family("stranger", "T", table, render="no:where"), "tests")
    assert i2c("sample", "-f", "stranger", "-n", "2").stdout == "f(a)\nf(a)\n"


@pytest.mark.parametrize("command", ["sample", "mask"])
def test_a_budget_below_the_shortest_program(i2c: Run, plugins: Plugins, command: str) -> None:
    plugins.families.add(Family("stranger", "T", "f : (U, U) -> T\na : U", render="no:where"), "tests")
    found = i2c(command, "-f", "stranger", "--budget", "2")
    told = "error: a budget of 2 tokens is below the shortest T, which has 3\n  -> use a budget of at least 3\n"
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", told)
