"""The pairs of a list of programs, each program exactly once by what it holds, however often the work is begun.

A file of pairs carries the name and the sha256 of each program that is in it, so that the files themselves say what
is done: whatever a build that was killed had not written is drawn again, and comes to the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from i2c_core.datasets.batches import Batch
from i2c_core.datasets.given import Drawn, Entry, Failed, draw_entries, read_entries
from i2c_core.datasets.keys import held_out, pixel_keys
from i2c_core.datasets.parts import Part, keys_of
from i2c_core.families import Family
from i2c_core.inputs import Shard
from i2c_core.raster import Renderer

SOURCE, DIGEST = "source", "sha256"  # the further columns
_SHORT = 16  # bytes of a digest that are kept in memory for each program


class Listing:
    """A list of programs on its way to a dataset.

    Memory holds one file's worth of pictures, and for each program a few bytes.

    Args:
        family: whose programs they are.
        lines: the list (see `i2c_core.datasets.given`).
        shard: which share of it.
        twins: whether programs with the same picture are all kept; else the first of the list is.
        part: "all" pictures, those to "train" on, or the "held-out" ones.
        max_size: most tokens of a program, or None.
        tell: called with each entry that gives no pair, and why.

    Attributes:
        counts: of all entries so far, how many were `given`, and of these `failed`, are `twins` of others, or are
            of `other_parts`.
    """

    def __init__(
        self,
        family: Family,
        lines: Iterable[str],
        shard: Shard,
        *,
        twins: bool,
        part: str = "all",
        max_size: int | None = None,
        tell: Callable[[Failed], None] | None = None,
    ) -> None:
        self.counts = {"given": 0, "failed": 0, "twins": 0, "other_parts": 0}
        self._family, self._lines, self._shard = family, lines, shard
        self._twins, self._part, self._max_size, self._tell = twins, part, max_size, tell
        self._waiting = set[bytes]()  # on disk, and not met in this list yet
        self._met = set[bytes]()
        self._seen = set[int]()

    def parts(
        self, out: Path, written: Sequence[Mapping[str, Any]], shard_size: int, renderer: Renderer
    ) -> Iterator[Part]:
        """What is not in the files that are `written` already, a file's worth at a time."""
        self._waiting = {_short(digest) for file in written for digest in _digests(out / file["file"])}
        self._seen = set(keys_of(self._family, out, written).tolist())
        rows: list[Drawn] = []
        entries = self._fresh(read_entries(self._family, self._lines, self._shard))
        for drawn in draw_entries(self._family, entries, renderer, self._max_size):
            if isinstance(drawn, Failed):
                self.counts["failed"] += 1
                if self._tell is not None:
                    self._tell(drawn)
            elif self._keeps(drawn):
                rows.append(drawn)
            if len(rows) == shard_size:
                yield self._part_of(rows)
                rows = []
        if rows:
            yield self._part_of(rows)

    def _fresh(self, entries: Iterable[Entry | Failed]) -> Iterator[Entry | Failed]:
        """Entries that no file holds."""
        for entry in entries:
            self.counts["given"] += 1
            if isinstance(entry, Failed):
                yield entry
                continue
            digest = _short(entry.digest)
            if digest in self._met:
                self.counts["twins"] += 1
            elif digest in self._waiting:
                self._waiting.remove(digest)
                self._met.add(digest)
            else:
                yield entry

    def _keeps(self, drawn: Drawn) -> bool:
        """Whether a program is written; counts why not."""
        keys = pixel_keys(drawn.pixels[None])
        if self._part != "all" and bool(held_out(keys)[0]) != (self._part == "held-out"):
            self.counts["other_parts"] += 1
            return False
        digest, key = _short(drawn.digest), int(keys[0])
        if digest in self._met or (key in self._seen and not self._twins):
            self.counts["twins"] += 1
            return False
        self._met.add(digest)
        self._seen.add(key)
        return True

    def _part_of(self, rows: Sequence[Drawn]) -> Part:
        vocabulary = self._family.vocabulary
        ids, values = vocabulary.pack([row.encoded for row in rows])
        batch = Batch(ids, values if vocabulary.continuous.any() else None, np.stack([row.pixels for row in rows]))
        return Part(batch, {SOURCE: [_text(row.name) for row in rows], DIGEST: [row.digest for row in rows]})


def _text(name: str) -> str:
    """A name without the bytes of file names that are no text."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _short(digest: str) -> bytes:
    return bytes.fromhex(digest[: 2 * _SHORT])


def _digests(file: Path) -> list[str]:
    import pyarrow.parquet

    found: list[str] = pyarrow.parquet.read_table(io.BytesIO(file.read_bytes()), columns=[DIGEST])[DIGEST].to_pylist()
    return found
