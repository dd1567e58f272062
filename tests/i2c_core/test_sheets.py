"""Sheets of pictures and texts."""

from __future__ import annotations

import numpy as np
import pytest

from i2c_core.sheets import CELL, sheet, wrap


def test_a_sheet_is_as_wide_as_its_texts_and_as_high_as_its_highest_entries() -> None:
    picture = np.zeros((1, 16, 16), np.uint8)
    short = sheet(["drawing", "code"], [[picture, "one"]])
    wide = sheet(["drawing", "code"], [[picture, "one and " * 20]])
    high = sheet(["drawing", "code"], [[picture, "one\n" * 40]])
    assert wide.width > short.width
    assert wide.height == short.height
    assert high.height > 2 * short.height
    assert short.height > CELL
    assert (np.asarray(short)[40:100, 20:100] == 0).all()  # the picture, enlarged


def test_a_row_needs_an_entry_for_each_head() -> None:
    with pytest.raises(ValueError, match="zip"):
        sheet(["drawing"], [["one", "two"]])


def test_long_texts_are_cut() -> None:
    assert wrap("a b", columns=1) == ["a", "b"]
    assert wrap("\n".join("abcdef")) == ["a", "b", "c", "d ..."]
