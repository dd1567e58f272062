r"""A small reader of TikZ with `\foreach`, `\ifnum` and scopes that mirror: it writes out every `\draw` that runs.

It does what TeX and pgf do with what `tikz_loops` writes, and shares no code with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FOREACH = re.compile(r"\\foreach \\(\w) in \{(.*)\} \{")
MACRO = re.compile(r"\\pgfmathtruncatemacro\\(\w+)\{(.*)\}")
SCOPE = re.compile(r"\\begin\{scope\}\[shift=\{\((-?\d+),(-?\d+)\)\}, ([xy])scale=-1\]")
NUMBERS = re.compile(r"\(([^()]*),([^()]*)\)|radius=([^\]]*)")

Shift = tuple[int, int, int, int]  # factor and summand of x, then of y


def expanded(text: str) -> list[str]:
    r"""The `\draw` lines of a picture as they run, all numbers worked out and mirrored."""
    lines = [line.strip() for line in text.splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith(r"\useasboundingbox")) + 1
    last = lines.index(r"\end{tikzpicture}")
    return list(_run(lines[first:last], {}, (1, 0, 1, 0)))


def _run(lines: list[str], values: dict[str, int], shift: Shift) -> Iterator[str]:
    values = dict(values)
    place = 0
    while place < len(lines):
        line = lines[place]
        if found := FOREACH.fullmatch(line):
            end = _end(lines, place, "{", "}")
            for value in _listed(found[2], values):
                yield from _run(lines[place + 1 : end], values | {found[1]: value}, shift)
        elif found := SCOPE.fullmatch(line):
            end = _end(lines, place, r"\begin{scope}", r"\end{scope}")
            x, y = int(found[1]), int(found[2])
            mirrored = (-1, x, 1, 0) if found[3] == "x" else (1, 0, -1, y)
            assert (y if found[3] == "x" else x) == 0
            yield from _run(lines[place + 1 : end], values, _after(shift, mirrored))
        elif line.startswith(r"\ifnum"):
            end = _end(lines, place, r"\ifnum", r"\fi")
            inside = lines[place + 1 : end]
            if found := re.fullmatch(r"\\ifnum\\(\w+)>0", line):
                runs = values[found[1]] > 0
            else:
                found = re.fullmatch(r"\\ifnum\\(\w+)<0 \\else", line)
                assert found, line
                runs = values[found[1]] >= 0
            if runs:
                yield from _run(inside, values, shift)
        else:
            end = place
            if found := MACRO.fullmatch(line):
                values[found[1]] = _worked(found[2], values)
            else:
                assert line.startswith(r"\draw"), line
                yield _drawn(line, values, shift)
        place = end + 1


def _end(lines: list[str], place: int, opens: str, closes: str) -> int:
    """The line that closes what another one opens."""
    depth = 0
    for n in range(place, len(lines)):
        depth += lines[n].startswith(opens) if opens != "{" else lines[n].startswith(r"\foreach")
        depth -= lines[n] == closes
        if depth == 0:
            return n
    raise AssertionError(f"{lines[place]} is not closed")


def _listed(text: str, values: dict[str, int]) -> list[int]:
    """What a list stands for; `0,...,-1` counts down, as in pgf."""
    found = text.split(",")
    if "..." not in found:
        return [_worked(t, values) for t in found]
    assert (found[0], found[1], len(found)) == ("0", "...", 3)
    last = _worked(found[2], values)
    return list(range(last + 1)) if last >= 0 else list(range(0, last - 1, -1))


def _worked(text: str, values: dict[str, int]) -> int:
    """The value of `3*\\i+2`."""
    plain = re.sub(r"\\([a-z]+)", lambda m: f"({values[m[1]]})", text)
    assert re.fullmatch(r"[0-9()+*-]+", plain), text
    found = eval(plain)  # digits, brackets and signs only
    assert isinstance(found, int)
    return found


def _after(shift: Shift, other: Shift) -> Shift:
    """First the inner one, then the one around it."""
    a, b, c, d = shift
    e, f, g, h = other
    return a * e, a * f + b, c * g, c * h + d


def _drawn(line: str, values: dict[str, int], shift: Shift) -> str:
    a, b, c, d = shift

    def worked(found: re.Match[str]) -> str:
        if found[3] is not None:
            return f"radius={_worked(found[3], values)}"
        x, y = _worked(found[1], values), _worked(found[2], values)
        return f"({a * x + b},{c * y + d})"

    return NUMBERS.sub(worked, line)
