"""References: `package.module:attribute` as text, loaded on first use, so that declaring a family stays light."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from i2c_core.errors import FamilyError

Reference = str | Callable[..., Any]


def resolve(reference: Reference, owner: str) -> Any:
    """What a reference means; something that is no text is its own meaning. `owner` is named in errors."""
    if not isinstance(reference, str):
        return reference
    module_name, colon, attribute = reference.partition(":")
    if not colon or not attribute:
        raise FamilyError(f"{owner}: {reference!r} is no reference", "write it as package.module:attribute")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        fact = f"{owner}: cannot import {module_name!r}: {type(error).__name__}: {error}"
        raise FamilyError(fact, "mend the module, or install what it needs") from error
    if not hasattr(module, attribute):
        raise FamilyError(f"{owner}: {module_name} has no {attribute!r}", "check the reference's spelling")
    return getattr(module, attribute)
