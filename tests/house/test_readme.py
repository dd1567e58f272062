"""The README: exactly two set-up commands, and every other example in it runs.

The set-up commands themselves are run by `.ci/run`, each in a fresh clone.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from environments import SHIPPED
from pages import Block, blocks, run_console, run_python

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "README.md"
SET_UP = "python3 -m venv .venv && .venv/bin/python -m pip install -q -c constraints.txt "
DECODE = ".venv/bin/i2c decode examples/figures --family figures --json --side-by-side decoded.png"
TESTS = ".venv/bin/python -m pytest -q -n 2"


def test_there_are_exactly_two_set_up_commands() -> None:
    found = {b.marker: b.text for b in blocks(PAGE) if "python3 -m venv" in b.text}
    assert found == {
        "run: decode": f"{SET_UP}. && {DECODE}\n",
        "run: tests": f'{SET_UP}-e ".[dev]" && {TESTS}\n',
    }


def test_ci_runs_these_commands_by_their_markers() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "run_in_fresh_clone decode" in script
    assert "run_in_fresh_clone tests" in script
    assert ".venv/bin/python .ci/walk" in script


def test_the_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    run_python(PAGE, blocks(PAGE, "python"))


@pytest.mark.parametrize("block", blocks(PAGE, "console"), ids=lambda b: f"line-{b.line}")
def test_the_commands_run(block: Block, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    run_console(PAGE, block, tmp_path, lambda: {"PATH": path, "I2C_LOAD_PLUGINS": SHIPPED})


def test_the_table_of_commands_is_complete() -> None:
    from i2c_cli.commands import COMMANDS

    text = PAGE.read_text(encoding="utf-8")
    for name, doc in COMMANDS.items():
        assert any(line.startswith(f"| `i2c {name}") and line.endswith(f"| {doc} |") for line in text.splitlines()), (
            name
        )
