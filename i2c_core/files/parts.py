"""Parts: what is written beside its place under a name of its own, until it is whole and renamed into it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ABANDONED = 86_400.0  # seconds after which a part is nobody's, where its writer cannot be asked for
PATIENCE = (0.01, 0.03, 0.1, 0.3, 0.6)  # seconds between tries to replace a file that Windows has open

_PART = re.compile(r"\.i2c-(?P<host>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{16}\.part")
_swept: set[Path] = set()


def replace_file(path: Path, content: bytes, lasting: bool) -> None:
    """Put a file in place of what stands at `path`; `lasting` flushes it to disk first. Raises `OSError`."""
    try:
        _put(path, content, lasting)
    except FileNotFoundError:  # the folder went, or who cannot see this process took the part for abandoned
        path.parent.mkdir(parents=True, exist_ok=True)
        _put(path, content, lasting)


def _put(path: Path, content: bytes, lasting: bool) -> None:
    part = path.with_name(f".i2c-{_host()}-{os.getpid()}-{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:  # as any new file may be read: a cache and a run are shared
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        _rename(part, path)
    except BaseException:  # an interruption too
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    if lasting:
        _flush_folder(path.parent)


def _rename(part: Path, path: Path) -> None:
    """Rename in place of a file; Windows refuses while another process has it open, for a moment mostly."""
    for pause in PATIENCE:
        try:
            return os.replace(part, path)
        except PermissionError:
            time.sleep(pause)
    os.replace(part, path)


def _flush_folder(folder: Path) -> None:
    """Make a rename in the folder outlive a power cut, where folders can be flushed (not on Windows, nor on shares)."""
    if hasattr(os, "O_DIRECTORY"):
        with _unless(errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def _unless(*codes: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in codes:
            raise


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def sweep(folder: Path) -> None:
    """Take away the parts that killed writers left in a folder, once in this process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = _PART.fullmatch(entry.name)
            if found is not None and _is_abandoned(entry, found):
                with contextlib.suppress(OSError):
                    os.unlink(entry)


def _is_abandoned(entry: os.DirEntry[Any], found: re.Match[str]) -> bool:
    if found["host"] == _host() and os.name == "posix":  # elsewhere, asking for a process may end it
        try:
            os.kill(int(found["process"]), 0)
        except (ProcessLookupError, OverflowError):
            return True
        except OSError:
            return False
        return False
    return time.time() - entry.stat().st_mtime > ABANDONED
