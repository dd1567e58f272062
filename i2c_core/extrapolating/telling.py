"""How a drawing that is continued is written: as its program with loops where there is one, else as a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from i2c_core.errors import FormatError
from i2c_core.extrapolating.placing import Extrapolated
from i2c_core.families import Family
from i2c_core.formats import Format, choose_format, find_format
from i2c_core.loops import programs_of
from i2c_core.synthesis import records_of, scene_of


def format_for(family: Family, name: str | None, output: Path | None, snippet: bool = False) -> Format:
    """The format of a name, else the one that the ending of `output` says; of programs with loops, or of plain lists.

    Raises:
        FormatError: neither has it.
    """
    try:
        return choose_format(programs_of(family), name, output, snippet)
    except FormatError:
        return choose_format(family, name, output, snippet)


def written(found: Extrapolated, format_: Format, snippet: bool = False) -> str:
    """The drawing in a format of this name, with loops where the format has words for them."""
    spoken = found.spoken
    for family, program in (spoken, (found.family, found.program)):
        if any(f.name == format_.name for f in family.all_formats):
            own = find_format(family, format_.name)
            if not snippet or own.fragment is not None:
                return own.dumps(family, program, snippet=snippet)
    raise FormatError(f"{found.family.name} has no format {format_.name!r}", "use another format")


def record(found: Extrapolated) -> dict[str, Any]:
    """What `--json` says: the code, what it draws, by how much all moved, the grid, and how much was left out."""
    return {
        "family": found.family.name,
        "code": found.code,
        "commands": records_of(scene_of(found.family, found.program)),
        "grid": None if found.family.canvas is None else list(found.family.canvas),
        "moved": list(found.moved),
        "left_out": len(found.left_out),
    }


def remarks(found: Extrapolated) -> list[str]:
    """What people should know of a drawing that is continued, a line each."""
    told = list(found.changes)
    moved = [_steps(n, word) for n, word in zip(found.moved, ("column right", "row up"), strict=True) if n]
    if moved:
        told.append(f"moved {' and '.join(moved)}, as it went beyond the left or lower side of the grid")
    return told


def _steps(count: int, words: str) -> str:
    word, _, where = words.partition(" ")
    return f"{count} {word}{'s' * (count != 1)} {where}"


__all__ = ["format_for", "record", "remarks", "written"]
