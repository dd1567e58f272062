"""The hooks of i2c: what a plugin may add. Each hook hands it a `register` callable.

A plugin is a module named in the entry-point group `i2c`:

    [project.entry-points.i2c]
    my-family = "i2c_family_mine"

Its hooks declare only; what is heavy is a reference (`package.module:attribute`) loaded on first use.
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


@hookspec
def i2c_families(register: Callable[[Family], None]) -> None:
    """Called once when plugins load: call `register(family)` for each family."""


@hookspec
def i2c_commands(register: Callable[[str, Reference, str], None]) -> None:
    """Called when the command line starts: `register(name, "package.module:click_command", "what it does")`."""


@hookspec
def i2c_metrics(register: Callable[[str, Reference, str], None]) -> None:
    """Called before an evaluation: `register(name, reference, "what it measures")`.

    The reference is to `(family, truth, answer) -> (N,) floats`; both are uint8 pictures (N, C, H, W).
    """


@hookspec
def i2c_learners(register: Callable[[str, Reference, str], None]) -> None:
    """Called before training: `register(name, reference, "how it learns")`; the contract is in `i2c_core.training`."""


@hookspec
def i2c_searchers(register: Callable[[str, Reference, str], None]) -> None:
    """Called before a search: `register(name, reference, "how it searches")`; the contract is in `i2c_core.search`."""


@hookspec
def i2c_formats(register: Callable[[str, Format], None]) -> None:
    """Called when plugins load: `register(family_name, format)` adds a format to somebody else's family, `*` to all."""
