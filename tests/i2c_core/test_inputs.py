"""Lists of names, and shares of them."""

from __future__ import annotations

import codecs
import io
import sys
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2c_core.errors import ConfigError, DataError
from i2c_core.inputs import Shard, listed


@given(st.integers(1, 12), st.integers(0, 60))
def test_shares_are_disjoint_and_make_the_whole(count: int, total: int) -> None:
    shares = [[n for n in range(total) if Shard(index, count).takes(n)] for index in range(1, count + 1)]
    assert sorted(chain.from_iterable(shares)) == list(range(total))
    assert [len(share) for share in shares] == [Shard(index, count).size(total) for index in range(1, count + 1)]
    assert len(shares[0]) - len(shares[-1]) <= 1


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        *((t, f"{t!r} is no share of a list", "write which of how many, as in 2/8")
          for t in ("", "2", "a/b", "1/", "-1/2", "1/2/3", "²/3", "1 /2", "1/" + "9" * 10)),
        ("0/2", "there is no share 0 of 2", "use 1/2 to 2/2"),
        ("3/2", "there is no share 3 of 2", "use 1/2 to 2/2"),
    ],
)  # fmt: skip
def test_what_is_no_share(text: str, fact: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Shard.parse(text)
    assert (raised.value.fact, raised.value.hint) == (fact, hint)


@pytest.mark.parametrize(
    "content",
    [
        "a b.png\nü.png\n".encode(),
        codecs.BOM_UTF8 + "a b.png\r\n\r\n  \r\nü.png".encode(),
        "a b.png\r\nü.png\r\n".encode("utf-16"),  # with a byte order mark, as Windows PowerShell writes
    ],
)
def test_lines_however_they_were_saved(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(content)
    assert list(listed(tmp_path / "list")) == ["a b.png", "ü.png"]


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff.png\n")
    assert list(listed(tmp_path / "list")) == ["\udcff.png"]  # as Python names such a file


def test_standard_input_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"a\nb\n"))
    monkeypatch.setattr(sys, "stdin", stream)
    assert list(listed(Path("-"))) == ["a", "b"]
    assert not stream.buffer.closed


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        next(listed(tmp_path / "list"))
    assert (raised.value.fact, raised.value.hint) == (f"there is no list {tmp_path / 'list'}", "check the path")


def test_a_closed_standard_input_lists_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert list(listed(Path("-"))) == []
