"""Reading levels with networks that know nothing: what must hold whatever they say, and what needs none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_tiles import caves

from i2c_core.decoding import Greedy
from i2c_core.errors import ConfigError, ImageError
from i2c_core.families import Family
from i2c_core.model import Observation
from i2c_core.raster import Renderer
from i2c_core.tiles.boxes import best_box, extent
from i2c_core.tiles.network import NetworkConfig, TileNetwork
from i2c_core.tiles.proposer import TileProposer, likeliest
from i2c_core.tilesets import level_of, plain, tileset_of
from i2c_core.tilesets.random_levels import random_level


@pytest.fixture(scope="module")
def family() -> Family:
    return caves()


@pytest.fixture(scope="module")
def proposer(family: Family) -> TileProposer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = TileNetwork(NetworkConfig(len(tileset_of(family).tiles), 8, 1, (64, 64), family.budget))
    return TileProposer(network.eval(), family)


def test_a_render_is_read_exactly_without_any_training(family: Family, proposer: TileProposer) -> None:
    level = random_level(tileset_of(family), np.random.default_rng(1), 100, 14)
    with Renderer(family) as renderer:
        pixels = renderer.render_programs([plain(family, level)], (14 * 9, 100 * 9)).pixels
    seen = proposer.propose(Observation(torch.from_numpy(pixels).float() / 255), n=3, budget=family.budget)
    ids = [i for i in seen.ids[0, 0].tolist() if i != family.vocabulary.size]
    assert np.array_equal(level_of(family, family.from_tokens(ids)), level)
    assert float(seen.confidence[0, 0]) == 1.0  # type: ignore[index]


def test_what_shows_no_grid_is_refused(proposer: TileProposer, family: Family) -> None:
    blank = torch.ones(1, 3, 90, 120)
    with pytest.raises(ImageError) as caught:
        proposer.propose(Observation(blank), budget=family.budget)
    assert str(caught.value) == "the picture has one colour all over, no grid of tiles\n  -> check the file"
    blank[..., 40:] = 0.8
    with pytest.raises(ImageError) as caught:
        proposer.propose(Observation(blank), budget=family.budget)
    assert str(caught.value) == (
        "no grid of tiles was found in the picture\n"
        "  -> crop the picture to the level, or name its size: --size COLUMNSxROWS"
    )


def test_a_level_of_known_size_has_that_size(proposer: TileProposer, family: Family) -> None:
    noise = torch.rand(1, 3, 96, 160, generator=torch.Generator().manual_seed(0))
    seen = proposer.propose(Observation(noise), n=4, size=(20, 12), budget=family.budget)
    for row in seen.ids[0].tolist():
        found = family.from_tokens([i for i in row if i != family.vocabulary.size])
        assert level_of(family, found).shape == (12, 20)
    assert bool((seen.logprob[0].diff() <= 0).all())


def test_what_no_level_has_is_refused(proposer: TileProposer, family: Family) -> None:
    blank = Observation(torch.ones(1, 3, 64, 64))
    with pytest.raises(ConfigError) as caught:
        proposer.propose(blank, size=(200, 12), budget=family.budget)
    assert str(caught.value) == "a level of 200x12 tiles was asked for\n  -> caves has 8x6 to 128x16"
    with pytest.raises(ConfigError) as other:
        proposer.propose(blank, strategy=Greedy(), budget=family.budget)
    assert other.value.fact == "Greedy writes programs token by token, this network reads tiles"


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_likeliest_levels_are_those_of_brute_force(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(2, 2, 2)).astype(np.float32)
    logp = scores - np.log(np.exp(scores).sum(0))
    levels, said = likeliest(logp, n)
    every = sorted(
        (
            sum(float(logp[k, i // 2, i % 2]) for i, k in enumerate(kinds))
            for kinds in itertools.product((0, 1), repeat=4)
        ),
        reverse=True,
    )
    assert len(levels) == min(n, 16)
    np.testing.assert_allclose(said, every[: len(said)], atol=1e-4)
    for level, total in zip(levels, said, strict=True):
        own = sum(float(logp[level[i, j], i, j]) for i in range(2) for j in range(2))
        assert own == pytest.approx(total, abs=1e-4)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
def test_the_best_box_is_that_of_brute_force(seed: int, rows: int, columns: int) -> None:
    evidence = np.random.default_rng(seed).normal(size=(rows, columns))
    x, y, wide, high = best_box(evidence)
    every = [
        evidence[y0:y1, x0:x1].sum()
        for y0 in range(rows)
        for y1 in range(y0 + 1, rows + 1)
        for x0 in range(columns)
        for x1 in range(x0 + 1, columns + 1)
    ]
    assert evidence[y : y + high, x : x + wide].sum() == pytest.approx(max(every))


def test_the_extent_of_a_field_is_that_of_its_level() -> None:
    inside = np.zeros((30, 40), np.float32)
    inside[4:16, 6:22] = 1  # places 4 pixels apart, tiles of 8 pixels: 8 x 6 of them from 3, 2 on
    assert extent(np.diag([0.125, 0.125, 1.0]), inside, 4) == (3, 2, 8, 6)
    assert extent(np.diag([0.125, 0.125, 1.0]), np.zeros((4, 4), np.float32), 4) is None
