"""Files that are whole or not there: written beside their place, flushed to disk, then renamed into it."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from i2c_core.errors import I2cError


class DiskError(I2cError):
    """A file that cannot be written."""


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file so that a reader, and a machine that dies, sees the old content or the new, never a part.

    Raises:
        DiskError: the disk is full, or the folder cannot be written; what stood at `path` is untouched.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _flush_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise disk_error(path, error, len(content)) from error


def make_folder(folder: Path) -> None:
    """Make a folder that files can be written into: to be asked before long work, not after it.

    Raises:
        DiskError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(folder / "", error) from error
    if not os.access(folder, os.W_OK):
        raise DiskError(f"cannot write into {folder}", "check the folder and its permissions")


def disk_error(path: Path, error: OSError, size: int = 0) -> DiskError:
    """What an error of the operating system while writing `path` means to the user."""
    needs = f" ({size / 1e6:.1f} MB)" if size >= 100_000 else ""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, FileExistsError | NotADirectoryError):  # of mkdir
        return DiskError(f"cannot write {path}: {path.parent} is no folder", "choose another folder")
    hint = "free some space" if full else "check the folder and its permissions"
    return DiskError(f"cannot write {path}{needs}: {error.strerror or error}", hint)


def _flush_folder(folder: Path) -> None:
    """Make a rename in the folder outlive a power cut, where folders can be flushed (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
