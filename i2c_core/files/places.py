"""Where files are: a text names a path of this machine, or a URL whose file system fsspec knows."""

from __future__ import annotations

import errno
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from i2c_core.errors import ConfigError, I2cError

LOCAL = ("", "file", "local")  # protocols of this machine
ASK = "check the address, the network, and whether you may use it"

_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # one letter alone is a drive
_PASSWORD = re.compile(r"[^:/]+://[^/]*:[^/]*@")
_EXTRA = 'pip install "images-to-code[remote]"'


def is_url(text: str) -> bool:
    """Whether a text is a URL rather than a path.

    >>> [is_url(t) for t in ("s3://bucket/run", "simplecache::s3://bucket/run", "C:/run", "C://run", "runs/s3:")]
    [True, True, False, False, False]
    """
    return _URL.match(text) is not None


def is_remote(path: object) -> bool:
    """Whether a path is a place behind a URL: not on this machine's disks, and no `pathlib.Path`."""
    module = sys.modules.get("upath")
    return module is not None and isinstance(path, module.UPath) and path.protocol not in LOCAL


def locate(text: str | Path) -> Path:
    """What a text names: a path, or for a URL a place that can be used like one (a `upath.UPath`).

    A place behind a URL is asked once whether it answers, before the work and not after it. `file://` is a path.

    Raises:
        ConfigError: a URL of no known file system, with a password, or whose place does not answer; the package that
            knows it is not installed.
    """
    if not isinstance(text, str):
        return text
    if not is_url(text):
        return Path(text)
    protocol = text.partition("://")[0].lower()
    if protocol == "file":
        return _local(text)
    if _PASSWORD.match(text.rpartition("::")[2]):  # it would end up in logs and checkpoints
        fact = f"the {protocol}:// URL has a password in it"
        raise ConfigError(fact, "leave it out, and give it where fsspec looks for it: https://filesystem-spec.rtfd.io")
    try:
        from upath import UPath
    except ImportError:
        raise ConfigError(f"{text} needs universal-pathlib, which is not installed", _EXTRA) from None
    try:
        with warnings.catch_warnings():  # that a file system is not among those that UPath's authors try
            warnings.simplefilter("ignore")
            place = UPath(text)
        place.exists()
    except ImportError as error:
        fact = f"{text} needs a package that is not installed: {first_line(error)}"
        raise ConfigError(fact, "install that package too, with pip") from None
    except ValueError as error:
        raise ConfigError(
            f"{text} is in no file system that is known: {first_line(error)}", "check the address"
        ) from None
    except Exception as error:  # each file system has errors of its own
        raise ConfigError(f"{text} does not answer: {first_line(error)}", ASK) from None
    return cast(Path, place)


def require_local(path: Path, what: str) -> None:
    """Raise `ConfigError` where a place for `what` is not on this machine."""
    if is_remote(path):
        raise ConfigError(f"{what} cannot be kept at {path}", "give a path of this machine")


@contextmanager
def system_errors(path: object) -> Iterator[None]:
    """What a store behind a URL raises of its own (no credentials, no connection) as an `OSError`, as disks do."""
    try:
        yield
    except (OSError, I2cError):
        raise
    except Exception as error:
        if not is_remote(path):
            raise
        raise OSError(errno.EIO, first_line(error)) from error


def read_whole(path: Path) -> bytes:
    """The content of a file; `OSError` where it cannot be read, whatever the file system behind the path."""
    with system_errors(path):
        return path.read_bytes()


def _local(url: str) -> Path:
    from urllib.request import url2pathname  # which loads all of HTTP

    machine, _, path = url[len("file://") :].partition("/")
    if machine not in ("", "localhost"):
        raise ConfigError(f"{url} names a file of the machine {machine!r}", "write file:///folder/file")
    return Path(url2pathname("/" + path))


def first_line(error: BaseException) -> str:
    """What an error says, in a line."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
