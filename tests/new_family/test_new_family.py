"""`i2c new-family`: what it writes, and that what it writes installs, passes its own tests, trains and decodes."""

from __future__ import annotations

import importlib
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from environments import make_environment
from plans import CAVES

from i2c_cli.new_family import TEMPLATES
from i2c_cli.new_family import command as new_family
from i2c_core import Family, scaffold
from i2c_core.errors import FamilyError, GrammarError, I2cError
from i2c_core.plugins import installed
from i2c_core.testing import check_family

SUMS = """
?start: sum

?sum: product
    | sum "+" product   -> add

?product: atom
    | product "*" atom  -> times

?atom: DIGIT            -> digit
    | "(" sum ")"

DIGIT: "0".."9"

%import common.WS
%ignore WS
"""


def write(tmp_path: Path, kind: str, name: str = "my-own") -> tuple[Path, list[Path]]:
    """A new distribution of one of the three kinds, and its files, relative to it."""
    target = tmp_path / f"i2c-family-{name}"
    if kind == "plain":
        files = scaffold.new_family(TEMPLATES, target, name)
    elif kind == "grammar":
        (tmp_path / "sums.lark").write_text(SUMS, encoding="utf-8")
        files = scaffold.new_family_from_grammar(TEMPLATES, target, name, Family.from_grammar(tmp_path / "sums.lark"))
    else:
        files = scaffold.new_family_like(TEMPLATES, target, name, kind, installed())
    return target, sorted(p.relative_to(target) for p in files)


FILES = {
    ".gitignore",
    "README.md",
    "pyproject.toml",
    "tests/test_my_own.py",
    "i2c_family_my_own/__init__.py",
    "i2c_family_my_own/render.py",
    "i2c_family_my_own/my-own.lark",
}


@pytest.mark.parametrize(
    ("kind", "more"), [("plain", set()), ("grammar", set()), ("splits", {"i2c_family_my_own/my-own-rgb.lark"})]
)
def test_the_exact_set_of_files(kind: str, more: set[str], tmp_path: Path) -> None:
    target, files = write(tmp_path, kind)
    assert {p.as_posix() for p in files} == FILES | more
    assert {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()} == FILES | more
    for path in files:
        text = (target / path).read_text(encoding="utf-8")
        assert "@name@" not in text
        assert "@module@" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@pytest.mark.slow
def test_they_install_pass_their_tests_train_and_decode(tmp_path: Path) -> None:
    """One environment for the three kinds: most of what it takes is Python, pip and torch beginning."""
    environment = make_environment(tmp_path / ".venv")
    names = {"plain": "my-own", "grammar": "my-sums", "splits": "my-splits"}
    targets = [write(tmp_path, kind, name)[0] for kind, name in names.items()]
    environment.install(*targets)
    told = environment.run("-m", "pytest", "-v", "-W", "error", *map(str, targets), cwd=tmp_path)
    for name in names.values():
        assert f"/test_{name.replace('-', '_')}.py::test_contract[masks] PASSED" in told
    listed = environment.i2c("families", cwd=tmp_path)
    assert all(f"{name} " in listed for name in names.values())
    few = ["--steps", "3", "--batch-size", "8", "--set", "run.eval_samples=8", "--set", "model.width=32"]
    environment.i2c("train", "--family", "my-own", *few, "--out", "run", cwd=tmp_path)
    environment.i2c("render", "draw dot 1 2", "--family", "my-own", "-o", "dot.png", cwd=tmp_path)
    code = environment.i2c("decode", "dot.png", "--weights", "run", cwd=tmp_path)
    assert environment.i2c("parse", code.strip(), "--family", "my-own", cwd=tmp_path) == code


def test_a_name_that_cannot_be_one(tmp_path: Path) -> None:
    with pytest.raises(FamilyError) as caught:
        scaffold.new_family(TEMPLATES, tmp_path / "new", "My_Own")
    hint = "use lower-case letters, digits and hyphens, for example my-language"
    assert str(caught.value) == f"'My_Own' is no name for a family\n  -> {hint}"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["con", "aux", "com1"])
