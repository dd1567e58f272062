"""i2c: images to code. A language that draws pictures goes in; programs that draw a given picture come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from i2c_core.composing import compose
from i2c_core.errors import I2cError
from i2c_core.families import Family, box
from i2c_core.formats import Format
from i2c_core.hookspecs import hookimpl
from i2c_core.plugins import families, get_family
from i2c_core.programs import Program
from i2c_core.symbols import Signature
from i2c_core.types import Type

if TYPE_CHECKING:
    from i2c_core.answers import Candidate
    from i2c_core.reader import Reader

from i2c_core.version import VERSION as __version__

__all__ = [
    "Candidate",
    "Family",
    "Format",
    "I2cError",
    "Program",
    "Reader",
    "Signature",
    "Type",
    "__version__",
    "box",
    "compose",
    "families",
    "get_family",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    if name in ("Reader", "Candidate"):  # they need torch, which listing and parsing do not
        from i2c_core import reader

        return getattr(reader, name)
    raise AttributeError(f"module 'i2c_core' has no attribute {name!r}")
