"""What is fuzzed, by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from tests.fuzz.targets.target import Target

GROUPS = {
    "texts": "texts",
    "grammars": "languages",
    "checkpoints": "checkpoints",
    "records": "records",
    "images": "pictures",
}


def targets(group: str) -> Iterator[Target]:
    """The targets of a group."""
    made: Callable[[], Iterator[Target]] = import_module(f"tests.fuzz.targets.{GROUPS[group]}").targets
    return made()
