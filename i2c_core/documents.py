"""Text, JSON and TOML that strangers wrote, on any system.

Whatever is wrong with a document, it is one kind of error, told in half a line.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
import tomllib
from typing import Any

LONGEST_NUMBER = 300  # digits: every whole number that is read fits into a float
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # how JSON writes half a character of UTF-16


class DocumentError(ValueError):
    """A text that is not read; it goes on after "this is" or "line 3:", as in `no JSON: line 1, column 2: ...`."""


def standard_input(most: int = -1) -> bytes:
    """What standard input holds, `most` bytes at the most; nothing where it is closed, as in a window without one."""
    return b"" if sys.stdin is None else sys.stdin.buffer.read(most)


def decode_text(content: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where its mark says so, as Windows PowerShell's `>` writes; LF ends lines.

    Raises:
        UnicodeDecodeError: it is neither.

    >>> [decode_text("h W\\r\\nB".encode(code)) for code in ("utf-8", "utf-8-sig", "utf-16")]
    ['h W\\nB', 'h W\\nB', 'h W\\nB']
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")


def parse_json(text: str | bytes, *, halves: bool = False) -> Any:
    """The value that a text of JSON says; bytes are as `decode_text` takes them.

    Args:
        halves: whether text may hold half characters, as which Python has the bytes of names that are no UTF-8.

    Raises:
        DocumentError: it is no JSON, nested too deeply, or holds a number too long or text that cannot be written.

    >>> parse_json('{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    >>> parse_json("[1, }")
    Traceback (most recent call last):
    i2c_core.documents.DocumentError: no JSON: line 1, column 5: Expecting value
    """
    try:
        said = text if isinstance(text, str) else decode_text(text)
        value = _DECODER.decode(said)
        # Nearly always both halves, or whole characters: look closer.
        if not halves and (_HALF.search(said) or not said.isascii()):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise DocumentError(f"no JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise DocumentError("JSON nested too deeply") from None
    except UnicodeDecodeError as error:
        raise DocumentError(f"no JSON: no UTF-8 text: byte {error.start + 1}") from None
    except UnicodeEncodeError as error:
        raise DocumentError(f"JSON with half a character: {error.object[error.start]!r}") from None
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """The tables that a text of TOML says; raises `DocumentError`.

    >>> parse_toml("a = ]")
    Traceback (most recent call last):
    i2c_core.documents.DocumentError: no TOML: Invalid value (at line 1, column 5)
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"no TOML: {error}") from None
    except RecursionError:
        raise DocumentError("TOML nested too deeply") from None
    except ValueError:  # of Python's, which reads only so many digits
        raise DocumentError("TOML with a number that is too long") from None


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise DocumentError("JSON with a number that is too long")
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_whole)
