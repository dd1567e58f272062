"""What is fuzzed: something that reads a file, files that it reads well, and a way to spoil them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutating import Mutator


@dataclass(frozen=True)
class Target:
    """One reader of files.

    Attributes:
        name: group and name, as in `texts/figures.tikz`.
        suffix: of the file that it reads.
        read: reads a file as the commands do, and uses what it read.
        seeds: contents to begin from, most of them good; asked for once.
        mutate: makes another content of one.
    """

    name: str
    suffix: str
    read: Callable[[Path], object]
    seeds: Callable[[], Sequence[bytes]]
    mutate: Mutator

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]
