"""Text files that grow by lines."""

from __future__ import annotations

import time
from pathlib import Path

from i2c_core.files.places import is_remote
from i2c_core.files.writing import disk_error, write_atomically


class Lines:
    """A text file that grows by lines, on this machine or behind a URL.

    Here a line is appended and flushed. A store cannot append: there the whole file is sent again, at most once in
    `every` seconds and when it is closed, so that a kill loses the lines of the last seconds.
    """

    def __init__(self, path: Path, begin: str = "", every: float = 30.0) -> None:
        """Write `begin` in place of what was there, and go on behind it."""
        self.path, self._every, self._sent = path, every, time.monotonic()
        self._text: list[str] = [begin]
        write_atomically(path, begin)
        self._file = None if is_remote(path) else path.open("a", encoding="utf-8", newline="\n")

    def write(self, line: str) -> None:
        """Add a line, which ends in a newline. Raises `DiskError`."""
        if self._file is None:
            self._text.append(line)
            if time.monotonic() - self._sent >= self._every:
                self._send()
            return
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise disk_error(self.path, error) from error

    def flush(self) -> None:
        """See to it that the file holds all that was written. Raises `DiskError`."""
        if self._file is None:
            self._send()

    def close(self) -> None:
        """Let go of the file. Raises `DiskError`."""
        self.flush()
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as error:
            raise disk_error(self.path, error) from error

    def _send(self) -> None:
        self._text = ["".join(self._text)]
        write_atomically(self.path, self._text[0])
        self._sent = time.monotonic()
