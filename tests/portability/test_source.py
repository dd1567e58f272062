"""What the source may not say: each of these works on one system and fails on another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [p for folder in ("i2c_core", "cli", "plugins") for p in sorted((ROOT / folder).rglob("*.py"))]

FORK = "processes are started afresh: a fork copies locks and threads, and Windows has none"
MAPPED = "a file that is mapped into memory cannot be replaced on Windows"
SHELL = "each system has another shell"
FORBIDDEN = {
    "os.fork": FORK,
    "os.forkpty": FORK,
    "multiprocessing": FORK,
    "torch.multiprocessing": FORK,
    "concurrent.futures.ProcessPoolExecutor": FORK,
    "mmap": MAPPED,
    "safetensors.safe_open": MAPPED,
    "safetensors.torch.load_file": MAPPED,
    "pyarrow.memory_map": MAPPED,
    "os.system": SHELL,
    "os.popen": SHELL,
}
# Files without any of these words need no closer look.
WORDS = re.compile(
    r"\bopen\(|read_text|write_text|\brun\(|Popen|check_output|fork|multiprocessing|ProcessPool|mmap|safe_open|load_file|"
    r"memory_map|\bsystem\b|popen|shell|preexec_fn"
)
FORBIDDEN_KEYWORDS = {"mmap_mode": MAPPED, "memory_map": MAPPED, "mmap": MAPPED, "shell": SHELL, "preexec_fn": FORK}


def imports(tree: ast.Module) -> dict[str, str]:
    """What each imported name is, in full."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {
                a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names
            }
            found |= {a.name: a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found


def dotted(node: ast.expr) -> str:
    """A name or an attribute of one as text, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    left = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{left}.{node.attr}" if left and isinstance(node, ast.Attribute) else ""


def forbidden(tree: ast.Module) -> Iterator[str]:
    """What a file uses that it may not."""
    known = imports(tree)
    used = set(known.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            left, _, rest = dotted(node).partition(".")
            used.add(f"{known.get(left, left)}.{rest}")
        elif isinstance(node, ast.keyword) and node.arg in FORBIDDEN_KEYWORDS and not _is_off(node.value):
            yield f"{node.arg}=: {FORBIDDEN_KEYWORDS[node.arg]}"
    yield from (f"{name}: {FORBIDDEN[name]}" for name in sorted(used & FORBIDDEN.keys()))


def _is_off(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in (False, None)


def unsaid(tree: ast.Module) -> Iterator[str]:
    """Calls that leave the encoding of a text, or its ends of line, to the system."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        said = {k.arg for k in node.keywords}
        where = f"line {node.lineno}: {name}"
        method = isinstance(node.func, ast.Attribute)
        given = [*node.args[0 if method else 1 :][:1], *(k.value for k in node.keywords if k.arg == "mode")]
        mode = str(given[0].value) if given and isinstance(given[0], ast.Constant) else ""
        writes = name == "write_text" or bool(set(mode) & set("wax"))
        if name in ("read_text", "write_text"):
            texts = len(node.args) < (2 if name == "write_text" else 1)
        elif name == "open" and (mode or not method):
            texts = True
        elif name in ("run", "Popen", "check_output") and said & {"text", "universal_newlines"}:
            texts, writes = True, False
        else:
            continue
        if texts and "encoding" not in said and "b" not in mode:
            yield f"{where} does not say its encoding"
        if writes and "b" not in mode and "newline" not in said:
            yield f"{where} does not say its ends of line"


def test_the_source_says_what_systems_differ_in() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {told}"
        for path in FILES
        for source in [path.read_text(encoding="utf-8")]
        if WORDS.search(source)
        for tree in [ast.parse(source)]
        for told in [*forbidden(tree), *unsaid(tree)]
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import os\nos.fork()", f"os.fork: {FORK}"),
        ("from os import fork as f\nf()", f"os.fork: {FORK}"),
        ("import multiprocessing.pool", f"multiprocessing: {FORK}"),
        ("from safetensors import safe_open", f"safetensors.safe_open: {MAPPED}"),
        ("import safetensors.torch as s\ns.load_file('x')", f"safetensors.torch.load_file: {MAPPED}"),
        ("import numpy\nnumpy.load('x', mmap_mode='r')", f"mmap_mode=: {MAPPED}"),
        ("import subprocess\nsubprocess.run('ls', shell=True)", f"shell=: {SHELL}"),
    ],
)
def test_that_this_law_can_fail(source: str, told: str) -> None:
    assert WORDS.search(source)
    assert list(forbidden(ast.parse(source))) == [told]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("open('x')", ["line 1: open does not say its encoding"]),
        ("p.open()", []),  # of a path or of anything else: not known
        ("p.open('r')", ["line 1: open does not say its encoding"]),
        ("open('x', 'rb')", []),
        ("open('x', encoding='utf-8')", []),
        ("open('x', 'w', encoding='utf-8')", ["line 1: open does not say its ends of line"]),
        ("p.read_text()", ["line 1: read_text does not say its encoding"]),
        ("p.read_text('utf-8')", []),
        ("p.write_text(x, 'utf-8')", ["line 1: write_text does not say its ends of line"]),
        ("run(x, text=True)", ["line 1: run does not say its encoding"]),
    ],
)
def test_that_the_law_of_texts_can_fail(source: str, told: list[str]) -> None:
    assert WORDS.search(source)
    assert list(unsaid(ast.parse(source))) == told
