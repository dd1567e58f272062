"""Settings with a type, a range and a line of documentation each, read from TOML and from `section.name=value`.

What is unknown, of another type or outside its range is a `ConfigError` that says where it came from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

from i2c_core.documents import DocumentError, decode_text, parse_toml
from i2c_core.errors import ConfigError, suggest

LARGEST = 2**53  # beyond it, floating-point numbers skip integers


def setting(
    default: Any, doc: str, *, low: float | None = None, high: float | None = None, choices: Sequence[str] = ()
) -> Any:
    """A dataclass field with what `--set` may give it; None as default stands for "as the family says"."""
    return field(default=default, metadata={"doc": doc, "low": low, "high": high, "choices": tuple(choices)})


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of settings; `name` is its TOML table."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for spec in specs(type(self)):
            object.__setattr__(self, spec.field, spec.check(getattr(self, spec.field)))


@dataclass(frozen=True)
class Spec:
    """One setting: its name with its section, its type, and what it may be."""

    section: str
    field: str
    type: type
    default: Any
    doc: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.section}.{self.field}"

    def check(self, value: Any, source: str = "") -> Any:
        """The value as its type; `source` is named in the error."""
        if value is None and self.default is None:
            return None
        converted = self._convert(value)
        if converted is None:
            said = f" in {source}" if source else ""
            shown = json.dumps(value, default=str)
            default = "leave it out" if self.default is None else f"its default is {json.dumps(self.default)}"
            raise ConfigError(f"{self.key} = {shown}{said}, expected {self.wanted}", f"{self.doc}; {default}")
        return converted

    @property
    def wanted(self) -> str:
        """What it may be, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kind = {bool: "true or false", int: "an integer", float: "a number", str: "a text"}[self.type]
        if self.low is not None and self.high is not None:
            return f"{kind} from {self.low:.10g} to {self.high:.10g}"
        return kind if self.low is None else f"{kind} of {self.low:.10g} or more"

    def _convert(self, value: Any) -> Any:
        if self.type is str:
            return value if isinstance(value, str) and (not self.choices or value in self.choices) else None
        if self.type is bool or isinstance(value, bool):
            return value if self.type is bool and isinstance(value, bool) else None
        if not isinstance(value, int | float) or (isinstance(value, int) and abs(value) > LARGEST):
            return None
        if not math.isfinite(value):
            return None
        if self.type is int and value != int(value):
            return None
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return None
        return self.type(value)


def specs(section: type[Section]) -> Iterator[Spec]:
    """The settings of a section, in order."""
    hints = get_type_hints(section)
    for item in fields(section):
        types = [t for t in get_args(hints[item.name]) or (hints[item.name],) if t is not type(None)]
        yield Spec(section.name, item.name, types[0], item.default, **item.metadata)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one, keys joined by dots.

    >>> flatten({"run": {"steps": 3}, "optim.lr": 0.1})
    {'run.steps': 3, 'optim.lr': 0.1}
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def find_setting(key: str, known: Mapping[str, Spec], source: str) -> Spec:
    """The setting of a key; an unknown one raises with the closest, and with `source`, where it was written."""
    if key not in known:
        same = [k for k in known if k.partition(".")[2] == key]  # the section was left out
        hint = f"did you mean {same[0]!r}?" if same else suggest(key, known, "see the settings: i2c train --settings")
        raise ConfigError(f"unknown setting {key!r} in {source}", hint)
    return known[key]


def parse_option(option: str, known: Mapping[str, Spec]) -> tuple[str, Any]:
    """Key and value of `section.name=value`; the value is TOML, or plain text where a text is wanted."""
    key, equals, text = (part.strip() for part in option.partition("="))
    if not equals:
        raise ConfigError(f"--set {option!r} gives no value", "write --set section.name=value, as in optim.lr=3e-4")
    if find_setting(key, known, "--set").type is str and not text.startswith(('"', "'")):
        return key, text
    try:
        return key, parse_toml(f"value = {text}")["value"]
    except DocumentError:
        return key, text


def read_toml(file: Path) -> dict[str, Any]:
    """A TOML file; raises `ConfigError` with its path."""
    try:
        return parse_toml(decode_text(file.read_bytes()))
    except FileNotFoundError:
        raise ConfigError(f"there is no config file {file}", "check the path given to --config") from None
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}", "check the path given to --config") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is no TOML: {error}", "write it as in: [run], then steps = 1000") from None
    except DocumentError as error:
        raise ConfigError(f"{file} is {error}", "write it as in: [run], then steps = 1000") from None