def test_a_name_that_windows_keeps(tmp_path: Path, name: str) -> None:
    with pytest.raises(FamilyError) as caught:
        scaffold.new_family(TEMPLATES, tmp_path / "new", name)
    expected = f"Windows keeps the name {name!r} for a device of its own\n  -> choose another name"
    assert str(caught.value) == expected
    assert not (tmp_path / "new").exists()


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    target, _ = write(tmp_path, "plain")
    (target / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(FamilyError) as caught:
        scaffold.new_family(TEMPLATES, target, "my-own")
    assert caught.value.fact == f"{target / 'pyproject.toml'} exists already"
    assert caught.value.hint == "name another folder with -o, or remove it"
    assert (target / "README.md").read_text(encoding="utf-8") == "mine"


def test_a_grammar_with_an_error_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.lark").write_text('start: "a" |\n  ( "b"\n', encoding="utf-8")
    told = {"none": "cannot read the grammar", "broken": "broken.lark, line "}
    for name, fact in told.items():
        path, target = tmp_path / f"{name}.lark", tmp_path / "new"
        found = CliRunner().invoke(new_family, ["my-own", "-o", str(target), "--grammar", str(path)])
        assert isinstance(found.exception, GrammarError)
        assert fact in found.exception.fact
        assert not target.exists()


def test_a_grammar_that_only_earley_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The family says how it is read, and the grammars that it imports come along."""
    (tmp_path / "words.lark").write_text('word: "x" | "y"\n', encoding="utf-8")
    odd = '%import .words.word\nline: one "!" | two "!"\none: word\ntwo: word\n'
    (tmp_path / "odd.lark").write_text(odd + '%ignore " "\n', encoding="utf-8")
    target = tmp_path / "new"
    arguments = ["my-odd", "-o", str(target), "--grammar", str(tmp_path / "odd.lark"), "--start", "line"]
    found = CliRunner().invoke(new_family, arguments)
    assert found.exit_code == 0, found.output
    monkeypatch.syspath_prepend(target)
    family = importlib.import_module("i2c_family_my_odd").FAMILY
    assert (family.parser, family.start) == ("earley", "line")
    assert family.show(family.parse("y !")) == "y !"
    assert (target / "i2c_family_my_odd" / "words.lark").is_file()


def test_a_grammar_that_is_not_shown_unambiguous_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sums.lark"
    path.write_text('start: expr\nexpr: expr "+" expr -> add\n    | "x"\n', encoding="utf-8")
    found = CliRunner().invoke(new_family, ["my-own", "-o", str(tmp_path / "new"), "--grammar", str(path)])
    assert found.exit_code == 0
    assert found.stderr.splitlines()[0] == (
        "my-own is reparse: a text may say another program than it was printed from "
        "(sums.lark, line 2: before '+', rule expr may end or go on)"
    )


def test_a_tile_set_makes_a_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """14 tiles, levels of up to 128 x 16: the contract holds, and the tile set is the file that was given."""
    target = tmp_path / "new"
    found = CliRunner().invoke(new_family, ["my-caves", "-o", str(target), "--tiles", str(CAVES)])
    assert found.exit_code == 0, found.output
    files = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    package = {"i2c_family_my_caves/__init__.py", "i2c_family_my_caves/tiles.toml"}
    assert files == {".gitignore", "README.md", "pyproject.toml", "tests/test_my_caves.py"} | package
    assert (target / "i2c_family_my_caves" / "tiles.toml").read_bytes() == CAVES.read_bytes()
    monkeypatch.syspath_prepend(target)
    family = importlib.import_module("i2c_family_my_caves").FAMILY
    assert (family.name, family.doc) == ("my-caves", "caves with ladders, treasure and bats")
    assert [(r.check, r.message) for r in check_family(family) if r.outcome != "passed"] == []
    tests = runpy.run_path(str(target / "tests" / "test_my_caves.py"))
    tests["test_examples_print_as_they_are_written"]()
    for format_ in family.all_formats:
        tests["test_a_level_of_the_largest_size_comes_back"](format_)


def test_a_tile_set_with_a_mistake_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tiles.toml"
    path.write_text(CAVES.read_text(encoding="utf-8").replace('char = "^"', 'char = "#"'), encoding="utf-8")
    found = CliRunner().invoke(new_family, ["my-own", "-o", str(tmp_path / "new"), "--tiles", str(path)])
    assert str(found.exception) == f"{path}: tile earth has the char '#' of spike\n  -> give each its own"
    assert not (tmp_path / "new").exists()
    found = CliRunner().invoke(new_family, ["my-own", "--tiles", str(path), "--like", "splits"])
    assert "--tiles and --like exclude each other" in found.output


def test_a_family_that_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(FamilyError) as caught:
        scaffold.new_family_like(TEMPLATES, tmp_path / "new", "my-own", "splts", installed())
    assert str(caught.value) == "unknown family 'splts'\n  -> did you mean 'splits'?"


def test_a_copy_of_a_variant_is_checked_itself(tmp_path: Path) -> None:
    target = tmp_path / "new"
    scaffold.new_family_like(TEMPLATES, target, "my-own", "splits-rgb", installed())
    assert 'FAMILY = get_family("my-own")' in (target / "tests" / "test_my_own.py").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(I2cError) as caught:
        scaffold.new_family(TEMPLATES, tmp_path / "file" / "new", "my-own")
    assert caught.value.fact == f"cannot write {tmp_path / 'file' / 'new'}: Not a directory"
    assert caught.value.hint == "name a folder you may write to with -o"


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "i2c_cli", "new-family", "splits"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    fact = "family 'splits' is installed already, from images-to-code (splits)"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {fact}\n  -> choose another name\n")
    assert not list(tmp_path.iterdir())
