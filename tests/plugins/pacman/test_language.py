"""PacMan's tile set, its grammar, and what its examples draw."""

from __future__ import annotations

import re

import numpy as np

from i2c_core.grammars import read_grammar
from i2c_core.tilesets import language, level_of, tileset_of
from i2c_core.tilesets.icons import atlas
from i2c_plugins.pacman import FAMILY

TILES = tileset_of(FAMILY)


def without_comments(text: str) -> list[str]:
    """A grammar's words, without comments."""
    return re.sub(r"(?m)(^|\s)//.*$", "", text).split()


def test_the_grammar_is_the_one_that_follows_from_the_tiles() -> None:
    assert FAMILY.grammar is not None
    generated = language("i2c_plugins.pacman:tiles.toml").grammar
    assert without_comments(read_grammar(FAMILY.grammar, "pacman")) == without_comments(str(generated))
    assert FAMILY.is_exact


def test_the_tiles() -> None:
    assert TILES.names == ("dot", "empty", "wall", "power", "ghost", "pacman")
    assert (TILES.chars, TILES.names[TILES.default]) == (". %oGP", "empty")
    assert (TILES.smallest, TILES.largest) == ((3, 3), (32, 32))


def test_icons_differ_at_the_smallest_pitch_of_the_reference_picture() -> None:
    flat = atlas(TILES, FAMILY.size[0] // TILES.largest[0]).reshape(6, -1).astype(int)
    gaps = np.abs(flat[:, None] - flat[None]).mean(2) + 1000 * np.eye(6)
    assert gaps.min() > 4


def test_what_the_first_example_draws() -> None:
    level = level_of(FAMILY, FAMILY.parse(FAMILY.examples[0]))
    assert "\n".join("".join(TILES.chars[k] for k in row) for row in level) == EXAMPLE


EXAMPLE = """\
%%%%%%%%%%%%%%%%%%%%
%......%G  G%......%
%.%%%..%....%..%%%.%
%.%o............o%.%
%.%..%%%....%%%..%.%
%........P.........%
%%%%%%%%%%%%%%%%%%%%"""
