"""Journals: JSON lines that outlive a kill.

Each append is one write of whole lines, so that a process that dies leaves at most its last line torn; whoever opens
the journal again cuts that off. What is written survives the death of the process, not that of the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from i2c_core.documents import DocumentError, parse_json
from i2c_core.errors import DataError
from i2c_core.files import disk_error

_BLOCK = 1 << 16  # bytes read at once to find the last line


class Journal:
    """JSON objects, one a line, appended to a file. A context manager; one process at a time writes it.

    Args:
        path: the file, made where it is not there.
        resume: whether to go on with what the file holds; without it, the file must be empty.

    Raises:
        DataError: the file holds lines and is not to be gone on with, or another process writes it.
        DiskError: it cannot be written.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._kept = path.is_file() or not path.exists()  # else a pipe or a terminal, which keeps nothing
            # Appending: nothing that is there is ever written over. A pipe that could be read would never say that its
            # reader has gone.
            access = (os.O_RDWR | os.O_CREAT) if self._kept else os.O_WRONLY
            self._file = os.open(path, access | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise disk_error(path, error) from error
        try:
            if not self._kept:
                return
            self._lock()
            if resume:
                self._cut()
            elif os.fstat(self._file).st_size:
                raise DataError(f"{path} holds answers already", "go on with them by --resume, or name another file")
        except BaseException:
            os.close(self._file)
            raise

    def records(self) -> Iterator[dict[str, Any]]:
        """What the journal holds, in order, one by one as they are asked for; of a pipe, nothing.

        Raises:
            DataError: a line that is no JSON object.
        """
        if not self._kept:
            return
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    record = parse_json(line, halves=True)
                except DocumentError:
                    record = None
                if not isinstance(record, dict):
                    fact = f"line {number} of {self.path} is no JSON object"
                    raise DataError(fact, "delete the line, or write into another file")
                yield record

    def append(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Write records, a line each, in one go.

        Raises:
            DiskError: the disk is full, or went away.
        """
        content = b"".join(line_of(record) for record in records)
        size = len(content)
        try:
            while content:
                content = content[os.write(self._file, content) :]
        except OSError as error:
            raise disk_error(self.path, error, size) from error

    def close(self) -> None:
        """Flush to disk and close."""
        with contextlib.suppress(OSError):  # a pipe cannot be flushed
            os.fsync(self._file)
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        """Keep other processes from writing, where system and file system can; the lock ends with the process."""
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "wait for it, or give each process a file of its own"
            raise DataError(f"another process is writing {self.path}", hint) from None
        except OSError:  # a file system without locks
            return

    def _cut(self) -> None:
        """Cut off a last line that is not whole."""
        end = size = os.fstat(self._file).st_size
        while end:
            begin = max(0, end - _BLOCK)
            os.lseek(self._file, begin, os.SEEK_SET)
            newline = os.read(self._file, end - begin).rfind(b"\n")
            if newline >= 0:
                end = begin + newline + 1
                break
            end = begin
        if end < size:
            os.ftruncate(self._file, end)


def line_of(record: Mapping[str, Any]) -> bytes:
    """A record as one line of JSON in UTF-8; bytes of names of files that are no UTF-8 become JSON's escapes.

    >>> line_of({"file": "ä.png"}).decode()
    '{"file": "ä.png"}\\n'
    """
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
