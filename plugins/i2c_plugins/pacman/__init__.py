"""PacMan: levels of walls, dots, power pellets, ghosts and a pacman, 3x3 to 32x32 tiles."""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.families import Family
from i2c_core.hookspecs import hookimpl
from i2c_core.tilesets import language

FAMILY = language(
    "i2c_plugins.pacman:tiles.toml",
    grammar="i2c_grammars:pacman.lark",
    weights="i2c_plugins.pacman:pacman.safetensors",
    examples=(
        "level 20 x 7 of dot\nframe wall 1, 1 to 20, 7\nrow 2 %......%G__G%\nmirror left-right {\n"
        "  down wall 3, 3 length 3\n  across wall 4, 3 length 2\n  put power 4, 4\n  across wall 6, 5 length 3\n"
        "  put wall 8, 3\n}\nput pacman 10, 6",
        "level 3 x 3 of empty\nput pacman 2, 2",
    ),
)


@hookimpl
def i2c_families(register: Callable[[Family], None]) -> None:
    register(FAMILY)
