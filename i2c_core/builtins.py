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
    register("zoom", "i2c_core.zooming.learner:train", "classifies the root of a part of a picture, level by level")


@hookimpl
def i2c_searchers(register: Callable[[str, Reference, str], None]) -> None:
    register("divide", "i2c_core.search:Divide", "divides the image by the family's zooms, and proves what is best")
    register("enumeration", "i2c_core.search:Enumeration", "tries all programs from small to large")
    register("genetic", "i2c_core.search:Genetic", "breeds programs by typed crossover and mutation")
    register("guided", "i2c_core.search:Guided", "searches a tree of beginnings, guided by the trained network")
    register("tree", "i2c_core.search:TreeSearch", "searches a tree of beginnings by random completions (Monte Carlo)")
