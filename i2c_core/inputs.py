"""What a command is about when it is about many things: lists of names that may not end, and shares of them."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from i2c_core.errors import ConfigError, DataError

STDIN = "-"
_DIGITS = 9  # of the numbers of a shard, at most


@dataclass(frozen=True)
class Shard:
    """A share of a list: every `count`-th thing, from the `index`-th on.

    The shares of 1/n to n/n are disjoint and make the whole list, whatever its length.
    """

    index: int = 1  # from 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """A share by how people write it.

        Raises:
            ConfigError: it is none.

        >>> Shard.parse("2/8")
        Shard(index=2, count=8)
        """
        index, slash, count = text.partition("/")
        if not slash or not all(s.isascii() and s.isdigit() and len(s) <= _DIGITS for s in (index, count)):
            raise ConfigError(f"{text!r} is no share of a list", "write which of how many, as in 2/8")
        if not 1 <= int(index) <= int(count):
            raise ConfigError(f"there is no share {index} of {count}", f"use 1/{count} to {count}/{count}")
        return cls(int(index), int(count))

    def takes(self, number: int) -> bool:
        """Whether the thing of this number, from 0 in the whole list, is in the share."""
        return number % self.count == self.index - 1

    def size(self, total: int) -> int:
        """How many of `total` things the share has.

        >>> Shard(1, 3).size(4), Shard(3, 3).size(4)
        (2, 1)
        """
        return len(range(self.index - 1, total, self.count))


def listed(path: Path) -> Iterator[str]:
    """The lines of a text file, one by one as they are asked for; `-` is standard input.

    UTF-8, with a byte order mark or without, or UTF-16 with one, as Windows PowerShell writes it; CRLF or LF; lines of
    nothing but spaces are left out. Bytes that are no UTF-8 stay as they are in the names of files that hold them.

    Raises:
        DataError: the file is not there, or cannot be read.
    """
    if str(path) == STDIN:
        yield from _lines(_standard_input())
        return
    try:
        with open(path, "rb") as file:
            yield from _lines(file)
    except FileNotFoundError:
        raise DataError(f"there is no list {path}", "check the path") from None
    except OSError as error:
        raise DataError(f"the list {path} cannot be read: {error.strerror}", "check the file") from None


def _standard_input() -> BinaryIO:
    """Standard input by a file object of its own: Python ends badly while a thread waits for that of `sys.stdin`."""
    if sys.stdin is None:  # closed, as in a window without one
        return io.BytesIO()
    try:
        return open(sys.stdin.fileno(), "rb", closefd=False)
    except (AttributeError, OSError, ValueError):  # a stand-in without a descriptor
        return sys.stdin.buffer


def _lines(file: BinaryIO) -> Iterator[str]:
    ahead = file.peek(2) if isinstance(file, io.BufferedReader) else b""
    wide = ahead.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", "surrogateescape")
    text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline=None)
    try:
        for line in text:
            if line.strip():
                yield line.rstrip("\n")
    finally:
        text.detach()  # whoever opened the file closes it
