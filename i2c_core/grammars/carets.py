"""Errors in a program's text: where, what was expected, and a caret under the place."""

from __future__ import annotations

from collections.abc import Sequence

from i2c_core.errors import ParseError

WIDTH = 72  # characters of a source line that are shown


def parse_error(text: str, position: int, fact: str, hint: str) -> ParseError:
    """A `ParseError` at a position of `text`; its fact ends with the line and a caret under the place.

    line 1, column 5: expected h, v, q, B or W, got 'X'
        h v X B B
            ^
    """
    position = min(max(position, 0), len(text))
    before = text.rfind("\n", 0, position) + 1
    after = text.find("\n", position)
    source = text[before : after if after >= 0 else len(text)]
    line, column = text.count("\n", 0, position) + 1, position - before + 1
    shown, caret = _window(source, column - 1)
    return ParseError(f"line {line}, column {column}: {fact}\n    {shown}\n    {' ' * caret}^", hint, line, column)


def _window(source: str, place: int) -> tuple[str, int]:
    """The part of a line around a place, without tabs and control characters, and where the place is in it."""
    begin = 0 if len(source) <= WIDTH else max(0, min(place - WIDTH // 2, len(source) - WIDTH))
    part = "".join(c if c.isprintable() else " " for c in source[begin : begin + WIDTH])
    head, tail = "..." if begin else "", "..." if begin + WIDTH < len(source) else ""
    return (head + part + tail).rstrip() if not tail else head + part + tail, len(head) + place - begin


def one_of(names: Sequence[str], most: int = 12) -> str:
    """Names as a person lists them: `h, v or q`.

    >>> one_of(["h", "v", "q"])
    'h, v or q'
    """
    if len(names) > most:
        return ", ".join(names[:most]) + ", ..."
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
