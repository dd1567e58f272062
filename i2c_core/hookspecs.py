"""The hooks of i2c: what a plugin may add.

Every hook is called once, when plugins load, which any command and `i2c_core.plugins.installed` do. It is handed a
`register` callable, calls it as often as it likes, and returns nothing. A name that another plugin has registered is
refused and told, and fails nobody else.

A plugin is a module named in the entry-point group `i2c`:

    [project.entry-points.i2c]
    my-family = "i2c_family_mine"

Its hooks declare only: what is heavy is a reference (`package.module:attribute`), loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pluggy

from i2c_core.references import Reference

if TYPE_CHECKING:
    from i2c_core.families import Family
    from i2c_core.formats import Format

hookspec = pluggy.HookspecMarker("i2c")
hookimpl = pluggy.HookimplMarker("i2c")
"""Marks a function of a plugin as one of the hooks below."""


@hookspec
def i2c_families(register: Callable[[Family], None]) -> None:
    """Call `register(family)` for each family; its name must be new."""


@hookspec
def i2c_commands(register: Callable[[str, Reference, str], None]) -> None:
    """Call `register(name, reference, "what it does")` for each command of `i2c`. The reference is to a click command,
    loaded when it is run or asked for help.
    """


@hookspec
def i2c_metrics(register: Callable[[str, Reference, str], None]) -> None:
    """Call `register(name, reference, "what it measures")` for each metric of `i2c eval`.

    The reference is to `(family, truth, answer) -> (N,) floats`; both are uint8 pictures (N, C, H, W).
    """


@hookspec
def i2c_learners(register: Callable[[str, Reference, str], None]) -> None:
    """Call `register(name, reference, "how it learns")` for each learner, which `i2c train --learner NAME` runs.

    The reference is to `(family, config, out, *, resume, init, progress) -> Trained`; `i2c_core.training` says what it
    must leave in the folder `out`.
    """


@hookspec
def i2c_searchers(register: Callable[[str, Reference, str], None]) -> None:
    """Call `register(name, reference, "how it searches")` for each searcher.

    The reference is to `(family, renderer) -> Searcher`, a class or a function, with a `Family` and a
    `i2c_core.raster.Renderer` of it; with a parameter `seed` or `network` it gets these too, by name.
    `i2c_core.search.Searcher` says what it is, and `i2c race` runs it.
    """


@hookspec
def i2c_formats(register: Callable[[str, Format], None]) -> None:
    """Call `register(family_name, format)` to add a format to a family, whoever's it is, or to all with the name `*`.
    It is added once all plugins are loaded, so that their order does not matter.
    """
