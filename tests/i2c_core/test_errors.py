"""Errors quote what stands in files of others, and are told to terminals."""

from __future__ import annotations

import pickle

import pytest

from i2c_core.errors import LONGEST, I2cError, ParseError


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no token 'é中😀'", "no token 'é中😀'"),
        ("two\nlines", "two\nlines"),
        ("\x1b[31m red", "\\x1b[31m red"),
        ("a\tb\rc\x00", "a\\tb\\rc\\x00"),
        ("turned \u202e about, half \ud800", "turned \\u202e about, half \\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(said: str, told: str) -> None:
    error = I2cError(said, said)
    assert (error.fact, error.hint, str(error)) == (told, told, f"{told}\n  -> {told}")
    str(error).encode("utf-8")


@pytest.mark.parametrize("character", ["a", "\x1b", "\n"])
def test_the_middle_of_an_endless_fact_is_left_out(character: str) -> None:
    error = I2cError(f"the file says {character * 1_000_000} at the end")
    assert len(error.fact) <= LONGEST
    assert error.fact.startswith("the file says ")
    assert " ... " in error.fact
    assert error.fact.endswith(" at the end")


def test_an_error_that_crosses_processes_is_the_same() -> None:
    error = ParseError("\x1b" * 5000, "write \ud800", 3, 4)
    again = pickle.loads(pickle.dumps(error))
    assert (again.fact, again.hint, again.line, again.column) == (error.fact, error.hint, 3, 4)
