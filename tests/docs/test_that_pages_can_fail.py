"""The tests that run pages can fail: a wrong output, a wrong exit code and an edit that does not fit are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import Block, apply_diff, blocks, run_console, run_python

PAGE = Path("page.md")


def test_blocks_have_language_marker_and_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- run: it -->\n```sh\nls\n```\n\n```python\n>>> 1\n1\n```\n", encoding="utf-8")
    assert blocks(page) == [Block("sh", "ls\n", "run: it", 3), Block("python", ">>> 1\n1\n", "", 7)]
    assert [b.language for b in blocks(page, "python")] == ["python"]


@pytest.mark.parametrize("text", ["$ echo one\ntwo\n", "$ false\n", "$ echo one\n$ echo one\none\ntwo\n"])
def test_a_console_block_that_is_wrong(text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_console(PAGE, Block("console", text, "", 1), tmp_path, dict)


def test_a_console_block_that_is_right(tmp_path: Path) -> None:
    run_console(PAGE, Block("console", "$ echo one; echo two >&2\none\n...\n$ true\n", "", 1), tmp_path, dict)


def test_a_python_block_that_is_wrong() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run_python(PAGE, [Block("python", ">>> 1 + 1\n3\n", "", 1)])


def test_python_blocks_share_their_names() -> None:
    run_python(PAGE, [Block("python", ">>> a = 1\n", "", 1), Block("python", ">>> a\n1\n", "", 5)])


def test_edits(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a\nb\nc\n", encoding="utf-8")
    apply_diff(PAGE, Block("diff", " a\n-b\n+B\n", "", 1), file)
    assert file.read_text(encoding="utf-8") == "a\nB\nc\n"
    with pytest.raises(AssertionError, match="does not fit"):
        apply_diff(PAGE, Block("diff", "-b\n", "", 1), file)
