"""Pictures on disk, so that a slow renderer draws a program once. Files are raw bytes, named by what they show."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.families import Family
from i2c_core.files import DiskError, write_atomically
from i2c_core.references import resolve
from i2c_core.vocabulary import Encoded

MOST_BYTES = 1 << 30
_UNDEFINED = b"undefined"
_KEPT = 0.9  # of the bound, once it was passed


class PictureCache:
    """Pictures of one family in a folder; shared by processes, bounded, and never a reason to fail.

    A picture is found by the family's name and semantics, the files that hold its renderer, the program and the size.
    The oldest go where the folder would pass `most_bytes`.
    """

    def __init__(self, folder: Path, family: Family, most_bytes: int = MOST_BYTES) -> None:
        self._folder = Path(folder)
        self._tokens = family.vocabulary.tokens
        self._channels = family.channels
        self._head = [family.name, family.semantics, family.channels, str(family.root), _source(family)]
        self._most_bytes = most_bytes
        self._bytes: int | None = None  # in the folder, counted on the first write

    def get(self, program: Encoded, size: tuple[int, int]) -> tuple[bool, NDArray[np.uint8] | None]:
        """Whether the picture is known, and the picture (C, H, W), None where the program has none."""
        try:
            content = self._path(program, size).read_bytes()
        except OSError:
            return False, None
        shape = (self._channels, *size)
        marked, body = content[:1], content[1:]
        if marked == b"u" and body == _UNDEFINED:
            return True, None
        if marked == b"p" and len(body) == int(np.prod(shape)):
            return True, np.frombuffer(body, np.uint8).reshape(shape)
        return False, None  # cut off by a full disk or a crash: drawn and written again

    def put(self, program: Encoded, size: tuple[int, int], picture: NDArray[np.uint8] | None) -> None:
        """Keep a picture, or that there is none. A folder that cannot be written is left alone."""
        content = b"u" + _UNDEFINED if picture is None else b"p" + picture.tobytes()
        with contextlib.suppress(DiskError, OSError):
            write_atomically(self._path(program, size), content, lasting=False)
            if self._bytes is None:
                self._bytes = sum(f.stat().st_size for f in self._files())
            else:
                self._bytes += len(content)
            if self._bytes > self._most_bytes:
                self._shrink()

    def _files(self) -> list[Path]:
        return [p for p in self._folder.glob("*/*") if p.is_file()]

    def _shrink(self) -> None:
        found = []
        for path in self._files():
            with contextlib.suppress(OSError):  # another process may have dropped it
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_size, path))
        left = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if left <= self._most_bytes * _KEPT:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            left -= size
        self._bytes = left

    def _path(self, program: Encoded, size: tuple[int, int]) -> Path:
        tokens = [self._tokens[i] for i in program.ids]
        values = [None if v != v else float(v).hex() for v in program.values] if program.has_values else None
        text = json.dumps([*self._head, tokens, values, list(size)])
        name = hashlib.sha256(text.encode()).hexdigest()
        return self._folder / name[:2] / name[2:]


def _source(family: Family) -> str:
    """A hash of the files that hold the renderer's functions, so that an edited renderer draws anew."""
    references: Any = family.render.values() if isinstance(family.render, Mapping) else [family.render]
    digest = hashlib.sha256()
    for function in (resolve(r, f"family {family.name}") for r in references):
        module = sys.modules.get(getattr(function, "__module__", ""))
        with contextlib.suppress(OSError, TypeError):
            if module is not None:
                digest.update(Path(inspect.getfile(module)).read_bytes())
    return digest.hexdigest()
