"""What a checkpoint says of itself, checked: its file may come from anywhere, and code behind relies on it.

Each thing that is said has a kind. What nobody knows here is kept as it is: later versions may say more.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from i2c_core.errors import CheckpointError

DAMAGED = "copy it again, or train another: i2c train"
NEEDED = ("family", "root", "tokens", "fingerprint", "semantics", "model", "budget", "image")
MOST = 1 << 24  # of any whole number: of tokens, pixels of a side, features


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any, low: int = 1, high: int = MOST) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _is_record(value: Any) -> bool:
    return isinstance(value, dict)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_image(value: Any) -> bool:
    size = value.get("size") if isinstance(value, dict) else None
    return isinstance(size, list) and len(size) == 2 and all(map(_is_count, [*size, value.get("channels")]))


_KINDS: Mapping[tuple[str, ...], tuple[Callable[[Any], bool], str]] = {
    ("learner",): (_is_text, "text"),
    ("family",): (_is_text, "text"),
    ("root",): (_is_text, "text"),
    ("tokens",): (_is_texts, "a list of texts"),
    ("fingerprint",): (_is_text, "text"),
    ("semantics",): (lambda value: _is_count(value, -MOST), "a whole number"),
    ("model",): (_is_record, "an object"),
    ("budget",): (_is_count, "a count"),
    ("image",): (_is_image, "channels and a size, counts of pixels"),
    ("step",): (lambda value: _is_count(value, 0, 1 << 62), "a count"),
    ("versions",): (lambda value: _is_record(value) and _is_texts(list(value.values())), "texts by name"),
    ("train",): (_is_record, "an object"),
    ("train", "config"): (_is_record, "an object"),
    ("train", "config", "data"): (_is_record, "an object"),
    ("train", "config", "data", "max_size"): (_is_count, "a count"),
    ("train", "config", "data", "min_size"): (_is_count, "a count"),
    ("train", "hardware"): (_is_record, "an object"),
    ("train", "results"): (_is_record, "an object"),
    ("train", "seconds"): (_is_number, "a number"),
    ("train", "samples"): (lambda value: _is_count(value, 0, 1 << 62), "a count"),
    ("calibration",): (_is_record, "an object"),
}


def require_description(meta: Mapping[str, Any], name: str) -> None:
    """Raise `CheckpointError` where a description lacks what is needed, or says something of another kind."""
    missing = [key for key in NEEDED if key not in meta]
    if missing:
        raise CheckpointError(f"the description inside {name} lacks {', '.join(missing)}", DAMAGED)
    for path, (fits, wanted) in _KINDS.items():
        parent: Any = meta
        for key in path[:-1]:
            parent = parent.get(key, {})  # what a parent says is of its kind: parents come first
        if path[-1] not in parent:
            continue
        value = parent[path[-1]]
        if not fits(value):
            raise CheckpointError(
                f"the description inside {name} says {'.'.join(path)} = {_shown(value)}, expected {wanted}", DAMAGED
            )


def require_numbers(config: Any, name: str) -> None:
    """Raise `CheckpointError` where the numbers of a network, a dataclass, are not of the types that it declares."""
    hints = get_type_hints(type(config))
    for field in fields(config):
        value = getattr(config, field.name)
        if not _fits(value, hints[field.name]):
            raise CheckpointError(f"{name} describes no network: {field.name} is {_shown(value)}", DAMAGED)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that an annotation says, as far as JSON goes."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        each = [args[0]] * len(value) if args[-1] is Ellipsis and isinstance(value, tuple) else list(args)
        return isinstance(value, tuple) and len(value) == len(each) and all(map(_fits, value, each))
    if origin is Literal:
        return any(value == arg and type(value) is type(arg) for arg in args)
    if origin in (Union, types.UnionType):
        return any(_fits(value, arg) for arg in args)
    if hint is int:
        return _is_count(value, 0)
    if hint is float:
        return _is_number(value)
    return value is None if hint is type(None) else isinstance(value, hint)


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
