"""The images of a race: from disk, with their programs or without, or held out from training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from i2c_core.datasets.pairs import read_pairs
from i2c_core.decoding.rounds import comparison_size
from i2c_core.errors import DataError
from i2c_core.examples import Example, held_out_examples
from i2c_core.families import Family
from i2c_core.images import EXTENSIONS, fit, read_image
from i2c_core.race.racing import Goal


def read_goals(family: Family, path: Path) -> list[Goal]:
    """The images at a path: one image file, a folder of images, or a data set as `i2c eval --data` reads it.

    A folder of images alone has no true sizes. All are taken to the size at which programs are compared with them.

    Raises:
        DataError: nothing there, or no image in it.
        ImageError: an image that cannot be read.
    """
    files = _images(path)
    if files:
        return [_goal(family, file.name, read_image(file, family.channels), None) for file in files]
    if path.is_dir() and not any(path.iterdir()):
        raise DataError(f"{path} is empty", "give an image, a folder of images, or a data set")
    pairs = read_pairs(path, family)
    sizes = pairs.sizes.tolist()
    return [_goal(family, pair.file, pair.image, size) for pair, size in zip(pairs, sizes, strict=True)]


def held_out_goals(family: Family, sizes: Sequence[int], count: int, seed: int) -> list[Goal]:
    """At most `count` images a size that no training has seen, as `i2c eval` draws them."""
    return [goal_of(family, example) for example in held_out_examples(family, sizes, count, seed)]


def goal_of(family: Family, example: Example) -> Goal:
    """The goal that an example with a truth is."""
    return _goal(family, example.name, example.picture, example.size)


def _goal(family: Family, name: str, pixels: NDArray[np.uint8], size: int | None) -> Goal:
    picture = family.frame(pixels)
    return Goal(name, fit(picture, comparison_size(family, *picture.shape[1:])), size)


def _images(path: Path) -> list[Path]:
    """The image files at a path where there is no code beside them."""
    if path.is_file() and path.suffix.lower() in EXTENSIONS:
        return [path]
    if not path.is_dir():
        return []
    files = [p for p in sorted(path.iterdir()) if p.is_file() and not p.name.startswith(".")]
    images = [p for p in files if p.suffix.lower() in EXTENSIONS]
    return images if len(images) == len(files) else []
