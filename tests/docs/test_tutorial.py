"""The tutorial, run from top to bottom as a reader would: its commands, its edits, its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from environments import make_environment
from pages import Block, apply_diff, blocks, run_console, run_python

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-family.md"


def run_block(block: Block, folder: Path, variables: Callable[[], Mapping[str, str]]) -> None:
    kind, _, name = block.marker.partition(": ")
    if kind == "file":
        (folder / name).write_text(block.text, encoding="utf-8")
    elif block.language == "diff":
        apply_diff(PAGE, block, folder / name)
    elif block.language == "console":
        run_console(PAGE, block, folder, variables, here=False)  # it is about plugins that are installed
    else:
        assert block.language == "python", f"{PAGE.name}:{block.line} is a block that nobody runs"


@pytest.mark.slow
def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / ".venv")
    offline = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}  # 0 is pip's way to say no
    for block in blocks(PAGE):
        run_block(block, tmp_path, lambda: environment.variables | offline)


def test_its_python_examples_run() -> None:
    run_python(PAGE, [b for b in blocks(PAGE, "python") if not b.marker])
