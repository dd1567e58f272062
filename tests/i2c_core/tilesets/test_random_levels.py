"""Random levels: of every size, the same for the same seed, and a broad mix."""

from __future__ import annotations

import numpy as np

from i2c_core.tilesets.random_levels import random_level
from i2c_core.tilesets.tileset import TileSet

PACMAN = TileSet.load("i2c_plugins.pacman:tiles.toml")


def test_every_size_is_drawn() -> None:
    for columns, rows in [(1, 1), (1, 9), (2, 3), (3, 3), (32, 5), (256, 2)]:
        for seed in range(30):
            level = random_level(PACMAN, np.random.default_rng(seed), columns, rows)
            assert level.shape == (rows, columns)
            assert level.dtype == np.uint8
            assert level.max() < len(PACMAN)


def test_a_seed_says_the_level() -> None:
    one, same, other = (random_level(PACMAN, np.random.default_rng(s), 20, 11) for s in (3, 3, 4))
    assert (one == same).all()
    assert (one != other).any()


def test_levels_are_a_broad_mix() -> None:
    rng = np.random.default_rng(0)
    levels = np.stack([random_level(PACMAN, rng, 12, 10) for _ in range(400)])
    shares = np.array([(levels == k).mean() for k in range(len(PACMAN))])
    assert shares.min() > 0.02
    assert shares.max() < 0.6
    beside = np.zeros((len(PACMAN), len(PACMAN)), int)
    np.add.at(beside, (levels[:, :, :-1], levels[:, :, 1:]), 1)
    assert beside.min() > 5  # every tile beside every other
    wall = PACMAN.index("wall")
    closed = [(lv[0] == wall).all() & (lv[-1] == wall).all() & (lv[:, 0] == wall).all() for lv in levels]
    assert 0.2 < np.mean(closed) < 0.8
    mirrored = np.mean([(lv == lv[:, ::-1]).all() for lv in levels])
    assert 0.02 < mirrored < 0.4
