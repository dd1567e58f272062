"""What pages name is there: files, modules, names of modules, options, environment variables."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from i2c_cli.reference import reference

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLACES = (ROOT, ROOT / "i2c_core", ROOT / "docs", ROOT / "benchmarks")
OURS = ("i2c_core/", "docs/", "tests/", "benchmarks/", "cli/", "plugins/", "grammars/", "training/", "datasets/")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
FOREIGN = {"--nproc-per-node", "--nnodes", "--rdzv-endpoint", "--max-restarts", "--strict"}  # torchrun's and MkDocs'


def words(page: Path) -> list[str]:
    """What stands between backticks, outside fences."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    return re.findall(r"`([^`\n]+)`", text)


@cache
def defined(file: Path) -> set[str]:
    """The names that a module defines or imports, and those of its classes, as `Class.name`."""
    found: set[str] = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {t.id for t in targets if isinstance(t, ast.Name)}
        if isinstance(node, ast.If):  # what types alone need
            found |= {a.name for n in node.body if isinstance(n, ast.ImportFrom) for a in n.names}
    return found


def exists(dotted: str) -> bool:
    """Whether `i2c_core.a.b.name` is a module, or a name of one."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:count])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.exists():
            return count == len(parts) or parts[count] in defined(file)
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_modules_that_a_page_names_are_there(page: Path) -> None:
    for word in words(page):
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(py|toml|txt|json|jsonl|lark|yml)", word) and word.startswith(OURS):
            assert any((place / word).exists() for place in PLACES), f"{page.name} names {word}"
        if re.fullmatch(r"i2c_core(\.\w+)+", word):
            assert exists(word), f"{page.name} names {word}"


@pytest.fixture(scope="module")
def options() -> set[str]:
    """The options of all commands, of benchmarks, of gates and of our tests."""
    files = [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / ".ci").iterdir(), *(ROOT / "tests" / "fuzz").glob("*.py")]
    files.append(ROOT / "tests" / "conftest.py")
    texts = [reference(), *(file.read_text(encoding="utf-8") for file in files if file.is_file())]
    return {option for text in texts for option in OPTION.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_options_that_a_page_names_are_those_of_a_command(page: Path, options: set[str]) -> None:
    for word in words(page):
        for option in OPTION.findall(word):
            assert option in options | FOREIGN, f"{page.name} names {option} in {word!r}"


def test_attributes_of_families_that_pages_name_are_there() -> None:
    tree = ast.parse((ROOT / "i2c_core" / "families.py").read_text(encoding="utf-8"))
    (family,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Family")
    known = {n.name for n in family.body if isinstance(n, ast.FunctionDef)}
    known |= {n.target.id for n in family.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    for page in PAGES:
        for word in words(page):
            for name in re.findall(r"\bFamily\.(\w+)", word):
                assert name in known, f"{page.name} names Family.{name}"


def test_environment_variables_that_pages_name_are_read() -> None:
    files = [*(ROOT / "i2c_core").rglob("*.py"), *(ROOT / "cli").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    read = set(re.findall(r"\bI2C_[A-Z_]+\b", "\n".join(f.read_text(encoding="utf-8") for f in files)))
    for page in PAGES:
        named = set(re.findall(r"\bI2C_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert named <= read, f"{page.name} names {sorted(named - read)}"


def test_that_these_tests_can_fail() -> None:
    assert exists("i2c_core.reader.Reader")
    assert exists("i2c_core.Family")
    assert exists("i2c_core.masks")
    assert not exists("i2c_core.reader.Writer")
    assert not exists("i2c_core.nothing")
