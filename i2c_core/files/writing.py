"""Files that are whole or not there.

On this machine a file is written beside its place, flushed to disk, then renamed into it; so several may write the
same file, and the last whole one wins. Behind a URL a file is sent at once, which object stores take whole or not at
all.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from i2c_core.errors import I2cError
from i2c_core.files.parts import replace_file, sweep
from i2c_core.files.places import ASK, is_remote, system_errors


class DiskError(I2cError):
    """A file that cannot be written."""


def write_atomically(path: Path, data: bytes | str, *, lasting: bool = True) -> None:
    """Write a file so that a reader, and a machine that dies, sees the old content or the new, never a part.

    Several processes and machines may write the same file at once; it holds what one of them wrote. Where `path` is a
    pipe or a device, it is written to.

    Args:
        path: of this machine, or behind a URL.
        data: text is written as UTF-8, its ends of line as they are.
        lasting: flush to disk, so that it outlives a power cut too; caches need not.

    Raises:
        DiskError: the disk is full, or the folder cannot be written; what stood at `path` is untouched.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    try:
        if is_remote(path):
            with system_errors(path):
                _send(path, content)
        elif _is_stream(path):
            path.write_bytes(content)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path.parent)
            replace_file(path, content, lasting)
    except OSError as error:
        raise disk_error(path, error, len(content)) from error


def make_folder(folder: Path) -> None:
    """Make a folder that files can be written into: to be asked before long work, not after it.

    Behind a URL there is nothing to make: folders are parts of names there.

    Raises:
        DiskError: it cannot be made or written.
    """
    if is_remote(folder):
        return
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
    if isinstance(error, PermissionError) and os.name == "nt":
        hint = "close the program that has it open, or check the folder's permissions"
    if is_remote(path):
        hint = ASK
    return DiskError(f"cannot write {path}{needs}: {error.strerror or error}", hint)


def _send(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except FileNotFoundError:  # not a store, but a server with folders
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _is_stream(path: Path) -> bool:
    """Whether something stands there that is no file and no folder, as /dev/stdout or a shell's >(...)."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
