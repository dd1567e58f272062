"""Any program's code for images, one JSON object a line, as `i2c eval --predictions` reads it and i2c writes it.

    {"file": "0.png", "code": "h B W", "seed": 0, "seconds": 0.21, "renders": 16}

`file` is the name of the image in the data, and `code` the program in the family's grammar, or null for none. What else
stands there is told where it is known: the seed of all chance, the seconds of wall clock spent on the image, and how
many programs were drawn for it. Everything beyond is kept and not looked at.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from i2c_core.documents import DocumentError, decode_text, parse_json
from i2c_core.errors import DataError
from i2c_core.files import write_atomically

FORM = 'write {"file": "0.png", "code": "..."} a line'


@dataclass(frozen=True)
class Prediction:
    """What somebody answered for one image.

    Attributes:
        file: the image's name.
        code: in the family's grammar; None where nothing was found.
        seed, seconds, renders: what it took, where it is told.
        more: what else is written beside it.
    """

    file: str
    code: str | None
    seed: int | None = None
    seconds: float | None = None
    renders: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        found: dict[str, Any] = {"file": self.file, "code": self.code}
        if self.seed is not None:
            found["seed"] = self.seed
        if self.seconds is not None:
            found["seconds"] = round(self.seconds, 6)
        if self.renders is not None:
            found["renders"] = self.renders
        return found | dict(self.more)


def write_predictions(path: Path, predictions: Sequence[Prediction]) -> None:
    """Write predictions, a line each, whole or not at all."""
    write_atomically(path, "".join(json.dumps(p.record(), ensure_ascii=False) + "\n" for p in predictions))


def read_predictions(path: Path) -> list[Prediction]:
    """Read predictions.

    Raises:
        DataError: no such file, a line that is no such object, or two for one image; the line is named.
    """
    try:
        text = decode_text(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "check the path, and write it as UTF-8") from None
    found: dict[str, Prediction] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        prediction = _read(f"{path}, line {number}", line)
        if prediction.file in found:
            fact = f"{path}, line {number}: {prediction.file} stands in line {lines[prediction.file]} already"
            raise DataError(fact, "keep one line an image, and a file for each seed")
        found[prediction.file], lines[prediction.file] = prediction, number
    if not found:
        raise DataError(f"{path} holds no prediction", FORM)
    return list(found.values())


def _read(where: str, line: str) -> Prediction:
    try:
        entry = parse_json(line)
    except DocumentError as error:
        raise DataError(f"{where}: {error}", FORM) from None
    if not isinstance(entry, dict):
        raise DataError(f"{where}: expected an object, got {type(entry).__name__}", FORM)
    if not isinstance(entry.get("file"), str):
        raise DataError(f"{where}: expected text at 'file', got {entry.get('file')!r}", FORM)
    if "code" not in entry or not isinstance(entry["code"], str | None):
        raise DataError(f"{where}: expected text or null at 'code', got {entry.get('code')!r}", FORM)
    seed, seconds, renders = (_number(where, entry, name) for name in ("seed", "seconds", "renders"))
    known = ("file", "code", "seed", "seconds", "renders")
    return Prediction(
        entry["file"],
        entry["code"],
        None if seed is None else int(seed),
        seconds,
        None if renders is None else int(renders),
        {name: value for name, value in entry.items() if name not in known},
    )


def _number(where: str, entry: Mapping[str, Any], name: str) -> float | None:
    value = entry.get(name)
    if value is None:
        return None
    fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    if not fine or (name != "seconds" and value != int(value)):
        wanted = "a number of seconds" if name == "seconds" else "a whole number"
        raise DataError(f"{where}: expected {wanted} at {name!r}, got {value!r}", "leave it out where it is not known")
    return float(value)
