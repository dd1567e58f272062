"""Image files by name: which there are in a folder, which one was meant, and what one holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from i2c_core.documents import standard_input
from i2c_core.errors import ImageError, suggest
from i2c_core.images import limits

EXTENSIONS = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".apng", ".avif", ".heic", ".heif", ".pdf",
)  # fmt: skip
_NEIGHBOURS = 1000  # files of a folder that are looked through for the one that was meant; of more, none


def find_images(paths: Sequence[str | Path]) -> list[Path]:
    """The image files that paths name, in order; a folder stands for the images in it, by name; `-` stays."""
    found: list[Path] = []
    for given in paths:
        if given == "":  # Path("") is the folder one is in
            raise ImageError("the name of an image is empty", "write a name; '.' is the folder you are in")
        path = Path(given)
        if os.path.isdir(path):  # unlike Path's own, it raises for no name
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in EXTENSIONS and p.is_file())
            inside = [p for p in inside if not p.name.startswith(".")]
            if not inside:
                raise ImageError(
                    f"folder {path} holds no images", f"it needs files that end in {', '.join(EXTENSIONS)}"
                )
            found += inside
        else:
            if str(path) != "-" and not os.path.exists(path):
                raise _missing(path)
            found.append(path)
    return found


def image_bytes(source: str | Path) -> bytes:
    """The bytes of a file, or of standard input for `-`; one byte more than the limit where there are more.

    Raises:
        ImageError: it cannot be read.
    """
    path = Path(source)
    if str(path) == "-":
        return standard_input(limits.MOST_BYTES + 1)
    if os.path.isdir(path):
        raise ImageError(f"{path} is a folder", "name an image in it")
    try:
        with open(path, "rb") as file:
            return file.read(limits.MOST_BYTES + 1)
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}", "check the file and its permissions") from None
    except ValueError:  # of Python's, which asks no system about such a name
        raise ImageError(f"{str(path)!r} is no name of a file", "check the path") from None


def _missing(path: Path) -> ImageError:
    try:
        near = list(islice(path.parent.iterdir(), _NEIGHBOURS + 1))
    except (OSError, ValueError):
        near = []
    near = sorted(p for p in near if p.suffix.lower() in EXTENSIONS) if len(near) <= _NEIGHBOURS else []
    names = [p.name for p in near if _alike(p.stem, path.stem)]  # endings say little: all may have the same
    return ImageError(f"no file {str(path)!r}", suggest(path.name, names, "check the path"))


def _alike(one: str, other: str) -> bool:
    return bool(suggest(one, [other]))
