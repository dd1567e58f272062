"""docs/commands.md is what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path

from i2c_cli.commands import COMMANDS
from i2c_cli.reference import reference
from i2c_core.plugins import installed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m i2c_cli.reference docs/commands.md"


def test_every_command_is_on_it() -> None:
    text = reference()
    for name in COMMANDS:
        assert f"\n## i2c {name}\n" in text
        assert name in installed().commands
