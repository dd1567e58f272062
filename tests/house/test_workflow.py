"""The workflow of three systems: nothing starts it by itself, and it runs what the README says, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pages import blocks

ROOT = Path(__file__).resolve().parents[2]


def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    return found


def test_it_runs_when_somebody_starts_it() -> None:
    assert workflow()[True] == {"workflow_dispatch": None}  # `on`, which YAML reads as true
    assert workflow()["permissions"] == {"contents": "read"}


def test_it_runs_on_three_systems_and_two_pythons() -> None:
    assert workflow()["jobs"]["test"]["strategy"]["matrix"] == {
        "system": ["ubuntu", "macos", "windows"],
        "python": ["3.11", "3.13"],
    }


def test_it_runs_the_commands_of_the_readme() -> None:
    page = ROOT / "README.md"
    steps = [s for s in workflow()["jobs"]["test"]["steps"] if "run" in s]
    posix = [s["run"] for s in steps if s["if"] == "matrix.system != 'windows'"]
    assert posix == [b.text for b in blocks(page, "sh") if b.marker in ("run: decode", "run: tests")]
    first = "$PSNativeCommandUseErrorActionPreference = $true\n"  # a command that fails ends the step
    windows = [s["run"] for s in steps if s["if"] == "matrix.system == 'windows'"]
    assert windows == [first + b.text for b in blocks(page, "powershell")]
    assert {s["shell"] for s in steps if "windows" in s["if"] and "==" in s["if"]} == {"pwsh"}


def test_powershell_says_what_the_shell_says() -> None:
    """The same words, but for the python, the slashes and the joints."""
    page = ROOT / "README.md"
    said = [b.text for b in blocks(page, "sh") if b.marker in ("run: decode", "run: tests")]
    for posix, windows in [
        ("python3 -m venv", "python -m venv"),
        (" && ", "\n"),
        (".venv/bin/", ".venv\\Scripts\\"),
        ("examples/figures", "examples\\figures"),
    ]:
        said = [text.replace(posix, windows) for text in said]
    assert [b.text for b in blocks(page, "powershell")] == said
