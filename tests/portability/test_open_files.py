"""What was read may be replaced while what was read from it is in use: nothing stays open, nothing is mapped."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from i2c_core import Reader, get_family
from i2c_core.checkpoints import load_checkpoint
from i2c_core.datasets.pairs import read_pairs, write_pairs
from i2c_core.images import frames_of, read_image
from i2c_core.raster import Renderer
from tests.cli.conftest import tiny_checkpoint

pytestmark = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="nobody tells what is open here")

SPLITS = get_family("splits")


def held(folder: Path) -> list[str]:
    """The files of a folder that this process has open or mapped."""
    gc.collect()
    opened = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            opened.append(os.readlink(entry))
        except OSError:  # the one that lists them
            continue
    mapped = [line.split(maxsplit=5)[-1] for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()]
    return [name for name in {*opened, *mapped} if name.startswith(str(folder))]


def checkpoint(folder: Path) -> Any:
    return load_checkpoint(tiny_checkpoint("splits", folder / "a.safetensors"))


def reader(folder: Path) -> Any:
    found = Reader.load(tiny_checkpoint("splits", folder / "a.safetensors"))
    found.read(np.zeros((8, 8), np.uint8), 1)
    return found


def pairs(folder: Path) -> Any:
    ids = np.array([SPLITS.vocabulary.encode(SPLITS.parse("B")).ids])
    with Renderer(SPLITS) as renderer:
        write_pairs(folder / "a.parquet", SPLITS, ids, renderer.render(ids).pixels)
    found = read_pairs(folder / "a.parquet", SPLITS)
    assert found[0].code == "B"
    return found


def frames(folder: Path) -> Any:
    first, *rest = (Image.new("L", (3, 2), shade) for shade in (255, 0, 100))
    first.save(folder / "a.gif", save_all=True, append_images=rest)
    found = frames_of(folder / "a.gif")
    return found, read_image(next(found), 1)


def damaged(folder: Path) -> Any:
    (folder / "a.tif").write_bytes(b"II*\0\x08\0\0\0\xff\xff")
    with pytest.raises(Exception, match="damaged"):
        read_image(folder / "a.tif", 1)


@pytest.mark.parametrize("make", [checkpoint, reader, pairs, frames, damaged], ids=lambda f: f.__name__)
def test_nothing_is_held(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    kept = make(tmp_path)
    assert held(tmp_path) == []
    del kept


def test_that_this_test_can_fail(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(10))
    mapped = np.load(path, mmap_mode="r")
    assert held(tmp_path) == [str(path)]
    del mapped
    with open(path, "rb"):
        assert held(tmp_path) == [str(path)]
    assert held(tmp_path) == []
