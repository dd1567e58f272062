"""Work for clusters: functions that other processes make for themselves, and that may kill them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from dataset_families import draw_framed
from numpy.typing import NDArray

from i2c_core.errors import DataError
from i2c_core.families import Family
from i2c_core.programs import Program


def doubling(plus: int = 0) -> Callable[[int], tuple[int, int]]:
    """Doubles a number, and tells which process did."""

    def work(item: int) -> tuple[int, int]:
        print("noise")
        if item < 0:
            raise DataError(f"{item} is below zero", "use another")
        if item == 1000:
            raise ValueError("no thousands")
        time.sleep(0.001 * (item % 3))
        return 2 * item + plus, os.getpid()

    return work


def dying(folder: Path, deaths: int) -> Callable[[int], int]:
    """Returns its item; the process of item 3 kills itself so many times."""

    def work(item: int) -> int:
        marks = len(list(folder.iterdir()))
        if item == 3 and marks < deaths:
            (folder / str(marks)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    return work


def draw_deadly(program: Program, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Halves. Where a test has armed the folder DEADLY, the first process that draws kills itself, if it is another."""
    folder = os.environ.get("DEADLY")
    if folder:
        armed = Path(folder) / "armed"
        try:
            if armed.read_text() != str(os.getpid()):
                armed.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        except FileNotFoundError:
            pass
    return draw_framed(program, size)


DEADLY = Family("deadly", "Image", "h, v : (Image, Image) -> Image\nB, W : Image", render=draw_deadly, size=(8, 8))


def arm(folder: Path) -> None:
    """The next process that draws in a cluster dies."""
    (folder / "armed").write_text(str(os.getpid()))
