"""JSON in and out: a list of commands, `{"op": "circle", "x": 4, "y": 10}`, as people publish drawings of this kind."""

from __future__ import annotations

import json
from typing import Any

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import FormatError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_plugins.figures.commands import RADIUS, TIP, Command, Language, commands_of, program_of

KEYS = {
    "circle": ("x", "y", "r"),
    "rectangle": ("x1", "y1", "x2", "y2"),
    "line": ("x1", "y1", "x2", "y2", "arrow", "dashed"),
    "label": ("x", "y", "w", "h"),
}
HINT = 'write [{"op": "circle", "x": 4, "y": 10}, ...]'


def write(family: Family, program: Program) -> str:
    """A list of objects; `arrow` and `dashed` are true or false."""
    return json.dumps([record(c) for c in commands_of(program)])


def record(command: Command) -> dict[str, Any]:
    """A command as an object; a radius stands in it where the language writes one."""
    values = dict(zip(KEYS[command.kind], command.args, strict=False))
    return {"op": command.kind} | {k: bool(v) if k in ("arrow", "dashed") else v for k, v in values.items()}


def read(family: Family, text: str) -> Program:
    """The program that a list of commands says.

    `arrow` and `dashed` may be left out, and a radius of 1.

    Raises:
        FormatError: it is no such list, or a command has a number too many, too few, or outside the grid.
    """
    try:
        found = parse_json(text)
    except DocumentError as error:
        raise FormatError(f"this is {error}", HINT) from None
    if not isinstance(found, list):
        raise FormatError(f"expected a list of commands, got {_shown(found)}", HINT)
    language = Language.of(family.gamma)
    return program_of(family.gamma, [_command(number, one, language) for number, one in enumerate(found, 1)])


def _command(number: int, given: object, language: Language) -> Command:
    kind = given.get("op") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(kind, str) or kind not in language.highest:
        ops = ", ".join(language.highest)
        raise FormatError(f"command {number} is {_shown(given)}", f"give it an op, one of {ops}")
    highest, keys = language.highest[kind], KEYS[kind]
    hint = f"a {kind} has {', '.join(keys[: len(highest)])}"
    for key in given:
        if key != "op" and key not in keys:
            raise FormatError(f"command {number} has a key {key!r}", hint)
    args = []
    for place, key in enumerate(keys):
        value = given.get(key, RADIUS if key == "r" else False if key in ("arrow", "dashed") else None)
        most = highest[place] if place < len(highest) else RADIUS
        is_flag = kind == "line" and place >= TIP
        if value is None:
            raise FormatError(f"command {number}, a {kind}, has no {key}", hint)
        if not isinstance(value, bool if is_flag else int) or (not is_flag and isinstance(value, bool)):
            wanted = "true or false" if is_flag else f"a whole number from 1 to {most}"
            raise FormatError(f"{key} of command {number} is {_shown(value)}", f"write {wanted}")
        if not is_flag and not 1 <= value <= most:
            raise FormatError(f"{key} of command {number} is {_shown(value)}", f"write a whole number from 1 to {most}")
        args.append(int(value))
    if kind == "rectangle" and not (args[0] < args[2] and args[1] < args[3]):
        shown = f"from {args[0]}, {args[1]} to {args[2]}, {args[3]}"
        raise FormatError(f"command {number} is a rectangle {shown}", "give its lower left corner first")
    return Command(kind, tuple(args[: len(highest)]))


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
