"""What the core itself adds through the hooks that strangers use: its metrics, its learner and its searcher."""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.hookspecs import hookimpl
from i2c_core.references import Reference


@hookimpl
def i2c_metrics(register: Callable[[str, Reference, str], None]) -> None:
    register("exact", "i2c_core.metrics:exact", "1 where every pixel is equal, else 0")
    register("difference", "i2c_core.metrics:difference", "mean absolute difference of pixels, 0 to 1")
    register("iou", "i2c_core.metrics:iou", "intersection over union of the pixels that differ from the background")


@hookimpl
def i2c_learners(register: Callable[[str, Reference, str], None]) -> None:
    register(
        "items", "i2c_core.items.learner:train", "scores every command that a drawing may show, then seeks sets of them"
    )
    register("paired", "i2c_core.training:train", "samples programs, renders them, and learns to invert the renderer")
    register("tiles", "i2c_core.tiles.learner:train", "finds the grid of a level and says what each of its tiles is")


@hookimpl
def i2c_searchers(register: Callable[[str, Reference, str], None]) -> None:
    register("enumeration", "i2c_core.search:Enumeration", "tries all programs from small to large")
